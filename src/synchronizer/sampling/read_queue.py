"""Doubts: entities that may have changed and wait to be read, each from its own time on."""

import threading
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Due(NamedTuple):
    """What is to be read now: ids, the bodies that came with some of them, and who is a retry.

    Attributes:
        again: the ids that were already read once for the same hint.
    """

    ids: list[str]
    whole: dict[str, dict[str, Any]]
    again: frozenset[str]


class ReadQueue:
    """The doubts of one collection; thread-safe. An entity is in it once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._when: dict[str, float] = {}
        self._whole: dict[str, dict[str, Any]] = {}
        self._again: set[str] = set()

    def __len__(self) -> int:
        """Return how many entities wait."""
        return len(self._when)

    def __contains__(self, id_: str) -> bool:
        """Whether an entity waits."""
        return id_ in self._when

    def add(
        self,
        ids: Iterable[str],
        when: float = 0.0,
        *,
        whole: Mapping[str, dict[str, Any]] | None = None,
        again: bool = False,
    ) -> None:
        """Doubt some entities from the monotonic time *when* on; an earlier time wins.

        Args:
            whole: complete entities that came with the hint; a later one replaces it.
            again: they were read for this hint already. A new hint makes them new.
        """
        with self._lock:
            for id_ in ids:
                if again and id_ in self._when:
                    continue  # a newer hint is there already
                self._when[id_] = min(when, self._when.get(id_, when))
                self._again.discard(id_)
                if again:
                    self._again.add(id_)
                self._whole.pop(id_, None)  # a hint without it is later than one with it
            self._whole.update(whole or {})

    def take(self, now: float) -> Due:
        """Take out all that is due."""
        with self._lock:
            ids = [id_ for id_, when in self._when.items() if when <= now]
            again = frozenset(self._again.intersection(ids))
            whole = {id_: self._whole.pop(id_) for id_ in ids if id_ in self._whole}
            for id_ in ids:
                del self._when[id_]
            self._again -= again
            return Due(ids, whole, again)

    def clear(self) -> None:
        """Forget all doubts, because a listing will settle them."""
        with self._lock:
            self._when.clear()
            self._whole.clear()
            self._again.clear()

    def next_due(self) -> float | None:
        """Return when the first is due; None when there is none."""
        with self._lock:
            return min(self._when.values(), default=None)
