"""One run of a plan: everything is built, happens, becomes quiet, and is judged."""

import random
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from synchronizer.sampling.sampler import Sampler
from synchronizer.testing.simulation.broker import Publishing
from synchronizer.testing.simulation.bus import Bus
from synchronizer.testing.simulation.cloud import EVERYTHING, Body, Cloud
from synchronizer.testing.simulation.consumers import Consumer, Way
from synchronizer.testing.simulation.http import Server
from synchronizer.testing.simulation.judge import Broken, Checkpoint, Judge
from synchronizer.testing.simulation.kinds import KINDS, Quarry
from synchronizer.testing.simulation.plan import HORIZON, MIRRORS, PROCESSES, Operation, Plan
from synchronizer.testing.simulation.process import Process
from synchronizer.testing.simulation.store import Watched
from synchronizer.testing.simulation.world import World

if TYPE_CHECKING:
    import sqlite3

_STRAGGLERS = 260.0
"""Seconds after which no answer of before is under way any more."""

_CYCLE = 100.0
_LOOK = 20.0


def run(
    plan: Plan, sampling: type[Sampler] = Sampler, seen: Callable[[Any], Any] = lambda store: store
) -> list[Broken]:
    """Execute a plan; return what was broken.

    Args:
        sampling: the samplers to have; those of `synchronizer.testing.unfixed` lack a rule.
        seen: makes of the store that which samplers and consumers see.
    """
    return Run(plan, sampling, seen=seen).execute()


