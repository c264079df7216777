"""The store over SQLAlchemy: SQLite embedded, PostgreSQL or MariaDB for several instances."""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import sqlalchemy as sa

from synchronizer.model.change import Candidate, Commit
from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.declaration import Adopted
from synchronizer.model.entity import Collection
from synchronizer.model.errors import StoreError
from synchronizer.model.essence import Path
from synchronizer.model.relation import Declared
from synchronizer.store.adoption import adopt, adopted
from synchronizer.store.bodies import TRAIN_FROM, Bodies
from synchronizer.store.collections import Collections, begun
from synchronizer.store.commits import commit
from synchronizer.store.compaction import compact
from synchronizer.store.contract import (
    Attempted,
    ChangesPage,
    Counter,
    Damage,
    Decision,
    Head,
    Held,
    Measured,
    Record,
    Sink,
    VersionsPage,
)
from synchronizer.store.counters import count, counters
from synchronizer.store.cursors import move, sinks
from synchronizer.store.engine import Database
from synchronizer.store.freshness import Freshness
from synchronizer.store.held_deletes import decide, held, hold
from synchronizer.store.measurements import measure, measurements
from synchronizer.store.migrations.upgrade import ensure_current, upgrade
from synchronizer.store.probes import Probes
from synchronizer.store.queries import Queries
from synchronizer.store.self_check import SelfCheck
from synchronizer.store.tables import head

log = logging.getLogger(__name__)

_GLANCE = 0.005
"""Seconds between two looks for other processes' commits: they wake us within 50 ms."""


