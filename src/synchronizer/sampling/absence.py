"""Absence: from "not in the listing" to "deleted", never without a second witness.

In every service some condition makes rows vanish from a 200 answer (a cell is down, a
role was lost, a page was cut), so absence alone proves nothing. What proves a deletion:

* the service's own record of it (Nova lists deleted servers by ``changes-since``): one
  walk confirms any number of them,
* a read that the service itself answers with 404, while a living entity is still found,
* where a type cannot be read one by one, absence from two complete sweeps in a row, and not
  right behind each other: one short outage would be its own second witness. So it is, too,
  where "one by one" is a listing by id and no other of its type is left to compare with.
"""

from typing import TYPE_CHECKING

from synchronizer.model.clock import iso
from synchronizer.model.errors import CanaryError, MassDeleteHeldError
from synchronizer.plugins.walk import walk
from synchronizer.sampling.look import Look
from synchronizer.sampling.split import Item, decode, raw_items, tail_of

if TYPE_CHECKING:
    from synchronizer.plugins.service import Answer
    from synchronizer.sampling.sampler import Sampler
    from synchronizer.sampling.ticket import Ticket

_BULK_FROM = 8
"""From so many absences on, one walk over the service's deleted records is cheaper."""

APART = 10.0
"""Seconds that two sweeps must at least lie apart to be two witnesses."""

_LOOK_BACK = 3600.0
"""Seconds before the last sweep from which deleted records are asked for."""


class Absence:
    """Decides on absent entities for one sampler."""

    def __init__(self, sampler: "Sampler") -> None:
        self._sampler = sampler
        self._before: dict[str, float] = {}  # since when each was absent from every sweep

    def seen(self, look: Look, first_ticket: "Ticket") -> list[str]:
        """Return what a complete sweep did not return; what it did was never absent."""
        sampler = self._sampler
        with sampler.locked():
            missing = sampler.baseline.absent(look.seen(), first_ticket.revision)
        absent = [id_ for id_ in missing if not look.was_named(id_)]
        self._before = {id_: self._before[id_] for id_ in absent if id_ in self._before}
        return absent

    def after(self, look: Look, first_ticket: "Ticket") -> MassDeleteHeldError | None:
        """Confirm what a complete sweep did not return, and commit what is confirmed.

        Returns:
            The fault to show while a mass delete waits for its second witness.

        Raises:
            CanaryError, SampleError: nothing can be confirmed now; nothing was deleted
                that was not proven.
        """
        sampler = self._sampler
        absent = self.seen(look, first_ticket)
        if not absent:
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
        left = self._by_record(absent) if len(absent) > _BULK_FROM else absent
        alone = [id_ for id_ in left if not sampler.resource.reads(id_)]
        alone += self._by_read([id_ for id_ in left if sampler.resource.reads(id_)], look)
        self._twice(alone, first_ticket)
        return held if self._before else None

    def _twice(self, absent: list[str], ticket: "Ticket") -> None:
        sampler = self._sampler
        now = sampler.setup.clock.monotonic()
        self._before = {id_: self._before.get(id_, now) for id_ in absent}
        confirmed = [id_ for id_ in absent if now - self._before[id_] >= APART]
        for id_ in confirmed:
            del self._before[id_]
        if confirmed:
            refused = sampler.believe(confirmed, ticket, "absent from two complete sweeps")
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

        def split(answer: "Answer", parent: str | None) -> Look.Page:
            raw, more = raw_items(resource, answer.body)
            for place, each in enumerate(raw):
                item = decode(resource, each, place, parent)
                if item.gone and item.id in wanted:
                    proven.add(item.id)
            sampler.setup.beat()
            return Look.Page(len(raw), tail_of(resource, raw, more=more), more)

        query = {resource.since: iso(since)[:19] + "Z"}
        for _ in walk(resource, sampler.service, split, query=query):
            pass
        if proven:
            sampler.believe(sorted(proven), ticket, "its service lists it as deleted")
        return [id_ for id_ in absent if id_ not in proven]

    def _by_read(self, absent: list[str], look: Look) -> list[str]:
        """Confirm by reads; return the ids that an empty listing alone speaks against."""
        sampler = self._sampler
        missing: list[tuple[Ticket, str]] = []
        for ticket, id_, item in sampler.reading.look(absent):
            if item is None:
                missing.append((ticket, id_))
            elif not item.partial:
                self._still_there(ticket, item)
        if missing:
            gone = {id_ for _, id_ in missing}
            if not sampler.reading.vouch(gone, look.some_seen(5)) and sampler.resource.bulk:
                return sorted(gone)  # two empty listings are one witness
            lowest = min(ticket for ticket, _ in missing)
            sampler.believe(sorted(gone), lowest, sampler.reading.reason)
        return []

    def _still_there(self, ticket: "Ticket", item: Item) -> None:
        """The listing left it out, the read finds it: keep it, as it is now."""
        sampler = self._sampler
        with sampler.locked():
            if sampler.baseline.same(int(sampler.baseline.find([item.id])[0]), item.digest):
                return
        sampler.take(ticket, [item])
