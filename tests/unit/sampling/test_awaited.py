"""Types that are listed for each entity of another: how they stand before the other is known."""

from types import SimpleNamespace

import pytest
from tests.unit.sampling.conftest import Clock, Shaped

from synchronizer.model.entity import Collection
from synchronizer.plugins.service import Answer
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.worker import Worker
from synchronizer.store.freshness import Fault
from synchronizer.testing.toy import Grain, Thing, Toy

ALL = frozenset({"sweep", "poll", "read"})
PARENT = Collection("cloud", None, "toy.thing")
CHILD = Collection("cloud", None, "toy.part")
ORPHAN = Collection("cloud", None, "toy.orphan")


class Part(Grain):
    """Listed for each thing, and taken up before it."""

    name, path, key = "part", "/things/{parent}/parts", "parts"
    each = "toy.thing"


class Orphan(Part):
    """Listed for each of what another plugin has."""

    name, each = "orphan", "other.type"


class Family(Toy):
    resources = (Part, Orphan, Thing)
    beside = "toy"
    cloud = None

    @classmethod
    def connect(cls, access, *, name, gate, pause):
        return cls.cloud


class Slow(Shaped):
    """A service whose clock is ten minutes ahead; each answer takes two seconds."""

    clock = None
    failing = False

    def get(self, path, query, *, microversion=None, allow=()):
        self.clock.time += 2
        if path.endswith("/parts"):
            return Answer(200, b'{"parts": []}', self.clock.time + 600)
        if self.failing:
            return Answer(200, b"[]", self.clock.time + 600)
        answer = super().get(path, query, microversion=microversion, allow=allow)
        return answer._replace(date=self.clock.time + 600)


@pytest.fixture
def made(store):
    clock = Clock()
    Family.cloud = cloud = Slow()
    cloud.clock = clock
    cloud.create("t1")
    worker = Worker(
        Family(), "cloud", (), store, intervals=Intervals(), beside={"toy": {}}, clock=clock
    )
    worker.discover()

    def run(seconds=0.0):
        """Let time pass, then do what was due by then, once."""
        clock.time += seconds
        now = clock.time
        while (job := worker._schedule.take(now, ALL)) is not None:
            worker._done(job, clock.time, failed=not worker.do(job))

    def states():
        return {e.collection: e.state(clock.time) for e in store.collections()}

    def known(collection):
        return next(each for each in store.collections() if each.collection == collection)

    yield SimpleNamespace(
        cloud=cloud, store=store, run=run, clock=clock, states=states, known=known
    )
    store.close()


def test_waiting_for_the_first_sweep_of_its_parents_is_no_fault(made):
    made.run()
    assert made.states() == {PARENT: "current", CHILD: "unsampled", ORPHAN: "unsampled"}
    assert made.known(CHILD).faults == 0
    made.run(10)
    assert made.states()[CHILD] == "current"


def test_parents_that_fail_or_that_nobody_samples_are_a_fault(made):
    made.cloud.failing = True
    made.run()
    made.run(10)
    assert made.states()[PARENT] == made.states()[CHILD] == "fault"
    assert made.known(CHILD).fault.code == "synchronizer.sample.awaited_parents"
    assert made.states()[ORPHAN] == "unsampled"
    made.run(100)
    assert made.states()[ORPHAN] == "fault"


def test_everything_is_known_up_to_when_the_sweep_began_by_the_services_clock(made):
    before = made.clock.time
    made.run()
    parent = made.known(PARENT)
    assert before <= parent.complete_to - 600 <= before + 4
    assert parent.complete_to - 600 == parent.sampled_at


def test_children_are_known_no_later_than_their_parents(made):
    made.run()
    made.run(10)
    assert made.known(CHILD).sampled_at > made.known(PARENT).sampled_at
    assert made.known(CHILD).complete_to == made.known(PARENT).complete_to
    made.store.note(PARENT, fault=Fault("c", "t", "d", "a"))
    assert made.states()[CHILD] == "current"
