"""Regions that come, go, and do not answer: what a worker does about each."""

import threading
from types import SimpleNamespace

import pytest
from tests.unit.sampling.conftest import Clock, Shaped

from synchronizer.model.entity import Collection
from synchronizer.model.errors import UnreachableError
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.scope import Scope
from synchronizer.sampling.worker import Worker
from synchronizer.store import open_store
from synchronizer.testing.toy import Grain, Thing, Toy

ALL = frozenset({"sweep", "poll", "read"})
LEFT_ALL = "toy has left the catalogue of cloud; its entities are kept as they were last seen"
LEFT_B = LEFT_ALL.replace("of cloud", "of region B of cloud")


class OneToy(Toy):
    resources = (Thing,)


class ManyToys(Toy):
    """More types than there are lanes."""

    resources = (Thing, *(type(name, (Grain,), {"name": name}) for name in "abcdef"))


class Map:
    """The places of the toy: a toy cloud in each region, as a test draws it."""

    def __init__(self, *regions):
        self.clouds = {region: Shaped() for region in regions}
        self.drawn = list(regions)
        self.only = None
        self.down = False

    def regions(self, *, anew=False, known=()):
        if self.down:
            raise UnreachableError("cloud: no token (ConnectFailure)")
        return list(self.drawn)

    def wants(self, region):
        return self.only in {None, region}

    def service(self, region, gate, pause):
        return self.clouds[region]

    def scope(self, region):
        return Scope(roles="admin")


@pytest.fixture
def store(tmp_path):
    opened = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def made(store):
    clock, places = Clock(), Map("A", "B")
    for region, cloud in places.clouds.items():
        cloud.create(f"in-{region}")

    def worker(kind=OneToy, clock=clock):
        made = Worker(kind(), "cloud", (), store, intervals=Intervals(), clock=clock)
        made._places = places
        return made

    def run(worker):
        while (job := worker._schedule.take(clock.time, ALL)) is not None:
            worker._done(job, clock.time, failed=not worker.do(job))

    def faults():
        known = {each.collection.region: each.fault for each in store.collections()}
        return {region: fault and fault.detail for region, fault in known.items()}

    return SimpleNamespace(
        map=places, worker=worker, run=run, faults=faults, store=store, clock=clock
    )


def test_a_region_that_left_keeps_its_entities_flagged(made):
    worker = made.worker()
    worker.discover()
    made.run(worker)
    made.map.drawn = ["A"]
    head = made.store.head()
    worker.discover(anew=True)
    assert made.faults() == {"A": None, "B": LEFT_B}
    assert made.store.head() == head
    made.map.drawn = ["A", "B"]
    worker.discover(anew=True)
    made.run(worker)
    assert made.faults() == {"A": None, "B": None}
    assert made.store.head() == head


def test_a_service_that_left_altogether_says_so(made):
    worker = made.worker()
    worker.discover()
    made.run(worker)
    made.map.drawn = []
    worker.discover(anew=True)
    assert made.faults() == {"A": LEFT_ALL, "B": LEFT_ALL}


@pytest.mark.parametrize("fails", [False, True])
def test_a_sweep_that_was_under_way_takes_the_flag_not_away(made, fails):
    worker = made.worker()
    worker.discover()
    made.run(worker)

    def leave():
        made.map.drawn = ["A"]
        worker.discover(anew=True)
        if fails:
            raise UnreachableError("no answer")

    made.map.clouds["B"].during = leave
    made.clock.time += 700
    made.run(worker)
    assert made.faults() == {"A": None, "B": LEFT_B}


def test_what_left_while_no_worker_lived_is_flagged_by_the_next(made):
    worker = made.worker()
    worker.discover()
    made.run(worker)
    made.map.drawn = ["A"]
    made.worker().discover()
    assert made.faults() == {"A": None, "B": LEFT_B}


def test_a_region_that_is_left_to_others_is_not_judged(made):
    worker = made.worker()
    worker.discover()
    made.run(worker)
    made.map.drawn, made.map.only = ["A"], "A"
    worker.discover(anew=True)
    assert made.faults() == {"A": None, "B": None}


def running(worker):
    """Let a worker run in threads; return what ends it."""
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()

    def end():
        stop.set()
        thread.join(10)
        assert not thread.is_alive()

    return end


def test_a_region_that_does_not_answer_delays_no_other(made, eventually):
    """Both of its lanes that sweep wait there."""
    silence, waiting = threading.Event(), threading.Semaphore(0)

    def wait():
        waiting.release()
        silence.wait(60)

    made.map.clouds["B"].during = wait
    worker = made.worker(ManyToys, clock=None)
    end = running(worker)
    try:
        assert waiting.acquire(timeout=10)
        assert waiting.acquire(timeout=10)
        for _ in range(4):
            before = sweeps(made, "A")
            worker.sweep_now("toy.thing")
            eventually(lambda n=before: sweeps(made, "A") > n, 10)
        assert sweeps(made, "B") == 0
    finally:
        silence.set()
        end()


def sweeps(made, region):
    place = Collection("cloud", region, "toy.thing")
    return {each.collection: each.sweeps for each in made.store.collections()}.get(place, 0)


def test_without_a_catalogue_at_the_start_what_is_known_is_flagged_until_there_is_one(
    made, eventually, monkeypatch
):
    monkeypatch.setattr("synchronizer.sampling.worker._RETRY", 0.05)
    first = made.worker()
    first.discover()
    made.run(first)
    made.map.down = True
    end = running(made.worker(clock=None))
    try:
        said = "cloud: no token (ConnectFailure)"
        eventually(lambda: made.faults() == {"A": said, "B": said}, 10)
        made.map.down = False
        eventually(lambda: made.faults() == {"A": None, "B": None}, 10)
    finally:
        end()
