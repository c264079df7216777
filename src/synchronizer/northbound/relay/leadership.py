"""Who tells the bus: one relay of all that could, found out without comparing clocks.

The owner moves the sink at least every few seconds. Whoever sees that it has not moved
for `PATIENCE` seconds of its own clock takes it over. An owner that was only asleep
learns of that by its next move, which fails; what it told meanwhile is a repetition.
"""

import logging
import threading
from collections.abc import Callable, Sequence

from synchronizer.model.clock import Clock
from synchronizer.store.contract import Sink, Store
from synchronizer.store.freshness import Freshness

log = logging.getLogger(__name__)

BEAT = 2.0
"""Seconds after which the owner moves the sink even if nothing happens."""
PATIENCE = 8.0
_LOOK = 0.5


class Leadership:
    """One relay's view of its sink. Used by one thread.

    Args:
        name: of the sink.
        owner: who we are; a process that is started again in our place is the same owner.
    """

    def __init__(self, store: Store, name: str, owner: str, clock: Clock) -> None:
        self._store = store
        self._name = name
        self._owner = owner
        self._clock = clock

    def taken(self, stop: threading.Event, beat: Callable[[], None] = lambda: None) -> Sink | None:
        """Wait until the sink is ours; return it, or None when told to stop.

        *beat* is called all the while, so that a watchdog sees life.
        """
        seen: Sink | None = None
        since = self._clock.monotonic()
        while not stop.is_set():
            beat()
            now = self._held()
            if now is None:
                if self._store.move(None, self._fresh()):
                    continue
            elif now.owner == self._owner or (
                seen == now and self._clock.monotonic() - since >= PATIENCE
            ):
                ours = now._replace(owner=self._owner, beat=now.beat + 1)
                if self._store.move(now, ours):
                    log.info("telling %s from revision %d on", self._name, ours.revision)
                    return ours
            elif seen != now:
                seen, since = now, self._clock.monotonic()
            stop.wait(_LOOK)
        return None

    def moved(self, before: Sink, revision: int, priors: dict[str, int]) -> Sink | None:
        """Move our sink on; None when it is not ours any more."""
        after = before._replace(revision=revision, priors=priors, beat=before.beat + 1)
        return after if self._store.move(before, after) else None

    def _held(self) -> Sink | None:
        return next((each for each in self._store.sinks() if each.name == self._name), None)

    def _fresh(self) -> Sink:
        # Nobody has registered before the bus is first told anything, so nobody misses
        # what came before: it is in their get all.
        head, known = self._store.standing()
        return Sink(self._name, head.revision, priors_of(known), self._owner, 0)


def priors_of(known: Sequence[Freshness]) -> dict[str, int]:
    """Return the latest commit of each type."""
    priors: dict[str, int] = {}
    for each in known:
        type_ = each.collection.type
        if each.revision:
            priors[type_] = max(each.revision, priors.get(type_, 0))
    return priors
