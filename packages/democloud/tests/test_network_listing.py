"""Neutron's listings: filters, fields, sorting, paging, and who sees what."""

import pytest

from openstack_democloud.network.collections import COLLECTIONS, Marker

V = "/network/v2.0"
PATHS = {one: V + collection.path for one, collection in COLLECTIONS.items()}
PAGED = [one for one, c in COLLECTIONS.items() if c.marker is not Marker.IGNORED]


@pytest.fixture
def neutron(raw):
    def listing(path, **options):
        reply = raw.get(f"{V}{path}", **options)
        assert reply.status == 200, reply.body
        return reply.json()

    return listing


def refused(raw, path):
    reply = raw.get(V + path)
    return reply.status, reply.json()["NeutronError"]["message"]


@pytest.mark.parametrize("one", COLLECTIONS)
def test_a_collection_comes_whole_and_is_the_truth(neutron, quiet, one):
    collection = COLLECTIONS[one]
    rows = neutron(collection.path)[collection.key]
    state = quiet.state(collection.type)
    assert rows
    for body in (*rows, *state.values()):
        body.pop("heartbeat_timestamp", None)
    assert {row["id"]: row for row in rows} == state


@pytest.mark.parametrize("one", PAGED)
def test_a_walk_by_marker_finds_every_entity_once(neutron, quiet, one):
    collection = COLLECTIONS[one]
    seen, marker = [], ""
    while True:
        body = neutron(f"{collection.path}?limit=50{marker}")
        rows = body[collection.key]
        rel = {link["rel"] for link in body.get(f"{collection.key}_links", ())}
        assert ("next" in rel) == (len(rows) == 50)
        if not rows:
            break
        seen += [row["id"] for row in rows]
        marker = f"&marker={rows[-1]['id']}"
    assert sorted(seen) == sorted(quiet.state(collection.type))


def test_no_marker_moves_the_rbac_policies(neutron):
    first = neutron("/rbac-policies?limit=1")["rbac_policies"]
    assert neutron(f"/rbac-policies?limit=1&marker={first[0]['id']}")["rbac_policies"] == first


@pytest.mark.parametrize("one", PAGED)
def test_a_marker_that_is_gone_is_answered_in_one_of_three_ways(raw, one):
    collection = COLLECTIONS[one]
    reply = raw.get(f"{PATHS[one]}?limit=2&marker=7f0c6c8e-0000-4000-8000-000000000000")
    if collection.marker is Marker.MISSING:
        assert reply.status == 404
        assert "could not be found" in reply.json()["NeutronError"]["message"]
        return
    first = raw.get(f"{PATHS[one]}?limit=2").json()[collection.key]
    expected = [] if collection.marker is Marker.EMPTY else first
    assert reply.json()[collection.key] == expected


def test_all_three_ways_are_there():
    ways = {c.marker for c in COLLECTIONS.values()}
    assert ways == set(Marker)


def test_fields_are_projected_and_ids_are_ored(neutron):
    rows = neutron("/ports")["ports"]
    two = neutron(f"/ports?id={rows[0]['id']}&id={rows[5]['id']}&fields=id&fields=revision_number")[
        "ports"
    ]
    assert two == [
        {"id": row["id"], "revision_number": row["revision_number"]} for row in (rows[0], rows[5])
    ]


@pytest.mark.parametrize(
    ("query", "test"),
    [
        ("status=ACTIVE&status=DOWN", lambda p: p["status"] in {"ACTIVE", "DOWN"}),
        ("device_owner=network:dhcp", lambda p: p["device_owner"] == "network:dhcp"),
        ("admin_state_up=true", lambda p: p["admin_state_up"]),
        ("binding:host_id=compute-0001", lambda p: p["binding:host_id"] == "compute-0001"),
        ("not-tags=blue", lambda p: "blue" not in p["tags"]),
        (
            "fixed_ips=ip_address%3D10.0.0.1",
            lambda p: any(ip["ip_address"] == "10.0.0.1" for ip in p["fixed_ips"]),
        ),
    ],
)
def test_equality_filters(neutron, query, test):
    rows = neutron("/ports")["ports"]
    found = neutron(f"/ports?{query}")["ports"]
    assert found == [row for row in rows if test(row)]
    assert found


def test_a_servers_ports_are_found_by_device_id(neutron, quiet):
    for id_ in list(quiet.state("nova.server"))[:5]:
        ports = neutron(f"/ports?device_id={id_}")["ports"]
        assert 1 <= len(ports) <= 2
        assert {port["device_owner"] for port in ports} == {"compute:nova"}


