"""The way of looking is no change: listing, listing again and single read agree."""

import pytest

from synchronizer.model.errors import SampleError
from synchronizer.plugins import installed
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.schedule import Job
from synchronizer.sampling.worker import Worker
from synchronizer.service.clouds import session_for
from synchronizer.store import open_store

READS = 8
"""So many entities of each type are read one by one."""


@pytest.fixture(params=["keystone", "nova"])
def workers(request, access, furnished, tmp_path):
    """Both workers over one store; the parents of the asked plugin are sampled first."""
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    found = []
    for plugin in ("keystone", "nova"):
        worker = Worker(
            installed()[plugin](),
            access.name,
            session_for(access),
            store,
            intervals=Intervals(types=("*",), calls_per_second=1000),
            regions=access.regions,
        )
        worker.discover()
        found.append(worker)
        if plugin == request.param:
            break
        for collection in worker.samplers:
            assert worker.do(Job(collection, "sweep"))
    yield store, found[-1]
    store.close()


def test_two_listings_and_a_read_of_a_quiet_cloud_make_one_version_each(workers):
    store, worker = workers
    for collection in worker.samplers:
        assert worker.do(Job(collection, "sweep")), (collection, faults(store))
    told = store.changes(0, limit=10**6).records
    assert not [record for record in told if b"CANARY-SECRET" in record.body]
    before = store.head().revision
    for collection, sampler in worker.samplers.items():
        assert worker.do(Job(collection, "sweep")), (collection, faults(store))
        assert changes(store, before) == [], collection
        if sampler.resource.since is not None:
            assert worker.do(Job(collection, "poll")), collection
            assert changes(store, before) == [], collection
        if sampler.resource.single is not None:
            ids = [record.id for page in store.snapshot([collection], before) for record in page]
            sampler.read([id_ for id_ in ids if sampler.resource.reads(id_)][:READS])
            assert changes(store, before) == [], collection


def test_reading_what_does_not_exist_says_that_it_does_not(workers):
    _, worker = workers
    for sampler in worker.samplers.values():
        resource = sampler.resource
        if resource.single is None or resource.each is not None:
            continue
        if resource.type == "keystone.role_assignment":
            nobody = "0" * 32
            missing = f"{nobody}/user:{nobody}/project:{nobody}"
        elif resource.type == "nova.aggregate":
            missing = "999999"
        elif resource.type == "nova.service":
            missing = "nova-compute/nowhere"
        else:
            missing = "00000000-0000-4000-8000-000000000000"
        try:
            assert resource.read(sampler.service, missing) is None, resource.type
        except SampleError as error:
            pytest.fail(f"{resource.type}: {error}")


def faults(store):
    return {str(each.collection): each.fault for each in store.collections() if each.fault}


def changes(store, since):
    records = store.changes(since, limit=10_000).records
    return [(str(r.collection), r.id, r.op, r.changed, r.reason) for r in records]
