"""Sampling on demand: get all with a limit on its age.

It runs the same plugin in a process of its own, so it neither waits for the periodic
sampling nor delays it; callers that ask for the same at the same time share one run.
"""

import asyncio
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from functools import partial

import msgspec

from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.entity import Collection
from synchronizer.model.errors import SampleError, UnreachableError, by_code
from synchronizer.service.settings import Order, Role, Settings
from synchronizer.store import Store

TIME_LIMIT = 600.0
"""Seconds after which a run is killed."""


class Refresh:
    """Samples collections that are older than asked for."""

    def __init__(self, settings: Settings, store: Store, clock: Clock | None = None) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock or SystemClock()
        self._running: dict[tuple[str, str], asyncio.Task[str]] = {}

    async def __call__(self, collections: Sequence[Collection], max_age: float) -> None:
        """Return when every collection was completely sampled within *max_age* seconds.

        Raises:
            SampleError: one could not be sampled.
        """
        now = self._clock.now()
        known = await asyncio.to_thread(self._store.collections)
        ages = {each.collection: each.age(now) for each in known}
        due: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        waiting: set[asyncio.Task[str]] = set()
        for collection in collections:
            age = ages.get(collection)
            if age is not None and age <= max_age and max_age > 0:
                continue
            key = (collection.cloud, collection.type)
            if key in self._running:
                waiting.add(self._running[key])
            else:
                due[collection.cloud, collection.type.split(".")[0]].append(collection.type)
        for (cloud, plugin), types in due.items():
            role = Role(kind="once", cloud=cloud, plugin=plugin, types=tuple(sorted(set(types))))
            task = asyncio.create_task(self._run(role))
            for type_ in role.types:
                self._running[cloud, type_] = task
            task.add_done_callback(partial(self._forget, role))
            waiting.add(task)
        wanted = {collection.type for collection in collections}
        for outcome in await asyncio.gather(*(asyncio.shield(task) for task in waiting)):
            _raise_first(outcome, wanted)

    def _forget(self, role: Role, _done: asyncio.Task[str]) -> None:
        for type_ in role.types:
            self._running.pop((role.cloud, type_), None)

    async def _run(self, role: Role) -> str:
        read_fd, write_fd = os.pipe()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "synchronizer.service.child",
            str(write_fd),
            stdin=asyncio.subprocess.PIPE,
            pass_fds=(write_fd,),
            start_new_session=True,
        )
        os.close(write_fd)
        try:
            if process.stdin is not None:
                process.stdin.write(msgspec.json.encode(Order(role, self._settings)) + b"\n")
            async with asyncio.timeout(TIME_LIMIT):
                await process.wait()
            told = await asyncio.to_thread(_read_all, read_fd)
        except TimeoutError:
            raise UnreachableError(
                f"sampling {', '.join(role.types)} took longer than {TIME_LIMIT:.0f} s"
            ) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            os.close(read_fd)
        return told


def _read_all(fd: int) -> str:
    parts = []
    while part := os.read(fd, 65536):
        parts.append(part)
    return b"".join(parts).decode("utf-8", "replace")


def _raise_first(told: str, types: set[str]) -> None:
    for line in told.splitlines():
        if line.startswith("outcome "):
            outcome = msgspec.json.decode(line[len("outcome ") :], type=dict[str, str])
            for type_, failed in outcome.items():
                if failed and type_ in types:
                    code, _, sentence = failed.partition(" ")
                    kind = by_code().get(code, SampleError)
                    raise kind(sentence)
            return
        if line.startswith("error "):
            raise UnreachableError(line.split(" ", 2)[2])
    raise UnreachableError("the sampling process ended without a result; see its log")
