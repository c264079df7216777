"""Every kind of fault, seen by a client that hides nothing."""

import http.client
import json
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from openstack_democloud.faults.script import KINDS
from openstack_democloud.running import DemoCloud

from .conftest import PAGE, Raw, ids

SERVERS = "/servers/detail?all_tenants=1"
PREFIX = "/v2.1/servers/detail"


@pytest.fixture
def strike(quiet):
    def set_fault(kind, path_prefix=PREFIX, **options):
        return quiet.fault(kind, path_prefix=path_prefix, **options)

    return set_fault


def test_every_kind_has_a_test_here_and_a_docstring():
    tested = {name.removeprefix("test_fault_") for name in globals()}
    assert set(KINDS) <= tested
    assert all(function.__doc__ for function in KINDS.values())


@pytest.mark.parametrize("status", [500, 502, 503, 403, 401, 404])
def test_fault_status(raw, strike, status):
    strike("status", status=status, times=1)
    reply = raw.nova(SERVERS)
    assert reply.status == status
    assert reply.json()
    assert raw.nova(SERVERS).status == 200
    strike("status", status=status, body="html")
    assert raw.nova(SERVERS).headers["Content-Type"] == "text/html"


def test_fault_truncate(raw, strike):
    strike("truncate", fraction=0.5)
    with pytest.raises(http.client.IncompleteRead) as caught:
        raw.nova(SERVERS)
    assert caught.value.partial.startswith(b'{"servers":')
    assert caught.value.expected > 0


def test_fault_garbage(raw, strike):
    strike("garbage")
    with pytest.raises(json.JSONDecodeError):
        raw.nova(SERVERS).json()


def test_fault_html(raw, strike):
    strike("html")
    reply = raw.nova(SERVERS)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html")


def test_fault_invalid_utf8(raw, strike):
    strike("invalid_utf8")
    with pytest.raises(UnicodeDecodeError):
        raw.nova(SERVERS).body.decode()


def test_fault_wrong_types(raw, strike, quiet):
    for what, type_ in (("id", int), ("item", str), ("collection", dict)):
        quiet.clear_faults()
        strike("wrong_types", what=what)
        servers = raw.nova(SERVERS).json()["servers"]
        found = servers if what == "collection" else servers[0]
        assert isinstance(found["id"] if what == "id" else found, type_)


def test_fault_missing_id(raw, strike):
    strike("missing_id")
    assert "id" not in raw.nova(SERVERS).json()["servers"][0]


def test_fault_duplicate_id(raw, strike):
    strike("duplicate_id")
    rows = raw.nova(SERVERS).json()["servers"]
    assert rows[0]["id"] == rows[-1]["id"]
    assert rows[0]["name"] != rows[-1]["name"]


def test_fault_huge_item(raw, strike):
    strike("huge_item", megabytes=3)
    assert len(raw.nova(SERVERS).body) > 3_000_000


def test_fault_empty(raw, strike):
    strike("empty")
    assert raw.nova(SERVERS).json() == {"servers": []}
    strike("empty", "/v3/users")
    body = raw.get("/v3/users?limit=2").json()
    assert (body["users"], body["links"]["next"]) == ([], None)


