"""Sampling on demand: few runs at a time, and none again at once, however many ask."""

import asyncio
from itertools import pairwise

import msgspec
import pytest

from synchronizer.model.entity import Collection
from synchronizer.model.errors import EndlessListingError, TooSoonError, UnreachableError
from synchronizer.northbound.http.errors import headers
from synchronizer.service.refresh import RUNS_MOST, Refresh
from synchronizer.store.freshness import Freshness

SERVER = Collection("demo", "R", "nova.server")


class Clock:
    """Time that goes on when somebody sleeps."""

    def __init__(self):
        self.seconds = 1000.0

    def now(self):
        return self.seconds

    def monotonic(self):
        return self.seconds

    async def sleep(self, seconds):
        await asyncio.sleep(0)
        self.seconds += seconds


class Known:
    """As much of a store as is asked: when collections were sampled."""

    def __init__(self):
        self.sampled = {}

    def collections(self):
        return [Freshness(collection=each, sampled_at=at) for each, at in self.sampled.items()]


class Processes:
    """Runs that sample, and how many there were at a time."""

    def __init__(self, clock, known):
        self.clock, self.known = clock, known
        self.begun, self.now, self.most = [], 0, 0
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, role):
        self.now += 1
        self.most = max(self.most, self.now)
        began = self.clock.seconds
        self.begun.append((began, role.collections))
        await asyncio.sleep(0)
        await self.go.wait()
        self.now -= 1
        self.known.sampled.update(dict.fromkeys(role.collections, began))
        outcome = {str(each): "" for each in role.collections}
        return f"outcome {msgspec.json.encode(outcome).decode()}\n"


@pytest.fixture
def clock():
    return Clock()


def made(clock, interval=10.0):
    known = Known()
    processes = Processes(clock, known)
    refresh = Refresh(processes, known, interval, clock=clock, sleep=clock.sleep)
    return refresh, processes


def test_thirty_sweeps_of_different_types_are_a_few_processes_at_a_time(clock):
    async def scenario():
        refresh, processes = made(clock)
        types = [Collection("demo", "R", f"plugin{number}.thing") for number in range(30)]
        await asyncio.gather(*(refresh([each], 0.0) for each in types))
        assert len(processes.begun) == 30
        assert processes.most == RUNS_MOST

    asyncio.run(scenario())


def test_who_asks_again_and_again_waits_for_the_interval(clock):
    async def scenario():
        refresh, processes = made(clock)
        for _ in range(5):
            await refresh([SERVER], 0.0)
        begun = [when for when, _ in processes.begun]
        assert all(b - a >= 10.0 for a, b in pairwise(begun))
        assert len(begun) == 5

    asyncio.run(scenario())


def test_all_that_wait_share_one_run_that_begins_after_they_asked(clock):
    async def scenario():
        refresh, processes = made(clock)
        await refresh([SERVER], 0.0)
        processes.go.clear()
        asked = clock.seconds
        waiting = asyncio.gather(*(refresh([SERVER], 0.0) for _ in range(200)))
        for _ in range(10):
            await asyncio.sleep(0)
        processes.go.set()
        await waiting
        (_, first), (began, second) = processes.begun
        assert first == second == (SERVER,)
        assert began > asked

    asyncio.run(scenario())


def test_a_type_does_not_wait_for_the_interval_of_another(clock):
    async def scenario():
        refresh, processes = made(clock)
        await refresh([SERVER], 0.0)
        await refresh([Collection("demo", "R", "nova.flavor")], 0.0)
        assert clock.seconds == 1000.0
        assert len(processes.begun) == 2

    asyncio.run(scenario())


def test_calls_for_types_of_one_plugin_are_one_process_at_a_time_and_share_the_next(clock):
    """However many calls ask one by one while a run goes on."""

    async def scenario():
        refresh, processes = made(clock)
        processes.go.clear()
        types = [Collection("demo", "R", f"nova.thing{number}") for number in range(30)]
        calls = [asyncio.create_task(refresh([types[0]], 0.0))]
        await until(lambda: processes.now == 1)
        for each in types[1:]:
            calls.append(asyncio.create_task(refresh([each], 0.0)))
            await asyncio.sleep(0)
        processes.go.set()
        await asyncio.gather(*calls)
        assert processes.most == 1
        assert [set(each) for _, each in processes.begun] == [{types[0]}, set(types[1:])]

    asyncio.run(scenario())


def test_plugins_do_not_wait_for_each_other(clock):
    async def scenario():
        refresh, processes = made(clock)
        processes.go.clear()
        calls = [
            asyncio.create_task(refresh([Collection(cloud, "R", f"{plugin}.thing")], 0.0))
            for cloud in ("one", "other")
            for plugin in ("nova", "neutron")
        ]
        await until(lambda: processes.now == 4)
        processes.go.set()
        await asyncio.gather(*calls)

    asyncio.run(scenario())


def test_who_leaves_takes_nobodys_run_along(clock):
    async def scenario():
        refresh, processes = made(clock)
        processes.go.clear()
        first, second = (asyncio.create_task(refresh([SERVER], 0.0)) for _ in range(2))
        await until(lambda: processes.now == 1)
        first.cancel()
        await asyncio.sleep(0)
        processes.go.set()
        await second
        assert len(processes.begun) == 1

    asyncio.run(scenario())


def test_who_would_wait_too_long_is_told_when_to_come_again(clock):
    async def scenario():
        refresh, processes = made(clock, interval=600.0)
        await refresh([SERVER], 0.0)
        with pytest.raises(TooSoonError, match="in 600 s") as caught:
            await refresh([SERVER], 0.0)
        assert caught.value.retry_after == 600.0
        assert dict(headers(caught.value)) == {b"retry-after": b"600"}
        assert caught.value.status == 429
        clock.seconds += 570.0
        await refresh([SERVER], 0.0)
        assert len(processes.begun) == 2

    asyncio.run(scenario())


def test_a_stop_ends_what_waits_and_what_runs(clock):
    async def scenario():
        refresh, processes = made(clock)
        processes.go.clear()
        calls = [asyncio.create_task(refresh([SERVER], 0.0))]
        await until(lambda: processes.now == 1)
        calls.append(asyncio.create_task(refresh([Collection("demo", "R", "nova.flavor")], 0.0)))
        await asyncio.sleep(0)
        refresh.stop()
        for call in calls:
            with pytest.raises(UnreachableError, match="the synchronizer stops"):
                await call

    asyncio.run(scenario())


async def until(fact):
    """Let the others go on until *fact*."""
    async with asyncio.timeout(10):
        while not fact():  # noqa: ASYNC110 - a fact of this loop, and it has no event
            await asyncio.sleep(0)


@pytest.mark.parametrize("end", ["\u2028", "\x85", "\x0b", "\r"])
def test_a_fault_that_names_an_odd_name_is_told_whole(clock, end):
    """Names may hold what Python takes for the end of a line, and JSON does not escape."""

    async def fails(role):
        said = f"{EndlessListingError.code} it repeats the page that ends with a{end}b"
        told = msgspec.json.encode({str(each): said for each in role.collections})
        return f"outcome {told.decode()}\n"

    async def scenario():
        refresh = Refresh(fails, Known(), 10.0, clock=clock, sleep=clock.sleep)
        with pytest.raises(EndlessListingError, match=f"a{end}b"):
            await refresh([SERVER], 0.0)

    asyncio.run(scenario())
