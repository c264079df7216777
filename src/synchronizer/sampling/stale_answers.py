"""Answers from behind that a sampler was told of, until they are read again and count.

The store judges (`synchronizer.store.staleness`) and remembers nothing of it; when an entity was
first doubted is kept here. Forgetting it, as in a restart, only means to doubt once more.
"""

import threading
from collections.abc import Iterable

from synchronizer.store.staleness import LAG, YOUNG


class StaleAnswers:
    """Since when answers about entities of one collection go back in time; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: dict[tuple[str, bool], float] = {}

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._since)

    def doubt(self, id_: str, *, gone: bool, now: float) -> float:
        """Note such an answer (*gone*: that there is none); return when to read again."""
        with self._lock:
            self._since.setdefault((id_, gone), now)
        return now + _wait(gone=gone)

    def outlasted(self, id_: str, *, gone: bool, asked: float) -> bool:
        """Whether what was asked for at *asked* counts, since the doubt is old enough."""
        since = self._since.get((id_, gone))
        return since is not None and asked - since >= _wait(gone=gone)

    def settle(self, ids: Iterable[str]) -> None:
        """Forget doubts: what is in the log was seen again, or is new."""
        with self._lock:
            for id_ in ids:
                self._since.pop((id_, False), None)
                self._since.pop((id_, True), None)


def _wait(*, gone: bool) -> float:
    return YOUNG if gone else LAG
