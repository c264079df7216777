"""The JSON that HTTP answers with; entities and changes are those of the model."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from synchronizer.model.change import Change
from synchronizer.model.cost import Cost
from synchronizer.model.entity import Entity
from synchronizer.model.relation import Relation
from synchronizer.model.status import CollectionStatus, ContentDigest
from synchronizer.store.freshness import Fault, Rejected

State = Literal["unsampled", "retired", "fault", "stale", "current"]


class TypeItem(msgspec.Struct, frozen=True, kw_only=True):
    """One entity type in one region of one cloud, and how fresh it is.

    Attributes:
        entities: how many live ones there are.
        revision: of its latest change.
        sampled_at: when the last complete sweep began; null before it.
        polled_at: when the last successful poll began; null before it.
        age: seconds since sampled_at; null before it.
        stale_after: declared age in seconds beyond which it is stale.
        stale: it is older than declared, or faulted.
        fault: why the last sample failed; null when it did not.
        rejected: records of the last sweep that could not be taken; null for none.
        cost: what sampling it costs its service.
        volatile: fields of the body that are not state, by dotted path: they have the value
            that they had at the entity's last change.
        complete: it was completely sampled once.
        complete_to: by the service's own clock, the time up to which everything is known;
            null before the first complete sweep.
    """

    type: str
    cloud: str
    region: str | None
    entities: int
    revision: int
    sampled_at: str | None
    polled_at: str | None
    age: float | None
    stale_after: float
    stale: bool
    state: State
    fault: Fault | None
    rejected: Rejected | None
    cost: Cost
    volatile: list[str]
    complete: bool
    complete_to: str | None


class Types(msgspec.Struct, frozen=True):
    """Every type that was asked for."""

    revision: int
    types: list[TypeItem]


class HeldDelete(msgspec.Struct, frozen=True, kw_only=True):
    """Deletes of one type that nothing proves, held until an operator decides.

    Attributes:
        entities: how many are absent.
        since: when that was found.
        decision: of the operator; null before it.
        version: names just these deletes, for a decision on no others.
        ids: of the first hundred.
    """

    type: str
    cloud: str
    region: str | None
    entities: int
    since: str
    decision: Literal["confirmed", "rejected"] | None
    version: str
    ids: list[str]


class Deletes(msgspec.Struct, frozen=True):
    """All deletes that are held, of the types that were asked for."""

    revision: int
    deletes: list[HeldDelete]


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """What is measured of one entity: usage, heartbeats, and what else is of use only while new.

    Attributes:
        measured_at: when the complete sweep that found these values began.
        values: dotted path, as in the body of its own service, to value.
    """

    cloud: str
    region: str | None
    type: str
    id: str
    measured_at: str | None
    values: dict[str, Any]


class Measurements(msgspec.Struct, frozen=True):
    """A page of measurements; *next* is null on the last."""

    revision: int
    measurements: list[Measurement]
    next: str | None


class Entities(msgspec.Struct, frozen=True):
    """A page of entities, all as they were at *revision*; *next* is null on the last.

    Attributes:
        complete: each type asked was completely sampled once by then; until that, what is
            missing may be there all the same.
        collections: how each of those stands at that revision.
    """

    revision: int
    entities: list[Entity]
    next: str | None
    complete: bool
    collections: list[CollectionStatus]


class Changes(msgspec.Struct, frozen=True):
    """Whole commits: every change up to *revision*; *next* is null when the log ends there.

    *collections* says how those that were asked for stand at that revision.
    """

    revision: int
    changes: list[Change]
    next: str | None
    collections: list[CollectionStatus]


class Relations(msgspec.Struct, frozen=True):
    """A page of relations at *revision*, outward ones first; *next* is null on the last."""

    revision: int
    relations: list[Relation]
    next: str | None


class Versions(msgspec.Struct, frozen=True):
    """The kept versions of one entity, oldest first."""

    revision: int
    versions: list[Change]


class Bookmark(msgspec.Struct, frozen=True):
    """The data of a bookmark event: everything up to *revision* has been sent.

    Attributes:
        digest: of the log at *revision*, in hexadecimal.
        collections: how those stand of which there is news; in the first one, all.
        contents: what is in those that have changed; in the first one, in all. Not there with
            a filter or fields.
        passed: with a filter or fields, the sum that all changes of this stream make up,
            each as it was sent, in hexadecimal.
    """

    revision: int
    digest: str
    collections: list[CollectionStatus]
    contents: list[ContentDigest] | UnsetType = UNSET
    passed: str | UnsetType = UNSET


class Health(msgspec.Struct, frozen=True):
    """Whether requests can be answered; *store* says what is wrong with it, or ``OK``."""

    status: Literal["OK", "UNAVAILABLE"]
    store: str | None = None
    types: int | None = None
    types_stale: int | None = None


class Link(msgspec.Struct, frozen=True):
    """A link as API-SIG writes it."""

    rel: str
    href: str


class VersionItem(msgspec.Struct, frozen=True):
    """One version of the API."""

    id: str
    status: str
    links: list[Link]


class ApiVersions(msgspec.Struct, frozen=True):
    """Which versions of the API are served, and what else is."""

    versions: list[VersionItem]
    links: list[Link]
