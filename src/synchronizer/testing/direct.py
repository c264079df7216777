"""The shortest transport: a store in the same process, without a wire.

It keeps the whole contract of `synchronizer.client.transport`, so tests of a mirror (ours
or a consumer's) run on it in milliseconds.
"""

import threading
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Self

import msgspec

from synchronizer.client.transport import Bookmark, EntityType, HeldDelete, Page, Snapshot, Watch
from synchronizer.model.change import Change
from synchronizer.model.clock import Clock, SystemClock, iso
from synchronizer.model.entity import Collection, Entity
from synchronizer.model.errors import (
    AmbiguousError,
    IncompleteError,
    NothingHeldError,
    TransportError,
    UnknownEntityError,
    UnknownTypeError,
)
from synchronizer.model.relation import Direction, Related, Relation
from synchronizer.model.status import (
    CollectionStatus,
    ContentDigest,
    Trouble,
    all_complete,
    content_of,
)
from synchronizer.northbound.serving.filters import BodyFilter
from synchronizer.northbound.serving.page_cache import PageCache
from synchronizer.northbound.serving.projection import Projection
from synchronizer.northbound.serving.relation_search import RelationSearch
from synchronizer.store.contract import ChangesPage, Decision, Record, Store
from synchronizer.store.freshness import Freshness


