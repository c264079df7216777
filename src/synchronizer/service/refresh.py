"""Sampling on demand: get all with a limit on its age.

It runs the same plugin in a process of its own, so it neither waits for the periodic
sampling nor delays it. Few run at a time, one of each plugin, and a collection not again at
once, however often it is asked for: whoever asks meanwhile waits, and all that wait for
collections of one plugin share its next run.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from math import inf

import msgspec

from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.entity import Collection
from synchronizer.model.errors import SampleError, TooSoonError, UnreachableError, by_code
from synchronizer.service.settings import Role
from synchronizer.store import Store

RUNS_MOST = 4
"""Runs at a time, each a process; the others wait."""
_PATIENCE = 60.0
"""Seconds that a caller waits for the least interval; for more it is told to come again."""

Process = Callable[[Role], Awaitable[str]]
_Plugin = tuple[str, str]


class _Run:
    """A run that has not begun: what it will sample.

    Attributes:
        urgent: also what a service asked us to leave in peace.
        ended: what its process said.
    """

    def __init__(self) -> None:
        self.collections: list[Collection] = []
        self.urgent = False
        self.ended: asyncio.Task[str]


class Refresh:
    """Samples collections that are older than asked for.

    Args:
        process: carries a role out in a process of its own; returns what that said.
        interval: the least seconds between the beginnings of two runs of one collection.
    """

    def __init__(
        self,
        process: Process,
        store: Store,
        interval: float,
        *,
        clock: Clock | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._process = process
        self._store = store
        self._interval = interval
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._places = asyncio.Semaphore(RUNS_MOST)
        self._turns: defaultdict[_Plugin, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._begun: dict[Collection, float] = {}
        self._next: dict[_Plugin, _Run] = {}
        self._under_way: dict[Collection, asyncio.Task[str]] = {}
        self._runs: set[asyncio.Task[str]] = set()

    async def __call__(self, collections: Sequence[Collection], max_age: float) -> None:
        """Return when every collection was completely sampled within *max_age* seconds.

        Raises:
            SampleError: one could not be sampled.
        """
        asked_at = self._clock.now()
        wanted = collections if max_age <= 0 else await self._older(collections, asked_at, max_age)
        before = {self._under_way[each] for each in wanted if each in self._under_way}
        if before:
            # It may have looked at the cloud before we were asked: too early for us.
            await asyncio.wait(before)
            wanted = await self._older(wanted, asked_at, max_age)
        waiting: set[asyncio.Task[str]] = set()
        for collection in wanted:
            task = self._under_way.get(collection)
            if task is None:
                task = asyncio.create_task(self._sample(collection, urgent=max_age <= 0))
                task.add_done_callback(partial(self._forget, collection))
                self._under_way[collection] = task
            waiting.add(task)
        if waiting:
            await asyncio.wait(waiting)  # and not gather: who leaves takes nobody's run along
        asked = {str(collection) for collection in collections}
        for task in waiting:
            if task.cancelled():
                raise UnreachableError("the synchronizer stops; ask again when it is back")
            _raise_first(task.result(), asked)

    def stop(self) -> None:
        """End the runs that are under way; called in the event loop."""
        for run in self._runs:
            run.cancel()
        for task in set(self._under_way.values()):
            task.cancel()

    async def _older(
        self, collections: Sequence[Collection], asked_at: float, max_age: float
    ) -> Sequence[Collection]:
        """Return those not completely sampled from *max_age* before *asked_at* on."""
        known = await asyncio.to_thread(self._store.collections)
        oldest, now = asked_at - max_age, self._clock.now()
        recent = {
            each.collection
            for each in known
            if each.age(now) is not None and (each.sampled_at or 0.0) >= oldest
        }
        return [each for each in collections if each not in recent]

    def _forget(self, collection: Collection, done: asyncio.Task[str]) -> None:
        if not done.cancelled():
            done.exception()  # every caller may have left
        self._under_way.pop(collection, None)

    async def _sample(self, collection: Collection, *, urgent: bool) -> str:
        """Take part in the plugin's next run when the collection's least interval is over."""
        due = self._begun.get(collection, -inf) + self._interval
        left = max(0.0, due - self._clock.monotonic())
        if left > _PATIENCE:
            raise TooSoonError(
                f"{collection} was sampled on demand a moment ago; [sampling] demand_interval "
                f"lets the next sample begin in {left:.0f} s: ask then, or leave max_age out.",
                retry_after=left,
            )
        await self._sleep(left)
        plugin = collection.cloud, collection.type.partition(".")[0]
        run = self._next.get(plugin)
        if run is None or run.ended.done():
            run = self._next[plugin] = _Run()
            run.ended = asyncio.create_task(self._run(plugin, run))
            self._runs.add(run.ended)
            run.ended.add_done_callback(self._runs.discard)
        run.collections.append(collection)
        run.urgent = run.urgent or urgent
        return await asyncio.shield(run.ended)

    async def _run(self, plugin: _Plugin, run: _Run) -> str:
        """Run when the plugin's run before has ended and there is a place."""
        async with self._turns[plugin], self._places:
            del self._next[plugin]  # who comes now may be too late for it
            begun = dict.fromkeys(run.collections, self._clock.monotonic())
            self._begun.update(begun)
            cloud, name = plugin
            return await self._process(
                Role(
                    kind="once",
                    cloud=cloud,
                    plugin=name,
                    collections=tuple(run.collections),
                    urgent=run.urgent,
                )
            )


def _raise_first(told: str, asked: set[str]) -> None:
    for line in told.split("\n"):  # a name in a sentence may hold other ends of a line
        if line.startswith("outcome "):
            outcome = msgspec.json.decode(line[len("outcome ") :], type=dict[str, str])
            for collection, failed in outcome.items():
                if failed and collection in asked:
                    code, _, sentence = failed.partition(" ")
                    kind = by_code().get(code, SampleError)
                    raise kind(sentence)
            return
        if line.startswith("error "):
            raise UnreachableError(line.split(" ", 2)[2])
    raise UnreachableError("the sampling process ended without a result; see its log")
