"""Mirrors that follow the log over a bus and over HTTP, in virtual time."""

import asyncio

import pytest

from synchronizer.testing.simulation.broker import Publishing
from synchronizer.testing.simulation.loop import Loop
from synchronizer.testing.simulation.plan import Operation, Plan, drawn
from synchronizer.testing.simulation.run import Run, run
from synchronizer.testing.simulation.world import World


class WaitsForNoConfirm(Publishing):
    """A publisher that takes what was sent for what was received."""

    def unconfirmed(self, ticket, seconds):
        super().unconfirmed(ticket, 0.0)
        return 0


@pytest.mark.parametrize("features", [("bus",), ("bus", "restore"), ("http",), ("http", "restore")])
def test_what_comes_on_another_way_is_the_log(features):
    assert run(drawn(1, features)) == []


def test_a_cursor_that_moves_before_the_broker_confirms_loses_changes():
    moves = [Operation(5.0 * n, "put", ("rock", n % 3, "AB"[n % 2], False)) for n in range(2, 50)]
    outages = [Operation(11.0 * n, "broker", (0.5,)) for n in range(2, 24)]
    looks = [Operation(2.0, "look", (0, "rock", "sweep"))]
    plan = Plan(1, ("rock",), 3, ("bus",), (*looks, *moves, *outages))
    assert run(plan) == []
    found = Run(plan, publishing=WaitsForNoConfirm).execute()
    assert {each.promise for each in found} == {"no loss on the bus"}


def test_some_plans_have_a_way_and_the_rest_of_them_is_as_without():
    ways = [drawn(seed).features[-1] for seed in range(30)]
    assert {"bus", "http"} <= set(ways)
    with_way = next(seed for seed, way in enumerate(ways) if way == "http")
    names = {each.name for each in drawn(with_way, drawn(with_way).features[:-1]).operations}
    assert not names & {"relay", "broker", "slow_reader"}


class TestLoop:
    @pytest.fixture
    def world(self):
        world = World()
        yield world
        world.end()

    @pytest.fixture
    def loop(self, world):
        return Loop(world)

    def test_sleeps_take_virtual_time(self, world, loop):
        async def sleep():
            await asyncio.sleep(100)
            return loop.time()

        task = loop.create_task(sleep())
        world.run(99)
        assert not task.done()
        world.run(100)
        assert task.result() == 100

    def test_what_runs_beside_it_may_wait(self, world, loop):
        async def wait():
            await loop.run_in_executor(None, world.pause, 5.0)
            return loop.time()

        task = loop.create_task(wait())
        world.run(10)
        assert task.result() == 5

    def test_a_time_out_ends_what_takes_longer(self, world, loop):
        async def wait():
            async with asyncio.timeout(3):
                await asyncio.sleep(10)

        task = loop.create_task(wait())
        world.run(20)
        assert isinstance(task.exception(), TimeoutError)

    def test_what_a_callback_dies_of_is_seen(self, world, loop):
        def fail():
            raise ValueError("this test")

        loop.call_soon(fail)
        world.run(1)
        ((_, error),) = world.crashed
        assert str(error) == "this test"
