"""Reading entities, because something hints that they changed or are gone.

Where the service lists by id, many are read in one call and in the listing's own shape;
else each by its own. "There is none" is believed only while another entity, known to
live, can be read in the same way (services answer 404 to those who lost a role, too). When
the last entities of a type go, one of another type of the same service is that other entity.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from synchronizer.model.address import segment
from synchronizer.model.errors import (
    MalformedError,
    SampleError,
    UnreachableError,
    VisibilityLostError,
)
from synchronizer.sampling.items import WRONG_SHAPE, Item, decode, examine, raw_items
from synchronizer.sampling.ticket import Ticket
from synchronizer.sampling.unreadable import Unreadable

if TYPE_CHECKING:
    from synchronizer.sampling.sampler import Sampler

_TRIES = 3
"""So often a refused candidate is read again at once."""

BULK = 50
"""The most ids of one call."""

_ADDRESS_BYTES = 4096
"""So many bytes of ids fit into an address."""

_FAILED = 3
"""When more entities than that cannot be read, the service is asked for no more of them."""

LAST = 10
"""So many are believed to be gone at once, because an entity of another type answers."""


class Seen(NamedTuple):
    """One read: the ticket it went out with, and what came; None for nothing."""

    ticket: Ticket
    id: str
    item: Item | None


Reject = Callable[[str | None, MalformedError], None]
"""Takes up an entity whose record is malformed."""


class Reader:
    """Reads entities for one sampler.

    Attributes:
        phantoms: those whose reads prove nothing.
    """

    def __init__(self, sampler: "Sampler") -> None:
        self._sampler = sampler
        self.phantoms = Unreadable()

    @property
    def reason(self) -> str:
        """Why a read shows that an entity is gone, for people."""
        resource = self._sampler.resource
        return f"no {resource.name} is listed by its id" if resource.bulk else "read answered 404"

    def read(self, ids: Sequence[str], failed: dict[str, SampleError] | None = None) -> set[str]:
        """Read entities and commit what differs; return those that were as known.

        Args:
            failed: takes up why a few could not be read; without it the first ends the read.

        Raises:
            SampleError: some were not read; nothing was deleted without proof.
        """
        sampler = self._sampler
        waiting = [id_ for id_ in ids if sampler.resource.reads(id_)]
        if len(waiting) < len(ids):
            sampler.again = True  # nothing but another listing can tell
        same: set[str] = set()
        for _ in range(_TRIES):
            refused, known = self._read_once(waiting, failed)
            same |= known
            if not refused:
                return same
            waiting = refused
        sampler.doubts.add(waiting)
        return same

    def look(self, ids: Sequence[str], reject: Reject | None = None) -> Iterator[Seen]:
        """Yield what the service says of each entity.

        Args:
            reject: takes up those whose record is malformed; they are there all the same.
        """
        for some in self._groups(ids):
            yield from self._seen(some, reject)

    def one(self, id_: str) -> Item | None:
        """Read one entity; None when its service says that it does not exist."""
        sampler = self._sampler
        resource = sampler.resource
        if resource.bulk:
            return self._listed([id_]).get(id_)
        try:
            found = resource.read(sampler.service, id_)
        except WRONG_SHAPE as error:
            raise MalformedError(
                f"{resource.type}: the answer to a read of {id_} has the wrong shape "
                f"({type(error).__name__})"
            ) from None
        sampler.setup.beat()
        if found is None or resource.is_gone(found):
            return None
        return self._witnessed(examine(resource, found, 0, resource.parent_of(id_)))

    def pass_on(self, told: Mapping[str, dict[str, Any]]) -> set[str]:
        """Commit entities that notifications carried whole and provably newer; return their ids.

        A notification may be late, and its body is older than any ticket. Newer means: the
        version that the service counts up is higher than that of the state which the store
        holds, no look has shown another version of it since, and it is of the same shape (a
        notification shows what its requester may see). All others must be read, and so must
        what is in flux: its state moves on without a version.
        """
        done = set()
        for id_, whole in told.items():
            ticket = self._sampler.ticket()._replace(answered=False)
            item = self._newer(id_, whole, ticket)
            if item is not None and not self._commit(ticket, [item]):
                done.add(id_)
        return done

    # --- inside ----------------------------------------------------------

    def _read_once(
        self, ids: Sequence[str], failed: dict[str, SampleError] | None
    ) -> tuple[list[str], set[str]]:
        sampler = self._sampler
        refused: list[str] = []
        same: set[str] = set()
        missing: dict[str, Ticket] = {}
        answered: list[str] = []
        for _, group in groupby(self._look(ids, failed), key=_known_before):
            differing = []
            ticket = None
            for seen in group:
                ticket = ticket or seen.ticket  # the first one's: no answer is older
                if seen.item is None:
                    missing[seen.id] = seen.ticket
                    continue
                answered.append(seen.id)
                if seen.item.partial:
                    continue
                if self._is_known(seen.item):
                    same.add(seen.id)
                else:
                    differing.append(seen.item)
            if ticket is not None:
                refused += self._commit(ticket, differing)
        living = set(self._living(missing))
        same |= missing.keys() - living  # never known, or known to be dead
        sampler.behind.settle(same)
        self.phantoms.found(answered)
        if phantoms := self.phantoms.among(living):
            sampler.again = True  # a listing tells
            living -= phantoms
        if not living:
            return refused, same
        if not self._vouched(living, answered):
            sampler.hurry = True  # a listing tells as well, and safer
            return refused, same
        living = self._still_missing(living, answered)
        if not living:
            return refused, same
        lowest = min(missing[id_] for id_ in living)
        again = sampler.believe(sorted(living), lowest, self.reason)
        self.phantoms.deleted(living.difference(again))
        return [*refused, *again], same

    def _look(self, ids: Sequence[str], failed: dict[str, SampleError] | None) -> Iterator[Seen]:
        """Look at each, past a few that cannot be read: one of them must not hide the others."""
        if failed is None:
            yield from self.look(ids)
            return
        parts = deque(self._groups(ids))
        while parts:
            part = parts.popleft()
            try:
                yield from list(self.look(part))
            except (MalformedError, UnreachableError) as error:
                if len(part) == 1:
                    failed[part[0]] = error
                    if len(failed) > _FAILED:
                        raise
                elif isinstance(error, MalformedError):
                    half = len(part) // 2
                    parts.extendleft((part[half:], part[:half]))
                else:
                    raise  # no answer to many is no fault of one of them

    def _seen(self, some: Sequence[str], reject: Reject | None) -> Iterator[Seen]:
        ticket = self._sampler.ticket()
        found: dict[str, Item | None]
        try:
            found = {**self._listed(some)} if self._bulky else {some[0]: self.one(some[0])}
        except MalformedError as error:
            if reject is None:
                raise
            if len(some) > 1:
                for id_ in some:
                    yield from self._seen([id_], reject)
                return
            reject(some[0], error)
            found = {some[0]: Item(some[0], b"", b"", 0, partial=True)}
        self._sampler.arrived()
        for id_ in some:
            yield Seen(ticket, id_, found.get(id_))

    @property
    def _bulky(self) -> bool:
        return bool(self._sampler.resource.bulk)

    def _groups(self, ids: Sequence[str]) -> Iterator[list[str]]:
        """Cut ids into what one call can ask for: each alone, or as many as an address holds."""
        group: list[str] = []
        size = 0
        for id_ in ids:
            length = len(segment(id_))
            if group and (not self._bulky or len(group) == BULK or size + length > _ADDRESS_BYTES):
                yield group
                group, size = [], 0
            group.append(id_)
            size += length
        if group:
            yield group

    def _vouched(self, missing: set[str], answered: Sequence[str]) -> bool:
        """Whether another entity answers; those tried may be gone as well by now.

        What was read before them vouches for nothing: their service may be silent since.
        """
        controls = self._sampler.controls
        if self._in_one_answer(missing, answered) and controls.listed(missing, answered):
            return True
        try:
            if others := [*answered[:1], *controls.some({*missing, *answered[:1]})]:
                return controls.of_type(missing, others)
            # The last of a type, a few: where a sweep would have no more to go by than we have.
            return len(missing) <= LAST and controls.of_service(missing, alike=False).answers
        except SampleError:
            return False

    def _still_missing(self, missing: set[str], answered: Sequence[str]) -> set[str]:
        """Read again what is missing: a service that was silent may be back only now."""
        if self._in_one_answer(missing, answered):
            return missing
        return {seen.id for seen in self.look(sorted(missing)) if seen.item is None}

    def _in_one_answer(self, missing: set[str], answered: Sequence[str]) -> bool:
        return self._bulky and bool(answered) and len(answered) + len(missing) <= BULK

    def _living(self, ids: Mapping[str, Ticket]) -> list[str]:
        """Return those that the baseline has alive."""
        baseline = self._sampler.baseline
        asked = list(ids)
        with self._sampler.locked():
            rows = baseline.find(asked).tolist()
            return [id_ for id_, row in zip(asked, rows, strict=True) if baseline.lives(row)]

    def _is_known(self, item: Item) -> bool:
        baseline = self._sampler.baseline
        with self._sampler.locked():
            rows = baseline.find([item.id])
            if not baseline.same(int(rows[0]), item.digest):
                return False
            baseline.mark(rows, np.array([item.mark], np.uint64))
            return True

    def _commit(self, ticket: Ticket, items: Sequence[Item]) -> list[str]:
        if not items:
            return []
        sampler = self._sampler
        refused = sampler.take(ticket, items)
        if sampler.resource.outline:
            sampler.catch_up()
            for item in items:
                if item.id not in refused:
                    self._is_known(item)  # notes its outline
        return list(refused)

    def _listed(self, ids: Sequence[str]) -> dict[str, Item]:
        """Read many in one call, by a listing filtered to their ids."""
        sampler = self._sampler
        resource = sampler.resource
        found: dict[str, Item] = {}
        for variant in resource.variants:
            left = set(ids)
            while left:
                query = {**variant, resource.bulk: sorted(left)}
                answer = resource.ask(sampler.service, None, query)
                sampler.setup.beat()
                raw, more = raw_items(resource, answer.body)
                items = [decode(resource, each, place, None) for place, each in enumerate(raw)]
                self._check_asked({item.id for item in items}, left, resource.type)
                found |= {item.id: self._witnessed(item) for item in items if not item.gone}
                if more and not items:
                    raise MalformedError(
                        f"{resource.type}: an empty page is said not to be the last"
                    )
                # An operator may have limited what one answer holds.
                left = left - {item.id for item in items} if more else set()
        return found

    @staticmethod
    def _check_asked(answered: set[str], asked: set[str], type_: str) -> None:
        """Check that an answer is about what was asked for: else its silence means nothing."""
        if strange := answered - asked:
            raise MalformedError(
                f"{type_}: the listing by id also holds {min(strange)}, which was not asked for"
            )

    def _witnessed(self, item: Item) -> Item:
        if self._sampler.witnessed and not item.witnessed and not item.partial:
            resource = self._sampler.resource
            raise VisibilityLostError(
                f"{resource.type}: {', '.join(resource.witness)} is not shown any more; "
                "give the credentials their role again"
            )
        return item

    def _newer(self, id_: str, whole: dict[str, Any], ticket: Ticket) -> Item | None:
        sampler = self._sampler
        resource = sampler.resource
        held = sampler.setup.store.entity(sampler.collection, id_)
        if (
            held is None
            or held.op == "delete"
            or held.revision > ticket.revision
            or not resource.version
        ):
            return None
        try:
            shaped = resource.shape(whole, resource.parent_of(id_))
            before = msgspec.json.decode(held.body)
            known, told = before[resource.version], shaped[resource.version]
            if shaped.keys() != before.keys() or not isinstance(told, int) or told <= known:
                return None
            if sampler.is_late(id_, shaped, before, ticket):
                return None
            item = examine(resource, shaped, 0, resource.parent_of(id_))
        except (MalformedError, *WRONG_SHAPE):
            return None
        return item if item.id == id_ and item.witnessed else None


def _known_before(seen: Seen) -> tuple[int, int | None]:
    return seen.ticket.revision, seen.ticket.sweep