class DirectTransport:
    """Reads a store as a synchronizer would answer. Safe to call from several threads.

    Args:
        store: may be exchanged for another at any time, as an operator would.
        bookmarks: seconds between bookmarks when nothing happens.
        glance: seconds after which a watch sees at the latest that it was cut.
    """

    def __init__(
        self,
        store: Store,
        *,
        bookmarks: float = 10.0,
        glance: float = 0.02,
        clock: Clock | None = None,
    ) -> None:
        self.store = store
        self.bookmarks = bookmarks
        self.glance = glance
        self.clock = clock or SystemClock()
        self.streams: set[_Stream] = set()
        self.down = False
        self.breaks: list[int] = []

    def plan(self, *breaks: int) -> None:
        """Break the next streams after so many items, one each; later ones are left whole."""
        self.breaks = list(breaks)

    def cut(self) -> None:
        """Break every open stream, as a lost connection does."""
        for stream in list(self.streams):
            stream.broken = True

    def types(self) -> list[EntityType]:
        """Return every entity type of the store."""
        now = self.clock.now()
        return [
            EntityType(
                type=each.collection.type,
                cloud=each.collection.cloud,
                region=each.collection.region,
                entities=each.entities,
                revision=each.revision,
                sampled_at=None if each.sampled_at is None else iso(each.sampled_at),
                polled_at=None if each.polled_at is None else iso(each.polled_at),
                age=each.age(now),
                stale=each.stale(now),
                state=each.state(now),
                fault=msgspec.convert(each.fault, Trouble, from_attributes=True)
                if each.fault
                else None,
                cost=each.cost,
                complete=each.complete_at is not None,
                complete_to=None if each.complete_to is None else iso(each.complete_to),
            )
            for each in self._reached().collections()
        ]

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
        """Get all entities of some types at one revision; *max_age* finds no sampler here."""
        del max_age
        store = self._reached()
        collections = self._collections(types, cloud, region)
        filters: dict[str, list[str]] = {}
        for path, value in where:
            filters.setdefault(path, []).append(value)
        revision = store.head().revision if at is None else int(at)
        snapshot = _Snapshot(self, store, collections, revision, BodyFilter(filters))
        if complete and not snapshot.complete:
            raise IncompleteError(f"Not completely sampled: {', '.join(types) or 'anything'}.")
        return snapshot

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
        """Return whole commits after *since*."""
        store = self._reached()
        collections = self._collections(types, cloud, region)
        page = store.changes(since, collections, limit=limit, digest=_bytes(digest))
        statuses = tuple(
            _statuses(store.collections(), collections, page.revision, self.clock.now())
        )
        return Page(
            page.revision,
            store.head().epoch,
            _changes(page),
            page.more,
            statuses,
            page.digest.hex(),
        )

    def watch(
        self,
        since: int | None,
        types: Sequence[str] = (),
        *,
        cloud: str | None = None,
        region: str | None = None,
        digest: str | None = None,
    ) -> Watch:
        """Follow the log from *since* on; None begins now."""
        store = self._reached()
        since = store.head().revision if since is None else since
        collections = self._collections(types, cloud, region)
        if not types and cloud is region is None:
            collections = []  # all, also those that are declared later
        known = _bytes(digest)
        store.changes(since, [], limit=1, digest=known)  # refuses what it cannot go on from
        return _Watch(self, store, collections, since, known)

    def entity(
        self,
        type: str,
        id: str,
        at: int | str | None = None,
        *,
        cloud: str | None = None,
        region: str | None = None,
    ) -> Entity:
        """Return one entity."""
        revision = None if at is None else int(at)
        found = [
            record
            for each in self._collections([type], cloud, region)
            if (record := self._reached().entity(each, id, revision)) and record.op != "delete"
        ]
        if not found:
            raise UnknownEntityError(f"No {type} has the id {id}; look it up with `entity list`.")
        if len(found) > 1:
            raise AmbiguousError(f"{type} {id} exists more than once; name its cloud and region.")
        return _entity(found[0])

    def history(
        self, type: str, id: str, *, cloud: str | None = None, region: str | None = None
    ) -> list[Change]:
        """Return the kept versions of one entity, oldest first."""
        for each in self._collections([type], cloud, region):
            records = self._reached().history(each, id)
            if records:
                return [_change(record) for record in records]
        raise UnknownEntityError(f"No {type} has the id {id}; look it up with `entity list`.")

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
        """Return what an entity refers to and what refers to it."""
        store, known = self._reached(), self._reached().collections()
        entity = self.entity(type, id, at, cloud=cloud, region=region)
        revision = store.head().revision if at is None else int(at)
        record = store.entity(entity.collection, id, revision)
        assert record is not None
        (origin,) = (each for each in known if each.collection == entity.collection)
        search = RelationSearch(
            store,
            PageCache(store),
            known,
            revision,
            self.clock.now(),
            origin=origin,
            record=record,
            fields=Projection(fields),
        )
        chosen = frozenset(types)
        found = [
            *(search.outward(chosen) if direction != "in" else ()),
            *(search.inward(chosen) if direction != "out" else ()),
        ]
        # As a client decodes it.
        decoded = msgspec.json.decode(msgspec.json.encode(found), type=list[Relation])
        return Related(revision, decoded)

    def sweep(
        self, type: str, *, cloud: str | None = None, region: str | None = None
    ) -> EntityType:
        """Return how the type stands: there is nothing to sweep."""
        meant = self._collections([type], cloud, region)
        return next(each for each in self.types() if each.collection in meant)

    def deletes(self) -> list[HeldDelete]:
        """Return the deletes that are held until an operator decides."""
        return [
            HeldDelete(
                **each.collection._asdict(),
                entities=len(each.ids),
                since=iso(each.since),
                decision=each.decision or None,
                version=each.version,
                ids=each.ids[:100],
            )
            for each in self._reached().held()
        ]

    def confirm_deletes(
        self,
        type: str,
        *,
        cloud: str | None = None,
        region: str | None = None,
        version: str | None = None,
    ) -> EntityType:
        """Note that what is held of a type is gone."""
        return self._decided("confirmed", type, cloud, region, version)

    def reject_deletes(
        self,
        type: str,
        *,
        cloud: str | None = None,
        region: str | None = None,
        version: str | None = None,
    ) -> EntityType:
        """Note that what is held of a type lives."""
        return self._decided("rejected", type, cloud, region, version)

    def _decided(
        self,
        decision: Decision,
        type: str,
        cloud: str | None,
        region: str | None,
        version: str | None,
    ) -> EntityType:
        (meant,) = self._collections([type], cloud, region)
        if not self._reached().decide(meant, decision, version):
            raise NothingHeldError(f"No deletes of {type} are held.")
        return self.sweep(type, cloud=cloud, region=region)

    def _reached(self) -> Store:
        if self.down:
            raise TransportError("The synchronizer is down; this test says so.")
        return self.store

    def _collections(
        self, types: Sequence[str], cloud: str | None, region: str | None
    ) -> list[Collection]:
        known = [each.collection for each in self._reached().collections()]
        for name in types:
            if all(each.type != name for each in known):
                raise UnknownTypeError(f"No entity type {name} is sampled; `type list` shows all.")
        return [
            each
            for each in known
            if (not types or each.type in types)
            and cloud in {None, each.cloud}
            and (region is None or each.region in {None, region})
        ]


