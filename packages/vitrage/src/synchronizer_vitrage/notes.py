"""What has changed and Vitrage does not know yet, of all drivers of a process.

Vitrage calls each driver for changes in a thread of its own, and leaves one out while it
takes that one's snapshot. So whichever thread is there hands over what has changed,
whichever driver it is of: nothing waits for its own turn.
"""

import threading
from collections.abc import Iterable
from typing import Generic, TypeVar

Owner = TypeVar("Owner")


class Notes(Generic[Owner]):
    """Ids by owner, the oldest first, each once. Safe to use from several threads."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._noted: dict[tuple[Owner, str], None] = {}
        self._doubted: dict[tuple[Owner, str], None] = {}

    def add(self, owner: Owner, ids: Iterable[str]) -> None:
        """Note that these have changed."""
        with self._news:
            self._noted.update(dict.fromkeys((owner, id_) for id_ in ids))
            self._news.notify_all()

    def doubt(self, owner: Owner, id: str) -> None:
        """Lay one aside until `reconsider`: it cannot be said yet what has become of it."""
        with self._news:
            self._doubted[owner, id] = None

    def reconsider(self) -> None:
        """Note again what was doubted."""
        with self._news:
            self._noted |= self._doubted
            self._doubted = {}

    def take(self, owner: Owner) -> list[str]:
        """Return everything that is noted of an owner; it is no more."""
        with self._news:
            found = [key for key in (*self._noted, *self._doubted) if key[0] is owner]
            for key in found:
                self._noted.pop(key, None)
                self._doubted.pop(key, None)
        return [id_ for _, id_ in found]

    def next(self, seconds: float) -> tuple[Owner, str] | None:
        """Return the oldest note; wait for one for so long. It is no more."""
        with self._news:
            if seconds <= 0 or not self._news.wait_for(lambda: self._noted, seconds):
                return None
            key = next(iter(self._noted))
            del self._noted[key]
            return key
