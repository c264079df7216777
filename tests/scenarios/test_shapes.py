"""The way of looking is no change: listing, listing again, poll, outline and read agree."""

import pytest
from arrivals import Lives

from synchronizer.model.errors import SampleError
from synchronizer.plugins import installed, names
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.schedule import Job
from synchronizer.sampling.worker import Worker
from synchronizer.service.clouds import entries_of, session_for
from synchronizer.store import open_store

UNANSWERED = ("ironic.chassis",)
"""Ironic answers 500 to whoever has a project: not sampled unless asked for."""

READS = 8
"""So many entities of each type are read one by one."""

NO_SUCH = {
    "keystone.role_assignment": "{0}/user:{0}/project:{0}".format("0" * 32),
    "nova.aggregate": "999999",
    "nova.service": "nova-compute/nowhere",
    "nagios.comment": "999999",
    "nagios.downtime": "999999",
}
"""Ids that nothing has, where a made-up UUID is no id at all."""


@pytest.fixture(scope="module")
def lived(access, real, furnished):
    """A cloud in which every service has lived and not yet ended; none in the demo cloud."""
    if not real:
        yield
        return
    region = access.regions[0] if access.regions else None
    lives = Lives(session_for(access), region, pause=0)
    others = [name for name in lives.services() if name not in ("keystone", "nova")]
    with lives.held(others):
        yield


@pytest.fixture(params=names())
def workers(request, access, lived, tmp_path):
    """The worker of one plugin over a store; what Keystone has is sampled before."""
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    for plugin in dict.fromkeys(("keystone", request.param)):
        worker = Worker(
            installed()[plugin](),
            access.name,
            entries_of(access),
            store,
            intervals=Intervals(types=("*",), skip=UNANSWERED, calls_per_second=1000),
            beside=access.beside,
        )
        worker.discover()
        for place in [place for place, each in worker.samplers.items() if too_new(each)]:
            del worker.samplers[place]
        if plugin == request.param:
            break
        for collection in worker.samplers:
            assert worker.do(Job(collection, "sweep"))
    if not worker.samplers:
        store.close()
        pytest.skip(f"this cloud has no {request.param}")
    yield store, worker
    store.close()


def test_every_way_of_looking_at_a_quiet_cloud_makes_one_version_of_each(workers):
    store, worker = workers
    swept = {place: worker.do(Job(place, "sweep")) for place in worker.samplers}
    for place in [place for place, done in swept.items() if not done]:
        assert worker.do(Job(place, "sweep")), faults(store)  # it waited for its parents
    told = store.changes(0, limit=10**6).records
    assert not [record for record in told if b"CANARY-SECRET" in record.body]
    ways = {}
    known = {each.collection for each in store.collections()}
    for collection in worker.samplers.keys() & known:  # the others are optional, and not there
        sampler = worker.samplers[collection]
        before = store.head().revision
        assert worker.do(Job(collection, "sweep")), (collection, faults(store))
        ways[str(collection), "sweep"] = changes(store, before)
        if sampler.resource.polls:
            before = store.head().revision
            assert worker.do(Job(collection, "poll")), (collection, faults(store))
            ways[str(collection), "poll"] = changes(store, before)
        before = store.head().revision
        ids = [record.id for page in alive(store, collection) for record in page]
        sampler.read([id_ for id_ in ids if sampler.resource.reads(id_)][:READS])
        ways[str(collection), "read"] = changes(store, before)
    assert {way: found for way, found in ways.items() if found} == {}


def test_reading_what_does_not_exist_says_that_it_does_not(workers):
    _, worker = workers
    for sampler in worker.samplers.values():
        resource = sampler.resource
        if resource.each is not None or (len(resource.id) > 1 and resource.type not in NO_SUCH):
            continue
        missing = NO_SUCH.get(resource.type, "00000000-0000-4000-8000-000000000000")
        if not resource.reads(missing) or not worker._exists(sampler):
            continue
        try:
            assert sampler.reading.one(missing) is None, resource.type
        except SampleError as error:
            pytest.fail(f"{resource.type}: {error}")


def too_new(sampler):
    """Whether the service of this cloud is too old for a type: who asks for it is told so."""
    wanted = sampler.resource.microversion
    try:
        return wanted is not None and not sampler.service.microversion(wanted)
    except SampleError:
        return True


def alive(store, collection):
    return store.snapshot([collection], store.head().revision)


def faults(store):
    return {str(each.collection): each.fault for each in store.collections() if each.fault}


def changes(store, since):
    records = store.changes(since, limit=10_000).records
    return [(str(r.collection), r.id, r.op, r.changed, r.reason) for r in records]
