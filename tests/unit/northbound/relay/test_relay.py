import threading
import time
from itertools import count

import pytest

from synchronizer.model.errors import TransportError
from synchronizer.northbound.relay.leadership import PATIENCE, Leadership
from synchronizer.northbound.relay.session import CONFIRM_SECONDS, LeaderSession
from synchronizer.store.contract import Sink
from synchronizer.testing.writing import PORTS, SERVERS, write

from .conftest import Clock, MemoryBus


def log_of(store):
    return [(r.collection.type, r.id, r.revision) for r in store.changes(0, limit=10_000).records]


def sink(store):
    (found,) = store.sinks()
    return found


def test_every_change_is_told_once_and_in_order(store, bus, running):
    running(bus, window=3)
    bus.await_revision(0)
    for number in range(20):
        ids = [f"{number}-{each}" for each in range(number % 4 + 1)]
        last = write(store, {each: {} for each in ids}, (SERVERS, PORTS)[number % 2])
    bus.await_revision(last)
    assert bus.changes() == log_of(store)


def test_what_was_there_before_the_bus_is_not_told(store, bus, running):
    """It is in everybody's get all: a first sweep floods nobody."""
    first = write(store, {"a": {}, "b": {}})
    write(store, {"x": {}}, PORTS)
    running(bus)
    bus.await_revision(2)
    assert bus.changes() == []
    assert sink(store).priors == {"nova.server": first, "neutron.port": 2}


def test_parts_and_priors_lead_from_commit_to_commit_on_each_topic(store, bus, running):
    running(bus)
    bus.await_revision(0)
    write(store, {"a": {}, "b": {}})
    write(store, {"x": {}}, PORTS)
    write(store, {"a": {"n": 1}})
    bus.await_revision(3)
    told = [
        (p["revision"], p["prior"], p["part"], p["parts"]) for _, _, p in bus.heard if "op" in p
    ]
    assert told == [(1, 0, 1, 2), (1, 0, 2, 2), (2, 0, 1, 1), (3, 1, 1, 1)]
    topics = {(topic, event) for topic, event, p in bus.heard if "op" in p}
    assert topics == {
        ("synchronizer.nova.server", "nova.server.create"),
        ("synchronizer.nova.server", "nova.server.update"),
        ("synchronizer.neutron.port", "neutron.port.create"),
    }
    epoch = store.head().epoch
    assert {p["epoch"] for _, _, p in bus.heard} == {epoch}


def test_bookmarks_come_when_nothing_happens_on_each_topic_and_of_all(store, bus, running):
    write(store, {"a": {}})
    running(bus, bookmark_interval=0.1)

    def idle():
        events = [event for _, event, _ in list(bus.heard)]
        return events.count("bookmark") > 2 and events.count("nova.server.bookmark") > 1

    with bus.changed:
        assert bus.changed.wait_for(idle, 20)
    marks = {p["prior"] for _, event, p in bus.heard if event == "nova.server.bookmark"}
    assert marks == {1}
    assert {p["prior"] for _, event, p in bus.heard if event == "neutron.port.bookmark"} == {0}


def test_bookmarks_come_on_an_idle_topic_while_another_is_busy(store, bus, running):
    """Else the loss of its last message would show to nobody who listens to it alone."""
    write(store, {"x": {}}, PORTS)
    relay = running(bus, bookmark_interval=0.3)
    bus.await_revision(1)
    marks, until = 0, time.monotonic() + 30
    for number in count():
        write(store, {"a": {"n": number}})
        heard = list(bus.heard)
        marks = sum(event == "neutron.port.bookmark" for _, event, _ in heard)
        if marks > 2 or time.monotonic() > until:
            break
    assert marks > 2
    last = store.head().revision
    bus.await_revision(last)
    relay.stop()
    assert [revision for _, _, revision in bus.changes()] == list(range(2, last + 1))
    assert {p["prior"] for _, e, p in bus.heard if e == "neutron.port.bookmark"} == {1}


def test_the_cursor_moves_after_the_confirm_only(store, bus, running):
    running(bus, bookmark_interval=60)
    bus.await_revision(0)
    seen, asked = [], threading.Event()
    bus.on_confirm = lambda: (seen.append(sink(store).revision), asked.set())
    last = write(store, {"a": {}})
    bus.await_revision(last)
    assert asked.wait(20)
    assert seen[0] == 0


@pytest.mark.parametrize("fault", ["fails", "refused"])
def test_a_bus_that_fails_is_told_again_from_the_cursor(store, bus, running, fault):
    """At least once: what had arrived comes twice, and nothing is left out."""
    running(bus, window=4)
    bus.await_revision(0)
    setattr(bus, fault, 1)
    for number in range(12):
        last = write(store, {f"{number}": {}})
    bus.await_revision(last)
    told = bus.changes()
    assert list(dict.fromkeys(told)) == log_of(store)
    assert bus.opened > 1
    assert sink(store).priors["nova.server"] >= 0


def test_one_of_two_relays_tells_and_the_other_takes_over(store, running):
    first, second = MemoryBus(), MemoryBus()
    one = running(first, "one", bookmark_interval=0.2)
    first.await_revision(0)
    running(second, "two", bookmark_interval=0.2)
    write(store, {"a": {}})
    first.await_revision(1)
    assert second.heard == []
    one.stop()
    last = write(store, {"a": {"n": 2}})
    second.await_revision(last)
    assert list(dict.fromkeys([*first.changes(), *second.changes()])) == log_of(store)
    assert sink(store).owner == "two"


