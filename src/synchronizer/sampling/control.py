"""Controls: entities that are known to live, asked for when others seem to be gone.

A service that lost its database, a policy that was edited or an endpoint of another
deployment lists nothing and answers 404 to every read. So "there is none" counts for
little unless something else that was known still answers. An entity vouches for others

* when it was known before they were missed: what an emptied service registers anew, or
  another deployment shows, vouches for nothing;
* when it is seen by the same right: if some of what is missing belongs to other projects
  than the credentials', then so must it, or a policy may hide just those;
* when it is of another type, and its id is one that no other deployment has.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from synchronizer.model.errors import StoreError, VisibilityLostError
from synchronizer.plugins.ids import UUID

if TYPE_CHECKING:
    from synchronizer.model.entity import Collection
    from synchronizer.sampling.sampler import Sampler
    from synchronizer.store.contract import Record, Store

_ASKED = 5
"""So many controls are asked for, before none answers."""

_LOOKED_AT = 50
"""Among so many entities controls are looked for."""

_OWNERS = (
    *("project_id", "tenant_id", "owner", "project", "source_project_id"),
    "os-vol-tenant-attr:tenant_id",
    "os-extended-snapshot-attributes:project_id",
    "os-backup-project-attr:project_id",
)
_PUBLIC = {"shared": True, "router:external": True, "is_public": True, "visibility": "public"}


class Service(NamedTuple):
    """What other types of the service say: whether one answers, and how many they hold."""

    answers: bool
    living: int


class Controls:
    """Finds the controls of one sampler, and asks for them.

    Attributes:
        since: what was known at this revision may vouch; None before the first sweep.
    """

    def __init__(self, sampler: "Sampler") -> None:
        self._sampler = sampler
        self.since: int | None = None

    def begin(self, revision: int) -> None:
        """A sweep begins; the first one has only what was known before it to go by."""
        if self.since is None:
            self.since = revision

    def settle(self) -> None:
        """A sweep missed nothing: what was known then may vouch for what will be missed."""
        self.since = self._sampler.baseline.revision

    def listed(self, missing: Iterable[str], seen: Iterable[str]) -> bool:
        """Whether one of *seen* vouches for what is missing, because it answered."""
        return next(self._alike(missing, seen), None) is not None

    def of_type(self, missing: Iterable[str], seen: Iterable[str]) -> bool:
        """Whether one of those that were seen to live can be read as well.

        Raises:
            VisibilityLostError: none of several can be read.
        """
        sampler = self._sampler
        readable = (id_ for id_ in seen if sampler.resource.reads(id_))
        asked = 0
        for id_ in islice(self._alike(missing, readable), _ASKED):
            if sampler.reading.one(id_) is not None:
                return True
            asked += 1
        if asked:
            raise VisibilityLostError(
                f"{sampler.resource.type}: not even entities that are known to exist can be "
                "read; nothing is deleted. Give the credentials their role again"
            )
        return False

    def of_service(self, missing: Iterable[str], *, alike: bool) -> Service:
        """Ask for entities of the other types of the service and region.

        Args:
            alike: only for those that are seen by the same right.
        """
        missing = list(missing)
        foreign = alike and self._foreign(missing)
        known = self._known_to(missing)
        found: list[tuple[Sampler, str]] = []
        living = 0
        for other in self._sampler.setup.others(self._sampler.collection):
            able = [i for i in _some(other) if UUID.search(i) and other.resource.reads(i)]
            # What cannot be asked for, or is known only since then, is as much at stake.
            living += len(other.baseline)
            first = next(self._vouching(other, able, known, foreign=foreign), None)
            if first is not None:
                found.append((other, first))
        asked = islice(found, _ASKED)
        return Service(any(other.reading.one(id_) is not None for other, id_ in asked), living)

    def some(self, without: set[str]) -> list[str]:
        """Return entities of the type that are known to live."""
        return [id_ for id_ in _some(self._sampler) if id_ not in without]

    def same_deployment(self) -> bool:
        """Whether the service still has anything that is known; true when that is nothing."""
        sampler = self._sampler
        own = [i for i in _some(sampler) if UUID.search(i) and sampler.resource.reads(i)]
        if not len(sampler.baseline):
            return True
        if any(sampler.reading.one(id_) is not None for id_ in own[:_ASKED]):
            return True
        return self.of_service((), alike=False).answers

    # --- inside ----------------------------------------------------------

    def _alike(self, missing: Iterable[str], seen: Iterable[str]) -> Iterator[str]:
        if seen := list(islice(seen, _LOOKED_AT)):
            missing = list(missing)
            foreign, known = self._foreign(missing), self._known_to(missing)
            yield from self._vouching(self._sampler, seen, known, foreign=foreign)

    def _foreign(self, missing: Iterable[str]) -> bool:
        """Whether some of what is missing belongs to other projects than the credentials'."""
        own = self._project()
        sampler = self._sampler
        records = (
            _known(sampler.setup.store, sampler.collection, id_, None)
            for id_ in islice(missing, _LOOKED_AT)
        )
        return own != "" and any(each and owner(each.body) not in {"", own} for each in records)

    def _project(self) -> str:
        kind, _, rest = self._sampler.setup.scope().target.partition(":")
        return rest.partition("/")[0] if kind == "project" else ""

    def _known_to(self, missing: Sequence[str]) -> int | None:
        """Return the revision at which it was known what may vouch for what is missing.

        Whoever was known before the missing were last seen to live was there when they were.
        """
        sampler = self._sampler
        if self.since is None or not 0 < len(missing) <= _LOOKED_AT:
            return self.since
        return max(self.since, sampler.setup.store.known_before(sampler.collection, missing) or 0)

    def _vouching(
        self, sampler: "Sampler", ids: Iterable[str], known: int | None, *, foreign: bool
    ) -> Iterator[str]:
        own = self._project()
        for id_ in islice(ids, _LOOKED_AT):
            record = _known(sampler.setup.store, sampler.collection, id_, known)
            if record and not (foreign and owner(record.body) in {"", own}):
                yield id_


def owner(body: bytes) -> str:
    """Return the project that an entity belongs to; empty for none, and what all may see."""
    found: dict[str, Any] = msgspec.json.decode(body)
    if any(found.get(name) == value for name, value in _PUBLIC.items()):
        return ""
    return next((str(found[name]) for name in _OWNERS if found.get(name)), "")


def _some(sampler: "Sampler") -> list[str]:
    """Return a few ids of what lives, spread over all."""
    with sampler.locked():
        sampler.baseline.catch_up(sampler.setup.store, sampler.collection)
        return sampler.baseline.some_live(_LOOKED_AT, frozenset())


def _known(store: "Store", collection: "Collection", id_: str, at: int | None) -> "Record | None":
    """Return an entity as it lived at a revision."""
    record = store.entity(collection, id_)
    if record is not None and at is not None and record.revision > at:
        try:
            record = store.entity(collection, id_, at)
        except StoreError:
            return None
    return None if record is None or record.op == "delete" else record
