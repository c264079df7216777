"""Those who watch: woken when the log grows, cut when they do not read, ended at stop.

A watcher owns no queue. One pulse serves all of them: it finds who is due for a bookmark
and whose connection has been blocked for too long. When the log grows, those who stand at
its end with room in their connections are served on the spot; the others are woken.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from synchronizer.model.clock import Clock
from synchronizer.northbound.http.exchange import Exchange
from synchronizer.northbound.serving.ring import Position, Ring
from synchronizer.northbound.serving.selection import Selection

KEEP_ALIVE = 10.0
"""Seconds without a byte after which a comment is sent, when bookmarks are rarer."""


class Cut(Exception):  # noqa: N818  a signal, not an error
    """This watcher's stream ends here, without a bookmark."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Watcher:
    """One open watch. Owned by its request's task.

    Attributes:
        position: its place in the ring; None before it has one.
        blocked_since: when the send that is under way began; None when none is.
        bookmarked_at: when a bookmark was last sent.
        bookmarked: the revision of that; below 0 before it.
        statuses: the version of the statuses that it was last sent.
        caught_up: it has had its first bookmark.
        sent_at: when anything was last sent.
        why_cut: set when somebody else has cut it.
    """

    def __init__(self, call: Exchange, audience: "Watchers", now: float) -> None:
        self.position: Position | None = None
        self.blocked_since: float | None = None
        self.bookmarked_at = self.sent_at = now
        self.bookmarked = -1
        self.statuses = 0
        self.caught_up = False
        self.left = False
        self.why_cut: str | None = None
        self.task = asyncio.current_task()
        self._call = call
        self._audience = audience
        self._woken: asyncio.Future[None] | None = None
        self._selection: Selection | None = None

    @property
    def over(self) -> bool:
        """Whether there is no use in going on."""
        return self.left or self._audience.stopping

    async def send(self, data: bytes, *, changes: int = 0) -> None:
        """Send a piece; returns when there is room for the next."""
        audience = self._audience
        self.blocked_since = self.sent_at = audience.clock.monotonic()
        await self._call.write(data)
        self.blocked_since = None
        audience.deliveries += changes

    async def send_bookmark(self, data: bytes, revision: int, version: int) -> None:
        """Say that everything up to *revision* was sent, and how collections stand.

        Args:
            version: of the statuses that are in it.
        """
        await self.send(data)
        self.bookmarked_at, self.bookmarked, self.statuses = self.sent_at, revision, version

    async def wait(self) -> None:
        """Return when there may be something to do."""
        self._woken = asyncio.get_running_loop().create_future()
        try:
            await self._woken
        finally:
            self._woken = None

    async def wait_at(self, position: Position, selection: Selection | None) -> Position:
        """Wait at the ring's end; return the place reached meanwhile.

        Args:
            selection: of what may be sent without waking us; None for nothing.
        """
        self.position, self._selection = position, selection
        try:
            await self.wait()
        finally:
            self._selection = None
        return self.position

    def serve(self, ring: Ring) -> bool:
        """Send what the ring holds for us at once; return whether that could be done."""
        if self._selection is None or self._woken is None or self._woken.done():
            return False
        if self.position is None or not self._call.writable():
            return False
        chunk = ring.take(self._selection, self.position)
        if chunk is None or chunk.following.commit != ring.end:
            return False
        if chunk.data:
            self.sent_at = self._audience.clock.monotonic()
            self._call.write_now(chunk.data)
            self._audience.deliveries += chunk.changes
        self.position = chunk.following
        return True

    def wake(self) -> None:
        """Make `wait` return."""
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    def cut(self, why: str) -> None:
        """End it although its connection does not take anything."""
        if self.task is not None and self.why_cut is None:
            self.why_cut = why
            self.task.cancel()


class Watchers:
    """All watchers of one application. Owned by the event loop, but for `stop`.

    Attributes:
        deliveries: changes sent so far, over all watchers.
        cuts: how many watchers were cut, by reason.
    """

    def __init__(self, clock: Clock, *, bookmark_interval: float, send_timeout: float) -> None:
        self.clock = clock
        self.bookmark_interval = bookmark_interval
        self.deliveries = 0
        self.cuts: Counter[str] = Counter()
        self.stopping = False
        self._send_timeout = send_timeout
        self._tick = min(1.0, bookmark_interval / 4, send_timeout / 4)
        self._watchers: set[Watcher] = set()
        self._pulse: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._watchers)

    @contextmanager
    def joined(self, call: Exchange) -> Iterator[Watcher]:
        """Have a watcher for as long as the block lasts."""
        watcher = Watcher(call, self, self.clock.monotonic())
        self._watchers.add(watcher)
        leaving = asyncio.create_task(self._see_off(call, watcher))
        if self._pulse is None:
            self._pulse = asyncio.create_task(self._beat())
        try:
            yield watcher
        finally:
            leaving.cancel()
            self._watchers.discard(watcher)

    def grown(self, ring: Ring) -> None:
        """Serve or wake everybody: the log has grown."""
        for watcher in self._watchers:
            if not watcher.serve(ring):
                watcher.wake()

    def foremost(self) -> int | None:
        """Return how far the foremost has come in the ring. From any thread."""
        reached = [each.position for each in tuple(self._watchers) if each.position is not None]
        return max(reached).commit if reached else None

    def bookmark_due(self, watcher: Watcher) -> bool:
        """Whether it is time for a bookmark: rather a tick early than late."""
        since = self.clock.monotonic() - watcher.bookmarked_at
        return not watcher.caught_up or since >= self.bookmark_interval - self._tick

    def comment_due(self, watcher: Watcher) -> bool:
        """Whether the connection has been silent for so long that proxies may drop it."""
        return self.clock.monotonic() - watcher.sent_at >= KEEP_ALIVE

    def stop(self) -> None:
        """End every watch, those too whose connection is blocked."""
        self.stopping = True
        if self._pulse is not None:
            self._pulse.cancel()
        for watcher in tuple(self._watchers):
            if watcher.blocked_since is not None:
                watcher.cut("stopping")
            watcher.wake()

    async def _see_off(self, call: Exchange, watcher: Watcher) -> None:
        await call.gone()
        watcher.left = True
        watcher.wake()

    async def _beat(self) -> None:
        while not self.stopping:
            await asyncio.sleep(self._tick)
            now = self.clock.monotonic()
            for watcher in tuple(self._watchers):
                blocked = watcher.blocked_since
                if blocked is not None:
                    if now - blocked > self._send_timeout:
                        watcher.cut("blocked")
                elif self.bookmark_due(watcher) or self.comment_due(watcher):
                    watcher.wake()
