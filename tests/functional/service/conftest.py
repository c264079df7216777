"""The whole service over a demo cloud: real processes, a real store, a real network."""

import http.client
import json
import time
import urllib.request
from contextlib import closing
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session

from openstack_democloud.running import DemoCloud
from synchronizer.plugins import installed
from synchronizer.sampling.intervals import Intervals
from synchronizer.service.settings import Api, CloudAccess, Settings
from synchronizer.service.synchronizer import Synchronizer

TYPES = ("keystone.project", "keystone.user", "nova.flavor", "nova.server")


@pytest.fixture(scope="module")
def demo():
    with DemoCloud(servers=40, build_seconds=0.1) as cloud:
        yield cloud


@pytest.fixture
def cloud(demo):
    demo.clear_faults()
    demo.clear_calls()
    yield demo
    demo.clear_faults()


@pytest.fixture
def store_url(tmp_path):
    return f"sqlite:///{tmp_path}/store.sqlite"


def options_for(cloud, folder):
    """Return a configuration that samples a few types every second."""
    return {
        "clouds": {"names": "demo", "file": cloud.write_clouds_yaml(folder / "clouds.yaml")},
        "store": {"url": f"sqlite:///{folder}/store.sqlite"},
        "api": {"port": 0, "bookmark_interval": 0.5},
        "sampling": {
            "sweep_interval": 1,
            "poll_interval": 0.5,
            "stale_after": 20,
            "demand_interval": 0,
            "types": ",".join(TYPES),
        },
    }


@pytest.fixture
def options(cloud, tmp_path):
    return options_for(cloud, tmp_path)


@pytest.fixture(scope="module")
def module_options(demo, tmp_path_factory):
    """A configuration for a service that a whole module shares."""
    return options_for(demo, tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="module")
def slow_service(module_launcher, module_options):
    """A service that samples once an hour by itself."""
    module_options["sampling"] |= {"sweep_interval": 3600, "poll_interval": 3600}
    service = module_launcher(module_options).start()
    wait_until_sampled(service)
    return service


@pytest.fixture
def embedded(cloud, tmp_path):
    """The service as an object in this process, started."""
    settings = Settings(
        store=f"sqlite:///{tmp_path}/store.sqlite",
        clouds=(CloudAccess(name="demo", auth_type="password", auth=cloud.auth),),
        api=Api(port=0, bookmark_interval=0.5),
        intervals=Intervals(sweep=1.0, poll=0.5, stale_after=20, types=TYPES),
    )
    with Synchronizer(settings=settings) as synchronizer:
        assert synchronizer.wait_sampled(list(TYPES), 60)
        yield synchronizer


@pytest.fixture
def serve(launcher, options):
    """Start ``synchronizer serve`` and wait until all types are sampled."""

    def start(changed=None, **more):
        wanted = {
            group: {**options.get(group, {}), **(changed or {}).get(group, {})}
            for group in options.keys() | (changed or {}).keys()
        }
        service = launcher(wanted, **more).start()
        service.options = wanted
        wait_until_sampled(service)
        return service

    return start


def ask(url, path, method="GET", timeout=60, **headers):
    headers = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(url + path, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.loads(answer.read())


def wait_until_sampled(service):
    until = time.monotonic() + 60
    while not sampled(service.url) >= set(TYPES):
        assert time.monotonic() < until, service.said()
        time.sleep(0.05)


def types_of(url):
    return {each["type"]: each for each in ask(url, "/v1/types")["types"]}


def sampled(url):
    return {name for name, each in types_of(url).items() if each["sampled_at"]}


def essences(type_, bodies):
    """Reduce {id: body} to what counts as state."""
    plugin = installed()[type_.partition(".")[0]]
    (resource,) = [each for each in plugin.declared() if each.type == type_]
    reduced = {}
    for id_, body in bodies.items():
        copied = json.loads(json.dumps(body))
        resource.redact(copied)
        reduced[id_] = resource.essence(copied)
    return reduced


class Keystone:
    """Writes the catalogue of a demo cloud, through its API."""

    def __init__(self, cloud):
        self._session = Session(Password(**cloud.auth))

    def _ask(self, method, path, body=None):
        at = {"service_type": "identity", "interface": "public"}
        return self._session.request(f"/v3{path}", method, json=body, endpoint_filter=at)

    def _service(self, name):
        services = self._ask("GET", "/services").json()["services"]
        (found,) = [each for each in services if each["name"] == name]
        return found

    def endpoints(self, name, region=None):
        service = self._service(name)["id"]
        every = self._ask("GET", "/endpoints").json()["endpoints"]
        return [
            each
            for each in every
            if each["service_id"] == service and region in {None, each["region_id"]}
        ]

    def take_out(self, name):
        """Delete a service and its endpoints; return them, for `put_in`."""
        entry = self._service(name), self.endpoints(name)
        self._ask("DELETE", f"/services/{entry[0]['id']}")
        return entry

    def put_in(self, entry):
        """Create a service and its endpoints."""
        service, endpoints = entry
        made = self._ask("POST", "/services", {"service": _plain(service)}).json()["service"]
        for each in endpoints:
            body = _plain(each) | {"service_id": made["id"]}
            self._ask("POST", "/endpoints", {"endpoint": body})

    def move(self, name, url, region=None):
        """Let a service be found at another address."""
        for each in self.endpoints(name, region):
            self._ask("PATCH", f"/endpoints/{each['id']}", {"endpoint": {"url": url}})

    def add_region(self, name, like, url):
        """Let a service have an endpoint in another region."""
        for each in self.endpoints(like, "RegionOne"):
            body = _plain(each) | {"region_id": name, "url": url}
            self._ask("POST", "/endpoints", {"endpoint": body})

    def remove_endpoints(self, name, region):
        """Let a service be gone from a region."""
        for each in self.endpoints(name, region):
            self._ask("DELETE", f"/endpoints/{each['id']}")


def _plain(body):
    return {key: value for key, value in body.items() if key not in {"id", "links", "region"}}


@pytest.fixture(scope="session")
def keystone_of():
    """Make the writer of a demo cloud's catalogue."""
    return Keystone


def open_watch(url, path="/v1/changes?since=0"):
    """Open an event stream and read its first line; the caller closes the connection."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    connection.request("GET", path, headers={"Accept": "text/event-stream"})
    answer = connection.getresponse()
    assert answer.readline().startswith(b"retry")
    return closing(connection), answer


@pytest.fixture
def world(cloud, eventually):
    """Ask the service and the cloud, and compare them."""

    def in_cloud(type_):
        return essences(type_, cloud.state(type_, "2.100"))

    def in_service(url, type_):
        found = ask(url, f"/v1/entities?type={type_}&limit=1000")["entities"]
        return essences(type_, {each["id"]: each["body"] for each in found})

    def equal(url):
        return all(in_service(url, each) == in_cloud(each) for each in TYPES)

    def fresh_since(url, moment, names=TYPES):
        """Whether complete sweeps of all these types began after an ISO time."""
        known = types_of(url)
        return all((known.get(each, {}).get("sampled_at") or "") > moment for each in names)

    return SimpleNamespace(
        ask=ask,
        types=types_of,
        sampled=sampled,
        watch=open_watch,
        essences=essences,
        in_cloud=in_cloud,
        in_service=in_service,
        equal=equal,
        fresh_since=fresh_since,
        names=TYPES,
    )
