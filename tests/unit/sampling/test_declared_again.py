"""What a release declares, in a store that goes back, and in one that two releases share."""

from functools import partial

import pytest
from tests.unit.sampling.conftest import Clock, Shaped

from synchronizer.model.entity import Collection
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.schedule import Job
from synchronizer.sampling.worker import Worker
from synchronizer.store import open_store
from synchronizer.testing.backups import Backup
from synchronizer.testing.toy import Thing, Toy

THING = Collection("cloud", None, "toy.thing")


class Old(Thing):
    """A thing as the older release declares it."""

    plugin, release = "toy", "1.0"
    volatile = ("heartbeat",)
    relations = {"owner": "keystone.user"}  # noqa: RUF012 - declared in every class so


class New(Old):
    """The same type in the newer release."""

    release = "1.1"
    volatile = ("heartbeat", "progress")
    relations = {"owner": "keystone.project"}  # noqa: RUF012


class StaticEndpoint(Toy):
    """The toy's plugin, found beside the cloud: no catalogue is needed."""

    beside = "toy"
    resources = (Old,)
    cloud = None

    @classmethod
    def connect(cls, access, *, name, gate, pause):
        return cls.cloud


class Newer(StaticEndpoint):
    resources = (New,)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.sqlite"


@pytest.fixture
def store(path):
    store = open_store(f"sqlite:///{path}")
    yield store
    store.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def begin(store, clock):
    """Begin a worker of a plugin."""
    StaticEndpoint.cloud = Shaped()
    StaticEndpoint.cloud.create("a")
    make = partial(Worker, intervals=Intervals(), beside={"toy": {}}, clock=clock)

    def begun(plugin=StaticEndpoint):
        worker = make(plugin(), "cloud", (), store)
        worker.discover()
        return worker

    return begun


def declared(store):
    (known,) = store.collections()
    (target,) = known.relations["owner"]
    return known.volatile, target.type


OLD = (Old.volatile, "keystone.user")
NEW = (New.volatile, "keystone.project")


@pytest.mark.parametrize("kind", ["sweep", "poll", "read"])
def test_what_the_store_lost_is_declared_by_the_next_job(begin, store, path, clock, kind):
    """And swept at once, whatever the job was."""
    backup = Backup(path)
    worker = begin()
    assert worker.do(Job(THING, "sweep"))
    backup.restore()
    assert store.collections() == []
    worker.hint("toy.thing", ["a"])
    clock.time += 1
    worker.do(Job(THING, kind))
    assert declared(store) == OLD
    due = worker._schedule.take(clock.time, frozenset({"sweep"}))
    assert due == Job(THING, "sweep")
    assert worker.do(due)
    (known,) = store.collections()
    assert (known.entities, known.fault) == (1, None)


def test_an_older_release_that_begins_leaves_what_a_newer_declared(begin, store):
    assert begin().do(Job(THING, "sweep"))
    assert declared(store) == OLD
    assert begin(Newer).do(Job(THING, "sweep"))
    assert declared(store) == NEW
    older = begin()
    assert declared(store) == NEW
    assert not older.do(Job(THING, "sweep"))
    assert declared(store) == NEW


def test_one_that_takes_over_when_the_newer_has_left_declares_anew(begin, store, clock):
    """One that ran all the time, and one that begins then."""
    older = begin()
    assert begin(Newer).do(Job(THING, "sweep"))
    (known,) = store.collections()
    clock.time += known.stale_after + 1
    assert older.do(Job(THING, "sweep"))
    assert declared(store) == OLD
    assert begin(Newer).do(Job(THING, "sweep"))
    clock.time += known.stale_after + 1
    begin()
    assert declared(store) == OLD
