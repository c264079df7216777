"""What else changes when an entity of Neutron is made, changed or deleted.

None of it is told to anybody; some of it moves revisions, as Neutron does.
"""

from collections.abc import Callable
from typing import Any

from openstack_democloud.clock import stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import RefusalError
from openstack_democloud.names import mac
from openstack_democloud.network import entities
from openstack_democloud.network.collections import COLLECTIONS
from openstack_democloud.network.making import SHAREABLE, address, held
from openstack_democloud.table import Body

Link = Callable[[Cloud, Body], None]


def revise(cloud: Cloud, one: str, id: str, *, counted: bool = True, **fields: Any) -> Body:
    """Change an entity; ``updated_at`` moves, and the revision too if it is *counted*."""
    collection = COLLECTIONS[one]
    table = cloud.table(collection.type)
    if collection.standard:
        fields["updated_at"] = stamp(cloud.clock.now())
        if counted:
            fields["revision_number"] = held(cloud, one, id)["revision_number"] + 1
    return table.change(id, **fields)


def grow(cloud: Cloud, one: str, body: Body, project: str) -> Body:
    """Put a new entity there, without anything that comes with it."""
    id_ = cloud.names.uuid(one, cloud.next(one))
    collection = COLLECTIONS[one]
    whole: Body = {"id": id_} | body
    if collection.standard:
        whole = entities.standard(project, cloud.clock.now()) | whole
    whole |= {"project_id": project, "tenant_id": project}
    return cloud.table(collection.type).add(id_, {"id": id_} | whole)


def _grown_subnet(cloud: Cloud, body: Body) -> None:
    network = held(cloud, "network", body["network_id"])
    revise(cloud, "network", network["id"], subnets=[*network["subnets"], body["id"]])


def _grown_group(cloud: Cloud, body: Body) -> None:
    body["_rules"] = []
    for ethertype in ("IPv4", "IPv6"):
        rule = entities.security_group_rule(body["id"]) | {"ethertype": ethertype}
        rule = grow(cloud, "security_group_rule", rule, body["project_id"])
        body["_rules"] = [*body["_rules"], rule["id"]]


def _grown_rule(cloud: Cloud, body: Body) -> None:
    group = held(cloud, "security_group", body["security_group_id"])
    revise(cloud, "security_group", group["id"], _rules=[*group["_rules"], body["id"]])


def _grown_trunk(cloud: Cloud, body: Body) -> None:
    cloud.table("neutron.port").change(body["port_id"], _trunk=body["id"])


def _share(cloud: Cloud, policy: Body, *, shared: bool) -> None:
    """Share an object, or no more: of all types only a network's revision moves."""
    one = SHAREABLE[policy["object_type"]]
    table = cloud.table(COLLECTIONS[one].type)
    if policy["object_id"] not in table or policy["target_tenant"] != "*":
        return
    shared = shared or any(
        other is not policy and other["object_id"] == policy["object_id"]
        for other in cloud.table("neutron.rbac_policy")
    )
    if one == "network":
        revise(cloud, one, policy["object_id"], shared=shared)
    else:
        table.change(policy["object_id"], shared=shared)


def _grown_router(cloud: Cloud, body: Body) -> None:
    if body["external_gateway_info"]:
        set_gateway(cloud, body, body["external_gateway_info"])


def set_gateway(cloud: Cloud, router: Body, given: Body | None) -> None:
    """Give a router the gateway that a client asked for, or take it away."""
    ports = cloud.table("neutron.port")
    for port in list(ports):
        if port["device_id"] == router["id"] and port["device_owner"] == "network:router_gateway":
            ports.remove(port["id"])
    info: Body | None = None
    if given:
        network_id = given["network_id"]
        if not held(cloud, "network", network_id)["router:external"]:
            raise RefusalError(400, f"Network {network_id} is not an external network.")
        port = router_port(cloud, router, network_id, "network:router_gateway", "")
        info = {
            "network_id": network_id,
            "enable_snat": given.get("enable_snat", True),
            "external_fixed_ips": port["fixed_ips"],
        }
    cloud.table("neutron.router").change(router["id"], external_gateway_info=info)


def router_port(cloud: Cloud, router: Body, network_id: str, owner: str, project: str) -> Body:
    """Make a port of a router, which nobody is told of."""
    body = entities.port(network_id, mac(0x800000 + cloud.next("mac") % 0x7FFFFF))
    body |= {"device_id": router["id"], "device_owner": owner, "status": "ACTIVE"}
    return grow(cloud, "port", body | {"fixed_ips": address(cloud, network_id)}, project)


