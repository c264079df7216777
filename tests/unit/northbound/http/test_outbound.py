"""What waits for clients is bounded; who takes nothing makes room for who waits."""

import asyncio

import pytest

from synchronizer.northbound.http.outbound import Outbound
from synchronizer.northbound.http.watchers import Cut


class Clock:
    def __init__(self):
        self.seconds = 100.0

    def now(self):
        return self.seconds

    def monotonic(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def outbound(clock):
    return Outbound(clock, 10)


async def settled():
    for _ in range(20):
        await asyncio.sleep(0)


class Guest:
    """A task that has a room until it is let go."""

    def __init__(self, outbound, size, *, blocked=False):
        self.inside, self.go = asyncio.Event(), asyncio.Event()
        self.task = asyncio.create_task(self._stay(outbound, size, blocked))

    async def _stay(self, outbound, size, blocked):
        async with outbound.room(size) as self.room:
            self.inside.set()
            if blocked:
                with self.room.sending():
                    await self.go.wait()
            await self.go.wait()


def test_nobody_has_room_beyond_the_bound(outbound):
    async def scenario():
        guests = [Guest(outbound, 4) for _ in range(5)]
        await settled()
        assert [each.inside.is_set() for each in guests] == [True, True, False, False, False]
        assert outbound.used == 8
        guests[0].go.set()
        await asyncio.wait_for(guests[2].inside.wait(), 5)
        assert outbound.used == 8
        for each in guests:
            each.go.set()
        await asyncio.gather(*(each.task for each in guests))
        assert outbound.used == 0

    asyncio.run(scenario())


def test_what_turns_out_smaller_leaves_room(outbound):
    async def scenario():
        first, second = Guest(outbound, 8), Guest(outbound, 8)
        await settled()
        assert not second.inside.is_set()
        outbound.settle(first.room, 1)
        await asyncio.wait_for(second.inside.wait(), 5)
        first.go.set()
        second.go.set()
        await asyncio.gather(first.task, second.task)

    asyncio.run(scenario())


def test_one_larger_than_all_room_is_alone_in_it(outbound):
    async def scenario():
        first = Guest(outbound, 50)
        await asyncio.wait_for(first.inside.wait(), 5)
        first.go.set()
        await first.task

    asyncio.run(scenario())


def test_who_takes_nothing_is_cut_when_somebody_waits(outbound, clock):
    async def scenario():
        stalled, reading = Guest(outbound, 5, blocked=True), Guest(outbound, 5)
        await settled()
        clock.seconds += 60
        await settled()
        assert not stalled.task.done()  # nobody waits
        third = Guest(outbound, 5)
        await asyncio.wait_for(third.inside.wait(), 5)
        with pytest.raises(Cut):
            await stalled.task
        assert not reading.task.done()
        for each in (reading, third):
            each.go.set()
        await asyncio.gather(reading.task, third.task)

    asyncio.run(scenario())


def test_who_leaves_while_waiting_keeps_nothing(outbound):
    async def scenario():
        first, second = Guest(outbound, 8), Guest(outbound, 8)
        await settled()
        second.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second.task
        first.go.set()
        await first.task
        third = Guest(outbound, 8)
        await asyncio.wait_for(third.inside.wait(), 5)
        third.go.set()
        await third.task
        assert outbound.used == 0

    asyncio.run(scenario())