@pytest.mark.parametrize(
    "query",
    [
        "/ports?changed_since=2026-01-01T00:00:00Z",
        "/networks?updated_at=2026-01-01T00:00:00Z",
        "/ports?colour=blue",
        "/routers?status=ACTIVE",
        "/availability_zones?id=nova",
    ],
)
def test_an_unknown_filter_is_400(raw, query):
    status, message = refused(raw, query)
    assert status == 400
    assert message.endswith("is invalid attribute for filtering")


def test_sorting(raw, neutron):
    names = [n["name"] for n in neutron("/networks?sort_key=name&sort_dir=desc")["networks"]]
    assert names == sorted(names, reverse=True)
    assert refused(raw, "/networks?sort_key=name")[0] == 400
    assert refused(raw, "/ports?sort_key=updated_at&sort_dir=asc")[0] == 400
    assert refused(raw, "/ports?sort_key=id&sort_dir=up")[0] == 400
    assert refused(raw, "/ports?limit=many")[0] == 400


def test_the_extensions_name_filter_validation(raw, neutron):
    aliases = {extension["alias"] for extension in neutron("/extensions")["extensions"]}
    assert {"filter-validation", "standard-attr-revisions"} <= aliases
    assert raw.get(f"{V}/extensions/filter-validation").status == 200
    assert raw.get(f"{V}/extensions/nothing").status == 404


def test_version_discovery(raw, session):
    assert raw.get("/network/", token="").json()["versions"][0]["id"] == "v2.0"
    endpoint = session.get_endpoint(service_type="network", version="2.0")
    assert endpoint.endswith(("/network/v2.0/", "/network/v2.0"))


def test_a_tenant_sees_its_own_rows_and_no_hosts(raw, neutron):
    token = raw.login("demo", "demo")
    project = raw.get("/v3/projects").json()["projects"]
    (demo,) = (p["id"] for p in project if p["name"] == "demo")
    ports = neutron("/ports", token=token)["ports"]
    assert {port["project_id"] for port in ports} <= {demo}
    assert not any("binding:host_id" in port for port in ports)
    networks = neutron("/networks", token=token)["networks"]
    others = [n for n in networks if n["project_id"] != demo]
    assert {n["name"] for n in others} == {"public", "storage"}
    assert neutron("/agents", token=token)["agents"] == []
    foreign = next(p for p in neutron("/ports")["ports"] if p["project_id"] != demo)
    assert raw.get(f"{V}/ports/{foreign['id']}", token=token).status == 404


def test_an_agent_beats_and_a_dead_one_does_not(neutron, quiet):
    (id_,) = quiet.mutate("flip", "neutron.agent")
    agents = {agent["id"]: agent for agent in neutron("/agents")["agents"]}
    assert not agents[id_]["alive"]
    assert id_ not in {a["id"] for a in neutron("/agents?alive=true")["agents"]}
    before = neutron("/agents")["agents"]
    quiet.fault("clock", seconds=31)
    later = {agent["id"]: agent for agent in neutron("/agents")["agents"]}
    for agent in before:
        moved = later[agent["id"]]["heartbeat_timestamp"] != agent["heartbeat_timestamp"]
        assert moved == agent["alive"]
    assert neutron("/availability_zones")["availability_zones"]


def test_the_hazards_strike_here_too(raw, quiet, neutron):
    project = neutron("/ports?device_owner=compute:nova")["ports"][0]["project_id"]
    ids = [port["id"] for port in neutron("/ports?limit=3")["ports"]]
    quiet.fault("hidden_rows", path_prefix="/network/v2.0/ports", ids=ids[:1])
    assert ids[0] not in {port["id"] for port in neutron("/ports")["ports"]}
    assert raw.get(f"{V}/ports/{ids[0]}").status == 200
    quiet.clear_faults()
    quiet.fault("hidden_project", project=project)
    assert project not in {port["project_id"] for port in neutron("/ports")["ports"]}
    quiet.clear_faults()
    (made,) = quiet.mutate("create", "neutron.address_group")
    quiet.fault("marker_deleted", path_prefix="/network")
    neutron("/address-groups?limit=5")
    assert raw.get(f"{V}/address-groups?limit=5&marker={made}").status == 200
    assert made not in quiet.state("neutron.address_group")
