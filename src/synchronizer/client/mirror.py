"""A consumer's own live copy of some entity types: get all, then apply what changes.

1. Once ``synced``, the mapping equals the store's snapshot of its types at
   ``mirror.revision`` of ``mirror.epoch``, at each instant and for every reader.
2. A commit comes in whole: no reader sees a part of it.
3. ``revision`` never goes back within one epoch, unless the store itself did.
4. A change that comes again changes nothing and is not told again.
5. After a lost, cut or silent connection, or a restart of the synchronizer, it goes on
   from its revision by itself and misses nothing.
6. When it cannot go on (history compacted, store replaced, a gap) it gets all again and
   tells the differences as changes; what vanished is a delete with the reason
   "absent after re-list".
7. The changes told to ``on_change``, applied in their order to an empty dict, give the
   bodies of the mapping: the first listing is told as creates. What is told is visible in
   the mapping by then.
8. An error that ``on_change`` raises is logged and counted, and holds nothing up.
9. ``close`` returns promptly, also while a read is blocked; nothing is told after it.
10. ``lag`` is the time since it last knew that it had everything: it grows while
    disconnected, and does not while nothing happens.
11. ``collections`` says how each collection stood when that was last known, and `on_status`
    is called when that changes: a sampler that died shows there, a quiet cloud does not.
    Whatever happened in the cloud before a collection's ``complete_to`` is in the mapping.
12. Before ``complete``, what is missing in the mapping may be in the cloud all the same;
    ``wait_synced`` waits for it, unless told not to.

13. When bookmarks say that it should hold something else, that is counted, told to
    ``on_mismatch``, and mended by getting all again; if that does not help, it is tried once
    more after `PATIENCE` seconds. What changes brought is compared at the next bookmark, what
    lies in memory in turns: a thousand entities once a second.

Not promised: that ``Entity.stale`` is kept (it belongs to the type: see ``collections``), or
that bodies are protected from a reader who writes into them.
"""

import logging
import threading
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from contextlib import contextmanager
from types import TracebackType
from typing import NamedTuple, Self, TypedDict, TypeVar

from synchronizer.client.by_id import ById
from synchronizer.client.mirror_state import (
    GapError,
    Key,
    MirrorState,
    MismatchError,
    differences,
    shelved,
)
from synchronizer.client.statuses import Statuses
from synchronizer.client.transport import Bookmark, Stream, Transport
from synchronizer.model.backoff import Backoff
from synchronizer.model.change import Change
from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.entity import Collection, Entity
from synchronizer.model.errors import (
    HistoryReplacedError,
    RequestError,
    RevisionAheadError,
    RevisionCompactedError,
    SynchronizerError,
)
from synchronizer.model.status import CollectionStatus, ContentDigest, oldest

LOG = logging.getLogger(__name__)

PATIENCE = 600.0
"""Seconds until a mismatch that getting all again did not mend makes it do so once more."""

_CLOSE_SECONDS = 2.0
_SETTLED_SECONDS = 5.0  # a stream that lived so long, or brought something, works

S = TypeVar("S", bound=Stream)
T = TypeVar("T", Change, CollectionStatus, Collection)


class _Place(TypedDict):
    cloud: str | None
    region: str | None


class Statistics(NamedTuple):
    """What a mirror has been through."""

    changes: int
    relists: int
    reconnects: int
    callback_errors: int
    mismatches: int = 0