def associate(cloud: Cloud, body: Body) -> Body:
    """Return the fields of a floating IP that follow from the port it is given."""
    if not body["port_id"]:
        return {"fixed_ip_address": None, "router_id": None}
    port = held(cloud, "port", body["port_id"])
    routers = [
        p["device_id"]
        for p in cloud.table("neutron.port")
        if p["network_id"] == port["network_id"] and p["device_owner"] == "network:router_interface"
    ]
    if not routers or not port["fixed_ips"]:
        raise RefusalError(
            404,
            f"External network {body['floating_network_id']} is not reachable from subnet."
            f" Therefore, cannot associate Port {port['id']} with a Floating IP.",
        )
    first = port["fixed_ips"][0]["ip_address"]
    return {
        "fixed_ip_address": body["fixed_ip_address"] or first,
        "router_id": routers[0],
    }


def _grown_floatingip(cloud: Cloud, body: Body) -> None:
    if body["port_id"]:
        cloud.table("neutron.floatingip").change(body["id"], **associate(cloud, body))


GROWN: dict[str, Link] = {
    "subnet": _grown_subnet,
    "security_group": _grown_group,
    "security_group_rule": _grown_rule,
    "trunk": _grown_trunk,
    "router": _grown_router,
    "floatingip": _grown_floatingip,
    "rbac_policy": lambda cloud, body: _share(cloud, body, shared=True),
}


def _lost_network(cloud: Cloud, body: Body) -> None:
    """The subnets and the DHCP ports go with it; a network that is in use stays."""
    ports = [p for p in cloud.table("neutron.port") if p["network_id"] == body["id"]]
    if any(port["device_owner"] != "network:dhcp" for port in ports):
        raise RefusalError(
            409,
            f"Unable to complete operation on network {body['id']}."
            " There are one or more ports still in use on the network.",
        )
    for port in ports:
        cloud.table("neutron.port").remove(port["id"])
    for subnet in body["subnets"]:
        cloud.table("neutron.subnet").remove(subnet)
    for segment in [s for s in cloud.table("neutron.segment") if s["network_id"] == body["id"]]:
        cloud.table("neutron.segment").remove(segment["id"])


def _lost_subnet(cloud: Cloud, body: Body) -> None:
    for port in cloud.table("neutron.port"):
        if any(ip["subnet_id"] == body["id"] for ip in port["fixed_ips"]):
            raise RefusalError(
                409, f"Unable to complete operation on subnet {body['id']}: ports have addresses."
            )
    network = held(cloud, "network", body["network_id"])
    kept = [id_ for id_ in network["subnets"] if id_ != body["id"]]
    revise(cloud, "network", network["id"], subnets=kept)


def _lost_port(cloud: Cloud, body: Body) -> None:
    if body["device_owner"].startswith("network:router"):
        raise RefusalError(409, f"Port {body['id']} cannot be deleted directly via the port API.")
    if body.get("_trunk") in cloud.table("neutron.trunk"):
        raise RefusalError(409, f"Port {body['id']} is currently a parent port for a trunk.")
    for trunk in cloud.table("neutron.trunk"):
        if any(sub["port_id"] == body["id"] for sub in trunk["sub_ports"]):
            raise RefusalError(
                409, f"Port {body['id']} is currently a subport for trunk {trunk['id']}."
            )
    for floating in cloud.table("neutron.floatingip"):
        if floating["port_id"] == body["id"]:
            free: Body = {"port_id": None, "fixed_ip_address": None, "router_id": None}
            revise(cloud, "floatingip", floating["id"], **free, status="DOWN")


def _lost_router(cloud: Cloud, body: Body) -> None:
    mine = [p for p in cloud.table("neutron.port") if p["device_id"] == body["id"]]
    if any(port["device_owner"] == "network:router_interface" for port in mine):
        raise RefusalError(409, f"Router {body['id']} still has ports")
    for port in mine:
        cloud.table("neutron.port").remove(port["id"])


def _lost_group(cloud: Cloud, body: Body) -> None:
    if body["name"] == "default":
        raise RefusalError(409, "Insufficient rights for removing default security group.")
    if any(body["id"] in port["security_groups"] for port in cloud.table("neutron.port")):
        raise RefusalError(409, f"Security Group {body['id']} in use.")
    for rule in body["_rules"]:
        cloud.table("neutron.security_group_rule").remove(rule)


def _lost_rule(cloud: Cloud, body: Body) -> None:
    group = held(cloud, "security_group", body["security_group_id"])
    kept = [id_ for id_ in group["_rules"] if id_ != body["id"]]
    revise(cloud, "security_group", group["id"], _rules=kept)


def _lost_trunk(cloud: Cloud, body: Body) -> None:
    if body["port_id"] in cloud.table("neutron.port"):
        cloud.table("neutron.port").change(body["port_id"], _trunk="")


LOST: dict[str, Link] = {
    "network": _lost_network,
    "subnet": _lost_subnet,
    "port": _lost_port,
    "router": _lost_router,
    "security_group": _lost_group,
    "security_group_rule": _lost_rule,
    "trunk": _lost_trunk,
    "rbac_policy": lambda cloud, body: _share(cloud, body, shared=False),
}
