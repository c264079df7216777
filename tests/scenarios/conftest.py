"""The same scenarios over the demo cloud and a real OpenStack, so that the first cannot lie.

By default the demo cloud; with ``--clouds-yaml FILE --os-cloud NAME`` a real one.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from furnishing import Furnishing
from keystoneauth1.adapter import Adapter
from keystoneauth1.exceptions import EndpointNotFound

from openstack_democloud.running import DemoCloud
from synchronizer.sampling.intervals import Intervals
from synchronizer.service.clouds import resolve, session_for
from synchronizer.service.settings import Api, Settings
from synchronizer.service.synchronizer import Synchronizer

CHURN = Path(__file__).parents[2] / "tools" / "cloud" / "churn.py"


def pytest_addoption(parser):
    parser.addoption("--clouds-yaml", help="of a real cloud; else the demo cloud is used")
    parser.addoption("--os-cloud", default="synchronizer-test", help="its name")


@pytest.fixture(scope="session")
def real(request):
    """Whether this is a real OpenStack."""
    return request.config.getoption("--clouds-yaml") is not None


@pytest.fixture(scope="session")
def clouds_yaml(request, tmp_path_factory):
    given = request.config.getoption("--clouds-yaml")
    if given:
        yield Path(given), request.config.getoption("--os-cloud")
        return
    with DemoCloud(servers=60, users=20, build_seconds=0.3) as cloud:
        path = tmp_path_factory.mktemp("demo") / "clouds.yaml"
        yield cloud.write_clouds_yaml(path, "demo"), "demo"


@pytest.fixture(scope="session")
def access(clouds_yaml):
    path, name = clouds_yaml
    (found,) = resolve([name], str(path))
    return found


class CloudApi:
    """The cloud's own API, as its users call it."""

    def __init__(self, session, region):
        options = {"region_name": region, "raise_exc": True}
        self.compute = Adapter(
            session,
            "compute",
            default_microversion="2.87",
            min_version="2.1",
            max_version="2.latest",
            **options,
        )
        self.identity = Adapter(
            session, "identity", min_version="3", max_version="3.latest", **options
        )

    def servers(self):
        found, marker = {}, ""
        while True:
            path = f"/servers/detail?all_tenants=1&limit=500{marker}"
            page = self.compute.get(path).json()["servers"]
            if not page:
                return found
            found.update({row["id"]: row for row in page})
            marker = f"&marker={page[-1]['id']}"


@pytest.fixture(scope="session")
def api(access):
    return CloudApi(session_for(access), access.regions[0] if access.regions else None)


@pytest.fixture
def settings(access, tmp_path):
    return Settings(
        store=f"sqlite:///{tmp_path}/store.sqlite",
        clouds=(access,),
        api=Api(port=0),
        plugins=("keystone", "nova"),
        intervals=Intervals(sweep=5.0, poll=1.0),
    )


@pytest.fixture
def synchronizer(settings):
    with Synchronizer(settings=settings) as running:
        yield running


@pytest.fixture(scope="session")
def eventually():
    """The function that waits until a fact is true."""
    return _eventually


def _eventually(fact, seconds=60, every=0.2):
    """Wait until *fact* returns something true, and return it."""
    until = time.monotonic() + seconds
    while True:
        found = fact()
        if found or time.monotonic() > until:
            return found
        time.sleep(every)


class Churn:
    """The churn script, running beside the test."""

    def __init__(self, clouds_yaml, *arguments):
        path, name = clouds_yaml
        self.process = subprocess.Popen(
            [sys.executable, CHURN, "--cloud-yaml", path, "--os-cloud", name, *map(str, arguments)],
            stdout=subprocess.PIPE,
            env=os.environ,
        )

    def finished(self, timeout):
        """Wait for its end; return its operations and its summary."""
        with self.process:
            out, _ = self.process.communicate(timeout=timeout)
        assert self.process.returncode == 0, out[-1000:]
        lines = [json.loads(line) for line in out.splitlines()]
        return lines[:-1], lines[-1]


@pytest.fixture
def churn(clouds_yaml):
    started = []

    def start(*arguments):
        started.append(Churn(clouds_yaml, *arguments))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()
    if started:
        Churn(clouds_yaml, "--cleanup").finished(400)


@pytest.fixture(scope="session")
def image(api):
    """The id of an image; the demo cloud believes any."""
    try:
        endpoint = api.compute.session.get_endpoint(service_type="image")
    except EndpointNotFound:
        return "00000000-0000-4000-8000-000000000000"
    images = api.compute.session.get(f"{endpoint.rstrip('/')}/v2/images").json()["images"]
    return images[0]["id"]


@pytest.fixture(scope="session")
def furnished(api, real, image):
    """A cloud that has one of everything, at rest."""
    if not real:
        yield
        return
    furnishing = Furnishing(api, image)
    try:
        furnishing.make()
        assert _eventually(
            lambda: all(row["status"] != "BUILD" for row in api.servers().values()), 120, 1.0
        )
        yield
    finally:
        furnishing.remove()