class Mirror(Mapping[Key, Entity]):
    """A live read-only mapping of entities, kept by a thread of its own.

    Starts at once and never gives up; owned by its maker, who closes it. Every method may
    be called from any thread. Iteration, ``items`` and ``values`` work on a copy made in
    one instant.

    Args:
        types: entity types; none means all.
        on_change: called with each change, in order, in the mirror's own thread.
        on_mismatch: called there with each collection of which something wrong was held.
        on_status: called there with each collection's status when it differs from the last.
        backoff: how long to wait between attempts.
    """

    def __init__(
        self,
        transport: Transport,
        types: Sequence[str] = (),
        *,
        cloud: str | None = None,
        region: str | None = None,
        on_change: Callable[[Change], object] | None = None,
        on_status: Callable[[CollectionStatus], object] | None = None,
        on_mismatch: Callable[[Collection], object] | None = None,
        backoff: Backoff | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._transport = transport
        self._types = tuple(types)
        self._place: _Place = {"cloud": cloud, "region": region}
        self._on_change = on_change
        self._on_status = on_status
        self._on_mismatch = on_mismatch
        self._statuses = Statuses()
        self._backoff = backoff or Backoff()
        self._clock = clock or SystemClock()
        self._contents = MirrorState()
        self._moved = threading.Condition()
        self._stream: Stream | None = None
        self._closed = threading.Event()
        self._must_list = True
        self._replaced = False  # what is held is of another history
        self._mended_at: float | None = None
        self._current_at: float | None = None
        self._opened_at = 0.0
        self._fault: Exception | None = None
        self._counts = Statistics(0, 0, 0, 0)
        self._thread = self._start(f"mirror of {', '.join(self._types) or 'all types'}")

    @property
    def revision(self) -> int:
        """The revision that the mapping is at; 0 before the first listing."""
        return self._contents.revision

    @property
    def epoch(self) -> str | None:
        """The log that the revision belongs to; None before the first listing."""
        return self._contents.epoch

    @property
    def digest(self) -> str | None:
        """The digest of the log at the revision; None when it was not told."""
        return self._contents.digest

    @property
    def synced(self) -> bool:
        """Whether the mapping is a snapshot: from the first complete listing on."""
        return self._contents.epoch is not None

    @property
    def complete(self) -> bool | None:
        """Whether every type was completely sampled once, so that what is missing is not there.

        None before the first listing, and over a synchronizer that does not say.
        """
        return self._statuses.complete

    @property
    def collections(self) -> dict[Collection, CollectionStatus]:
        """How each collection stood when that was last known."""
        with self._moved:
            return dict(self._statuses.known)

    @property
    def complete_to(self) -> str | None:
        """The time up to which whatever happened in the cloud is here, over all collections.

        None when it is not known of one of them.
        """
        return oldest(self.collections.values())

    @property
    def lag(self) -> float | None:
        """Seconds since it was last known to have everything; None before the first listing."""
        at = self._current_at
        return None if at is None else self._clock.monotonic() - at

    @property
    def fault(self) -> Exception | None:
        """Why the latest attempt failed; None while all is well."""
        return self._fault

    @property
    def statistics(self) -> Statistics:
        """Counts since the start."""
        return self._counts

    def wait_synced(self, timeout: float | None = None, *, complete: bool = True) -> bool:
        """Block until the mapping holds all that there is; return whether it does.

        Args:
            complete: wait also until every type was completely sampled once; a synchronizer
                that has just begun to sample lists what it has found so far.

        Raises:
            RequestError: what was asked for does not exist (the mirror goes on trying).
        """
        return self._wait(
            lambda: self.synced and not (complete and self.complete is False), timeout
        )

    def wait_revision(self, revision: int, timeout: float | None = None) -> bool:
        """Block until the mapping is at *revision* or later; return whether it is.

        Raises:
            RequestError: what was asked for does not exist (the mirror goes on trying).
        """
        return self._wait(lambda: self.synced and self.revision >= revision, timeout)

    def snapshot(self) -> tuple[int, dict[Key, Entity]]:
        """Return the revision and a copy of the mapping, of one instant."""
        with self._moved:
            revision = self._contents.revision
            shelves = [(key, dict(shelf)) for key, shelf in self._contents.shelves.items()]
        return revision, {
            Key(*collection, entity.id): entity
            for collection, shelf in shelves
            for entity in shelf.values()
        }

    def of(self, type: str) -> ById:
        """Return a live mapping of one type by id alone."""
        return ById(self, type)

    def named(self, type: str, id: str) -> list[Entity]:
        """Return the entities of that type and id in any cloud and region."""
        with self._moved:
            return [
                shelf[id]
                for collection, shelf in self._contents.shelves.items()
                if collection.type == type and id in shelf
            ]

    def close(self) -> None:
        """End; what is held stays readable. May be called twice, and by a callback."""
        self._closed.set()
        with self._moved:
            stream = self._stream
            self._moved.notify_all()
        if stream is not None:
            stream.close()
        if threading.current_thread() is not self._thread:
            # A call that waits for the answer's first byte cannot be interrupted; its
            # thread is a daemon, tells nothing any more and ends by the time-out.
            self._thread.join(_CLOSE_SECONDS)

    def __getitem__(self, key: Key) -> Entity:
        with self._moved:
            return self._contents.shelves[Collection(*key[:3])][key[3]]

    def __iter__(self) -> Iterator[Key]:
        return iter(self.snapshot()[1])

    def __len__(self) -> int:
        with self._moved:
            return sum(map(len, self._contents.shelves.values()))

    def items(self) -> ItemsView[Key, Entity]:
        """Return the items of one instant."""
        return self.snapshot()[1].items()

    def values(self) -> ValuesView[Entity]:
        """Return the entities of one instant."""
        return self.snapshot()[1].values()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{self._thread.name}: {len(self)} entities at revision {self.revision}>"

    # The mirror's own thread.

    def _start(self, name: str) -> threading.Thread:
        thread = threading.Thread(target=self._run, name=name, daemon=True)
        thread.start()
        return thread

    def _rest(self, seconds: float) -> None:
        self._closed.wait(seconds)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                if self._must_list:
                    self._list()
                self._follow()
            except (RevisionCompactedError, RevisionAheadError, GapError) as error:
                self._must_list = True
                self._replaced = isinstance(error, HistoryReplacedError | RevisionAheadError)
                self._failed(error)
            except SynchronizerError as error:
                self._failed(error)
            except Exception as error:
                # The edge of the thread: a mistake of ours must not stop the mirror.
                LOG.exception("mirror: unexpected error; getting all again")
                self._must_list = True
                self._failed(error)
            self._contents.forget_waiting()
            self._rest(0 if self._closed.is_set() else self._backoff.next())

    def _list(self) -> None:
        with self._opened(self._transport.get_all(self._types, **self._place)) as answer:
            shelves = shelved(answer)
            epoch, revision, complete = answer.epoch, answer.revision, answer.complete
            digest = answer.digest
        again = self.synced
        renumbered = again and (epoch != self.epoch or self._replaced)
        with self._moved:
            before = self._contents.adopt(epoch, revision, shelves, digest)
            self._statuses.begin(complete, anew=renumbered)
            self._current()
        self._must_list = self._replaced = False
        if again:
            self._count(relists=1)
            LOG.info("mirror: got all again at revision %d", revision)
        if self._on_change is not None:
            self._call(
                self._on_change, differences(before, shelves, revision, renumbered=renumbered)
            )

    def _follow(self) -> None:
        # A transport that tells no digests need not take any.
        known = {} if self.digest is None else {"digest": self.digest}
        watch = self._transport.watch(self.revision, self._types, **self._place, **known)
        with self._opened(watch):
            self._opened_at = self._clock.monotonic()
            for item in watch:
                # Not sooner: an answer that broke within its headers tells half an epoch, or none.
                if watch.epoch != self.epoch:
                    raise GapError(f"the store was replaced: epoch {watch.epoch}, not {self.epoch}")
                if isinstance(item, Bookmark):
                    self._bookmarked(item)
                else:
                    self._contents.offer(item)

    def _bookmarked(self, bookmark: Bookmark) -> None:
        changes: list[Change] = []
        if bookmark.revision == self.revision and self._differ(bookmark.digest):
            raise HistoryReplacedError(bookmark.revision, 0)
        with self._moved:
            if self._contents.complete(bookmark.revision):
                changes = self._contents.commit(bookmark.revision, bookmark.digest)
            news = self._statuses.update(bookmark.collections)
            self._current()
        if changes or self._clock.monotonic() - self._opened_at > _SETTLED_SECONDS:
            self._backoff.reset()
        self._count(changes=len(changes))
        self._call(self._on_change, changes)
        self._call(self._on_status, news)
        if bookmark.revision == self.revision:
            self._compare(bookmark.contents)

    def _differ(self, digest: str | None) -> bool:
        return digest is not None and self.digest not in {None, digest}

    def _compare(self, told: Sequence[ContentDigest]) -> None:
        """Compare what is held with what bookmarks told.

        Raises:
            MismatchError: it differs, and getting all again may help.
        """
        now = self._clock.monotonic()
        differing = self._contents.differing(told, now)
        if not differing:
            return
        self._count(mismatches=len(differing))
        error = MismatchError(
            f"what is held of {', '.join(map(str, differing))} is not what the bookmark says"
        )
        LOG.error("mirror: %s", error)
        self._call(self._on_mismatch, differing)
        with self._moved:
            self._fault = error
        if self._mended_at is None or now - self._mended_at >= PATIENCE:
            self._mended_at = now
            raise error

    def _call(self, callback: Callable[[T], object] | None, items: Iterable[T]) -> None:
        if callback is None:
            return
        for item in items:
            if self._closed.is_set():
                return
            try:
                callback(item)
            except Exception:  # whatever it is, it is the callback's and not ours
                self._count(callback_errors=1)
                LOG.exception("mirror: a callback failed for one of %s", item.type)

    @contextmanager
    def _opened(self, stream: S) -> Iterator[S]:
        with stream:
            with self._moved:
                self._stream = stream
            if self._closed.is_set():
                stream.close()
            try:
                yield stream
            finally:
                with self._moved:
                    self._stream = None

    def _current(self) -> None:
        self._current_at = self._clock.monotonic()
        self._fault = None
        self._moved.notify_all()

    def _failed(self, error: Exception) -> None:
        if self._closed.is_set():
            return
        if self._fault is None:
            LOG.warning("mirror: %s", error)
        with self._moved:
            self._fault = error
            self._moved.notify_all()
        self._count(reconnects=1)

    def _count(
        self,
        *,
        changes: int = 0,
        relists: int = 0,
        reconnects: int = 0,
        callback_errors: int = 0,
        mismatches: int = 0,
    ) -> None:
        added = (changes, relists, reconnects, callback_errors, mismatches)
        self._counts = Statistics(*map(sum, zip(self._counts, added, strict=True)))

    def _wait(self, reached: Callable[[], bool], timeout: float | None) -> bool:
        def decided() -> bool:
            return reached() or self._closed.is_set() or isinstance(self._fault, RequestError)

        with self._moved:
            self._moved.wait_for(decided, timeout)
            if not reached() and isinstance(self._fault, RequestError):
                raise self._fault
            return reached()
