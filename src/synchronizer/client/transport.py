"""What a mirror needs of the way to a synchronizer, and what it may rely on.

1. A `Snapshot` holds every entity of the types asked exactly as it was at the snapshot's
   one revision; that its iteration ends without an error means that it was complete.
2. ``changes`` gives whole commits in order: all after *since* up to the page's revision.
3. A watch yields every change after *since* at least once and in order of revision; a
   repeated one is equal in type, id and revision, and applying it twice is applying it once.
4. A `Bookmark` says that everything up to its revision has been yielded. One follows the
   last change of every commit, so between two bookmarks lie whole commits only.
5. When nothing happens bookmarks come all the same; a watch that is silent for longer
   than its time-out raises TransportError.
6. A snapshot at R with the changes after R up to R' applied is the snapshot at R'.
7. A revision that the store cannot go on from is refused: RevisionCompactedError when it
   is too old, RevisionAheadError when it has not been reached. There is no silent gap.
8. A stream that ends early, however it ends, raises TransportError; a watch never ends
   quietly.
9. ``close`` may be called from any thread and makes a blocked iteration raise
   TransportError at once.
10. Bookmarks say how collections stand: the first of a watch says it of all that are watched,
    later ones of those of which there is news, also when a collection becomes stale by its age
    alone. What `CollectionStatus.complete_to` claims has been yielded by then.
11. Revisions are comparable within one *epoch* only. Another epoch than before means that
    the store was replaced: get all again.
12. Whoever says with *since* the *digest* that came with it is told HistoryReplacedError when
    the log has another there: the store went back to an earlier state.
13. Bookmarks tell what is in the collections that are watched: in time of each of them, and
    at its revision.

A synchronizer of an earlier release tells no digests and takes none; the rest holds.

Not promised: that states which came and went between two samples are seen, or when.

`synchronizer.testing.transport.TransportContract` tests each sentence over any transport.
"""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import NamedTuple, Protocol, Self

import msgspec

from synchronizer.model.change import Change
from synchronizer.model.cost import Cost
from synchronizer.model.entity import Collection, Entity
from synchronizer.model.relation import Direction, Related
from synchronizer.model.status import CollectionStatus, ContentDigest, Trouble


class Bookmark(NamedTuple):
    """Everything up to *revision* has been yielded.

    Attributes:
        collections: how those stand of which there is news, at that revision.
        digest: of the log at *revision*; None when it was not told.
        contents: what is in collections, as far as it was told.
    """

    revision: int
    collections: tuple[CollectionStatus, ...] = ()
    digest: str | None = None
    contents: tuple[ContentDigest, ...] = ()


class Rejected(msgspec.Struct, frozen=True):
    """Records of a type's last sweep that could not be taken: how many, and some of them."""

    count: int
    examples: list[str] = []


class EntityType(msgspec.Struct, frozen=True, kw_only=True):
    """One entity type in one region of one cloud, and how fresh it is.

    Attributes:
        entities: how many live ones there are.
        revision: of its latest change.
        sampled_at: when the last complete sweep began, ISO 8601; None before it.
        polled_at: when the last successful poll began; None before it.
        age: seconds since sampled_at.
        stale: it is older than declared, or faulted.
        state: ``unsampled``, ``retired``, ``fault``, ``stale`` or ``current``.
        fault: why the last sample failed; None when it did not.
        rejected: records of the last sweep that could not be taken; None for none.
        cost: what sampling it costs its service.
        volatile: fields of the body that are not state: they have the value that they had at
            the entity's last change.
        complete: it was completely sampled once.
        complete_to: by the service's own clock, the time up to which everything is known.
    """

    type: str
    cloud: str
    region: str | None = None
    entities: int = 0
    revision: int = 0
    sampled_at: str | None = None
    polled_at: str | None = None
    age: float | None = None
    stale: bool = False
    state: str = ""
    fault: Trouble | None = None
    rejected: Rejected | None = None
    cost: Cost = Cost()
    volatile: tuple[str, ...] = ()
    complete: bool = False
    complete_to: str | None = None

    @property
    def collection(self) -> Collection:
        """The collection that this describes."""
        return Collection(self.cloud, self.region, self.type)


class HeldDelete(msgspec.Struct, frozen=True, kw_only=True):
    """Deletes of one type that nothing proves, held until an operator decides.

    Attributes:
        entities: how many are absent.
        since: when that was found, ISO 8601.
        decision: ``confirmed`` or ``rejected``; None before it.
        version: names just these deletes, for a decision on no others.
        ids: of the first hundred.
    """

    type: str
    cloud: str
    region: str | None = None
    entities: int = 0
    since: str = ""
    decision: str | None = None
    version: str = ""
    ids: tuple[str, ...] = ()


class Page(NamedTuple):
    """Whole commits: every change up to *revision*; *more* when the log goes on.

    *collections* says how those that were asked for stand at that revision. *digest* is
    the log's there; None when it was not told.
    """

    revision: int
    epoch: str
    changes: list[Change]
    more: bool
    collections: tuple[CollectionStatus, ...] = ()
    digest: str | None = None


