"""The load on a service stays within what is configured, as the service itself counts it."""

import time
from concurrent.futures import ThreadPoolExecutor

from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from synchronizer.plugins import installed
from synchronizer.sampling.catalogue import Entry
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.limits.governor import Governor
from synchronizer.sampling.schedule import Job
from synchronizer.sampling.worker import Worker
from synchronizer.store import open_store

CALLS_PER_SECOND, IN_FLIGHT = 12, 2
TYPES = (
    "nova.server",
    "nova.service",
    "nova.server_group",
    "nova.hypervisor",
    "nova.flavor",
    "nova.migration",
    *(f"keystone.{name}" for name in ("domain", "project", "user", "group", "role", "service")),
    *(f"keystone.{name}" for name in ("endpoint", "region", "limit", "trust", "credential")),
)


def sampled_by_many_threads(cloud, folder):
    """Sweep every type of both plugins from eight threads through one governor."""
    store = open_store(f"sqlite:///{folder}/store.sqlite")
    governor = Governor(calls_per_second=CALLS_PER_SECOND, in_flight=IN_FLIGHT, sleep=time.sleep)
    session = Session(auth=v3.Password(**cloud.auth), timeout=10)
    session.get_token()  # and what comes before the first call: versions of the services
    workers = [
        Worker(
            installed()[plugin](),
            "demo",
            [Entry(session)],
            store,
            intervals=Intervals(types=TYPES),
            gate=governor.gate,
        )
        for plugin in ("keystone", "nova")
    ]
    jobs = []
    for worker in workers:
        worker.discover()
        jobs += [(worker, Job(collection, "sweep")) for collection in worker.samplers]
    cloud.clear_calls()
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda each: each[0].do(each[1]), jobs))
    store.close()
    return governor, done


def test_calls_stay_within_their_rate_and_number(cloud, tmp_path):
    _, done = sampled_by_many_threads(cloud, tmp_path)
    total = cloud.calls()["total"]
    assert all(done)
    assert total["calls"] > CALLS_PER_SECOND
    # Two services share the demo cloud's door: each may have its rate and its number.
    assert total["peak"] <= 2 * (CALLS_PER_SECOND + 1)
    assert total["max_in_flight"] <= 2 * IN_FLIGHT


def test_a_service_that_suffers_gets_fewer_calls(cloud, tmp_path):
    cloud.fault("status", path_regex=r"/servers/detail", status=503)
    governor, _ = sampled_by_many_threads(cloud, tmp_path)
    assert governor.rate("demo/RegionOne/compute") < CALLS_PER_SECOND
    assert governor.rate("demo/-/identity") == CALLS_PER_SECOND
