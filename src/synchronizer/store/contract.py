"""What every store promises, whatever database is below.

1. A *commit* is one transaction: all its changes carry one revision and become visible
   together, or none does.
2. Revisions are consecutive; when ``head()`` says R, every commit up to R can be read.
3. What ``commit`` returned is on disk.
4. A candidate is refused when its entity was committed after the candidate's ticket, or
   when a sweep of its collection began since. One that is from behind (see
   `synchronizer.store.staleness`) is not committed either.
5. ``snapshot(at=R)`` never changes, for as long as R is not compacted; then it raises
   RevisionCompactedError, also in the middle of a walk.
6. ``changes`` never returns a part of a commit.
7. snapshot(R) with the changes in (R, R'] applied equals snapshot(R').
8. ``wait`` returns within 50 ms of a commit, whichever process made it.
9. Of several that move one sink from the same state, one succeeds.
10. Commit times never go back, whatever clocks do; a clock that is wrong once makes nobody
    forget the history.
11. What is told of a revision is told of one log: a digest that this log does not have at
    that revision is refused (HistoryReplacedError).
12. A content digest is that of the snapshot at its revision, in each commit and collection.
13. A byte that is changed in a stored id, body or digest is found by ``check``.

Not promised: that a commit happens at a certain time, or that two stores number alike
(``Head.epoch`` tells them apart).

`synchronizer.testing.store.StoreContract` tests each sentence.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from synchronizer.model.change import Candidate, Commit, Op
from synchronizer.model.declaration import Adopted
from synchronizer.model.digests import NOTHING
from synchronizer.model.entity import Collection
from synchronizer.model.errors import StoreError
from synchronizer.model.essence import Path
from synchronizer.model.relation import Declared
from synchronizer.store.freshness import Freshness

STORE = "store"
"""What the counters of the store itself stand under in place of a plugin; of no cloud."""

COMMIT_LIMIT = 1000
"""The most candidates of one commit."""


class Head(NamedTuple):
    """Where the log stands: newest and oldest revision, and which log it is.

    Attributes:
        epoch: the log's name.
        digest: of the whole log up to *revision*: two that differ in it have another history.
    """

    revision: int
    oldest: int
    epoch: str
    digest: bytes = NOTHING


class Version(NamedTuple):
    """One entity's line in the baseline; *digest* is empty for a tombstone."""

    id: str
    revision: int
    digest: bytes


class VersionsPage(NamedTuple):
    """A part of what a baseline needs to come to *head*.

    Attributes:
        anew: the pages list all that lives, because what changed since cannot be told: the
            baseline is of another log, or too old, or there is none.
        replaced: it is of another log.
    """

    head: Head
    anew: bool
    versions: list[Version]
    replaced: bool = False


class Record(NamedTuple):
    """One version of one entity as the log holds it.

    *body* is JSON bytes; *position* is the record's place in the log (its revision and
    its ordinal within the commit), by which a walk goes on.
    """

    collection: Collection
    id: str
    revision: int
    op: Op
    previous: int | None
    sampled_at: float
    changed: list[str]
    reason: str | None
    body: bytes
    position: int


class Measured(NamedTuple):
    """What was measured of one entity: JSON bytes, dotted path to value.

    *place* is where a walk goes on behind it.
    """

    collection: Collection
    id: str
    values: bytes
    place: tuple[int, str]


class Counter(NamedTuple):
    """How often something happened to a plugin of a cloud, ever."""

    cloud: str
    plugin: str
    name: str
    value: int


class Sink(NamedTuple):
    """Where the log is handed on to, such as a message bus, and how far that has come.

    Attributes:
        revision: everything up to it has been handed over.
        priors: entity type to the revision of its latest commit up to there.
        owner: who hands over, of all that could.
        beat: goes up with every move, so that others see that the owner lives.
    """

    name: str
    revision: int
    priors: dict[str, int]
    owner: str
    beat: int


Decision = Literal["", "confirmed", "rejected"]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Deletes of one collection that nothing proves, held until an operator decides.

    Attributes:
        ids: of what is absent.
        since: epoch seconds.
        revision: what was known at it may vouch for the absence, later entities may not.
        decision: of the operator; empty before it.
    """

    collection: Collection
    ids: tuple[str, ...]
    since: float
    revision: int
    decision: Decision = ""

    @property
    def version(self) -> str:
        """Eight digits that name just these ids: a decision may ask for them."""
        return blake2b("\0".join(self.ids).encode(), digest_size=4).hexdigest()


class Committed(NamedTuple):
    """What a commit left: the log's digest, and the content digest of its collection."""

    digest: bytes
    content: bytes


