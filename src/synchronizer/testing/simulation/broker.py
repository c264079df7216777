"""A message bus in memory: it repeats, reorders, loses and goes away, as a real one may.

It has what `BusWatch` needs of a RabbitMQ, so that the real one is joined with the log here.
"""

import random
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from synchronizer.bus.envelope import BusMessage, notification
from synchronizer.bus.topics import EVERY_TOPIC, routing_key
from synchronizer.model.errors import TransportError
from synchronizer.testing.simulation.world import BEGUN, Signal, World

_ODD = 0.03
"""So many messages are lost, come twice, or come late, each."""


class Delivery(NamedTuple):
    """A message as it comes to a consumer."""

    body: bytes


class Name(NamedTuple):
    """An exchange, or what was declared as a queue."""

    name: str = "simulation"
    queue: str = ""


class Broker:
    """The broker.

    Attributes:
        quiet: nothing is lost or late any more.
        lives: how often it went away.
        kept: letters that it has confirmed.
    """

    def __init__(self, world: World, dice: random.Random) -> None:
        self.quiet = False
        self.kept: list[BusMessage] = []
        self.world = world
        self.dice = dice
        self.lives = 0
        self._until = 0.0
        self._connections: list[Connection] = []

    @property
    def away(self) -> bool:
        """Whether it takes nobody."""
        return self.world.time < self._until

    def go_away(self, seconds: float) -> None:
        """Lose all connections and queues, and come back later."""
        self._until = self.world.time + seconds
        self.lives += 1
        for each in list(self._connections):
            each.lose()

    def check(self) -> None:
        """Refuse while it is away."""
        if self.away:
            raise TransportError("The broker is away; this simulation says so.")

    def connect(self) -> "Connection":
        """Return a new connection."""
        self.check()
        made = Connection(self)
        self._connections.append(made)
        return made

    def forget(self, connection: "Connection") -> None:
        """Have one connection less."""
        if connection in self._connections:
            self._connections.remove(connection)

    def publish(self, key: str, body: bytes) -> None:
        """Bring a message to everybody who listens."""
        for each in self._connections:
            if each.listens(key):
                self._deliver(each, body)

    def confirm(self, letter: BusMessage, seconds: float) -> None:
        """Have a letter for good some time from now, unless it goes away before that."""
        life = self.lives

        def keep() -> None:
            if life == self.lives:
                self.kept.append(letter)

        self.world.after(seconds, keep)

    def _deliver(self, to: "Connection", body: bytes) -> None:
        dice = self.dice
        to.last = max(to.last, self.world.time + dice.uniform(0.001, 0.1))
        odd = 1.0 if self.quiet else dice.random()
        if odd < _ODD:
            return
        if odd < 3 * _ODD:
            self._arrive(to, body, to.last + dice.uniform(0.1, 20))
        if odd >= 2 * _ODD:
            self._arrive(to, body, to.last)

    def _arrive(self, to: "Connection", body: bytes, at: float) -> None:
        self.world.after(at - self.world.time, lambda: to.arrive(body))


class Connection:
    """One consumer's connection, channel and queue, as kombu has them."""

    def __init__(self, broker: Broker) -> None:
        self.last = 0.0
        self._broker = broker
        self._lost = False
        self._keys: set[str] = set()
        self._waiting: deque[bytes] = deque()
        self._arrived = Signal()
        self._callback: Callable[[Any], object] = lambda _: None

    def listens(self, key: str) -> bool:
        """Whether a message of that key comes here."""
        return key in self._keys or routing_key(EVERY_TOPIC) in self._keys

    def arrive(self, body: bytes) -> None:
        """Take a message."""
        if not self._lost:
            self._waiting.append(body)
            self._broker.world.fire(self._arrived)

    def lose(self) -> None:
        """Break."""
        self._lost = True
        self._broker.forget(self)
        self._broker.world.fire(self._arrived)

    # --- as `BusWatch` uses it -----------------------------------------------

    def channel(self) -> "Connection":
        """Return its channel."""
        return self

    def queue_declare(self, *_: Any, **__: Any) -> Name:
        """Have a queue of its own."""
        return Name()

    def queue_bind(self, _queue: str, _exchange: str, key: str) -> None:
        """Listen to a key."""
        self._keys.add(key)

    def basic_consume(self, _queue: str, *, no_ack: bool, callback: Any) -> None:
        """Say who takes what comes."""
        del no_ack
        self._callback = callback

    def heartbeat_check(self, rate: int) -> None:
        """Do nothing: a lost connection shows at once."""

    def drain_events(self, timeout: float) -> None:
        """Hand on what has come, or wait for it."""
        if not self._waiting and not self._lost:
            self._broker.world.wait(self._arrived, timeout)
        if self._lost:
            raise ConnectionResetError("the broker hung up")
        if not self._waiting:
            raise TimeoutError
        while self._waiting:
            self._callback(Delivery(self._waiting.popleft()))

    def collect(self, socket_timeout: float = 0.0) -> None:
        """Let go of it."""
        del socket_timeout
        self._broker.forget(self)


class Way:
    """The broker's address, as `synchronizer.bus.rabbit.Address` is."""

    shown = "simulation"

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.opened: list[Connection] = []

    def connect(self) -> Connection:
        """Return a new connection."""
        self.opened = [self._broker.connect()]
        return self.opened[0]

    def declare_exchange(self, _connection: Connection) -> Name:
        """Return the exchange."""
        return Name()

    @contextmanager
    def broken(self, _connection: Connection) -> Iterator[None]:
        """Raise the errors of a connection as ours."""
        try:
            yield
        except TimeoutError:
            raise
        except OSError as error:
            raise TransportError(f"The message bus hung up ({error}).") from error


class Publishing:
    """A `Publisher` over the broker, which confirms late, or never."""

    shown = "simulation"

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._life: int | None = None
        self._due: list[float] = []

    def publish(self, told: list[BusMessage]) -> int:
        """Publish, with other things happening in between."""
        broker = self._broker
        world, dice = broker.world, broker.dice
        broker.check()
        if self._life is None:
            self._life, self._due = broker.lives, []
        for each in told:
            if dice.random() < _ODD and not broker.quiet:
                world.pause(dice.uniform(0.01, 3.0))
            self._check()
            now = datetime.fromtimestamp(BEGUN + world.time, UTC)
            broker.publish(routing_key(each.topic), notification(each, "synchronizer.s", now))
            slow = dice.random() < 4 * _ODD and not broker.quiet
            seconds = dice.uniform(*((1, 20) if slow else (0.001, 0.1)))
            broker.confirm(each, seconds)
            self._due.append(world.time + seconds)
        return len(self._due)

    def unconfirmed(self, ticket: int, seconds: float) -> int:
        """Wait for the broker."""
        world = self._broker.world
        self._check()
        left = max(self._due[:ticket], default=0.0) - world.time
        if left > 0:
            world.pause(min(left, seconds))
            self._check()
        return sum(each > world.time for each in self._due[:ticket])

    def idle(self) -> None:
        """See whether the broker lives."""
        if self._life is not None:
            self._check()

    def close(self) -> None:
        """Let go of the connection."""
        self._life = None

    def _check(self) -> None:
        if self._broker.away or self._life != self._broker.lives:
            raise TransportError("The broker hung up on the relay; this simulation says so.")
