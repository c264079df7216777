"""Absence: from "not in the listing" to "deleted", never without a second witness.

In every service some condition makes rows vanish from a 200 answer (a cell is down, a
role was lost, a page was cut), so absence alone proves nothing. What proves a deletion:

* the service's own record of it (Nova lists deleted servers by ``changes-since``): one
  walk confirms any number of them,
* a read that the service itself answers with 404, while a living entity is still found,
* where a type cannot be read one by one, absence from two complete sweeps in a row, and not
  right behind each other: one short outage would be its own second witness.

None of it counts for much without a *control* (see `synchronizer.sampling.control`). With
one of the same type, a read is believed at once; with one of another type, a few reads are,
and else two sweeps; with none, two sweeps where it is little. Where it is much, the delete
is held until an operator decides.
"""

from contextlib import suppress
from typing import TYPE_CHECKING

from synchronizer.model.clock import iso
from synchronizer.model.errors import (
    CanaryError,
    MalformedError,
    MassDeleteHeldError,
    SampleError,
)
from synchronizer.plugins.pagination import walk
from synchronizer.sampling.held_deletes import HeldDeletes
from synchronizer.sampling.items import Item, decode, raw_items, tail_of
from synchronizer.sampling.listing import ListingPass
from synchronizer.sampling.reader import LAST, Reject

if TYPE_CHECKING:
    from synchronizer.plugins.service import Answer
    from synchronizer.sampling.sampler import Sampler
    from synchronizer.sampling.ticket import Ticket

_BULK_FROM = 8
"""From so many absences on, one walk over the service's deleted records is cheaper."""

APART = 10.0
"""Seconds that two sweeps must at least lie apart to be two witnesses."""

TWICE = "absent from two complete sweeps"
"""Why what has no other witness is believed to be gone, for people."""

_SEEN = 50
"""Among so many that were listed a control is looked for."""

_PROBED = 50
"""So many of a mass of absences are read before the rest, when nothing else answers."""

_LOOK_BACK = 3600.0
"""Seconds before the last sweep from which deleted records are asked for."""


