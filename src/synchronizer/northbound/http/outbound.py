"""What is made for clients and not yet taken by them, bounded in bytes over all of them.

Whoever makes something large has a room first, as large as that may become; while there is
none, it waits and holds nothing. So a thousand that ask at once cost no more than a few.
Rooms of those who read come free by themselves. When somebody waits, a client that has
taken nothing for a moment gives its room up: it is cut, and can ask again.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from synchronizer.model.clock import Clock
from synchronizer.northbound.http.parameters import PAGE_BYTES
from synchronizer.northbound.http.watchers import Cut

OUTBOUND_BYTES = 64 * 1024 * 1024

_STALLED = 0.5
_GLANCE = 0.1


class Room:
    """Room for what one client is sent; owned by that client's task."""

    def __init__(self, size: int, clock: Clock) -> None:
        self.size = size
        self.blocked_since: float | None = None
        self.task = asyncio.current_task()
        self.evicted = False
        self._clock = clock

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Have it known that the client is sent a piece for as long as the block lasts."""
        self.blocked_since = self._clock.monotonic()
        try:
            yield
        finally:
            self.blocked_since = None

    def evict(self) -> None:
        """End what the client is sent."""
        if self.task is not None and not self.evicted:
            self.evicted = True
            self.task.cancel()


class Outbound:
    """The rooms of one application. Owned by the event loop."""

    def __init__(self, clock: Clock, most: int = OUTBOUND_BYTES) -> None:
        self._clock = clock
        self._most = most
        self._rooms: set[Room] = set()
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()

    @property
    def used(self) -> int:
        """How many bytes the rooms have together."""
        return sum(room.size for room in self._rooms)

    @asynccontextmanager
    async def room(self, size: int = PAGE_BYTES) -> AsyncIterator[Room]:
        """Have a room for as long as the block lasts.

        Raises:
            Cut: the client took nothing while others waited.
        """
        async with self._turn:
            while self._rooms and self.used + size > self._most:
                await self._wait()
            room = Room(size, self._clock)
            self._rooms.add(room)
        try:
            yield room
        except asyncio.CancelledError:
            if not room.evicted or room.task is None:
                raise
            room.task.uncancel()
            raise Cut("blocked") from None
        finally:
            self._rooms.discard(room)
            self._freed.set()

    def settle(self, room: Room, size: int) -> None:
        """Say how large it has become."""
        room.size = size
        self._freed.set()

    async def _wait(self) -> None:
        self._freed.clear()
        now = self._clock.monotonic()
        blocked = [(room.blocked_since, room) for room in self._rooms if room.blocked_since]
        if blocked:
            since, room = min(blocked, key=lambda each: each[0])
            if now - since > _STALLED:
                room.evict()
        try:
            async with asyncio.timeout(_GLANCE):
                await self._freed.wait()
        except TimeoutError:
            pass