def test_a_relay_that_is_started_again_in_its_place_does_not_wait(store, bus, running):
    one = running(bus, "same")
    bus.await_revision(0)
    one.stop()
    last = write(store, {"a": {}})
    again = MemoryBus()
    running(again, "same")
    again.await_revision(last, seconds=3)
    assert again.changes() == log_of(store)


def test_an_owner_that_lost_its_sink_stops_telling(store, bus, running):
    running(bus, "one", bookmark_interval=60)
    bus.await_revision(0)
    for _ in range(100):
        now = sink(store)
        if store.move(now, now._replace(owner="thief", beat=now.beat + 1)):
            break
    taken = sink(store)
    last = write(store, {"a": {}})
    before = list(bus.heard)
    stolen = taken._replace(revision=last, priors={"nova.server": last}, beat=taken.beat + 1)
    assert store.move(taken, stolen)
    assert sink(store) == Sink("bus", last, {"nova.server": last}, "thief", stolen.beat)
    assert len(bus.heard) - len(before) <= 2  # at most the window that was under way


def test_a_log_that_does_not_reach_back_is_gone_on_from_now(store, bus, running):
    """Listeners see it by the prior that they do not know."""
    one = running(bus)
    bus.await_revision(0)
    one.stop()
    for number in range(3):
        last = write(store, {"a": {"n": number}})
    store.compact(history=0)
    again = MemoryBus()
    running(again)
    again.await_revision(last)
    write(store, {"a": {"n": "later"}})
    again.await_revision(last + 1)
    ((_, _, payload),) = [each for each in again.heard if "op" in each[2]]
    assert (payload["revision"], payload["prior"]) == (last + 1, last)


def test_a_relay_shows_life_whatever_it_waits_for(store, bus, running):
    """For a bus that is down, and for another relay: else a watchdog would kill it."""
    beats = []
    bus.fails = 1_000_000
    running(bus, "one", beat=lambda: beats.append(time.monotonic()))
    waiting = []
    running(MemoryBus(), "two", beat=lambda: waiting.append(time.monotonic()))
    until = time.monotonic() + 20
    while (len(beats) < 4 or len(waiting) < 4) and time.monotonic() < until:
        store.wait(store.head().revision, 0.05)
    assert len(beats) >= 4
    assert len(waiting) >= 4


class TestSlowBus:
    """A bus may take longer to confirm than other relays are patient."""

    @pytest.fixture
    def turn(self, store, bus):
        clock = Clock()
        lead = Leadership(store, "bus", "a", clock)
        turn = LeaderSession(
            store,
            bus,
            lead,
            lead.taken(threading.Event()),
            window=10,
            interval=1000,
            clock=clock,
        )
        turn.clock = clock
        assert turn.step()  # where it stands was told
        return turn

    def test_the_owner_shows_that_it_lives_and_keeps_its_cursor(self, store, bus, turn):
        seen = []

        def slow(seconds):
            seen.append(sink(store))
            turn.clock.seconds += seconds
            return len(seen) < 6

        bus.slow = slow
        last = write(store, {"a": {}})
        assert [turn.step() for _ in range(6)] == [True] * 6
        assert [each.revision for each in seen] == [0] * 6
        assert [each.beat - seen[0].beat for each in seen] == list(range(6))
        assert turn.clock.seconds < 6 * PATIENCE
        assert sink(store).revision == last

    def test_who_lost_the_sink_meanwhile_does_not_wait_any_longer(self, store, bus, turn):
        def stolen(seconds):
            now = sink(store)
            assert store.move(now, now._replace(owner="thief", beat=now.beat + 1))
            return 1

        bus.slow = stolen
        write(store, {"a": {}})
        assert not turn.step()
        assert sink(store).owner == "thief"
        assert turn.told == 0

    def test_one_that_gets_on_is_waited_for_however_long_it_takes(self, store, bus, turn):
        left = iter(range(100, -1, -1))

        def slow(seconds):
            turn.clock.seconds += seconds
            return next(left)

        bus.slow = slow
        last = write(store, {"a": {}})
        assert [turn.step() for _ in range(101)] == [True] * 101
        assert turn.clock.seconds > 10 * CONFIRM_SECONDS
        assert sink(store).revision == last

    def test_one_that_does_not_counts_as_lost(self, store, bus, turn):
        def stuck(seconds):
            turn.clock.seconds += seconds
            return 7

        bus.slow = stuck
        write(store, {"a": {}})
        with pytest.raises(TransportError, match="memory confirmed nothing for 15 s"):
            list(iter(turn.step, False))
        assert turn.clock.seconds < 2 * CONFIRM_SECONDS
        assert sink(store).revision == 0

    def test_a_relay_is_stopped_though_its_bus_has_confirmed_nothing(self, store, bus, running):
        asked = threading.Event()

        def slow(seconds):
            asked.set()
            return next(left)

        left = count(1)  # it gets on, and never ends
        bus.slow = slow
        relay = running(bus)
        assert asked.wait(20)
        relay.stop()
        assert bus.opened == 1