class SqlStore:
    """The temporal log in an SQL database; see `synchronizer.store.contract.Store`.

    Owned by whoever opened it; every method may be called from any thread.

    Args:
        url: SQLAlchemy URL.
        clock: for commit times only.
        migrate: bring the schema up to date first (otherwise an old schema is refused), and
            forget what became of earlier attempts to write: whoever begins does that.

    Raises:
        StoreUnusableError: newer schema, damaged, or not accessible.
    """

    def __init__(self, url: str, *, clock: Clock | None = None, migrate: bool = True) -> None:
        self._clock = clock or SystemClock()
        self._database = Database(url, clock=self._clock, anew=migrate)
        if migrate:
            upgrade(self._database)
        else:
            ensure_current(self._database)
        self._names = Collections(self._database)
        self._bodies = Bodies(self._database)
        self._reading = Queries(self._database, self._names, self._bodies)
        self._checking = SelfCheck(self._database, self._bodies)
        self._committed = threading.Condition()
        self._closing = ExitStack()
        self._begin()
        self._glances = Probes(self._database, self._closing)
        self._known: Head | None = None
        self._untrained: dict[int, list[bytes]] = {}

    def head(self) -> Head:
        """Return where the log stands."""
        return self._glances.get("head", self._head)

    def begun(self, collection: Collection) -> int:
        """Return how many sweeps of a collection began."""
        return self._glances.get(collection, lambda each: begun(each, collection))

    def collections(self) -> list[Freshness]:
        """Return every known collection, in order of name."""
        return self._names.freshness()

    def standing(self) -> tuple[Head, list[Freshness]]:
        """Return the head, and the collections as they were at it."""
        return self._reading.standing()

    def digest(self, revision: int) -> bytes:
        """Return the digest of the log at a revision."""
        return self._reading.digest_at(revision)

    def declare(
        self,
        collection: Collection,
        *,
        stale_after: float,
        relations: Declared | None = None,
        volatile: Sequence[Path] = (),
    ) -> None:
        """Make a collection known, or declare it anew."""
        self._names.declare(collection, stale_after, relations or {}, volatile)

    def adopted(self, collection: Collection) -> Adopted | None:
        """Return of which declaration a collection's digests are."""
        with self._database.reading() as connection:
            return adopted(connection, collection)

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
        """Let a collection's digests be of another declaration."""
        with self._database.writing() as connection:
            return adopt(
                connection,
                collection,
                before,
                after,
                digests,
                relations=relations or {},
                volatile=volatile,
            )

    def note(self, collection: Collection, **fields: Any) -> None:
        """Set fields of a collection's freshness."""
        self._names.note(collection, fields)

    def conclude(
        self, collection: Collection, sweep: int, log: Sequence[tuple[int, bytes]], **fields: Any
    ) -> bool:
        """Note the end of a sweep, if the log and the collection are still those it was of."""
        return self._names.conclude(collection, sweep, log, fields)

    def measure(self, collection: Collection, found: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace the measurements of some entities."""
        measure(self._database, self._names.number(collection), found)

    def measurements(
        self,
        collections: Sequence[Collection],
        *,
        after: tuple[int, str] = (0, ""),
        limit: int = 1000,
    ) -> list[Measured]:
        """Return the measurements of living entities."""
        numbers = [self._names.number(each) for each in collections]
        return measurements(self._database, self._names, numbers, after, limit)

    def count(self, cloud: str, plugin: str, **added: int) -> None:
        """Add to counters of a plugin of a cloud."""
        count(self._database, cloud, plugin, added)

    def counters(self) -> list[Counter]:
        """Return all counters, in order of name."""
        return counters(self._database)

    def sinks(self) -> list[Sink]:
        """Return all sinks, in order of name."""
        return sinks(self._database)

    def move(self, before: Sink | None, after: Sink) -> bool:
        """Replace a sink if it still is as it was *before*."""
        return move(self._database, before, after)

    def held(self) -> list[Held]:
        """Return the deletes that are held."""
        return held(self._database, self._names)

    def hold(self, collection: Collection, what: Held | None) -> None:
        """Hold deletes of a collection, or let go of them."""
        hold(self._database, self._names.number(collection), what)

    def decide(
        self, collection: Collection, decision: Decision, version: str | None = None
    ) -> bool:
        """Note an operator's decision; return whether anything is held there."""
        return decide(self._database, self._names, collection, decision, version)

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
        """Commit a page of candidates as one revision."""
        number = self._names.number(collection)
        living = [each for each in candidates if each.body is not None]
        texts = [each.body for each in living if each.body is not None]
        # Compressed before the lock is taken: others wait for the write, not for zstd.
        chosen, frames = self._bodies.compress(number, texts)
        with self._database.writing() as connection:
            done = commit(
                connection,
                self._bodies,
                collection,
                number,
                ticket,
                candidates,
                frames=(chosen, {each.id: f for each, f in zip(living, frames, strict=True)}),
                sampled_at=sampled_at,
                clock=self._clock.now(),
                sweep=sweep,
                log=log,
                answered=answered,
            )
        if done.revision is not None:
            with self._committed:
                self._committed.notify_all()
            if chosen is None:
                self._collect_samples(number, texts)
        return done

    def versions(self, collection: Collection, since: Head | None) -> Iterator[VersionsPage]:
        """Yield what a baseline needs to go from *since* to the head."""
        return self._reading.versions(self._names.number(collection), since)

    def snapshot(
        self,
        collections: Sequence[Collection],
        at: int,
        *,
        after: int = 0,
        limit: int | None = None,
    ) -> Iterator[list[Record]]:
        """Yield the live entities at revision *at* in pages."""
        numbers = [self._names.number(each) for each in collections]
        return self._reading.snapshot(numbers, at, after, limit)

    def changes(
        self,
        since: int,
        collections: Sequence[Collection] | None = None,
        *,
        limit: int = 1000,
        digest: bytes | None = None,
    ) -> ChangesPage:
        """Return whole commits after revision *since*."""
        numbers = None
        if collections is not None:
            numbers = [self._names.number(each) for each in collections]
        return self._reading.changes(since, numbers, limit, digest)

    def entity(self, collection: Collection, id: str, at: int | None = None) -> Record | None:
        """Return the version of an entity that was valid at *at*."""
        return self._reading.entity(self._names.number(collection), id, at)

    def known_before(self, collection: Collection, ids: Sequence[str]) -> int | None:
        """Return what was known before each of *ids* was last seen to live."""
        return self._reading.known_before(self._names.number(collection), ids)

    def history(self, collection: Collection, id: str) -> list[Record]:
        """Return the kept versions of an entity, oldest first."""
        return self._reading.history(self._names.number(collection), id)

    def revision_at(self, when: float) -> int:
        """Return the newest revision committed at or before *when*."""
        return self._reading.revision_at(when)

    def wait(self, revision: int, timeout: float) -> int:
        """Block until the log is past *revision*; return the newest."""
        until = self._clock.monotonic() + timeout
        with self._database.stamps() as stamp_now:
            seen = None
            while True:
                stamp = stamp_now()
                if stamp is None or stamp != seen:
                    seen = stamp
                    newest = self.head().revision
                    if newest > revision:
                        return newest
                left = until - self._clock.monotonic()
                if left <= 0:
                    return self.head().revision
                with self._committed:
                    if self._committed.wait(min(left, _GLANCE)):
                        seen = None

    def compact(self, history: float) -> int:
        """Forget what was superseded more than *history* seconds ago."""
        return compact(self._database, history, self._clock.now())

    def check(self, records: int | None = None) -> list[Damage]:
        """Return what is not as it was written."""
        return self._checking.check(records)

    def attempted(self) -> Attempted:
        """Return what became of the attempts to write."""
        return self._database.attempts.known()

    def examine(self) -> None:
        """See that the store can be read, from the disk itself, and written."""
        self._database.examine()

    def close(self) -> None:
        """Release the database."""
        self._closing.close()
        self._database.close()

    def _head(self, connection: sa.Connection) -> Head:
        now, before = self._reading.head(connection), self._known
        if before is not None and not self._reading.goes_on(connection, before, now):
            log.warning("the store went back: revision %d is of another history", before.revision)
            self._names.forget()
            self._bodies.forget()
            self._untrained = {}
        self._known = now
        return now

    def _begin(self) -> None:
        """Record when the log began, once."""
        unknown = head.c.began_at.is_(None)
        with self._database.reading() as connection:
            begun = connection.execute(sa.select(head.c.id).where(unknown)).first() is None
        if not begun:
            with self._database.writing() as connection:
                connection.execute(
                    sa.update(head).where(unknown).values(began_at=self._clock.now())
                )

    def _collect_samples(self, number: int, texts: list[bytes]) -> None:
        waiting = self._untrained.setdefault(number, [])
        waiting.extend(texts)
        if len(waiting) >= TRAIN_FROM:
            samples = self._untrained.pop(number, [])  # another thread may have been faster
            try:
                self._bodies.train(number, samples)
            except StoreError as error:
                # The commit stands: what fails here is no failure of it.
                log.warning("no dictionary yet: %s", error)
