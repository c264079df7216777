"""A service that asks for patience gets it, until an operator says otherwise."""

import os
import signal
import urllib.request

import pytest

THROTTLED = "synchronizer.sample.throttled"


@pytest.fixture
def silenced(serve, world, cloud, eventually):
    """A synchronizer whose Nova once asked for no calls for years."""
    service = serve({"sampling": {"sweep_interval": 300, "poll_interval": 0.5}})
    types = world.types
    eventually(lambda: types(service.url)["nova.server"]["sampled_at"], 30, service.said)
    cloud.fault("retry_after", path_regex="/compute/", seconds=100_000_000, times=1)

    def fault():
        return (types(service.url)["nova.server"]["fault"] or {}).get("code")

    eventually(lambda: fault() == THROTTLED, 30, service.said)
    service.fault = fault
    return service


def test_a_sweep_on_demand_opens_the_gate(silenced, eventually):
    path, headers = "/v1/types/nova.server/sweep", {"X-Requested-With": "a test"}
    request = urllib.request.Request(f"{silenced.url}{path}", method="POST", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200
    eventually(lambda: silenced.fault() is None, 20, silenced.said)


def test_sighup_opens_every_gate(silenced, eventually):
    os.kill(silenced.process.pid, signal.SIGHUP)
    eventually(lambda: silenced.fault() is None, 30, silenced.said)
