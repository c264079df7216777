"""What the doors of one process share: the store, who samples, time, threads, counters."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, Protocol, TypeVar

from prometheus_client import CollectorRegistry

from synchronizer.model.clock import Clock
from synchronizer.model.entity import Collection
from synchronizer.model.errors import SampleError
from synchronizer.northbound.http.discovery import Discovery
from synchronizer.northbound.http.exchange import Exchange, Response
from synchronizer.northbound.http.outbound import Outbound
from synchronizer.northbound.http.watchers import Watchers
from synchronizer.northbound.serving.page_cache import PageCache
from synchronizer.northbound.serving.tail import Tail
from synchronizer.store.contract import Head, Store
from synchronizer.store.freshness import Freshness

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = 8
_QUICK_THREADS = 2


class Refresh(Protocol):
    """Samples what is older than *max_age* seconds; returns when that is in the store."""

    def __call__(self, collections: list[Collection], max_age: float) -> Awaitable[None]:
        """Sample, or raise SampleError."""


class AppState:
    """Owned by the application; used from its event loop and from its threads.

    Attributes:
        answered: how many requests, by method, route and status.
        last_head: where the log stood when it was last looked at; None before.
    """

    def __init__(
        self,
        store: Store,
        refresh: Refresh | None,
        clock: Clock,
        audience: Watchers,
        discovery: Discovery,
        *,
        ring_bytes: int,
        lines_bytes: int,
        outbound_bytes: int,
        send_timeout: float,
    ) -> None:
        self.store = store
        self.clock = clock
        self.audience = audience
        self.discovery = discovery
        self.send_timeout = send_timeout
        self.outbound = Outbound(clock, outbound_bytes)
        self.lines = PageCache(store, lines_bytes)
        self.tail = Tail(store, clock, audience.grown, audience.foremost, ring_bytes=ring_bytes)
        self.registry = CollectorRegistry()
        self.answered: Counter[tuple[str, str, int]] = Counter()
        self.last_head: Head | None = None
        self._refresh = refresh
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="northbound")
        self._quick = ThreadPoolExecutor(_QUICK_THREADS, thread_name_prefix="northbound-quick")

    async def quick(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *work*, which costs little, beside the event loop; no listing delays it."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._quick, lambda: work(*args, **kwargs))

    async def thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *work*, which may block on the store, beside the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: work(*args, **kwargs))

    async def give(
        self, call: Exchange, work: Callable[P, Response], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Have a whole answer made and sent, when there is room for one."""
        async with self.outbound.room() as room:
            call.check()  # it may have waited
            answer = await self.thread(work, *args, **kwargs)
            self.outbound.settle(room, len(answer.body))
            await call.give(answer, room.sending)

    def head(self) -> Head:
        """Return where the log stands."""
        self.last_head = self.store.head()
        return self.last_head

    def standing(self) -> tuple[Head, list[Freshness]]:
        """Return the head, and the collections as they were at it."""
        self.last_head, known = self.store.standing()
        return self.last_head, known

    def head_at(self, head: Head, revision: int) -> Head:
        """Return *head* with an earlier revision and the log's digest there.

        Raises:
            RevisionCompactedError, RevisionAheadError
        """
        if revision == head.revision:
            return head
        return head._replace(revision=revision, digest=self.store.digest(revision))

    async def refresh(self, collections: list[Collection], max_age: float) -> None:
        """Have everything sampled that is older than *max_age*.

        Raises:
            SampleError: that failed, or nobody samples here.
        """
        if self._refresh is None:
            raise SampleError(
                "This process serves the store and does not sample; leave max_age out, or ask "
                "a synchronizer that samples."
            )
        await self._refresh(collections, max_age)

    def close(self) -> None:
        """Give the threads back; those at work finish first."""
        for threads in (self._threads, self._quick):
            threads.shutdown(wait=False, cancel_futures=True)
