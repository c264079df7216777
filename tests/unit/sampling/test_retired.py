"""What the configuration leaves out, and nobody else samples, is retired."""

from types import SimpleNamespace

import pytest
from tests.unit.sampling.conftest import Clock, Shaped

from synchronizer.model.errors import RetiredError
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.schedule import Job
from synchronizer.sampling.scope import Scope
from synchronizer.sampling.worker import Worker
from synchronizer.testing.toy import Grain, Thing, Toy


class TwoToys(Toy):
    resources = (Thing, Grain)


class Place:
    """One region, or what is left of it."""

    def __init__(self):
        self.cloud = Shaped()
        self.wanted = True

    def regions(self, *, anew=False, known=()):
        return ["A"] if self.wanted else []

    def wants(self, region):
        return self.wanted

    def service(self, region, gate, pause):
        return self.cloud

    def scope(self, region):
        return Scope()


@pytest.fixture
def made(store):
    """A type that is polled and one that is not, both sampled."""
    clock, places = Clock(), Place()
    places.cloud.create("a")

    def worker(**options):
        intervals = Intervals(**options)
        made = Worker(TwoToys(), "cloud", (), store, intervals=intervals, clock=clock)
        made._places = places
        made.discover()
        return made

    def states():
        now = clock.time
        return {each.collection.type: each.state(now) for each in store.collections()}

    def sample(worker, *kinds):
        for collection in worker.samplers:
            for kind in kinds:
                assert worker.do(Job(collection, kind))

    sample(worker(), "sweep", "poll")
    assert states() == {"toy.thing": "current", "toy.grain": "current"}
    return SimpleNamespace(
        worker=worker, states=states, sample=sample, clock=clock, places=places, store=store
    )


def later(made, seconds, **options):
    made.clock.time += seconds
    return made.worker(**options)


@pytest.mark.parametrize("options", [{"skip": ("toy.thing",)}, {"types": ("toy.grain",)}])
def test_what_was_polled_is_retired_when_nobody_polls_it(made, options):
    later(made, 30, **options)
    assert made.states()["toy.thing"] == "current"  # another instance may sample it
    later(made, 31, **options)
    assert made.states() == {"toy.thing": "retired", "toy.grain": "current"}


def test_what_is_only_swept_is_retired_when_it_is_stale(made):
    later(made, 1499, skip=("toy.grain",))
    assert made.states()["toy.grain"] == "current"
    made.sample(later(made, 2, skip=("toy.grain",)), "sweep")
    assert made.states() == {"toy.thing": "current", "toy.grain": "retired"}


def test_its_fault_says_how_to_be_rid_of_it(made):
    later(made, 1501, skip=("toy.grain",))
    known = {each.collection.type: each for each in made.store.collections()}
    fault = known["toy.grain"].fault
    assert fault.code == RetiredError.code
    assert fault.detail.endswith("`synchronizer db purge toy.grain`")
    assert known["toy.grain"].faults == 0


def test_what_another_instance_samples_is_not_judged(made):
    other = made.worker()
    for _ in range(3):
        made.clock.time += 700
        made.sample(other, "sweep", "poll")
        made.worker(skip=("toy.*",))
        assert set(made.states().values()) == {"current"}


def test_it_is_current_again_once_it_is_sampled_again(made):
    later(made, 1501, skip=("toy.*",))
    assert set(made.states().values()) == {"retired"}
    made.sample(made.worker(), "sweep")
    assert set(made.states().values()) == {"current"}


def test_so_is_a_region_that_is_left_out(made):
    made.places.wanted = False
    later(made, 1501)
    assert set(made.states().values()) == {"retired"}
