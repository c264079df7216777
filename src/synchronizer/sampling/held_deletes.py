"""Deletes that nothing vouches for: held in the store until an operator decides.

They are of one collection at a time. Those that are listed again are let go of, and so are
all when a control answers after all. What an operator confirmed is deleted by the next
sweep that still misses it; what was rejected is kept, and the fault stays until it is seen.
"""

from typing import TYPE_CHECKING

from synchronizer.model.errors import DeleteHeldError, SampleError, VisibilityLostError
from synchronizer.store.contract import Held

if TYPE_CHECKING:
    from synchronizer.sampling.sampler import Sampler
    from synchronizer.sampling.ticket import Ticket

CONFIRMED = "an operator confirmed it"
"""The reason of deletes that were held."""


class HeldDeletes:
    """What is held of one sampler's collection."""

    def __init__(self, sampler: "Sampler") -> None:
        self._sampler = sampler

    def load(self) -> Held | None:
        """Return what is held, by this process or another."""
        setup, collection = self._sampler.setup, self._sampler.collection
        found = (each for each in setup.store.held() if each.collection == collection)
        return next(found, None)

    def confirmed(self, absent: list[str], ticket: "Ticket") -> set[str]:
        """Delete what an operator confirmed and return it; let go of what is not absent."""
        before = self.load()
        if before is None:
            return set()
        sampler = self._sampler
        # Another process may have held them, before it was restarted.
        sampler.controls.since = min(before.revision, sampler.controls.since or before.revision)
        still = set(before.ids).intersection(absent)
        if before.decision != "confirmed":
            if not still:
                self.release()
            return set()
        refused = sampler.believe(sorted(still), ticket, CONFIRMED)
        if not refused:
            self.release()
        return still

    def hold(self, waiting: list[str], living: int) -> SampleError:
        """Hold deletes; return the fault that says so."""
        sampler = self._sampler
        type_ = sampler.resource.type
        before = self.load()
        ids = set(waiting)
        if before is not None and before.decision == "rejected" and ids <= set(before.ids):
            return VisibilityLostError(
                f"{type_}: {len(ids)} that an operator said to live are not shown; let the "
                "credentials see them again"
            )
        held = Held(
            collection=sampler.collection,
            ids=tuple(sorted(ids)),
            since=sampler.setup.clock.now() if before is None else before.since,
            revision=sampler.controls.since or 0,
        )
        if before is None or before.decision or ids != set(before.ids):
            sampler.again = before is None  # it may have been an outage
            sampler.setup.store.hold(sampler.collection, held)
        return DeleteHeldError(
            f"{type_}: {len(ids)} of {living} are absent and nothing else that was known "
            f"answers, so none is deleted; `synchronizer deletes confirm {type_} "
            f"--version {held.version}` if they are gone, `reject` if they live"
        )

    def release(self) -> None:
        """Hold nothing any more."""
        if self.load() is not None:
            self._sampler.setup.store.hold(self._sampler.collection, None)
