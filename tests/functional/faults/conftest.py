"""Demo clouds with small pages, and workers whose samplers are driven by hand."""

import shutil
import time
from contextlib import contextmanager

import msgspec
import pytest
from keystoneauth1.identity import v3

from openstack_democloud.running import DemoCloud
from synchronizer.model.entity import Collection
from synchronizer.plugins import installed
from synchronizer.plugins.service import Turn
from synchronizer.plugins.session import CloudSession
from synchronizer.sampling.catalogue import Entry
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.schedule import Job
from synchronizer.sampling.worker import Worker
from synchronizer.store import SqlStore, open_store
from synchronizer.testing.clocks import Hurried

GLOBAL = frozenset({"keystone"})
"""Plugins whose entities have no region."""


class Clock:
    """The machine's time and what a test adds to it; durations are the test's alone.

    So a busy machine makes nothing older than a test says.
    """

    def __init__(self):
        self.ahead = 0.0

    def now(self):
        return time.time() + self.ahead

    def monotonic(self):
        return 1000.0 + self.ahead


class Rig:
    """Workers of the plugins over one store, made when they are first asked for.

    Args:
        path: of the store's file, as the migrations leave it.

    Attributes:
        before: called with the number of each call, before it goes out: what a test does
            there happens between two pages.
        calls: how many went out.
    """

    def __init__(self, cloud, path, *, types=(), regions=(), timeout=20, auth=None):
        self.cloud = cloud
        # Nothing is too new to be deleted, whatever a test does at once.
        self.store = SqlStore(f"sqlite:///{path}", clock=Hurried(), migrate=False)
        self.before = lambda number: None
        self.calls = 0
        self.workers = {}
        self.clock = Clock()
        self._types = types
        self._regions = regions
        self.session = CloudSession(auth=v3.Password(**(auth or cloud.auth)), timeout=timeout)

    @contextmanager
    def _gate(self, _service):
        self.calls += 1
        self.before(self.calls)
        yield Turn()

    def worker(self, plugin):
        """Return the worker of a plugin."""
        if plugin not in self.workers:
            self.workers[plugin] = worker = Worker(
                installed()[plugin](),
                "demo",
                [Entry(self.session, self._regions)],
                self.store,
                intervals=Intervals(types=self._types or (f"{plugin}.*",)),
                gate=self._gate,
                pause=lambda seconds: None,
                clock=self.clock,
            )
            worker.discover()
        return self.workers[plugin]

    def collection(self, type_, region="RegionOne"):
        if isinstance(type_, Collection):
            return type_
        return Collection("demo", None if type_.partition(".")[0] in GLOBAL else region, type_)

    def do(self, type_, kind="sweep"):
        """Do it as a lane does; return whether it succeeded."""
        collection = self.collection(type_)
        return self.worker(collection.type.partition(".")[0]).do(Job(collection, kind))

    def sampler(self, type_):
        collection = self.collection(type_)
        return self.worker(collection.type.partition(".")[0]).samplers[collection]

    def hint(self, type_, ids, whole=()):
        """Hint, let the debounce pass, and read."""
        self.worker(type_.partition(".")[0]).hint(type_, ids, whole)
        return self.wait(type_, 0.1)

    def wait(self, type_, seconds):
        """Let time pass, and read what is due then."""
        self.clock.ahead += seconds
        return self.do(type_, "read")

    def rows(self, type_):
        """Return {id: body} of the store."""
        head = self.store.head().revision
        pages = self.store.snapshot([self.collection(type_)], head)
        return {r.id: msgspec.json.decode(r.body) for page in pages for r in page}

    def ids(self, type_):
        return set(self.rows(type_))

    def fault(self, type_):
        """Return the code of a type's fault."""
        wanted = self.collection(type_)
        found = {each.collection: each.fault for each in self.store.collections()}[wanted]
        return found.code if found else None

    def lost(self):
        """Return what was deleted and lives."""
        gone = self.deleted()
        return {(t, id_) for t in {t for t, _ in gone} for id_ in self.cloud.state(t)} & gone

    def is_true(self, type_):
        """Whether the store has just those entities that there are."""
        return self.ids(type_) == set(self.cloud.state(type_))

    def records(self, since=0):
        return self.store.changes(since, limit=1_000_000).records

    def ops(self, since=0):
        """Return [(op, type, id)] of every change after a revision."""
        return [(r.op, r.collection.type, r.id) for r in self.records(since)]

    def deleted(self, since=0):
        return {(type_, id_) for op, type_, id_ in self.ops(since) if op == "delete"}

    @property
    def head(self):
        return self.store.head().revision


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """A store as the migrations leave it: made once, copied by each test."""
    path = tmp_path_factory.mktemp("store") / "empty.sqlite"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def path(empty, tmp_path):
    return shutil.copy(empty, tmp_path / "store.sqlite")


@pytest.fixture(scope="module")
def demo():
    with DemoCloud(servers=150, page_limit=40, users=60, hypervisors=12, build_seconds=0) as cloud:
        yield cloud


@pytest.fixture
def cloud(demo):
    demo.clear_faults()
    yield demo
    demo.clear_faults()


@pytest.fixture
def rig(cloud, path):
    """Workers of Keystone and Nova over one store, and what a test wants to do with them."""
    types = ("nova.server", "keystone.user", "keystone.role_assignment", "nova.service")
    made = Rig(cloud, path, types=types, timeout=1.5)
    for plugin in ("keystone", "nova"):
        made.worker(plugin)
    yield made
    made.store.close()


@pytest.fixture(scope="session")
def smallest():
    with DemoCloud(
        servers=24,
        page_limit=7,
        users=16,
        projects=4,
        hypervisors=4,
        build_seconds=0,
        never_updated_every=3,
    ) as cloud:
        yield cloud


@pytest.fixture
def small(smallest):
    """A cloud of a few pages of each type, for all plugins."""
    smallest.clear_faults()
    yield smallest
    smallest.clear_faults()


@pytest.fixture
def sky(small, path):
    """Workers of all plugins over one store."""
    made = Rig(small, path)
    yield made
    made.store.close()
