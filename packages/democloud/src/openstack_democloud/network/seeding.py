"""The network side of the seeded cloud: a network a project, and ports for the servers."""

from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.names import mac
from openstack_democloud.network import entities, extensions
from openstack_democloud.network.collections import COLLECTIONS
from openstack_democloud.network.wiring import Wiring
from openstack_democloud.servers.seeds import EPOCH
from openstack_democloud.servers.server import NO_HOST
from openstack_democloud.table import Body

_ROUTERS = 20
_FLOATING = 20
_AGENT_HOSTS = 1000


def seed(cloud: Cloud) -> None:
    """Make what the projects have, the servers' ports, and what hangs on them."""
    _seed_shared(cloud)
    for number in range(len(cloud.pools.projects)):
        _seed_project(cloud, number)
    wiring = Wiring(cloud)
    _seed_ports(cloud, wiring)
    _seed_floating(cloud)
    _seed_trunks(cloud)
    _seed_agents(cloud)
    extensions.seed(cloud)
    if cloud.size.port_count():
        cloud.servers.followers.append(wiring.follow)


def _put(cloud: Cloud, one: str, key: str, body: Body, project: str, **fields: Any) -> Body:
    """Seed an entity; *key* makes its id, the same for the same seed."""
    id_ = cloud.names.uuid(one, key)
    common: Body = {"project_id": project, "tenant_id": project}
    if COLLECTIONS[one].standard:
        common = entities.standard(project, EPOCH, revision=1)
    return cloud.table(COLLECTIONS[one].type).seed(id_, {"id": id_} | common | body | fields)


def _net(cloud: Cloud, name: str, number: int, project: str, cidr: str, **fields: Any) -> Body:
    network = _put(
        cloud, "network", name, entities.network(number) | {"name": name}, project, **fields
    )
    subnet = _put(cloud, "subnet", name, entities.subnet(network["id"], cidr), project)
    octet = cidr.partition(".")[0]
    pools = [{"start": f"{octet}.0.0.2", "end": f"{octet}.255.255.254"}]
    subnet |= {"name": f"{name}-v4", "allocation_pools": pools}
    network["subnets"] = [subnet["id"]]
    _put(cloud, "segment", name, entities.segment(network["id"], number), project)
    return network


def _seed_shared(cloud: Cloud) -> None:
    """Make what belongs to the admin and is there for all."""
    admin = cloud.pools.projects[0]
    _net(cloud, "public", 4001, admin, "198.18.0.0/15", **{"router:external": True})
    storage = _net(cloud, "storage", 4002, admin, "172.16.0.0/12", shared=True)
    _put(
        cloud,
        "rbac_policy",
        "storage",
        entities.rbac_policy("network", storage["id"], "*"),
        admin,
    )
    scope = _put(cloud, "address_scope", "all", entities.address_scope(), admin, name="all")
    pool = entities.subnetpool() | {"name": "pool", "address_scope_id": scope["id"]}
    _put(cloud, "subnetpool", "pool", pool, admin, shared=True)
    _put(
        cloud,
        "address_group",
        "offices",
        entities.address_group() | {"name": "offices", "addresses": ["192.0.2.0/24"]},
        admin,
    )
    policy = _put(cloud, "policy", "gold", entities.policy(), admin, name="gold", shared=True)
    rule = {
        "id": cloud.names.uuid("qos-rule", "gold"),
        "qos_policy_id": policy["id"],
        "type": "bandwidth_limit",
        "max_kbps": 100_000,
        "max_burst_kbps": 0,
        "direction": "egress",
    }
    policy["rules"] = [rule]


def _seed_project(cloud: Cloud, number: int) -> None:
    project = cloud.pools.projects[number]
    network = _net(cloud, f"net-{number}", number % 4000 + 1, project, "10.0.0.0/8")
    group = _put(
        cloud, "security_group", f"default-{number}", entities.security_group("default"), project
    )
    group["_rules"] = []
    for direction in ("egress", "ingress"):
        for ethertype in ("IPv4", "IPv6"):
            rule = entities.security_group_rule(group["id"])
            rule |= {"direction": direction, "ethertype": ethertype}
            rule["remote_group_id"] = group["id"] if direction == "ingress" else None
            name = f"{number}-{direction}-{ethertype}"
            body = _put(cloud, "security_group_rule", name, rule, project)
            group["_rules"].append(body["id"])
    subnet = network["subnets"][0]
    dhcp = {
        "device_id": f"dhcp{cloud.names.uuid('dhcp', 0)}-{network['id']}",
        "device_owner": "network:dhcp",
        "status": "ACTIVE",
        "fixed_ips": [{"subnet_id": subnet, "ip_address": "10.0.0.2"}],
        "port_security_enabled": False,
    }
    body = entities.port(network["id"], mac(0xF00000 + number)) | dhcp
    _put(cloud, "port", f"dhcp-{number}", body, project)
    if number < _ROUTERS:
        _seed_router(cloud, number, project, network)


