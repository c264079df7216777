"""What a listing shows of an entity: its own body, and what is joined to it from others.

Joins are where Neutron's entities change without a version of their own: the rules of a
security group, the port of a floating IP, the trunk of a port.
"""

from collections.abc import Callable

from openstack_democloud.clock import stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.table import Body, shown

HEARTBEAT = 30
_DETAILS = (
    "name", "network_id", "mac_address", "admin_state_up", "status", "device_id", "device_owner",
)  # fmt: skip


def _port(cloud: Cloud, body: Body) -> Body:
    row = shown(body)
    if trunk := cloud.table("neutron.trunk").get(body.get("_trunk", "")):
        ports = cloud.table("neutron.port")
        row["trunk_details"] = {
            "trunk_id": body["_trunk"],
            "sub_ports": [
                sub | {"mac_address": (ports.get(sub["port_id"]) or {}).get("mac_address")}
                for sub in trunk["sub_ports"]
            ],
        }
    return row


def _floatingip(cloud: Cloud, body: Body) -> Body:
    port = cloud.table("neutron.port").get(body["port_id"] or "")
    details = None if port is None else {name: port[name] for name in _DETAILS}
    return shown(body) | {"port_details": details}


def _security_group(cloud: Cloud, body: Body) -> Body:
    rules = cloud.table("neutron.security_group_rule")
    held = [shown(rules.get(rule) or {}) for rule in body["_rules"]]
    return shown(body) | {"security_group_rules": held}


def _agent(cloud: Cloud, body: Body) -> Body:
    """Beat every thirty seconds, each agent at its own; a dead one has stopped at some time."""
    row = shown(body)
    now = int(body["_died"] or cloud.clock.now())
    beat = now - (now + body["_number"]) % HEARTBEAT
    row["heartbeat_timestamp"] = stamp(beat).replace("T", " ").rstrip("Z")
    row["alive"] = body["_died"] is None
    return row


_ROWS: dict[str, Callable[[Cloud, Body], Body]] = {
    "neutron.port": _port,
    "neutron.floatingip": _floatingip,
    "neutron.security_group": _security_group,
    "neutron.agent": _agent,
}


def row(cloud: Cloud, type: str, body: Body) -> Body:
    """Return an entity as listing and GET show it to an admin."""
    join = _ROWS.get(type)
    return shown(body) if join is None else join(cloud, body)


def zones(cloud: Cloud) -> list[Body]:
    """Return the availability zones: there are those that a living agent is in."""
    found: dict[tuple[str, str], bool] = {}
    for body in cloud.table("neutron.agent"):
        zone = body["availability_zone"]
        if zone and body["_died"] is None:
            resource = "network" if body["agent_type"] == "DHCP agent" else "router"
            found[zone, resource] = found.get((zone, resource), False) or body["admin_state_up"]
    return [
        {"name": name, "resource": resource, "state": "available" if up else "unavailable"}
        for (name, resource), up in found.items()
    ]
