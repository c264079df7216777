"""Sampling on demand: get all with a limit on its age.

It runs the same plugin in a process of its own, so it neither waits for the periodic
sampling nor delays it; callers that ask for the same at the same time share one run. Few run
at a time, and a collection not again at once, however often it is asked for: whoever asks
meanwhile waits, and all of them share the next run.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from math import inf

import msgspec

from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.entity import Collection
from synchronizer.model.errors import SampleError, UnreachableError, by_code
from synchronizer.service.settings import Role
from synchronizer.store import Store

RUNS_MOST = 4
"""Runs at a time, each a process; the others wait."""

Process = Callable[[Role], Awaitable[str]]


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
        self._begun: dict[Collection, float] = {}
        self._running: dict[Collection, asyncio.Task[str]] = {}

    async def __call__(self, collections: Sequence[Collection], max_age: float) -> None:
        """Return when every collection was completely sampled within *max_age* seconds.

        Raises:
            SampleError: one could not be sampled.
        """
        asked_at = self._clock.now()
        wanted = collections if max_age <= 0 else await self._older(collections, asked_at, max_age)
        under_way = {self._running[each] for each in wanted if each in self._running}
        if under_way:
            # It may have looked at the cloud before we were asked: too early for us.
            await asyncio.wait(under_way)
            wanted = await self._older(wanted, asked_at, max_age)
        due: defaultdict[tuple[str, str], list[Collection]] = defaultdict(list)
        waiting: set[asyncio.Task[str]] = set()
        for collection in wanted:
            if collection in self._running:
                waiting.add(self._running[collection])
            else:
                due[collection.cloud, collection.type.partition(".")[0]].append(collection)
        for (cloud, plugin), missing in due.items():
            role = Role(
                kind="once",
                cloud=cloud,
                plugin=plugin,
                collections=tuple(missing),
                urgent=max_age <= 0,
            )
            task = asyncio.create_task(self._run(role))
            self._running.update(dict.fromkeys(missing, task))
            task.add_done_callback(partial(self._forget, role))
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
        for task in set(self._running.values()):
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

    def _forget(self, role: Role, done: asyncio.Task[str]) -> None:
        if not done.cancelled():
            done.exception()  # every caller may have left
        for collection in role.collections:
            self._running.pop(collection, None)

    async def _run(self, role: Role) -> str:
        """Run when the least interval is over and there is a place in the pool."""
        due = max(self._begun.get(each, -inf) for each in role.collections) + self._interval
        await self._sleep(max(0.0, due - self._clock.monotonic()))
        async with self._places:
            self._begun.update(dict.fromkeys(role.collections, self._clock.monotonic()))
            return await self._process(role)


def _raise_first(told: str, asked: set[str]) -> None:
    for line in told.splitlines():
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