class Run:
    """Everything of one run."""

    def __init__(
        self,
        plan: Plan,
        sampling: type[Sampler] = Sampler,
        publishing: type[Publishing] = Publishing,
        seen: Callable[[Any], Any] = lambda store: store,
    ) -> None:
        self.world = World()
        self.cloud = Cloud(self.world, plan.kinds)
        self.judge = Judge(self.world, self.cloud, self._doubted)
        self.store = Watched(self.world, committed=self.judge.committed, noted=self.judge.noted)
        self._seen = seen(self.store)
        self._plan = plan
        self._sampling = sampling
        self._backup: tuple[sqlite3.Connection, Checkpoint] | None = None
        for kind in plan.kinds:
            for index in range(plan.many):
                self.cloud.put(kind, _id(index), "ACTIVE")
        self.processes = [self._process(number) for number in range(PROCESSES)]
        types = ((), (f"{Quarry.name}.{plan.kinds[0]}",))
        self.consumers = [
            Consumer(self.world, self._seen, self.judge, f"mirror {number}", types[number % 2])
            for number in range(MIRRORS)
        ]
        self.bus = (
            Bus(self.world, self.store, plan.seed, publishing) if "bus" in plan.features else None
        )
        if self.bus is not None:
            self._follow("mirror over the bus", self.bus.transport)
        self.http = (
            Server(self.world, cast("Any", self.store), plan.seed)
            if "http" in plan.features
            else None
        )
        if self.http is not None:
            self._follow("mirror over HTTP", self.http.transport)

    def execute(self) -> list[Broken]:
        """Let everything happen; return what was broken."""
        world = self.world
        try:
            for each in self._plan.operations:
                world.after(each.at, partial(self._do, each))
            self._look_until(HORIZON)
            self._lift()
            world.run(HORIZON + _STRAGGLERS)
            for process in self.processes:  # a cycle by each: together they are two
                self._sweep_all([process])
                self._look_until(world.time + _CYCLE)
            self._judge_end()
        finally:
            self._close()
        return self.judge.broken

    # --- operations ---------------------------------------------------------------------

    def _do(self, operation: Operation) -> None:
        getattr(self, f"_do_{operation.name}")(operation.at, *operation.given)

    def _do_put(self, at: float, kind: str, index: int, status: str, silent: bool) -> None:
        silent = silent and _id(index) in self.cloud.alive(kind)
        body = self.cloud.put(kind, _id(index), status, silent=silent)
        if not silent:
            self._notify(at, kind, index, self.cloud.moving(body), gone=False)

    def _do_delete(self, at: float, kind: str, index: int) -> None:
        if self.cloud.delete(kind, _id(index)) is not None:
            self._notify(at, kind, index, None, gone=True)

    def _do_hint(self, _at: float, process: int, kind: str, index: int) -> None:
        self.processes[process].hint(kind, _id(index), None, gone=False)

    def _do_hold(self, _at: float, process: int, kind: str, before: float, behind: float) -> None:
        self.processes[process].hold(kind, before, behind)

    def _do_look(self, _at: float, process: int, kind: str, way: str) -> None:
        self.processes[process].look(kind, way)

    def _do_restart(self, _at: float, process: int) -> None:
        self.processes[process].restart()

    def _do_project(self, _at: float, process: int, project: str) -> None:
        self.processes[process].restart(project=project)

    def _do_release(self, _at: float, process: int) -> None:
        self.processes[process].restart(release=2)

    def _do_accept(self, _at: float) -> None:
        for each in self.store.collections():
            self.store.note(each.collection, scope=None)

    def _do_progress(self, _at: float) -> None:
        self.cloud.progress += 1

    def _do_lag(self, _at: float, seconds: float) -> None:
        self.cloud.lag, self.cloud.lagged = seconds, True

    def _do_outage(self, at: float, seconds: float) -> None:
        self.cloud.outage = at + seconds

    def _do_broken(self, at: float, seconds: float) -> None:
        self.cloud.broken = at + seconds

    def _do_emptied(self, at: float, seconds: float) -> None:
        self.cloud.silent, self.cloud.emptied = at, at + seconds

    def _do_hide(self, _at: float, seconds: float, kind: str, index: int) -> None:
        key = (kind, _id(index))
        self.cloud.hidden.add(key)
        self.cloud.shy.add(key)
        self.world.after(seconds, lambda: self.cloud.hidden.discard(key))

    def _do_skew(self, _at: float, who: int | str, seconds: float) -> None:
        clock = self.store.clock if isinstance(who, str) else self.processes[who].clock
        clock.skew = seconds

    def _do_compact(self, _at: float, history: float) -> None:
        self.store.compact(history)

    def _do_cut(self, _at: float, mirror: int) -> None:
        self.consumers[mirror].cut()

    def _do_relay(self, _at: float, relay: int, seconds: float) -> None:
        assert self.bus is not None
        self.bus.relays[relay].kill(seconds)
        self.consumers[-1].disturb(seconds)

    def _do_broker(self, _at: float, seconds: float) -> None:
        assert self.bus is not None
        self.bus.broker.go_away(seconds)
        self.consumers[-1].disturb(seconds)

    def _do_slow_reader(self, at: float, seconds: float) -> None:
        assert self.http is not None
        self.http.slow_until = at + seconds
        self.consumers[-1].disturb(seconds)

    def _do_backup(self, _at: float) -> None:
        self._backup = self.store.backup(), self.judge.checkpoint()

    def _do_restore(self, _at: float) -> None:
        if self._backup is not None:
            self.store.restore(self._backup[0])
            self.judge.back_to(self._backup[1])
            for each in self.consumers:
                each.disturb()

    def _notify(self, at: float, kind: str, index: int, body: Body | None, *, gone: bool) -> None:
        """Tell every process, mostly soon, sometimes late, twice or not at all."""
        for process in self.processes:
            dice = random.Random(f"{self._plan.seed} {at} {kind} {index} {process.name}")
            for _ in range(dice.choice((0, 1, 1, 1, 1, 1, 1, 1, 1, 2))):
                late = dice.random() < 0.1
                delay = dice.uniform(5, 100) if late else dice.uniform(0.01, 1.0)
                whole = body if KINDS[kind].version else None
                hint = partial(process.hint, kind, _id(index), whole, gone=gone)
                self.world.after(delay, hint)

    # --- before and behind the plan ---------------------------------------------------

    def _process(self, number: int) -> Process:
        return Process(
            self.world,
            self.cloud,
            self._seen,
            name=f"{self._plan.seed}/{number}",
            kinds=self._plan.kinds,
            swept=self.judge.swept,
            sampling=self._sampling,
        )

    def _follow(self, name: str, way: Callable[[World, Any, list[Any]], Way]) -> None:
        self.consumers.append(Consumer(self.world, self.store, self.judge, name, way=way))

    def _lift(self) -> None:
        """End everything that goes wrong."""
        if self.bus is not None:
            self.bus.broker.quiet = True
        cloud = self.cloud
        cloud.outage = cloud.broken = cloud.lag = 0.0
        cloud.quiet = True
        cloud.hidden.clear()
        upgraded = any(each.release == 2 for each in self.processes)
        for process in self.processes:
            process.clock.skew = 0.0
            if process.project != EVERYTHING or (upgraded and process.release == 1):
                process.restart(project=EVERYTHING, release=2 if upgraded else 1)
        self.store.clock.skew = 0.0
        for each in self.store.collections():
            if self.judge.scopes.get(each.collection.type.partition(".")[2]) != EVERYTHING:
                self.store.note(each.collection, scope=None)  # an operator accepts the others

    def _sweep_all(self, processes: list[Process]) -> None:
        for number, process in enumerate(processes):
            for place, kind in enumerate(self._plan.kinds):
                after = number * 15.0 + place
                self.world.after(after, partial(process.look, kind, "sweep"))

    def _look_until(self, time: float) -> None:
        while self.world.time < time:
            self.world.run(min(time, self.world.time + _LOOK))
            self.judge.look()
        for each in self.consumers:
            each.look()

    def _judge_end(self) -> None:
        self.judge.converged()
        head = self.store.head().revision
        self.cloud.heartbeat += 1
        self.cloud.progress += all(each.release == 2 for each in self.processes)
        self._sweep_all(self.processes)
        self._look_until(self.world.time + _CYCLE)
        if self.store.head().revision != head:
            said = f"{self.store.head().revision - head} commits although nothing moves"
            self.judge.found("gentle", said)
        for each in self.consumers:
            each.end()
        if self.bus is not None and not {"restore", "compaction"} & {*self._plan.features}:
            self.bus.judge(self.store, self.judge)

    def _close(self) -> None:
        for each in self.consumers:
            each.mirror.close()
        if self.http is not None:
            self.http.end()
        self.world.end()
        self.store.close()
        if self._backup is not None:
            self._backup[0].close()

    def _doubted(self, kind: str, id_: str) -> bool:
        return any(process.doubts(kind, id_) for process in self.processes)


def _id(index: int) -> str:
    """Return an id as services make them: it is nowhere else."""
    return f"{index + 1:08x}-0000-4000-8000-000000000000"