class _Stream:
    def __init__(self, owner: DirectTransport, store: Store) -> None:
        self.epoch = store.head().epoch
        self.broken = False
        self._left = owner.breaks.pop(0) if owner.breaks else None
        self._owner = owner
        self._store = store
        self._closed = threading.Event()

    def close(self) -> None:
        self._closed.set()

    def __enter__(self) -> Self:
        self._owner.streams.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._owner.streams.discard(self)

    def _check(self) -> None:
        if self._closed.is_set():
            raise TransportError("The stream was closed by its owner.")
        if self._left is not None:
            self._left -= 1
            self.broken |= self._left < 0
        if self.broken or self._owner.down:
            raise TransportError("The connection was cut; this test says so.")


class _Snapshot(_Stream):
    def __init__(
        self,
        owner: DirectTransport,
        store: Store,
        collections: list[Collection],
        at: int,
        where: BodyFilter,
    ) -> None:
        super().__init__(owner, store)
        self.revision = at
        self.digest = store.digest(at).hex()
        self.complete = all_complete(
            _statuses(store.collections(), collections, at, owner.clock.now())
        )
        self._where = where
        self._pages = store.snapshot(collections, at)

    def __iter__(self) -> Iterator[Entity]:
        for page in self._pages:
            for record in page:
                self._check()
                if self._where(record.body):
                    yield _entity(record)
        self._check()


class _Watch(_Stream):
    def __init__(
        self,
        owner: DirectTransport,
        store: Store,
        collections: list[Collection],
        since: int,
        digest: bytes | None,
    ) -> None:
        super().__init__(owner, store)
        self._collections = collections
        self.since = self._since = since
        self._digest = digest
        self._items = self._read()

    def __iter__(self) -> Iterator[Change | Bookmark]:
        return self._items

    def _read(self) -> Iterator[Change | Bookmark]:
        told = 0.0
        held: dict[Collection, CollectionStatus] = {}
        while True:
            known = self._store.collections()
            page = self._store.changes(self._since, self._collections or None, digest=self._digest)
            for change in _changes(page):
                self._check()
                yield change
                if change.digest is not None:
                    yield Bookmark(change.revision, digest=change.digest)
            self._check()
            self._since, self._digest = page.revision, page.digest
            left = told + self._owner.bookmarks - self._owner.clock.monotonic()
            if page.records or left <= 0:
                told, left = self._owner.clock.monotonic(), self._owner.bookmarks
                seen = [each for each in known if each.revision <= page.revision]
                now = _statuses(seen, self._collections, page.revision, self._owner.clock.now())
                news = [each for each in now if held.get(each.collection) != each]
                held |= {each.collection: each for each in news}
                yield Bookmark(page.revision, tuple(news), page.digest.hex(), self._contents(page))
            if not page.more:
                self._store.wait(self._since, min(self._owner.glance, left))

    def _contents(self, page: ChangesPage) -> tuple[ContentDigest, ...]:
        head, known = self._store.standing()
        if head.digest != page.digest:
            return ()  # it went on meanwhile
        return tuple(
            content_of(each.collection, each.content)
            for each in known
            if not self._collections or each.collection in self._collections
        )


def _bytes(digest: str | None) -> bytes | None:
    return None if digest is None else bytes.fromhex(digest)


def _changes(page: ChangesPage) -> list[Change]:
    """Return the changes of whole commits; the last of each tells the log's digest."""
    found = []
    for revision, records in groupby(page.records, key=attrgetter("revision")):
        found += [_change(each) for each in records]
        digest = page.commits[revision].digest.hex()
        found[-1] = msgspec.structs.replace(found[-1], digest=digest)
    return found


def _statuses(
    known: Sequence[Freshness], collections: Sequence[Collection], at: int, now: float
) -> list[CollectionStatus]:
    """Return how *collections* (none: all) stand at a revision."""
    wanted = [each for each in known if not collections or each.collection in collections]
    return [each.status(at, now) for each in wanted]


def _entity(record: Record) -> Entity:
    return Entity(
        **record.collection._asdict(),
        id=record.id,
        revision=record.revision,
        sampled_at=iso(record.sampled_at),
        body=msgspec.json.decode(record.body),
    )


def _change(record: Record) -> Change:
    return Change(
        op=record.op,
        **record.collection._asdict(),
        id=record.id,
        revision=record.revision,
        previous=record.previous,
        sampled_at=iso(record.sampled_at),
        changed=record.changed,
        reason=record.reason,
        body=msgspec.json.decode(record.body),
    )
