"""What an entity is related to, over HTTP."""

import time

import pytest

from synchronizer.client.http import HttpTransport
from synchronizer.model.entity import Collection
from synchronizer.store import open_store

NETWORK = Collection("demo", "RegionOne", "neutron.network")
BASE = "/v1/entities"


@pytest.fixture
def cloud(store, commit, places):
    """A server with two ports on one network, of a project."""
    for place, relations in {
        places.server: {"tenant_id": "keystone.project", "host": "nova.service#host"},
        places.port: {
            "network_id": "neutron.network",
            "device_id": ("nova.server", "neutron.router"),
            "project_id": "keystone.project",
        },
        NETWORK: {"project_id": "keystone.project"},
        places.project: {},
    }.items():
        store.declare(place, stale_after=600, relations=relations)
        store.note(place, sampled_at=time.time())
    commit(places.project, {"p": {"id": "p", "name": "admin"}})
    commit(NETWORK, {"n": {"id": "n", "name": "net", "project_id": "p"}})
    commit(places.server, {"s": {"id": "s", "name": "web", "tenant_id": "p", "host": "h"}})
    ports = {
        name: {
            "id": name,
            "status": "ACTIVE",
            "network_id": "n",
            "device_id": "s",
            "project_id": "p",
        }
        for name in ("x", "y")
    }
    return commit(places.port, ports)


def told(answer):
    return [(r["direction"], r["path"], r["type"], r["id"], r["exists"]) for r in answer]


def test_both_directions_of_one_entity(door, cloud):
    answer = door.ask(f"{BASE}/nova.server/s/relations")
    assert answer.json["revision"] == cloud == int(answer.headers["Synchronizer-Revision"])
    assert told(answer.json["relations"]) == [
        ("out", "host", "nova.service", None, None),
        ("out", "tenant_id", "keystone.project", "p", True),
        ("in", "device_id", "neutron.port", "x", True),
        ("in", "device_id", "neutron.port", "y", True),
    ]
    assert answer.json["next"] is None
    assert answer.json["relations"][1] == {
        "direction": "out",
        "path": "tenant_id",
        "value": "p",
        "type": "keystone.project",
        "id": "p",
        "cloud": "demo",
        "region": None,
        "exists": True,
        "revision": 1,
        "stale": False,
        "body": None,
    }


def test_one_direction_some_types_and_their_fields(door, cloud):
    def ask(query):
        return told(door.json(f"{BASE}/keystone.project/p/relations?{query}")["relations"])

    assert ask("direction=out") == []
    assert [each[3] for each in ask("direction=in")] == ["n", "x", "y", "s"]
    assert [each[3] for each in ask("type=nova.server,neutron.network")] == ["n", "s"]
    path = f"{BASE}/neutron.network/n/relations?type=neutron.port&fields=status"
    assert [each["body"] for each in door.json(path)["relations"]] == [{"status": "ACTIVE"}] * 2


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_the_pages_of_a_walk_are_of_one_revision(door, commit, places, cloud, limit):
    whole = door.json(f"{BASE}/nova.server/s/relations")["relations"]
    first = door.json(f"{BASE}/nova.server/s/relations?limit={limit}")
    commit(places.port, {"x": None, "z": {"id": "z", "device_id": "s"}})
    commit(places.server, {"s": None})
    pages = [first, *door.walk(first["next"])]
    assert [each for page in pages for each in page["relations"]] == whole
    assert {page["revision"] for page in pages} == {cloud}
    assert all(len(page["relations"]) <= limit for page in pages)


def test_as_they_were_at_a_revision(door, commit, places, cloud):
    commit(places.port, {"x": {"id": "x", "device_id": "other"}, "y": None})
    commit(places.project, {"p": None})
    now = door.json(f"{BASE}/nova.server/s/relations")["relations"]
    assert told(now)[1:] == [("out", "tenant_id", "keystone.project", "p", False)]
    assert now[1]["revision"] == cloud + 2
    then = door.json(f"{BASE}/nova.server/s/relations?at={cloud}")
    assert [each[3] for each in told(then["relations"])] == [None, "p", "x", "y"]
    assert then["revision"] == cloud
    earlier = door.json(f"{BASE}/nova.server/s/relations?at=3")["relations"]
    assert [each[3] for each in told(earlier)] == [None, "p"]


