"""How Neutron's entities look: one function a type, used by the seed and by the API.

Order and names of the fields are those of a real Neutron's answers. Empty values are
shared between entities, so nothing is put into a list in place: a change replaces it.
"""

from typing import Any

from openstack_democloud.clock import stamp
from openstack_democloud.table import Body

_NONE: list[Any] = []
_EMPTY: dict[str, Any] = {}


def standard(project: str, at: float, *, revision: int = 0) -> Body:
    """Return what a standard attribute gives to an entity, its owner included."""
    text = stamp(at)
    return {
        "project_id": project,
        "tenant_id": project,
        "description": "",
        "tags": _NONE,
        "revision_number": revision,
        "created_at": text,
        "updated_at": text,
    }


def network(number: int) -> Body:
    """Return a network; *number* is its segmentation id."""
    return {
        "name": "",
        "admin_state_up": True,
        "status": "ACTIVE",
        "shared": False,
        "router:external": False,
        "is_default": False,
        "mtu": 1450,
        "port_security_enabled": True,
        "qos_policy_id": None,
        "availability_zones": ["nova"],
        "availability_zone_hints": _NONE,
        "ipv4_address_scope": None,
        "ipv6_address_scope": None,
        "provider:network_type": "vxlan",
        "provider:physical_network": None,
        "provider:segmentation_id": number,
        "subnets": _NONE,
    }


def subnet(network_id: str, cidr: str) -> Body:
    """Return an IPv4 subnet."""
    net = cidr.partition("/")[0].rpartition(".")[0]
    return {
        "name": "",
        "network_id": network_id,
        "ip_version": 4,
        "cidr": cidr,
        "gateway_ip": f"{net}.1",
        "allocation_pools": [{"start": f"{net}.2", "end": f"{net}.254"}],
        "enable_dhcp": True,
        "dns_nameservers": _NONE,
        "host_routes": _NONE,
        "ipv6_ra_mode": None,
        "ipv6_address_mode": None,
        "service_types": _NONE,
        "subnetpool_id": None,
        "segment_id": None,
    }


def port(network_id: str, mac: str) -> Body:
    """Return a port that is bound nowhere."""
    return {
        "name": "",
        "network_id": network_id,
        "admin_state_up": True,
        "status": "DOWN",
        "mac_address": mac,
        "fixed_ips": _NONE,
        "device_id": "",
        "device_owner": "",
        "security_groups": _NONE,
        "allowed_address_pairs": _NONE,
        "extra_dhcp_opts": _NONE,
        "port_security_enabled": True,
        "qos_policy_id": None,
        "qos_network_policy_id": None,
        "resource_request": None,
        "binding:host_id": "",
        "binding:profile": _EMPTY,
        "binding:vif_details": _EMPTY,
        "binding:vif_type": "unbound",
        "binding:vnic_type": "normal",
    }


def router() -> Body:
    """Return a router without a gateway."""
    return {
        "name": "",
        "admin_state_up": True,
        "status": "ACTIVE",
        "external_gateway_info": None,
        "routes": _NONE,
        "distributed": False,
        "ha": False,
        "flavor_id": None,
        "availability_zones": ["nova"],
        "availability_zone_hints": _NONE,
    }


def floatingip(network_id: str, address: str) -> Body:
    """Return a floating IP that points nowhere; ``port_details`` is joined when it is shown."""
    return {
        "floating_network_id": network_id,
        "floating_ip_address": address,
        "port_id": None,
        "fixed_ip_address": None,
        "router_id": None,
        "status": "DOWN",
        "qos_policy_id": None,
        "port_forwardings": _NONE,
    }


def security_group(name: str) -> Body:
    """Return a security group; its rules are joined when it is shown."""
    return {"name": name, "stateful": True, "shared": False}


def security_group_rule(group: str) -> Body:
    """Return a rule that lets everything out."""
    return {
        "security_group_id": group,
        "direction": "egress",
        "ethertype": "IPv4",
        "protocol": None,
        "port_range_min": None,
        "port_range_max": None,
        "remote_ip_prefix": None,
        "remote_group_id": None,
        "remote_address_group_id": None,
        "normalized_cidr": None,
    }


def subnetpool() -> Body:
    """Return a subnet pool."""
    return {
        "name": "",
        "prefixes": ["10.200.0.0/16"],
        "ip_version": 4,
        "default_prefixlen": "24",
        "min_prefixlen": "8",
        "max_prefixlen": "32",
        "default_quota": None,
        "is_default": False,
        "shared": False,
        "address_scope_id": None,
    }


def trunk(port_id: str) -> Body:
    """Return a trunk without sub-ports."""
    return {
        "name": "",
        "admin_state_up": True,
        "status": "DOWN",
        "port_id": port_id,
        "sub_ports": _NONE,
    }


def policy() -> Body:
    """Return a QoS policy without rules."""
    return {"name": "", "shared": False, "is_default": False, "rules": _NONE}


def segment(network_id: str, number: int) -> Body:
    """Return a segment of a network."""
    return {
        "name": None,
        "network_id": network_id,
        "network_type": "vxlan",
        "physical_network": None,
        "segmentation_id": number,
    }


def address_group() -> Body:
    """Return an address group."""
    return {"name": "", "description": "", "addresses": _NONE}


def address_scope() -> Body:
    """Return an address scope."""
    return {"name": "", "ip_version": 4, "shared": False}


def rbac_policy(object_type: str, object_id: str, target: str) -> Body:
    """Return what shares an object with a project, or with all (``*``)."""
    return {
        "object_type": object_type,
        "object_id": object_id,
        "target_tenant": target,
        "action": "access_as_shared",
    }


def agent(kind: str, binary: str, host: str, started: float) -> Body:
    """Return an agent; heartbeat and life are worked out when it is shown."""
    began = stamp(started).replace("T", " ").rstrip("Z")
    return {
        "agent_type": kind,
        "binary": binary,
        "host": host,
        "topic": {"DHCP agent": "dhcp_agent", "L3 agent": "l3_agent"}.get(kind, "N/A"),
        "availability_zone": "nova" if kind in {"DHCP agent", "L3 agent"} else None,
        "admin_state_up": True,
        "alive": True,
        "created_at": began,
        "started_at": began,
        "heartbeat_timestamp": began,
        "description": None,
        "resources_synced": None,
        "configurations": {"log_agent_heartbeats": False, "devices": 0},
    }
