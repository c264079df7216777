"""Firewalls (FWaaS v2) and service function chaining: how their entities look, and some of them."""

from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.network.collections import COLLECTIONS
from openstack_democloud.network.entities import standard
from openstack_democloud.servers.seeds import EPOCH
from openstack_democloud.table import Body

_NAMED: Body = {"name": "", "description": ""}
BODIES: dict[str, Body] = {
    "firewall_group": {
        "admin_state_up": True,
        "status": "INACTIVE",
        "shared": False,
        "ports": [],
        "ingress_firewall_policy_id": None,
        "egress_firewall_policy_id": None,
    },
    "firewall_policy": {"shared": False, "audited": False, "firewall_rules": []},
    "firewall_rule": {
        "shared": False,
        # A listing names no policy, whichever use it.
        "firewall_policy_id": None,
        "protocol": "tcp",
        "ip_version": 4,
        "source_ip_address": None,
        "source_port": None,
        "destination_ip_address": None,
        "destination_port": "80",
        "action": "allow",
        "enabled": True,
    },
    "port_pair": {
        "ingress": None,
        "egress": None,
        "service_function_parameters": {"correlation": None, "weight": 1},
    },
    "port_pair_group": {
        "group_id": 1,
        "port_pairs": [],
        "port_pair_group_parameters": {"lb_fields": [], "ppg_n_tuple_mapping": {}},
    },
    "port_chain": {
        "chain_id": 1,
        "port_pair_groups": [],
        "flow_classifiers": [],
        "chain_parameters": {"correlation": "mpls", "symmetric": False},
    },
    "flow_classifier": {
        "ethertype": "IPv4",
        "protocol": "tcp",
        "source_port_range_min": None,
        "source_port_range_max": None,
        "destination_port_range_min": 80,
        "destination_port_range_max": 80,
        "source_ip_prefix": None,
        "destination_ip_prefix": None,
        "logical_source_port": None,
        "logical_destination_port": None,
        "l7_parameters": {},
    },
}
"""What a new entity has when a client gives nothing for it."""


def body(one: str) -> Body:
    """Return a new entity of an extension."""
    return _NAMED | BODIES[one]


def _seed(cloud: Cloud, one: str, key: str, **fields: Any) -> str:
    id_, project = cloud.names.uuid(one, key), cloud.pools.projects[0]
    common: Body = {"project_id": project, "tenant_id": project}
    if COLLECTIONS[one].standard:
        common = standard(project, EPOCH, revision=1)
    whole = {"id": id_} | common | body(one) | {"name": f"{one}-{key}"} | fields
    cloud.table(COLLECTIONS[one].type).seed(id_, whole)
    return id_


def seed(cloud: Cloud) -> None:
    """Make a firewall with two rules, and a chain of two groups."""
    ports = [port["id"] for port in cloud.table("neutron.port")][:4]
    rules = [_seed(cloud, "firewall_rule", key, destination_port=key) for key in ("443", "80")]
    policy = _seed(cloud, "firewall_policy", "web", firewall_rules=rules)
    _seed(cloud, "firewall_group", "web", ingress_firewall_policy_id=policy, ports=ports[:1])
    groups = []
    for number, port in enumerate(ports[1:3]):
        pair = _seed(cloud, "port_pair", str(number), ingress=port, egress=port)
        groups.append(
            _seed(cloud, "port_pair_group", str(number), group_id=number + 1, port_pairs=[pair])
        )
    flow = _seed(cloud, "flow_classifier", "web", logical_source_port=(ports or [None])[-1])
    _seed(cloud, "port_chain", "web", port_pair_groups=groups, flow_classifiers=[flow])
