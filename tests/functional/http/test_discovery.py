"""A service that has just begun: what its samplers have not found yet is not unknown."""

import pytest

from synchronizer import HttpTransport, Mirror
from synchronizer.model.entity import Collection
from synchronizer.store import open_store

INCOMPLETE = "synchronizer.collection.incomplete"
UNKNOWN = "synchronizer.type.unknown"
SAMPLERS = [("demo", "nova"), ("demo", "neutron"), ("other", "nova")]


class Clock:
    def __init__(self):
        self.seconds = 1_000_000_000.0

    def now(self):
        return self.seconds

    def monotonic(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def empty(tmp_path):
    opened = open_store(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def door(serve, empty, clock):
    with serve(store=empty, samplers=SAMPLERS, clock=clock) as served:
        yield served


@pytest.mark.parametrize(
    "path",
    [
        "/v1/entities?type=nova.server",
        "/v1/entities?type=nova.server&cloud=demo",
        "/v1/entities?cloud=demo",
        "/v1/entities?region=RegionOne",
        "/v1/types?type=neutron.port",
        "/v1/entities/nova.server/1",
        "/v1/changes?since=0&type=nova.server",
    ],
)
def test_what_may_still_be_discovered_is_to_be_asked_for_again(door, path):
    assert door.ask(path).headers["Retry-After"]
    assert "ask again" in door.refused(path, 503, INCOMPLETE)["detail"]


def test_a_type_of_no_sampler_is_unknown_at_once(door):
    door.refused("/v1/entities?type=glance.image", 404, UNKNOWN)
    door.refused("/v1/entities?type=neutron.port&cloud=other", 400, "synchronizer.request.invalid")
    door.refused("/v1/entities?cloud=nope", 400, "synchronizer.request.invalid")


def test_once_its_plugin_has_looked_a_type_that_is_not_there_is_unknown(door, empty):
    empty.declare(Collection("demo", "RegionOne", "nova.server"), stale_after=600)
    empty.declare(Collection("other", "RegionOne", "nova.server"), stale_after=600)
    error = door.refused("/v1/entities?type=nova.sever", 404, UNKNOWN)
    assert "did you mean nova.server" in error["detail"]
    door.refused("/v1/entities?type=neutron.port", 503, INCOMPLETE)
    door.refused("/v1/entities?region=nope", 400, "synchronizer.request.invalid")


def test_after_a_minute_what_was_not_discovered_is_unknown(door, clock):
    clock.seconds += 61
    door.refused("/v1/entities?type=nova.server", 404, UNKNOWN)


def test_a_mirror_that_starts_with_the_service_waits_for_its_types(serve, empty):
    with (
        serve(store=empty, samplers=SAMPLERS) as door,
        Mirror(HttpTransport(f"http://127.0.0.1:{door.port}"), ["nova.server"]) as mirror,
    ):
        assert not mirror.wait_synced(timeout=0.5, complete=False)
        empty.declare(Collection("demo", "RegionOne", "nova.server"), stale_after=600)
        assert mirror.wait_synced(timeout=20, complete=False)
