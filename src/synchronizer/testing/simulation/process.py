"""A process that samples: one sampler for each collection, and what a worker does with them."""

import random
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

from synchronizer.model.entity import Collection
from synchronizer.model.errors import StoreError, SynchronizerError
from synchronizer.sampling.sampler import Sampler
from synchronizer.sampling.scope import Scope
from synchronizer.sampling.setup import Setup
from synchronizer.store.contract import Store
from synchronizer.testing.simulation.cloud import EVERYTHING, Cloud
from synchronizer.testing.simulation.kinds import Quarry, declared
from synchronizer.testing.simulation.wire import Wire
from synchronizer.testing.simulation.world import Watch, World

if TYPE_CHECKING:
    from greenlet import greenlet

SECOND_LOOK = 2.0
AGAIN = 30.0
SPACING = 5.0
DEBOUNCE = 0.05


class Process:
    """One process; it may be restarted, with another release and other credentials.

    Args:
        swept: called with a collection and the time at which a sweep of it began that is
            complete now.
        sampling: the samplers to have; those of `synchronizer.testing.unfixed` lack a rule.

    Attributes:
        project: whose credentials it has.
        clock: of its machine.
    """

    def __init__(
        self,
        world: World,
        cloud: Cloud,
        store: Store,
        *,
        name: str,
        kinds: tuple[str, ...],
        swept: Callable[[Collection, float], None],
        sampling: type[Sampler] = Sampler,
    ) -> None:
        self.name = name
        self.release = 1
        self.project = EVERYTHING
        self.clock = Watch(world)
        self.samplers: dict[str, Sampler] = {}
        self._wires: dict[str, Wire] = {}
        self._reading: dict[str, list[str]] = {}
        self._world = world
        self._cloud = cloud
        self._store = store
        self._kinds = kinds
        self._swept = swept
        self._sampling = sampling
        self._tasks: set[greenlet] = set()
        self._busy: set[tuple[str, str]] = set()
        self._failures: dict[tuple[str, str], int] = {}
        self._lives = 0
        self.start()

    def start(self) -> None:
        """Make the samplers anew: nothing is known but what the store has."""
        self._lives += 1
        self._busy.clear()
        self._reading = {kind: [] for kind in self._kinds}
        setup = Setup(
            self._store,
            Quarry(),
            parents=lambda _: [],
            scope=self._scope,
            clock=self.clock,
            others=self._others,
        )
        for kind in self._kinds:
            resource = declared(kind, self.release)
            collection = Collection("cloud", "region", resource.type)
            # What is drawn depends on the process and its life, not on what others do.
            dice = random.Random(f"{self.name} {self._lives} {kind}")
            wire = self._wires[kind] = Wire(self._world, self._cloud, lambda: self.project, dice)
            self._store.declare(collection, stale_after=3600.0)
            self.samplers[kind] = self._sampling(collection, resource, cast("Any", wire), setup)

    def restart(self, *, release: int | None = None, project: str | None = None) -> None:
        """Die at once, whatever is under way, and start again."""
        for task in list(self._tasks):
            self._world.kill(task)
        self._tasks.clear()
        self.release = self.release if release is None else release
        self.project = self.project if project is None else project
        self.start()

    def doubts(self, kind: str, id_: str) -> bool:
        """Whether an entity waits to be read, or is being read."""
        return id_ in self.samplers[kind].doubts or id_ in self._reading[kind]

    def look(self, kind: str, way: str) -> None:
        """Begin to sweep, poll or read, unless that is under way."""
        if (kind, way) in self._busy:
            return
        self._busy.add((kind, way))
        sampler, life = self.samplers[kind], self._lives

        def run() -> None:
            done = False
            try:
                done = self._attempt(kind, sampler, way)
            finally:
                if life == self._lives:
                    self._busy.discard((kind, way))
                    self._tasks.discard(task)
            if life == self._lives:
                self._follow_up(kind, sampler, way, done=done)

        task = self._world.start(f"{way} of {kind} by {self.name}", run)
        self._tasks.add(task)

    def hold(self, kind: str, before: float, behind: float) -> None:
        """Let the next request, or its answer, take longer."""
        self._wires[kind].held = (before, behind)

    def hint(self, kind: str, id_: str, whole: dict[str, Any] | None, *, gone: bool) -> None:
        """Hear a notification."""
        sampler = self.samplers[kind]
        if not sampler.resource.reads(id_):
            return
        if gone:
            sampler.farewells.tell([id_])
        bodies = {} if whole is None else {id_: dict(whole)}
        sampler.doubts.add([id_], self.clock.monotonic() + DEBOUNCE, whole=bodies)
        self._read_when_due(kind, sampler)

    # --- inside ----------------------------------------------------------

    def _attempt(self, kind: str, sampler: Sampler, way: str) -> bool:
        begun = self._world.time
        try:
            if way == "sweep":
                sampler.sweep()
                self._swept(sampler.collection, begun)
            elif way == "poll":
                sampler.poll()
            else:
                self._read(kind, sampler)
        except StoreError:
            return False
        except SynchronizerError as error:
            sampler.fail(error, way)
            return False
        return True

    def _read(self, kind: str, sampler: Sampler) -> None:
        due = sampler.doubts.take(self.clock.monotonic())
        if not due.ids:
            return
        self._reading[kind] = due.ids
        try:
            same = sampler.read(due.ids, due.whole)
        finally:
            self._reading[kind] = []
        sampler.doubts.add(
            sorted(same - due.again), self.clock.monotonic() + SECOND_LOOK, again=True
        )

    def _follow_up(self, kind: str, sampler: Sampler, way: str, *, done: bool) -> None:
        if not done:
            failures = self._failures[kind, way] = self._failures.get((kind, way), 0) + 1
            self._later(min(60.0, 2.0**failures), kind, way)
            return
        self._failures[kind, way] = 0
        if sampler.hurry or sampler.again:
            self._later(SPACING if sampler.hurry else AGAIN, kind, "sweep")
        self._read_when_due(kind, sampler)

    def _read_when_due(self, kind: str, sampler: Sampler) -> None:
        due = sampler.doubts.next_due()
        if due is not None:
            self._later(max(0.01, due - self.clock.monotonic()), kind, "read")

    def _later(self, seconds: float, kind: str, way: str) -> None:
        life = self._lives

        def begin() -> None:
            if life == self._lives:
                self.look(kind, way)

        self._world.after(seconds, begin)

    def _scope(self) -> Scope:
        return Scope(
            keystone="k",
            user="u",
            target=f"project:{self.project}",
            roles="admin,reader",
            endpoint="http://quarry",
        )

    def _others(self, than: Collection) -> Iterator[Sampler]:
        yield from self._unlike(than.type)

    def _unlike(self, type_: str) -> Iterable[Sampler]:
        return [each for each in self.samplers.values() if each.resource.type != type_]
