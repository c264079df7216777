"""Farewells: entities of which their own service told that it deleted them.

A notification alone deletes nothing, nor is it one of two witnesses: it may be late, its
id used again by then. What it spares is the wait for what was written a moment ago, which
a replica that lags may not know yet: where its service told that it deleted the entity,
"there is none" needs no second look. That is so of UUIDs only: a name or a pair of ids may
be used again at once, and a word that comes late, or twice, would then be about another.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from synchronizer.plugins.ids import UUID

if TYPE_CHECKING:
    from synchronizer.model.clock import Clock

REMEMBERED = 60.0
"""Seconds for which a farewell counts: reads are tried again for less long."""

_MOST = 10_000


class AnnouncedDeletes:
    """What was told to be deleted lately, of one collection; thread-safe."""

    def __init__(self, clock: "Clock") -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._told: OrderedDict[str, float] = OrderedDict()

    def tell(self, ids: Iterable[str]) -> None:
        """Note that a service told these entities to be deleted."""
        now = self._clock.monotonic()
        with self._lock:
            for id_ in filter(UUID.fullmatch, ids):
                self._told[id_] = now
                self._told.move_to_end(id_)
            while len(self._told) > _MOST:
                self._told.popitem(last=False)

    def withdraw(self, ids: Iterable[str], asked: float) -> None:
        """Forget what was told of entities that live, as an answer asked for at *asked* says."""
        with self._lock:
            for id_ in ids:
                if self._told.get(id_, asked) < asked:
                    del self._told[id_]

    def among(self, ids: Iterable[str]) -> set[str]:
        """Return those of which that was told."""
        since = self._clock.monotonic() - REMEMBERED
        with self._lock:
            return {id_ for id_ in ids if self._told.get(id_, since) > since}
