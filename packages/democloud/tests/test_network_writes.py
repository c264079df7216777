"""What moves a revision and what does not, and what a delete takes with it."""

import random

import pytest

from openstack_democloud.cloud import Size
from openstack_democloud.exchange import RefusalError
from openstack_democloud.network import agents, extensions, members
from openstack_democloud.network.collections import COLLECTIONS
from openstack_democloud.network.writes import change, create, delete
from openstack_democloud.registry import make_cloud
from synchronizer.plugins.hints import Hints
from synchronizer.plugins.neutron import Neutron


@pytest.fixture
def world():
    return make_cloud(Size(servers=30, seed=3), "http://127.0.0.1:1")


@pytest.fixture
def moved(world):
    """Do something to the cloud a second later, and tell what of an entity it moved."""

    def measure(type_, id_, do):
        def versions():
            body = world.table(type_).get(id_)
            return body["revision_number"], body["updated_at"]

        before = versions()
        world.clock.offset += 2
        do()
        after = versions()
        return after[0] - before[0], after[1] != before[1]

    return measure


def some(world, type_, **fields):
    return next(b for b in world.table(type_) if all(b[n] == v for n, v in fields.items()))


def server_port(world):
    return some(world, "neutron.port", device_owner="compute:nova")


def test_an_update_without_a_change_moves_the_time_alone(world, moved):
    port = server_port(world)
    same = {"name": port["name"]}
    assert moved("neutron.port", port["id"], lambda: change(world, "port", port["id"], same)) == (
        0,
        True,
    )


@pytest.mark.parametrize(
    "given", [{"binding:host_id": "elsewhere"}, {"fixed_ips": []}, {"security_groups": []}]
)
def test_a_change_of_a_port_moves_both(world, moved, given):
    id_ = server_port(world)["id"]
    assert moved("neutron.port", id_, lambda: change(world, "port", id_, given)) == (1, True)


def test_an_agents_status_moves_both(world, moved):
    id_ = server_port(world)["id"]
    assert moved("neutron.port", id_, lambda: agents.set_status(world, "port", id_, "DOWN")) == (
        1,
        True,
    )


def test_name_servers_and_routes_of_a_subnet_move_the_time_alone(world, moved):
    subnet = some(world, "neutron.subnet")
    dns = {"dns_nameservers": ["192.0.2.53"]}

    def update():
        return change(world, "subnet", subnet["id"], dns)

    assert moved("neutron.subnet", subnet["id"], update) == (0, True)
    assert moved("neutron.network", subnet["network_id"], update) == (0, False)
    named = {"name": "other"}
    assert moved(
        "neutron.subnet", subnet["id"], lambda: change(world, "subnet", subnet["id"], named)
    ) == (1, True)


def test_what_moves_a_network(world, moved):
    network = some(world, "neutron.network", name="net-0")
    id_, project = network["id"], network["project_id"]

    def make(one, **given):
        return lambda: create(world, one, given, project)

    subnet = make("subnet", network_id=id_, cidr="192.168.7.0/24")
    assert moved("neutron.network", id_, subnet) == (1, True)
    assert moved("neutron.network", id_, make("port", network_id=id_)) == (0, False)
    policy = make("rbac_policy", object_type="network", object_id=id_, target_tenant="*")
    assert moved("neutron.network", id_, policy) == (1, True)
    assert network["shared"]


def test_sharing_anything_else_moves_nothing(world, moved):
    group = some(world, "neutron.security_group")
    given = {"object_type": "security_group", "object_id": group["id"], "target_tenant": "*"}
    assert moved(
        "neutron.security_group",
        group["id"],
        lambda: create(world, "rbac_policy", given, group["project_id"]),
    ) == (0, False)
    assert group["shared"]


def test_a_rule_moves_its_group_but_no_port(world, moved):
    port = server_port(world)
    group = port["security_groups"][0]
    rule = {"security_group_id": group, "direction": "ingress"}

    def add():
        return create(world, "security_group_rule", rule, port["project_id"])

    assert moved("neutron.security_group", group, add) == (1, True)
    assert moved("neutron.port", port["id"], add) == (0, False)


@pytest.mark.parametrize(("status", "expected"), [("DOWN", (0, False)), ("ACTIVE", (1, True))])
def test_a_sub_port_moves_a_trunk_only_when_its_status_does(world, moved, status, expected):
    trunk = some(world, "neutron.trunk", status=status)
    assert (
        moved("neutron.trunk", trunk["id"], lambda: members.set_subports(world, trunk, []))
        == expected
    )


def test_an_interface_moves_its_router(world, moved):
    router = some(world, "neutron.router")
    subnet = some(world, "neutron.subnet", name="storage-v4")
    assert moved(
        "neutron.router", router["id"], lambda: members.connect(world, router, subnet)
    ) == (1, True)
    with pytest.raises(RefusalError, match="already has a port"):
        members.connect(world, router, subnet)
    with pytest.raises(RefusalError, match="still has ports"):
        delete(world, "router", router["id"])


def test_a_floating_ip_follows_its_port_without_a_revision(world, moved):
    floating = next(f for f in world.table("neutron.floatingip") if f["port_id"])
    port = floating["port_id"]
    assert moved(
        "neutron.floatingip",
        floating["id"],
        lambda: change(world, "port", port, {"name": "renamed"}),
    ) == (0, False)
    body = dict(world.services.of_type("neutron.floatingip").truth["neutron.floatingip"](world, 0))
    assert body[floating["id"]]["port_details"]["name"] == "renamed"
    assert moved("neutron.floatingip", floating["id"], lambda: delete(world, "port", port)) == (
        1,
        True,
    )
    assert floating["port_id"] is None