class ChangesPage(NamedTuple):
    """Whole commits: every change up to *revision*; *more* when the log goes on.

    Attributes:
        digest: of the log at *revision*.
        commits: what each commit of the page left, by revision.
    """

    revision: int
    records: list[Record]
    more: bool
    digest: bytes = NOTHING
    commits: Mapping[int, Committed] = {}


class Damage(NamedTuple):
    """Something in the store that is not as it was written."""

    place: str
    found: str


class Attempted(NamedTuple):
    """What became of the attempts to write, by all processes that use the store.

    Attributes:
        written_at: epoch seconds of the last write that was taken; None before it.
        failed: how many writes failed since the start, by the code of their error.
        trouble: why the last one failed; None when it was taken.
    """

    written_at: float | None
    failed: Mapping[str, int]
    trouble: StoreError | None


class Store(Protocol):
    """The log of revisions. Safe to call from several threads."""

    def head(self) -> Head:
        """Return where the log stands."""

    def begun(self, collection: Collection) -> int:
        """Return how many sweeps of a collection began, by anyone."""

    def collections(self) -> list[Freshness]:
        """Return every known collection, in order of name."""

    def standing(self) -> tuple[Head, list[Freshness]]:
        """Return the head, and the collections as they were at it."""

    def digest(self, revision: int) -> bytes:
        """Return the digest of the log at a revision.

        Raises:
            RevisionCompactedError, RevisionAheadError
        """

    def declare(
        self,
        collection: Collection,
        *,
        stale_after: float,
        relations: Declared | None = None,
        volatile: Sequence[Path] = (),
    ) -> None:
        """Make a collection known, before its first sample, or declare it anew.

        Args:
            relations: paths of fields that refer to other entities, and to which types
                (see `synchronizer.model.relation`).
            volatile: paths of fields that are not state; no change names them.

        Raises:
            ConfigurationError: these are no relations.
        """

    def adopted(self, collection: Collection) -> Adopted | None:
        """Return of which declaration a collection's digests are; None when nobody said."""

    def adopt(
        self,
        collection: Collection,
        before: Adopted | None,
        after: Adopted,
        digests: Mapping[int, bytes],
        *,
        relations: Declared | None = None,
        volatile: Sequence[Path] = (),
    ) -> bool:
        """Let a collection's digests be of another declaration; takes no revision.

        Args:
            before: what was adopted when the digests were computed.
            digests: position of a record to its digest, of all that have another one.
            relations: as it declares them, and so *volatile*; see `declare`.

        Returns:
            False when somebody else adopted one meanwhile; nothing was changed then.

        Raises:
            UndeclaredError
        """

    def note(self, collection: Collection, **fields: Any) -> None:
        """Set fields of Freshness (sampled_at, polled_at, scope, fault), add to its counters.

        With *sampled_at* the collection is complete, up to *complete_to* if that is given; with
        None for it, it counts as never sampled.
        """

    def conclude(
        self, collection: Collection, sweep: int, log: Sequence[tuple[int, bytes]], **fields: Any
    ) -> bool:
        """Note the end of a sweep, unless the collection is not what the sweep left behind.

        Of one that began before another that has ended, only the counters are noted.

        Args:
            sweep: its number, by which sweeps began.
            log: revisions and the digests that the log must have there: it went back to
                before them otherwise.

        Returns:
            False when it went back, or when the collection was purged and has no scope;
            nothing was noted then.
        """

    def measure(self, collection: Collection, found: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace the measurements of some entities, by id; those of the dead are forgotten."""

    def measurements(
        self,
        collections: Sequence[Collection],
        *,
        after: tuple[int, str] = (0, ""),
        limit: int = 1000,
    ) -> list[Measured]:
        """Return the measurements of living entities, in a fixed order.

        Args:
            after: where to go on (`place` of the last one).
        """

    def count(self, cloud: str, plugin: str, **added: int) -> None:
        """Add to counters of a plugin of a cloud."""

    def counters(self) -> list[Counter]:
        """Return all counters, in order of name."""

    def sinks(self) -> list[Sink]:
        """Return all sinks, in order of name."""

    def move(self, before: Sink | None, after: Sink) -> bool:
        """Replace a sink by *after* if it still has the owner and beat of *before*.

        Args:
            before: as it was read; None makes a new one.

        Returns:
            False when somebody else was faster; nothing was changed then.
        """

    def held(self) -> list[Held]:
        """Return the deletes that are held, in order of collection."""

    def hold(self, collection: Collection, what: Held | None) -> None:
        """Hold deletes of a collection, instead of those before; None lets go of them."""

    def decide(
        self, collection: Collection, decision: Decision, version: str | None = None
    ) -> bool:
        """Note an operator's decision; return whether anything is held there.

        Args:
            version: of what the operator decided on; None for whatever is held.

        Raises:
            HeldChangedError: something else is held; nothing was noted.
        """

    def commit(
        self,
        collection: Collection,
        ticket: int,
        candidates: Sequence[Candidate],
        *,
        sampled_at: float,
        sweep: int | None = None,
        log: bytes | None = None,
        answered: bool = True,
    ) -> Commit:
        """Commit a page of at most COMMIT_LIMIT candidates.

        Args:
            ticket: the revision that the sampler's baseline was at before it asked.
            sampled_at: epoch seconds at which the request went out, for people.
            sweep: how many sweeps of the collection had begun before it asked; when they
                are more by now, all are refused. None for what is no answer of a service,
                and is not judged as one.
            log: the digest of the log at *ticket*, when it must be that one.
            answered: it is the answer to what was asked for with this ticket, and no
                notification, which may be late.

        Raises:
            StoreFullError: nothing was committed.
        """

    def versions(self, collection: Collection, since: Head | None) -> Iterator[VersionsPage]:
        """Yield what a baseline needs to go from *since* to the head, at least one page.

        All pages are of one instant. In a page that is *anew* are the newest versions of
        what lives; else what was committed since, oldest first, tombstones too.
        """

    def snapshot(
        self,
        collections: Sequence[Collection],
        at: int,
        *,
        after: int = 0,
        limit: int | None = None,
    ) -> Iterator[list[Record]]:
        """Yield the live entities at revision *at* in pages, in a fixed order.

        Args:
            after: position to go on behind (`position` of the last record seen).
            limit: at most so many records in all.

        Raises:
            RevisionCompactedError, RevisionAheadError
        """

    def changes(
        self,
        since: int,
        collections: Sequence[Collection] | None = None,
        *,
        limit: int = 1000,
        digest: bytes | None = None,
    ) -> ChangesPage:
        """Return whole commits after revision *since*, about *limit* changes of them.

        Args:
            digest: what the caller knows as the log's at *since*.

        Raises:
            RevisionCompactedError, RevisionAheadError
            HistoryReplacedError: the log has another digest there.
        """

    def entity(self, collection: Collection, id: str, at: int | None = None) -> Record | None:
        """Return the version of an entity that was valid at *at*, tombstones too."""

    def known_before(self, collection: Collection, ids: Sequence[str]) -> int | None:
        """Return the revision that was known before each of *ids* was last seen to live.

        That is the ticket of the newest answer that showed the entity; of several ids the
        least. None when it is not known, of one of them.
        """

    def history(self, collection: Collection, id: str) -> list[Record]:
        """Return the kept versions of an entity, oldest first."""

    def revision_at(self, when: float) -> int:
        """Return the newest revision that was committed at or before *when*.

        Raises:
            BeforeLogError: the log, or the history that is kept of it, began later.
        """

    def wait(self, revision: int, timeout: float) -> int:
        """Block until the log is past *revision* or *timeout* seconds passed; return the head."""

    def compact(self, history: float) -> int:
        """Forget what was superseded more than *history* seconds ago; return how many records.

        Seconds are those in which the log was written: no reading of a clock alone makes
        a store forget (see `synchronizer.store.timestamps`).
        """

    def check(self, records: int | None = None) -> list[Damage]:
        """Return what is not as it was written; each finding is also logged.

        Args:
            records: look at about so many, and at others the next time; None for all.
        """

    def attempted(self) -> Attempted:
        """Return what became of the attempts to write."""

    def examine(self) -> None:
        """See that the store can be read, from the disk itself, and written.

        Raises:
            StoreError: it cannot; the sentence says what to do.
        """

    def close(self) -> None:
        """Release the database."""
