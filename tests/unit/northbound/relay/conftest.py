"""A store, and a bus in memory that fails when it is told to."""

import threading

import msgspec
import pytest

from synchronizer.model.clock import SystemClock
from synchronizer.model.errors import TransportError
from synchronizer.northbound.relay.leadership import Leadership
from synchronizer.northbound.relay.relay import Relay
from synchronizer.store import open_store
from synchronizer.testing.writing import declare


class Clock:
    """Stands until it is moved."""

    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return self.seconds

    def monotonic(self):
        return self.seconds


class MemoryBus:
    """A `Publisher` whose broker is a list.

    Attributes:
        heard: [(topic, event type, payload)] of all that came through.
        fails: how many of the next publishes fail; the first letters of them arrive.
        refused: how many of the next confirms fail.
        slow: told the seconds that the relay waits; returns how many are not confirmed yet.
        opened: how often a connection was made.
    """

    shown = "memory"

    def __init__(self):
        self.heard = []
        self.fails = self.refused = self.opened = 0
        self.slow = lambda seconds: 0
        self.on_confirm = lambda: None
        self.changed = threading.Condition()
        self._open = False

    def publish(self, told):
        if not self._open:
            self._open = True
            self.opened += 1
        kept = told
        if self.fails:
            self.fails -= 1
            kept = told[: len(told) // 2]
        with self.changed:
            self.heard += [(e.topic, e.event_type, msgspec.json.decode(e.payload)) for e in kept]
            self.changed.notify_all()
        if kept is not told:
            raise TransportError("the test says so")
        return len(self.heard)

    def unconfirmed(self, ticket, seconds):
        self.on_confirm()
        if self.refused:
            self.refused -= 1
            raise TransportError("the test says so")
        return self.slow(seconds)

    def idle(self):
        pass

    def close(self):
        self._open = False

    def changes(self):
        """Return (type, id, revision) of the changes heard."""
        return [(p["type"], p["id"], p["revision"]) for _, _, p in self.heard if "op" in p]

    def await_revision(self, revision, seconds=20.0):
        """Wait for the bookmark of all topics at a revision."""

        def reached():
            return any(
                e == "bookmark" and p["revision"] >= revision for _, e, p in list(self.heard)
            )

        with self.changed:
            assert self.changed.wait_for(reached, seconds), self.heard[-3:]


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    declare(store)
    yield store
    store.close()


@pytest.fixture
def bus():
    return MemoryBus()


@pytest.fixture
def running(store):
    """Run relays in threads: ``running(bus, owner)``; they are stopped at the end."""
    started = []

    def start(bus, owner="a", *, clock=None, **options):
        clock = clock or SystemClock()
        relay = Relay(store, bus, Leadership(store, "bus", owner, clock), clock=clock, **options)
        stop = threading.Event()
        thread = threading.Thread(target=relay.run, args=(stop,))
        thread.start()
        started.append((stop, thread))
        relay.stop = lambda: (stop.set(), thread.join())
        return relay

    yield start
    for stop, thread in started:
        stop.set()
        thread.join()
