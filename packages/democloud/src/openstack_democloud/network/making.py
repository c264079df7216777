"""What a new entity of Neutron looks like, out of what a client gave for it."""

from collections.abc import Callable
from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import RefusalError
from openstack_democloud.names import mac
from openstack_democloud.network import entities, extensions
from openstack_democloud.network.collections import COLLECTIONS
from openstack_democloud.network.listing import missing
from openstack_democloud.table import Body

Given = dict[str, Any]


def held(cloud: Cloud, one: str, id: str) -> Body:
    """Return the body of an entity.

    Raises:
        RefusalError: 404, there is none.
    """
    body = cloud.table(COLLECTIONS[one].type).get(id)
    if body is None:
        raise missing(COLLECTIONS[one], id)
    return body


def _needed(given: Given, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise RefusalError(400, f"Failed to parse request. Required attribute '{name}' not given.")
    return value


def address(cloud: Cloud, network_id: str) -> list[Body]:
    """Return fixed_ips with a new address in the first subnet of a network; [] without one."""
    subnets = held(cloud, "network", network_id)["subnets"]
    if not subnets:
        return []
    number = cloud.next("address")
    cidr = (cloud.table("neutron.subnet").get(subnets[0]) or {})["cidr"]
    first, second = cidr.split(".")[:2]
    # From the top of the net, where no seeded server has its address.
    ip = f"{first}.{second}.{255 - (number >> 8 & 63)}.{number & 255}"
    return [{"subnet_id": subnets[0], "ip_address": ip}]


def _network(cloud: Cloud, _given: Given, _project: str) -> Body:
    return entities.network(cloud.next("segment") % 4000 + 1)


def _subnet(cloud: Cloud, given: Given, _project: str) -> Body:
    return entities.subnet(
        str(held(cloud, "network", _needed(given, "network_id"))["id"]), _needed(given, "cidr")
    )


def default_group(cloud: Cloud, project: str) -> str | None:
    """Return the default security group of a project."""
    return next(
        (
            str(body["id"])
            for body in cloud.table("neutron.security_group")
            if body["project_id"] == project and body["name"] == "default"
        ),
        None,
    )


def _port(cloud: Cloud, given: Given, project: str) -> Body:
    network_id = str(held(cloud, "network", _needed(given, "network_id"))["id"])
    body = entities.port(network_id, mac(0x800000 + cloud.next("mac") % 0x7FFFFF))
    body["fixed_ips"] = address(cloud, network_id)
    group = default_group(cloud, project)
    return body | {"security_groups": [group] if group else []}


def _floatingip(cloud: Cloud, given: Given, _project: str) -> Body:
    network = held(cloud, "network", _needed(given, "floating_network_id"))
    if not network["router:external"]:
        raise RefusalError(400, f"Network {network['id']} is not a valid external network.")
    return entities.floatingip(network["id"], address(cloud, network["id"])[0]["ip_address"])


def _rule(cloud: Cloud, given: Given, _project: str) -> Body:
    group = _needed(given, "security_group_id")
    _needed(given, "direction")
    return entities.security_group_rule(str(held(cloud, "security_group", group)["id"]))


def _trunk(cloud: Cloud, given: Given, _project: str) -> Body:
    port = held(cloud, "port", _needed(given, "port_id"))
    if port.get("_trunk"):
        raise RefusalError(409, f"Port {port['id']} is currently a parent port for a trunk.")
    return entities.trunk(port["id"])


def _rbac_policy(cloud: Cloud, given: Given, _project: str) -> Body:
    one = SHAREABLE.get(_needed(given, "object_type"))
    if one is None:
        raise RefusalError(400, f"'{given['object_type']}' is not a valid object type.")
    held(cloud, one, _needed(given, "object_id"))
    return entities.rbac_policy(given["object_type"], given["object_id"], "*")


#: What RBAC policies can share: their word for it, and the collection.
SHAREABLE = {
    "network": "network",
    "qos_policy": "policy",
    "security_group": "security_group",
    "subnetpool": "subnetpool",
    "address_scope": "address_scope",
    "address_group": "address_group",
}
MAKERS: dict[str, Callable[[Cloud, Given, str], Body]] = {
    "network": _network,
    "subnet": _subnet,
    "port": _port,
    "router": lambda _cloud, _given, _project: entities.router(),
    "floatingip": _floatingip,
    "security_group": lambda _cloud, given, _project: entities.security_group(
        _needed(given, "name")
    ),
    "security_group_rule": _rule,
    "subnetpool": lambda _cloud, _given, _project: entities.subnetpool(),
    "trunk": _trunk,
    "policy": lambda _cloud, _given, _project: entities.policy(),
    "segment": lambda cloud, given, _project: entities.segment(
        str(held(cloud, "network", _needed(given, "network_id"))["id"]), cloud.next("segment")
    ),
    "address_group": lambda _cloud, _given, _project: entities.address_group(),
    "address_scope": lambda _cloud, _given, _project: entities.address_scope(),
    "rbac_policy": _rbac_policy,
    **{
        one: lambda _cloud, _given, _project, one=one: extensions.body(one)  # type: ignore[misc]
        for one in extensions.BODIES
    },
}
