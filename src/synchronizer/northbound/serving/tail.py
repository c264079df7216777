"""The end of the log, read once per process whatever the number of watchers.

One thread waits for commits, reads each once, encodes it once and appends it to the ring;
the event loop then wakes the watchers, who hold nothing but a position. Once a second the
thread also looks how the collections stand. It waits a moment for the foremost watcher when
a burst would push it out of the ring, and for nobody else.
"""

import asyncio
import logging
import threading
from collections.abc import Callable

from synchronizer.model.clock import Clock
from synchronizer.model.entity import Collection
from synchronizer.model.errors import RevisionAheadError, RevisionCompactedError
from synchronizer.northbound.serving.ring import Logged, Ring, logged
from synchronizer.northbound.serving.statuses import Statuses, encoded
from synchronizer.store.contract import ChangesPage, Head, Store
from synchronizer.store.freshness import Freshness

RING_BYTES = 32 * 1024 * 1024

_PAGE = 500
_WAIT = 0.5
_PATIENCE = 1.0
_GLANCE = 0.005
_RETRY = 1.0
_RENEW = 1.0
"""Seconds between two looks at how the collections stand."""

_log = logging.getLogger(__name__)


class Tail:
    """Owned by the event loop that first calls `follow`; its thread is its own.

    Args:
        clock: for ages.
        grown: called in the event loop after the ring has grown.
        foremost: the commit number that the foremost watcher has reached; None without.

    Attributes:
        statuses: how the collections stand, never later than the ring's end.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        grown: Callable[[Ring], None],
        foremost: Callable[[], int | None],
        *,
        ring_bytes: int = RING_BYTES,
    ) -> None:
        self.ring = Ring(Head(0, 0, ""), (), ring_bytes)
        self.statuses = Statuses()
        self.failing = False
        self._store = store
        self._clock = clock
        self._encoded = dict[Collection, bytes]()
        self._renewed_at = 0.0
        self._grown = grown
        self._foremost = foremost
        self._ring_bytes = ring_bytes
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._begun: asyncio.Future[None] | None = None

    async def follow(self) -> None:
        """Begin to follow the log, if that has not been done; return when the ring is there."""
        if self._begun is None:
            loop = asyncio.get_running_loop()
            self._begun = loop.create_future()
            self._start(loop)
        await asyncio.shield(self._begun)

    def stop(self) -> None:
        """Tell the thread to end; may be called from any thread."""
        self._stopping.set()

    def join(self) -> None:
        """Wait until the thread has ended: it uses the store no more."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._thread = threading.Thread(
            target=self._run, args=(loop,), name="northbound-tail", daemon=True
        )
        self._thread.start()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        at: Head | None = None
        while not self._stopping.is_set():
            try:
                at = self._step(loop, at)
            except RuntimeError:
                if loop.is_closed():
                    return
                self._note_failure()
            except Exception:  # noqa: BLE001  the thread must outlive whatever the store does
                self._note_failure()

    def _step(self, loop: asyncio.AbstractEventLoop, at: Head | None) -> Head:
        if at is None:
            return self._begin(loop)
        # Looked at first: so what they claim lies before the head that is read next.
        known = self._look()
        self._store.wait(at.revision, _WAIT)
        self.failing = False
        now = self._store.head()
        if now.epoch != at.epoch:
            return self._begin(loop)
        if (now.revision, now.digest) != (at.revision, at.digest):
            try:
                page = self._store.changes(at.revision, limit=_PAGE, digest=at.digest)
            except (RevisionCompactedError, RevisionAheadError):
                # We slept longer than history is kept, or the store went back: nobody can
                # go on from here.
                return self._begin(loop)
            commits = logged(page.records, page.commits)
            self._let_pass()
            self._in_loop(loop, lambda: self._append(commits, page))
            at = at._replace(revision=page.revision, digest=page.digest)
        if known is not None and at.revision >= now.revision:
            self._renew(loop, known, at.revision)
        return at

    def _look(self) -> list[Freshness] | None:
        """Return the collections; None when that was done a moment ago."""
        due = self._clock.monotonic() - self._renewed_at >= _RENEW
        return self._store.collections() if due else None

    def _renew(
        self, loop: asyncio.AbstractEventLoop, known: list[Freshness], revision: int
    ) -> None:
        self._renewed_at = self._clock.monotonic()
        now = encoded(known, revision, self._clock.now())
        if now != self._encoded:
            self._encoded = now
            self._in_loop(loop, lambda: self.statuses.renew(now))

    def _let_pass(self) -> None:
        """Wait a moment for the foremost watcher when it has half the ring before it."""
        for _ in range(int(_PATIENCE / _GLANCE)):
            foremost = self._foremost()
            if foremost is None or self.ring.backlog(foremost) < self._ring_bytes // 2:
                return
            if self._stopping.wait(_GLANCE):
                return

    def _in_loop(self, loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
        done = threading.Event()

        def run() -> None:
            work()
            # Behind the watchers that were woken: each has its turn before the next page.
            loop.call_soon(done.set)

        loop.call_soon_threadsafe(run)
        while not done.wait(_WAIT):
            if self._stopping.is_set() or loop.is_closed():
                return

    def _begin(self, loop: asyncio.AbstractEventLoop) -> Head:
        head, known = self._store.standing()
        self._renew(loop, known, head.revision)
        self._in_loop(loop, lambda: self._replace(head, known))
        return head

    def _replace(self, head: Head, known: list[Freshness]) -> None:
        end = self.ring.end
        self.ring = Ring(head, known, self._ring_bytes)
        # Numbers go on, so that no old position means something in the new ring.
        self.ring.skip(end + 1)
        if self._begun is not None and not self._begun.done():
            self._begun.set_result(None)
        self._grown(self.ring)

    def _append(self, commits: list[Logged], page: ChangesPage) -> None:
        self.ring.append(commits, page.revision, page.digest)
        self._grown(self.ring)

    def _note_failure(self) -> None:
        if not self.failing:
            _log.exception("The end of the log cannot be read; trying again until it can.")
        self.failing = True
        self._stopping.wait(_RETRY)
