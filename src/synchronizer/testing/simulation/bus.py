"""Relays that publish the log on a bus, and a mirror that follows it there."""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import msgspec

from synchronizer.bus.payloads import ChangePayload
from synchronizer.client.bus_watch import BusWatch, Place
from synchronizer.client.joined_log import JoinedLog
from synchronizer.client.transport import Page, Watch
from synchronizer.northbound.relay.leadership import Leadership
from synchronizer.northbound.relay.relay import Relay
from synchronizer.testing.simulation.broker import Broker, Publishing, Way
from synchronizer.testing.simulation.consumers import BOOKMARKS, Noting
from synchronizer.testing.simulation.judge import Judge
from synchronizer.testing.simulation.world import Stop, World
from synchronizer.testing.simulation.world import Watch as Clock

if TYPE_CHECKING:
    from greenlet import greenlet

RELAYS = 2

_told = msgspec.json.Decoder(ChangePayload).decode


class Relaying:
    """One process with a relay, which may be killed at any time."""

    def __init__(
        self,
        world: World,
        store: Any,
        broker: Broker,
        name: str,
        publishing: type[Publishing] = Publishing,
    ) -> None:
        self._world = world
        self._store = store
        self._broker = broker
        self._name = name
        self._publishing = publishing
        self._task: greenlet | None = None
        self.start()

    def start(self) -> None:
        """Start it, if it does not run."""
        if self._task is not None and not self._task.dead:
            return
        clock = Clock(self._world)
        relay = Relay(
            self._store,
            self._publishing(self._broker),
            Leadership(self._store, "bus", self._name, clock),
            window=3,
            bookmark_interval=BOOKMARKS / 4,
            clock=clock,
        )
        stop = Stop(self._world)
        self._task = self._world.start(f"relay {self._name}", lambda: relay.run(stop))

    def kill(self, seconds: float) -> None:
        """End it wherever it is, and start it again later."""
        if self._task is not None:
            self._world.kill(self._task)
        self._world.after(seconds, self.start)


class Bus:
    """A broker, and the relays that publish there."""

    def __init__(
        self,
        world: World,
        store: Any,
        seed: int,
        publishing: type[Publishing] = Publishing,
    ) -> None:
        self.broker = Broker(world, random.Random(f"{seed} bus"))
        self._since: int = store.head().revision
        self.relays = [
            Relaying(world, store, self.broker, f"{number}", publishing) for number in range(RELAYS)
        ]

    def judge(self, store: Any, judge: Judge) -> None:
        """Compare what the broker has confirmed with the log: no loss, no ghost."""
        letters = [each for each in self.broker.kept if each.subject]
        kept = {(each.event_type, _told(each.payload).revision, each.subject) for each in letters}
        page = store.changes(self._since, limit=1_000_000)
        wanted = {(f"{e.collection.type}.{e.op}", e.revision, e.id) for e in page.records}
        if lost := wanted - kept:
            judge.found("no loss on the bus", f"never confirmed: {sorted(lost)[:3]}")
        if ghosts := kept - wanted:
            judge.found("no ghost on the bus", f"not in the log: {sorted(ghosts)[:3]}")

    def transport(self, world: World, store: Any, told: list[Any]) -> "OverBus":
        """Return a way to the store whose watches go over the bus."""
        return OverBus(world, store, told, self.broker)


class OverBus(Noting):
    """Calls are answered by the store, after a while; watches go over the bus."""

    def __init__(self, world: World, store: Any, told: list[Any], broker: Broker) -> None:
        super().__init__(world, store, told)
        self._world = world
        self._broker = broker
        self._way = Way(broker)
        self._log = JoinedLog()

    def changes(self, *args: Any, **options: Any) -> Page:
        """Return a page, after a while."""
        self._broker.check()
        self._world.pause(self._broker.dice.uniform(0.01, 0.5))
        return super().changes(*args, **options)

    def watch(
        self,
        since: int | None,
        types: Sequence[str] = (),
        *,
        cloud: str | None = None,
        region: str | None = None,
        digest: str | None = None,
    ) -> Watch:
        """Follow the log over the bus."""
        assert since is not None, "a mirror always says since when"

        def pages(behind: int, digest: str | None) -> Page:
            return self.changes(behind, types, cloud=cloud, region=region, digest=digest)

        return BusWatch(
            cast("Any", self._way),
            Place(tuple(types), cloud, region),
            lambda: since,
            pages,
            digest=digest,
            log=self._log,
            timeout=BOOKMARKS / 2,
            clock=Clock(self._world),
        )

    def cut(self) -> None:
        """Break the connection to the broker."""
        for each in self._way.opened:
            each.lose()