def test_what_is_in_use_stays(world):
    network = some(world, "neutron.network", name="net-0")
    for one, id_ in (
        ("network", network["id"]),
        ("subnet", network["subnets"][0]),
        ("security_group", some(world, "neutron.security_group")["id"]),
        ("port", some(world, "neutron.trunk")["port_id"]),
        ("port", some(world, "neutron.port", device_owner="network:router_gateway")["id"]),
    ):
        with pytest.raises(RefusalError) as caught:
            delete(world, one, id_)
        assert caught.value.status == 409


def test_a_sub_port_outlives_its_server(world):
    trunk = some(world, "neutron.trunk")
    id_ = trunk["sub_ports"][0]["port_id"]
    port = world.table("neutron.port").get(id_)
    with pytest.raises(RefusalError, match="subport for trunk"):
        delete(world, "port", id_)
    world.servers.delete(world.servers.find(port["device_id"]))
    assert id_ in world.table("neutron.port")
    assert (port["device_id"], port["device_owner"]) == ("", "")


def test_the_subnets_go_with_their_network(world):
    network = create(world, "network", {"name": "n"}, "p")
    subnet = create(world, "subnet", {"network_id": network["id"], "cidr": "10.9.0.0/24"}, "p")
    delete(world, "network", network["id"])
    assert subnet["id"] not in world.table("neutron.subnet")


def test_ports_follow_their_servers(world):
    ports, fleet = world.table("neutron.port"), world.servers
    server = fleet.create()
    (port,) = [p for p in ports if p["device_id"] == server.id]
    assert port["fixed_ips"][0]["ip_address"] in str(server.addresses)
    fleet.touch(server.seq, host=1)
    assert port["binding:host_id"] == world.pools.hosts[1].name
    fleet.delete(server.seq)
    assert port["id"] not in ports


def test_the_number_of_ports_can_be_chosen():
    for wanted in (0, 7, 100):
        world = make_cloud(Size(servers=30, ports=wanted), "http://127.0.0.1:1")
        ports = [p for p in world.table("neutron.port") if p["device_owner"] == "compute:nova"]
        assert len(ports) == wanted


def test_same_seed_same_ports():
    one, two = (make_cloud(Size(servers=20, seed=5), "http://127.0.0.1:1") for _ in range(2))
    assert list(one.table("neutron.port").items()) == list(two.table("neutron.port").items())
    for op in ("create", "update", "delete"):
        done = [
            one.services.mutations[op, "neutron.port"](world, random.Random(1))
            for world in (one, two)
        ]
        assert done[0] == done[1] is not None


def test_writes_over_http(raw):
    base = "/network/v2.0"
    made = raw.ask("POST", f"{base}/networks", {"network": {"name": "n"}})
    assert made.status == 201
    network = made.json()["network"]["id"]
    ports = {"ports": [{"network_id": network}, {"network_id": network}]}
    bulk = raw.ask("POST", f"{base}/ports", ports)
    assert len(bulk.json()["ports"]) == 2
    one = bulk.json()["ports"][0]["id"]
    path = f"{base}/ports/{one}"
    assert raw.ask("PUT", path, {"port": {"name": "p"}}).json()["port"]["name"] == "p"
    assert raw.ask("PUT", path, {"port": {"colour": "blue"}}).status == 400
    assert raw.ask("PUT", path, {"port": {"_trunk": "x"}}).status == 400
    assert raw.ask("DELETE", f"{base}/networks/{network}").status == 409
    assert raw.ask("DELETE", path).status == 204
    assert raw.ask("DELETE", path).status == 404
    tags = f"{base}/networks/{network}/tags"
    assert raw.ask("PUT", tags, {"tags": ["a", "b"]}).json()["tags"] == ["a", "b"]
    assert raw.ask("PUT", f"{tags}/c").status == 204
    assert raw.ask("DELETE", f"{tags}/a").status == 204
    shown = raw.get(f"{base}/networks/{network}").json()["network"]
    assert shown["tags"] == ["b", "c"]
    assert shown["revision_number"] == 3
    assert raw.get(f"{base}/networks?tags=b,c").json()["networks"] == [shown]


@pytest.mark.parametrize("one", sorted(extensions.BODIES))
def test_what_extensions_hold_is_made_changed_deleted_and_known_by_the_plugin(world, one):
    """The plugin lists it where the cloud has it, and takes its id from each notification."""
    type_ = COLLECTIONS[one].type
    (resource,) = (each for each in Neutron.declared() if each.type == type_)
    assert (resource.path, resource.key) == (COLLECTIONS[one].path, COLLECTIONS[one].key)
    assert len(world.table(type_))
    said = []
    world.notices.outlets.append(said.append)
    made = create(world, one, {"name": "own"}, world.pools.projects[0])
    assert world.table(type_).get(made["id"])["name"] == "own"
    assert change(world, one, made["id"], {"description": "new"})["description"] == "new"
    delete(world, one, made["id"])
    assert made["id"] not in world.table(type_)
    hints = Hints([resource])
    named = [found.ids for each in said for found in hints.of(each.event_type, each.payload)]
    assert named == [(made["id"],)] * 3
