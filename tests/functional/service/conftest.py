"""The whole service over a demo cloud: real processes, a real store, a real network."""

import http.client
import json
import urllib.request
from contextlib import closing
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from synchronizer.contrib.democloud.running import DemoCloud
from synchronizer.plugins import installed

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


@pytest.fixture
def options(cloud, tmp_path, store_url):
    """A configuration that samples a few types every second."""
    return {
        "clouds": {
            "names": "demo",
            "file": cloud.write_clouds_yaml(tmp_path / "clouds.yaml"),
        },
        "store": {"url": store_url},
        "api": {"port": 0, "bookmark_interval": 0.5},
        "sampling": {
            "sweep_interval": 1,
            "poll_interval": 0.5,
            "stale_after": 20,
            "types": ",".join(TYPES),
        },
    }


@pytest.fixture
def serve(launcher, options, cloud, eventually):
    """Start ``synchronizer serve`` and wait until all types are sampled."""

    def start(changed=None, **more):
        wanted = {
            group: {**options.get(group, {}), **(changed or {}).get(group, {})}
            for group in options.keys() | (changed or {}).keys()
        }
        service = launcher(wanted, **more).start()
        service.options = wanted
        eventually(lambda: sampled(service.url) >= set(TYPES), 60, service.said)
        return service

    return start


def ask(url, path, method="GET", timeout=60, **headers):
    request = urllib.request.Request(url + path, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.loads(answer.read())


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
        return all((known[each]["sampled_at"] or "") > moment for each in names)

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