def test_the_region_of_the_entity_is_that_of_its_relations(door, store, commit, places, cloud):
    other = Collection("demo", "RegionTwo", "neutron.port")
    store.declare(other, stale_after=600, relations={"device_id": "nova.server"})
    servers = Collection("demo", "RegionTwo", "nova.server")
    store.declare(servers, stale_after=600)
    commit(servers, {"s": {"id": "s"}})
    commit(other, {"far": {"id": "far", "device_id": "s"}})
    door.refused(f"{BASE}/nova.server/s/relations", 409, "synchronizer.request.ambiguous")
    far = door.json(f"{BASE}/nova.server/s/relations?region=RegionTwo")["relations"]
    assert told(far) == [("in", "device_id", "neutron.port", "far", True)]
    near = door.json(f"{BASE}/nova.server/s/relations?region=RegionOne")["relations"]
    assert "far" not in [each["id"] for each in near]


def test_what_cannot_be_answered_is_refused(door, commit, places, cloud):
    path = f"{BASE}/nova.server/s/relations"
    door.refused(f"{BASE}/nova.server/none/relations", 404, "synchronizer.entity.unknown")
    door.refused(f"{BASE}/no.pe/s/relations", 404, "synchronizer.type.unknown")
    error = door.refused(f"{path}?type=no.pe", 404, "synchronizer.type.unknown")
    assert "no.pe" in error["detail"]
    assert "nova.service" in error["detail"]
    door.refused(f"{path}?direction=up", 400, "synchronizer.request.invalid")
    door.refused(f"{path}?marker=nonsense", 400, "synchronizer.request.invalid")
    door.refused(f"{path}?at=99", 416, "synchronizer.revision.ahead")
    commit(places.server, {"s": {"id": "s", "name": "new"}})
    door.store.compact(0)
    door.refused(f"{path}?at=3", 410, "synchronizer.revision.compacted")


def test_a_walk_does_not_go_on_in_another_log(door, serve, put_in, tmp_path, places, cloud):
    following = door.json(f"{BASE}/nova.server/s/relations?limit=1")["next"]
    other = open_store(f"sqlite:///{tmp_path}/other.sqlite")
    other.declare(places.server, stale_after=600)
    put_in(other, places.server, {"s": {"id": "s"}})
    with serve(store=other) as replaced:
        replaced.refused(following, 410, "synchronizer.revision.compacted")
    other.close()


@pytest.mark.parametrize("id", ["x/relations", "a/b"])
def test_ids_may_hold_anything(door, commit, places, quoted, cloud, id):
    commit(places.project, {id: {"id": id}})
    commit(places.port, {"odd": {"id": "odd", "project_id": id}})
    answer = door.json(f"{BASE}/keystone.project/{quoted(id)}/relations")
    assert [each["id"] for each in answer["relations"]] == ["odd"]
    assert door.json(f"{BASE}/keystone.project/{quoted(id)}")["id"] == id


def test_a_declaration_that_changes_is_followed_at_once(door, store, places, cloud):
    store.declare(places.port, stale_after=600, relations={"network_id": "neutron.network"})
    answer = door.json(f"{BASE}/nova.server/s/relations?direction=in")
    assert answer["relations"] == []


def test_its_requests_are_counted_by_its_route(door, cloud):
    door.json(f"{BASE}/nova.server/s/relations")
    text = door.ask("/metrics").body.decode()
    route = 'route="/v1/entities/{type}/{id:path}/relations"'
    assert f'synchronizer_http_requests_total{{method="GET",{route},status="200"}} 1.0' in text


def test_the_library_walks_through_all_pages(door, commit, places, cloud):
    ids = [f"{number:05d}" for number in range(10_001)]
    for start in range(0, len(ids), 1000):
        commit(places.server, {each: {"tenant_id": "p"} for each in ids[start : start + 1000]})
    transport = HttpTransport(f"http://127.0.0.1:{door.port}")
    found = transport.relations("keystone.project", "p", types=["nova.server"])
    assert [each.id for each in found.relations] == ["s", *ids]
    assert found.revision == door.store.head().revision