def _seed_router(cloud: Cloud, number: int, project: str, network: Body) -> None:
    router = _put(cloud, "router", str(number), entities.router(), project, name=f"r-{number}")
    public = cloud.table("neutron.network").get(cloud.names.uuid("network", "public")) or {}
    outside = [{"subnet_id": public["subnets"][0], "ip_address": f"198.18.1.{number + 1}"}]
    inside = [{"subnet_id": network["subnets"][0], "ip_address": "10.0.0.1"}]
    for owner, net, ips, whose in (
        ("network:router_gateway", public["id"], outside, ""),
        ("network:router_interface", network["id"], inside, project),
    ):
        body = entities.port(net, mac(0xE00000 + number * 2 + (net == public["id"])))
        body |= {"device_id": router["id"], "device_owner": owner, "fixed_ips": ips}
        _put(cloud, "port", f"{owner}-{number}", body | {"status": "ACTIVE"}, whose)
    router["external_gateway_info"] = {
        "network_id": public["id"],
        "enable_snat": True,
        "external_fixed_ips": outside,
    }


def _seed_ports(cloud: Cloud, wiring: Wiring) -> None:
    """Give the servers their ports: everyone a first, then everyone a second, and so on."""
    servers, pools = cloud.servers, cloud.pools
    count = servers.seeds.count
    storage = cloud.table("neutron.network").get(cloud.names.uuid("network", "storage")) or {}
    networks = {body["name"]: body for body in cloud.table("neutron.network")}
    groups = {body["project_id"]: [body["id"]] for body in cloud.table("neutron.security_group")}
    hosts = [{"binding:host_id": host.name} for host in pools.hosts]
    bound: Body = {
        "device_owner": "compute:nova",
        "status": "ACTIVE",
        "binding:vif_type": "ovs",
        "binding:vif_details": {"port_filter": True},
    }
    for number in range(cloud.size.port_count() if count else 0):
        seq, which = number % count, number // count
        server = servers.look(seq)
        name, ip, mac_address = servers.seeds.address(seq, server.project)
        network = networks[name]
        if which:
            network, mac_address = storage, mac(0xA00000 + number & 0xFFFFFF)
            ip = f"172.{16 + (number >> 16 & 15)}.{number >> 8 & 255}.{number & 255}"
        project = pools.projects[server.project]
        body = entities.port(network["id"], mac_address) | bound
        body |= {
            "device_id": server.id,
            "fixed_ips": [{"subnet_id": network["subnets"][0], "ip_address": ip}],
            "security_groups": groups[project],
        }
        if server.host != NO_HOST:
            body |= hosts[server.host]
        port = _put(cloud, "port", str(number), body, project)
        wiring.ports_of.setdefault(server.id, []).append(port["id"])


def _server_ports(cloud: Cloud, start: int, count: int) -> list[Body]:
    """Return some ports of servers, from the *start*-th on, each of another server."""
    table = cloud.table("neutron.port")
    most = min(cloud.size.port_count(), cloud.servers.seeds.count)
    names = (cloud.names.uuid("port", str(number)) for number in range(start, start + count))
    return [body for name in list(names)[: max(0, most - start)] if (body := table.get(name))]


def _seed_floating(cloud: Cloud) -> None:
    public = cloud.names.uuid("network", "public")
    routed = {
        port["network_id"]: port["device_id"]
        for port in cloud.table("neutron.port")
        if port["device_owner"] == "network:router_interface"
    }
    for number, port in enumerate(_server_ports(cloud, 0, _FLOATING)):
        body = entities.floatingip(public, f"198.18.2.{number + 1}")
        if router := routed.get(port["network_id"]):
            body |= {
                "port_id": port["id"],
                "fixed_ip_address": port["fixed_ips"][0]["ip_address"],
                "router_id": router,
                "status": "ACTIVE",
            }
        _put(cloud, "floatingip", str(number), body, port["project_id"])


def _seed_trunks(cloud: Cloud) -> None:
    """Make trunks of every third of some ports; the two behind it are its sub-ports."""
    ports = _server_ports(cloud, _FLOATING, 12)
    for number, parent in enumerate(ports[:-2:3]):
        trunk = _put(
            cloud, "trunk", str(number), entities.trunk(parent["id"]), parent["project_id"]
        )
        trunk |= {"name": f"trunk-{number}", "status": "DOWN" if number % 2 else "ACTIVE"}
        trunk["sub_ports"] = [
            {"port_id": port["id"], "segmentation_type": "vlan", "segmentation_id": 100 + place}
            for place, port in enumerate(ports[number * 3 + 1 : number * 3 + 3])
        ]
        parent["_trunk"] = trunk["id"]


def _seed_agents(cloud: Cloud) -> None:
    kinds = [("Open vSwitch agent", "neutron-openvswitch-agent")]
    hosts = [(host.name, kinds) for host in cloud.pools.hosts[:_AGENT_HOSTS]]
    central = [("DHCP agent", "neutron-dhcp-agent"), ("L3 agent", "neutron-l3-agent")]
    hosts += [(f"network-{number}", [*kinds, *central]) for number in range(2)]
    table = cloud.table("neutron.agent")
    for host, found in hosts:
        for kind, binary in found:
            id_ = cloud.names.uuid("agent", f"{kind}/{host}")
            body = {"id": id_} | entities.agent(kind, binary, host, EPOCH)
            table.seed(id_, body | {"_number": len(table), "_died": None})