class Stream(Protocol):
    """An open answer. Iterated by one thread, closed by any."""

    @property
    def epoch(self) -> str:
        """Which log the revisions belong to."""

    def close(self) -> None:
        """Give the connection up; an iteration that is blocked raises TransportError."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Snapshot(Stream, Protocol):
    """All entities at one revision, in an order of no meaning. Iterated once."""

    @property
    def revision(self) -> int:
        """The one revision of all of them."""

    @property
    def digest(self) -> str | None:
        """The log's digest at that revision; None when it was not told."""

    @property
    def complete(self) -> bool | None:
        """Whether every type asked was completely sampled once by that revision.

        When it is not, what is missing may be there all the same. None from a synchronizer
        that does not say.
        """

    def __iter__(self) -> Iterator[Entity]: ...


class Watch(Stream, Protocol):
    """Changes and bookmarks as they happen, without an end.

    A loop over it may be left and taken up again.
    """

    @property
    def since(self) -> int:
        """The revision that it began at."""

    def __iter__(self) -> Iterator[Change | Bookmark]: ...


class Transport(Protocol):
    """The operations of a synchronizer. Safe to call from several threads.

    An empty sequence of types stands for all of them. Every call raises TransportError
    when no synchronizer answers, and the error that the synchronizer answered with.
    """

    def types(self) -> list[EntityType]:
        """Return every entity type that is sampled there."""

    def get_all(
        self,
        types: Sequence[str] = (),
        *,
        cloud: str | None = None,
        region: str | None = None,
        at: int | str | None = None,
        max_age: float | None = None,
        where: Sequence[tuple[str, str]] = (),
        complete: bool = False,
    ) -> Snapshot:
        """Get all entities of some types at one revision.

        Args:
            at: an older revision, or an ISO 8601 time.
            max_age: sample first unless that was done within so many seconds.
            where: only those whose body has these values, by dotted path; several values
                of one path are alternatives.
            complete: refuse unless every type was completely sampled once.

        Raises:
            RevisionCompactedError, RevisionAheadError, UnknownTypeError, SampleError
            IncompleteError: the first sweep of a type has not ended, and *complete* is asked.
        """

    def changes(
        self,
        since: int,
        types: Sequence[str] = (),
        limit: int = 1000,
        *,
        cloud: str | None = None,
        region: str | None = None,
        digest: str | None = None,
    ) -> Page:
        """Return whole commits after *since*, about *limit* changes of them.

        Args:
            digest: of the log at *since*, as it was told.

        Raises:
            RevisionCompactedError, RevisionAheadError, HistoryReplacedError, UnknownTypeError
        """

    def watch(
        self,
        since: int | None,
        types: Sequence[str] = (),
        *,
        cloud: str | None = None,
        region: str | None = None,
        digest: str | None = None,
    ) -> Watch:
        """Follow the log from *since* on; None begins now.

        Args:
            digest: of the log at *since*, as it was told.

        Raises:
            RevisionCompactedError, RevisionAheadError, HistoryReplacedError, UnknownTypeError
        """

    def entity(
        self,
        type: str,
        id: str,
        at: int | str | None = None,
        *,
        cloud: str | None = None,
        region: str | None = None,
    ) -> Entity:
        """Return one entity.

        Raises:
            UnknownEntityError, AmbiguousError, UnknownTypeError
        """

    def history(
        self, type: str, id: str, *, cloud: str | None = None, region: str | None = None
    ) -> list[Change]:
        """Return the kept versions of one entity, oldest first.

        Raises:
            UnknownEntityError, AmbiguousError, UnknownTypeError
        """

    def relations(
        self,
        type: str,
        id: str,
        at: int | str | None = None,
        *,
        cloud: str | None = None,
        region: str | None = None,
        direction: Direction | None = None,
        types: Sequence[str] = (),
        fields: Sequence[str] = (),
    ) -> Related:
        """Return what an entity refers to and what refers to it, all at one revision.

        Args:
            direction: ``out`` or ``in``; None for both.
            types: of the related entities.
            fields: of their bodies, by dotted path; without them no body is given.

        Raises:
            UnknownEntityError, AmbiguousError, UnknownTypeError
            RevisionCompactedError, RevisionAheadError
        """

    def sweep(
        self, type: str, *, cloud: str | None = None, region: str | None = None
    ) -> EntityType:
        """Sweep a type now and return how it stands then.

        Raises:
            UnknownTypeError, AmbiguousError, SampleError
        """

    def deletes(self) -> list[HeldDelete]:
        """Return the deletes that are held until an operator decides."""

    def confirm_deletes(
        self,
        type: str,
        *,
        cloud: str | None = None,
        region: str | None = None,
        version: str | None = None,
    ) -> EntityType:
        """Say that what is held of a type is gone; return how the type stands then.

        Args:
            version: of what was decided on (`HeldDelete.version`); None for whatever is held.

        Raises:
            NothingHeldError, HeldChangedError, UnknownTypeError, AmbiguousError
        """

    def reject_deletes(
        self,
        type: str,
        *,
        cloud: str | None = None,
        region: str | None = None,
        version: str | None = None,
    ) -> EntityType:
        """Say that what is held of a type lives; return how the type stands.

        Args:
            version: of what was decided on (`HeldDelete.version`); None for whatever is held.

        Raises:
            NothingHeldError, HeldChangedError, UnknownTypeError, AmbiguousError
        """