class DeletionDetector:
    """Decides on absent entities for one sampler."""

    def __init__(self, sampler: "Sampler") -> None:
        self._sampler = sampler
        self._before: dict[str, float] = {}  # since when each was absent from every sweep
        self._held = HeldDeletes(sampler)

    @property
    def waits(self) -> bool:
        """Whether something is missing, and neither seen nor deleted before another sweep."""
        return bool(self._before)

    def seen(self, look: ListingPass, first_ticket: "Ticket") -> list[str]:
        """Return what a complete sweep did not return; what it did was never absent."""
        sampler = self._sampler
        with sampler.locked():
            missing = sampler.baseline.absent(look.seen(), first_ticket.revision)
        absent = [id_ for id_ in missing if not look.was_named(id_)]
        self._before = {id_: self._before[id_] for id_ in absent if id_ in self._before}
        return absent

    def after(self, look: ListingPass, first_ticket: "Ticket") -> SampleError | None:
        """Confirm what a complete sweep did not return, and commit what is confirmed.

        Returns:
            The fault to show while deletes wait: for a second witness, or for an operator.

        Raises:
            CanaryError, SampleError: nothing can be confirmed now; nothing was deleted
                that was not proven.
        """
        sampler = self._sampler
        absent = self.seen(look, first_ticket)
        if not absent:
            self._settled()
            return None
        look.differed += sum(id_ not in sampler.doubts for id_ in absent)
        with sampler.locked():
            living = len(sampler.baseline)
        held: MassDeleteHeldError | None = None
        if len(absent) > sampler.guard(living):
            # Reported at once: the confirmation below takes as long as it takes.
            held = MassDeleteHeldError(
                f"{sampler.resource.type}: {len(absent)} of {living} are absent; held until "
                "each is confirmed by its service"
            )
            sampler.fail(held)
        if sampler.resource.canary:
            sampler.setup.plugin.canary(sampler.service)
        if look.partial:
            raise CanaryError(
                f"{sampler.resource.type}: {len(look.partial)} rows are stand-ins for entities "
                "that cannot be read now; nothing is deleted meanwhile"
            )
        confirmed = self._held.confirmed(absent, first_ticket)
        left = [id_ for id_ in absent if id_ not in confirmed]
        left = self._by_record(left) if len(left) > _BULK_FROM else left
        seen = look.some_seen(_SEEN)
        waiting = self._by_control(left, seen, look.reject)
        if not waiting:
            self._settled()
            return None
        if self._unvouched(waiting, seen, living):
            self._before = {}
            return self._held.hold(waiting, living)
        self._held.release()
        self._twice(waiting, first_ticket)
        return held if self._before else None

    def _unvouched(self, waiting: list[str], seen: list[str], living: int) -> bool:
        """Whether too much is missing for nothing to answer that was known before."""
        sampler = self._sampler
        if sampler.controls.listed(waiting, seen):
            return False
        many = len(waiting) > sampler.guard(living)
        service = sampler.controls.of_service(waiting, alike=many)
        if service.answers:
            return False
        # Where a whole service is silent, all that it had is missing, whatever the type.
        at_stake = len(waiting) + service.living
        return many or at_stake > sampler.guard(at_stake)

    def _settled(self) -> None:
        """Nothing waits any more."""
        self._before = {}
        self._held.release()
        self._sampler.controls.settle()

    def _by_control(self, absent: list[str], seen: list[str], reject: Reject) -> list[str]:
        """Commit what reads and a control prove; return what must wait."""
        sampler = self._sampler
        controls = sampler.controls
        alone = [id_ for id_ in absent if not sampler.resource.reads(id_)]
        readable = [id_ for id_ in absent if sampler.resource.reads(id_)]
        if len(readable) > _PROBED and not self._anything_answers(readable, seen):
            probe = readable[:: len(readable) // _PROBED + 1]
            if len(self._by_read(probe, reject)) == len(probe):
                return absent  # the rest would be as silent
        missing = self._by_read(readable, reject)
        gone = {id_ for _, id_ in missing}
        if gone and (
            controls.of_type(gone, seen)
            or (len(gone) <= LAST and controls.of_service(gone, alike=False).answers)
        ):
            lowest = min(ticket for ticket, _ in missing)
            if len(readable) <= _PROBED:
                # Nothing had to answer before: the service may be back only now.
                gone = self._still_missing(gone, reject)
            refused = sampler.believe(sorted(gone), lowest, sampler.reading.reason)
            sampler.doubts.add(refused)
            return alone
        return [*alone, *sorted(gone)]

    def _still_missing(self, gone: set[str], reject: Reject) -> set[str]:
        """Read again what is missing, behind its control."""
        return {id_ for _, id_ in self._by_read(sorted(gone), reject)}

    def _anything_answers(self, missing: list[str], seen: list[str]) -> bool:
        controls = self._sampler.controls
        return controls.of_type(missing, seen) or controls.of_service(missing, alike=True).answers

    def _twice(self, absent: list[str], ticket: "Ticket") -> None:
        sampler = self._sampler
        now = sampler.setup.clock.monotonic()
        self._before = {id_: self._before.get(id_, now) for id_ in absent}
        confirmed = [id_ for id_ in absent if now - self._before[id_] >= APART]
        for id_ in confirmed:
            del self._before[id_]
        if confirmed:
            refused = sampler.believe(confirmed, ticket, TWICE, proven=True)
            # Another sweep began meanwhile: its word counts, and this one is a witness.
            self._before |= dict.fromkeys(refused, now)
        if self._before:
            sampler.again = True

    def _by_record(self, absent: list[str]) -> list[str]:
        """Confirm by the service's deleted records; return the ids without one."""
        sampler = self._sampler
        resource = sampler.resource
        if resource.since is None or resource.gone is None:
            return absent
        since = sampler.setup.clock.now() - _LOOK_BACK
        freshness = [
            each.sampled_at
            for each in sampler.setup.store.collections()
            if each.collection == sampler.collection
        ]
        if freshness and freshness[0] is not None:
            since = min(since, freshness[0] - _LOOK_BACK)
        wanted, proven = set(absent), set()
        ticket = sampler.ticket()

        def split(answer: "Answer", parent: str | None) -> ListingPass.Page:
            raw, more = raw_items(resource, answer.body)
            for place, each in enumerate(raw):
                with suppress(MalformedError):  # such a one proves nothing
                    item = decode(resource, each, place, parent)
                    if item.gone and item.id in wanted:
                        proven.add(item.id)
            sampler.setup.beat()
            return ListingPass.Page(len(raw), tail_of(resource, raw, more=more), more)

        query = {resource.since: iso(since)[:19] + "Z"}
        for _ in walk(resource, sampler.service, split, query=query):
            pass
        if proven:
            reason = "its service lists it as deleted"
            refused = sampler.believe(sorted(proven), ticket, reason, proven=True)
            sampler.doubts.add(refused)
        return [id_ for id_ in absent if id_ not in proven]

    def _by_read(self, absent: list[str], reject: Reject) -> list[tuple["Ticket", str]]:
        """Read what is absent; return what its service does not know, with the tickets."""
        missing: list[tuple[Ticket, str]] = []
        for ticket, id_, item in self._sampler.reading.look(absent, reject):
            if item is None:
                missing.append((ticket, id_))
            elif not item.partial:
                self._still_there(ticket, item)
        return missing

    def _still_there(self, ticket: "Ticket", item: Item) -> None:
        """The listing left it out, the read finds it: keep it, as it is now."""
        sampler = self._sampler
        with sampler.locked():
            if sampler.baseline.same(int(sampler.baseline.find([item.id])[0]), item.digest):
                return
        sampler.doubts.add(sampler.take(ticket, [item]))
