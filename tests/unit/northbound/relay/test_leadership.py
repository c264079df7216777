import threading

from synchronizer.northbound.relay.leadership import PATIENCE, Leadership
from synchronizer.testing.writing import PORTS, write

from .conftest import Clock


class Stopping(threading.Event):
    """Lets time pass instead of waiting, and is set after so much of it."""

    def __init__(self, clock, seconds):
        super().__init__()
        self._clock = clock
        self._until = clock.seconds + seconds

    def wait(self, timeout=None):
        self._clock.seconds += timeout
        if self._clock.seconds >= self._until:
            self.set()
        return self.is_set()


def test_a_sink_that_is_not_there_begins_at_the_head(store):
    write(store, {"a": {}})
    write(store, {"x": {}}, PORTS)
    clock = Clock()
    sink = Leadership(store, "bus", "me", clock).taken(Stopping(clock, 1))
    assert (sink.revision, sink.priors) == (2, {"nova.server": 1, "neutron.port": 2})
    assert (sink.owner, store.sinks()) == ("me", [sink])


def test_an_owner_that_moves_is_left_alone_and_one_that_does_not_is_followed(store):
    clock = Clock()
    first = Leadership(store, "bus", "first", clock)
    sink = first.taken(Stopping(clock, 1))

    class Moving(Stopping):
        def wait(self, timeout=None):
            nonlocal sink
            sink = first.moved(sink, sink.revision, sink.priors)
            return super().wait(timeout)

    second = Leadership(store, "bus", "second", clock)
    assert second.taken(Moving(clock, 10 * PATIENCE)) is None
    began = clock.seconds
    taken = second.taken(Stopping(clock, 10 * PATIENCE))
    assert taken.owner == "second"
    assert PATIENCE <= clock.seconds - began <= 15
    assert first.moved(sink, 5, {}) is None


def test_a_move_keeps_what_it_says(store):
    clock = Clock()
    lead = Leadership(store, "bus", "me", clock)
    sink = lead.taken(Stopping(clock, 1))
    moved = lead.moved(sink, 7, {"nova.server": 7})
    assert store.sinks() == [moved]
    assert (moved.revision, moved.priors, moved.beat) == (7, {"nova.server": 7}, sink.beat + 1)