def test_fault_short(raw, strike):
    strike("short", page=2)
    first, second, *_ = raw.walk("&sort_dir=asc")
    assert (len(first), len(second)) == (PAGE, PAGE // 2)


def test_fault_repeat(raw, strike):
    strike("repeat")
    first = raw.nova(f"{SERVERS}&limit=5").json()["servers"]
    again = raw.nova(f"{SERVERS}&limit=5&marker={first[-1]['id']}").json()
    assert ids(again["servers"]) == ids(first)
    assert again["servers_links"]


def test_fault_retry_after(raw, strike):
    strike("retry_after", seconds=7)
    reply = raw.nova(SERVERS)
    assert (reply.status, reply.headers["Retry-After"]) == (429, "7")


def test_fault_forbidden(raw, strike):
    strike("forbidden")
    assert raw.nova(SERVERS).json()["forbidden"]["code"] == 403


def test_fault_slow(raw, strike):
    strike("slow", seconds=0.2)
    before = time.monotonic()
    assert raw.nova(SERVERS).status == 200
    assert time.monotonic() - before >= 0.2


def test_fault_hang(raw, strike, quiet):
    strike("hang")
    with pytest.raises(TimeoutError):
        raw.nova(SERVERS, timeout=0.2)
    quiet.clear_faults()
    assert raw.nova(SERVERS).status == 200


def test_fault_reset(raw, strike):
    strike("reset")
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        raw.nova(SERVERS)


def test_fault_token_expiry(raw, strike):
    strike("token_expiry", page=2)
    first = raw.nova(f"{SERVERS}&limit=5").json()["servers"]
    behind = f"{SERVERS}&limit=5&marker={first[-1]['id']}"
    assert raw.nova(behind).status == 401
    assert raw.nova(behind).status == 401
    assert raw.nova(behind, token=raw.login()).status == 200


def test_fault_marker_deleted(raw, strike, quiet):
    strike("marker_deleted")
    first = raw.nova(f"{SERVERS}&limit=5").json()["servers"]
    marker = first[-1]["id"]
    assert raw.nova(f"{SERVERS}&limit=5&marker={marker}").status == 400
    assert raw.nova(f"/servers/{marker}").status == 404
    assert quiet.log()[-1]["op"] in {"delete", "update"}
    assert marker not in quiet.state("nova.server")
    quiet.mutate("create", "keystone.group", 9)
    strike("marker_deleted", "/v3/groups")
    marker = raw.get("/v3/groups?limit=5").json()["groups"][-1]["id"]
    assert raw.get(f"/v3/groups?limit=5&marker={marker}").status == 404
    assert marker not in quiet.state("keystone.group")


def test_fault_hidden_project(raw, strike, quiet):
    project = next(iter(quiet.state("nova.server").values()))["tenant_id"]
    strike("hidden_project", None, project=project)
    rows = [row for page in raw.walk("&sort_dir=asc") for row in page]
    assert rows
    assert project not in {row["tenant_id"] for row in rows}
    assert raw.get(f"/v3/projects/{project}").status == 404
    quiet.clear_faults()
    strike("hidden_project", fields=["OS-EXT-SRV-ATTR:host"])
    assert "OS-EXT-SRV-ATTR:host" not in raw.nova(SERVERS).json()["servers"][0]


def test_fault_cell_down(raw, quiet):
    state = quiet.state("nova.server")
    host = next(iter(state.values()))["OS-EXT-SRV-ATTR:host"]
    quiet.fault("cell_down", hosts=[host])
    paged = {row["id"] for page in raw.walk("&sort_dir=asc") for row in page}
    held = {id_ for id_, body in state.items() if body["OS-EXT-SRV-ATTR:host"] == host}
    assert held
    assert paged == set(state) - held
    services = raw.nova("/os-services").json()["services"]
    assert {"binary": "nova-compute", "host": host, "status": "UNKNOWN"} in services
    assert all(
        s["host"] != host for s in raw.nova("/os-services", version="2.68").json()["services"]
    )
    assert raw.nova("/os-hypervisors/detail").status == 500
    assert raw.nova("/os-server-groups").status == 500
    one = next(iter(held))
    assert raw.nova(f"/servers/{one}").json()["server"]["status"] == "UNKNOWN"
    assert raw.nova(f"/servers/{one}", version="2.68").status == 500
    assert raw.nova("/os-migrations").status == 200


def test_unknown_rows_show_only_while_the_page_has_room():
    with DemoCloud(servers=10, hypervisors=2) as cloud:
        raw = Raw(cloud)
        cloud.fault("cell_down", hosts=1)
        rows = raw.nova("/servers/detail?all_tenants=1").json()["servers"]
        unknown = [row for row in rows if row["status"] == "UNKNOWN"]
        assert len(rows) == 10
        assert unknown == rows[: len(unknown)]
        assert set(unknown[0]) == {"id", "status", "tenant_id", "created", "links"}
        old = raw.nova("/servers/detail?all_tenants=1", version="2.68").json()["servers"]
        assert len(old) == 10 - len(unknown)


def test_fault_clock(raw, quiet):
    quiet.fault("clock", seconds=-7200)
    try:
        date = parsedate_to_datetime(raw.nova("/flavors").headers["Date"])
        assert 7100 < (datetime.now(UTC) - date).total_seconds() < 7300
        (id_,) = quiet.mutate("create", "nova.server")
        created = raw.nova(f"/servers/{id_}").json()["server"]["created"]
        assert datetime.fromisoformat(created) < datetime.now(UTC).replace(microsecond=0)
    finally:
        quiet.clear_faults()
    date = parsedate_to_datetime(raw.nova("/flavors").headers["Date"])
    assert abs((datetime.now(UTC) - date).total_seconds()) < 5


def test_fault_hidden_rows(raw, strike, quiet):
    id_ = next(iter(quiet.state("nova.server")))
    strike("hidden_rows", ids=[id_])
    assert id_ not in {row["id"] for page in raw.walk("&sort_dir=asc") for row in page}
    assert raw.nova(f"/servers/{id_}").status == 200


def test_fault_unasked_pages(raw, strike):
    strike("unasked_pages", "/network/v2.0/ports", limit=4)
    for query in ("", "?limit=0", "?limit=9"):
        body = raw.get(f"/network/v2.0/ports{query}").json()
        assert len(body["ports"]) == 4
        assert [link["rel"] for link in body["ports_links"]] == ["next"]
    marker = body["ports"][-1]["id"]
    rest = raw.get(f"/network/v2.0/ports?marker={marker}").json()["ports"]
    assert not {*ids(rest)} & {*ids(body["ports"])}
    assert len(raw.get("/network/v2.0/ports?limit=2").json()["ports"]) == 2


def test_fault_list_limit(raw, strike):
    strike("list_limit", "/v3/", keep=2)
    for name in ("roles", "users?limit=9"):
        body = raw.get(f"/v3/{name}").json()
        assert len(body[name.partition("?")[0]]) == 2
        assert body["truncated"] is True
        assert "next" not in (body.get("links") or {}) or not body["links"]["next"]


def test_fault_replica(raw, strike, quiet):
    new, changed = list(quiet.state("nova.server"))[:2]
    was = raw.nova(f"/servers/{changed}").json()["server"] | {"name": "as it was"}
    strike("replica", "/v2.1/servers", rows=[was], ids=[new])
    rows = {row["id"]: row for page in raw.walk("&sort_dir=asc") for row in page}
    assert new not in rows
    assert rows[changed] == was
    assert raw.nova(f"/servers/{new}").status == 404
    assert raw.nova(f"/servers/{changed}").json() == {"server": was}
    for image in quiet.state("glance.image"):
        strike("replica", "/image/v2/images", rows=[{"id": image, "name": "as it was"}])
        assert raw.get(f"/image/v2/images/{image}").json() == {"id": image, "name": "as it was"}


def test_what_is_done_to_collections_leaves_an_image_and_its_tags_alone(raw, strike, quiet):
    """Glance shows a single image without a name around it."""
    image = next(id_ for id_, body in quiet.state("glance.image").items() if body["tags"])
    was = raw.get(f"/image/v2/images/{image}").json()
    strike("empty", "/image/v2/images")
    assert raw.get(f"/image/v2/images/{image}").json() == was
    assert raw.get("/image/v2/images").json()["images"] == []


def test_fault_added_rows(raw, strike):
    strike("added_rows", rows=[{"id": "ghost"}])
    rows = raw.nova(SERVERS).json()["servers"]
    assert rows[-1] == {"id": "ghost"}
    assert len(rows) > 1


@pytest.fixture
def told(quiet):
    """Mutate a network, and return what Neutron told of that."""
    quiet.listen()

    def mutate():
        numbers = [message["number"] for message in quiet.notifications()]
        quiet.mutate("create", "neutron.network")
        return [m["event_type"] for m in quiet.notifications(max(numbers, default=0))]

    return mutate


def test_fault_lost(strike, told):
    strike("lost", None, events="network.*.end")
    assert told() == ["network.create.start"]


def test_fault_doubled(strike, told):
    strike("doubled", None, events="network.*.end")
    assert told() == ["network.create.start", *["network.create.end"] * 2]


def test_fault_delayed(strike, told):
    strike("delayed", None, events="network.*.end", seconds=60)
    assert told() == ["network.create.start"]


def test_a_fault_counts_its_hits_and_ends_after_times(raw, quiet):
    id_ = quiet.fault("status", method="GET", path_regex="/flavors$", times=2)
    assert [raw.nova("/flavors").status for _ in range(3)] == [500, 500, 200]
    (fault,) = quiet.faults()
    assert (fault["id"], fault["hits"]) == (id_, 2)
    quiet.clear_faults(id_)
    assert quiet.faults() == []


def test_the_page_of_a_walk_is_counted_even_when_it_is_asked_again(raw, quiet):
    quiet.fault("status", status=503, path_prefix=PREFIX, page=2, times=2)
    path = f"{SERVERS}&limit=5"
    first = raw.nova(path).json()["servers"]
    behind = f"{path}&marker={first[-1]['id']}"
    assert [raw.nova(behind).status for _ in range(3)] == [503, 503, 200]


def test_a_fault_that_is_none_is_refused(quiet):
    for body in ({"fault": {"kind": "flood"}}, {"fault": {"kind": "hang"}, "match": {"pth": 1}}):
        connection = http.client.HTTPConnection("127.0.0.1", quiet.port)
        connection.request("POST", "/demo/faults", json.dumps(body))
        assert connection.getresponse().status == 400
        connection.close()
