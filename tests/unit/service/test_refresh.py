"""Sampling on demand: few runs at a time, and none again at once, however many ask."""

import asyncio
from itertools import pairwise

import msgspec
import pytest

from synchronizer.model.entity import Collection
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
