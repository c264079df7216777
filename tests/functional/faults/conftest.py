"""A demo cloud with small pages, and one worker's samplers driven by hand."""

from types import SimpleNamespace

import pytest
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from synchronizer.contrib.democloud.running import DemoCloud
from synchronizer.model.entity import Collection
from synchronizer.plugins import installed
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.schedule import Job
from synchronizer.sampling.worker import Worker
from synchronizer.store import open_store

SERVERS = Collection("demo", "RegionOne", "nova.server")
USERS = Collection("demo", None, "keystone.user")
ASSIGNMENTS = Collection("demo", None, "keystone.role_assignment")
SERVICES = Collection("demo", "RegionOne", "nova.service")
COLLECTIONS = (SERVERS, USERS, ASSIGNMENTS, SERVICES)


@pytest.fixture(scope="module")
def demo():
    with DemoCloud(servers=150, page_limit=40, users=60, hypervisors=12, build_seconds=0) as cloud:
        yield cloud


@pytest.fixture
def cloud(demo):
    demo.clear_faults()
    yield demo
    demo.clear_faults()


def worker_of(cloud, store, plugin, types):
    session = Session(auth=v3.Password(**cloud.auth), timeout=1.5)
    worker = Worker(
        installed()[plugin](),
        "demo",
        session,
        store,
        intervals=Intervals(types=types),
        pause=lambda seconds: None,
    )
    worker.discover()
    return worker


@pytest.fixture
def rig(cloud, tmp_path):
    """Workers of both plugins over one store, and what a test wants to do with them."""
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    workers = {
        plugin: worker_of(cloud, store, plugin, tuple(c.type for c in COLLECTIONS))
        for plugin in ("keystone", "nova")
    }

    def do(collection, kind="sweep"):
        return workers[collection.type.partition(".")[0]].do(Job(collection, kind))

    def ids(collection):
        head = store.head().revision
        return {r.id for page in store.snapshot([collection], head) for r in page}

    def fault(collection):
        found = {each.collection: each.fault for each in store.collections()}[collection]
        return found.code if found else None

    def deleted(since=0):
        records = store.changes(since, limit=1_000_000).records
        return {(r.collection.type, r.id) for r in records if r.op == "delete"}

    yield SimpleNamespace(
        store=store, workers=workers, do=do, ids=ids, fault=fault, deleted=deleted, cloud=cloud
    )
    store.close()
