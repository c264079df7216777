"""Neutron: networks, subnets and ports, and what they are made from."""

from typing import Any

from synchronizer.model.address import segment
from synchronizer.plugins.hints import Hint
from synchronizer.plugins.neutron_base import (
    STAMPS,
    NeutronResource,
    Versioned,
    shared,
    tagged,
    told,
)
from synchronizer.plugins.service import Answer, Query, Service


class Network(Versioned):
    """A network. In which availability zones its agents live just now is not state."""

    name, path, key = "network", "/networks", "networks"
    unsettled = {"status": ("BUILD", "DOWN", "ERROR")}
    volatile = (*STAMPS, "availability_zones")
    relations = {
        "project_id": "keystone.project",
        "subnets.*": "neutron.subnet",
        "qos_policy_id": "neutron.qos_policy",
        "ipv4_address_scope": "neutron.address_scope",
        "ipv6_address_scope": "neutron.address_scope",
    }
    hints = (
        *told("network"),
        tagged("networks"),
        shared("network"),
        Hint("subnet.*.end", "subnet.network_id", "subnets.*.network_id"),
    )


class Subnet(Versioned):
    """A subnet; the order of its name servers is state."""

    name, path, key = "subnet", "/subnets", "subnets"
    ordered = ("dns_nameservers",)
    relations = {
        "network_id": "neutron.network",
        "subnetpool_id": "neutron.subnetpool",
        "segment_id": "neutron.segment",
        "project_id": "keystone.project",
    }
    hints = (*told("subnet"), tagged("subnets"))


class Port(Versioned):
    """A port. What is joined from its trunk, its network and its policy is state of those."""

    name, path, key = "port", "/ports", "ports"
    sweep = 1800.0  # the largest collection of all, and its outline covers what is state
    # Agents and OVN move the status, and no notification tells.
    unsettled = {"status": ("BUILD", "DOWN", "ERROR", "N/A")}
    volatile = (*STAMPS, "resource_request", "trunk_details", "qos_network_policy_id")
    secret = ("binding:profile",)
    witness = ("binding:host_id",)
    relations = {
        "network_id": "neutron.network",
        "device_id": ("nova.server", "neutron.router"),
        "fixed_ips.*.subnet_id": "neutron.subnet",
        "security_groups.*": "neutron.security_group",
        "binding:host_id": "nova.service#host",
        "qos_policy_id": "neutron.qos_policy",
        "project_id": "keystone.project",
    }
    hints = (
        *told("port"),
        tagged("ports"),
        Hint("router.interface.*", "router_interface.port_id"),
        # Nova's own notifications tell when a port was plugged; the unversioned ones
        # name no port, so there only the few that move ports ask for a poll.
        Hint("instance.*.end", "ip_addresses.*.port_uuid"),
        *(
            Hint(f"compute.instance.{each}.end")
            for each in ("create", "delete", "live_migration.post.dest", "shelve_offload")
        ),
    )


class PortBinding(NeutronResource):
    """The binding of a port to one host: one call for each port, so only when asked for."""

    name, path, key = "port_binding", "/ports/{parent}/bindings", "bindings"
    each = "neutron.port"
    id = ("port_id", "host")
    bulk = ""
    secret = ("profile",)
    relations = {"port_id": "neutron.port", "host": "nova.service#host"}
    hints = (Hint("binding.*.end"),)
    default = False

    def ask(self, service: Service, parent: str | None, more: Query) -> Answer:
        """Ask for the bindings; 400 says that a port of this kind has none."""
        path = self.path.replace("{parent}", segment(parent or ""))
        return service.get(path, more, allow=(400, 404))

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name the port."""
        item = super().shape(item, parent)
        item["port_id"] = parent
        return item


class Trunk(Versioned):
    """A trunk with its sub-ports; sub-ports come and go without a notification."""

    name, path, key = "trunk", "/trunks", "trunks"
    optional = True
    unsettled = {"status": ("BUILD", "DOWN", "DEGRADED", "ERROR")}
    relations = {
        "port_id": "neutron.port",
        "sub_ports.*.port_id": "neutron.port",
        "project_id": "keystone.project",
    }
    hints = (*told("trunk"), tagged("trunks"))


class SubnetPool(Versioned):
    """A pool that subnets are cut from."""

    name, path, key = "subnetpool", "/subnetpools", "subnetpools"
    relations = {"address_scope_id": "neutron.address_scope", "project_id": "keystone.project"}
    hints = (*told("subnetpool"), tagged("subnetpools"), shared("subnetpool"))


class AddressScope(NeutronResource):
    """Pools whose addresses do not overlap."""

    name, path, key = "address_scope", "/address-scopes", "address_scopes"
    optional = True
    relations = {"project_id": "keystone.project"}
    hints = (*told("address_scope"), shared("address_scope"))


class AddressGroup(Versioned):
    """A list of addresses that rules of security groups name."""

    name, path, key = "address_group", "/address-groups", "address_groups"
    optional = True
    relations = {"project_id": "keystone.project"}
    hints = (*told("address_group"), shared("address_group"))


class Segment(Versioned):
    """A layer 2 segment of a network."""

    name, path, key = "segment", "/segments", "segments"
    optional = True
    relations = {"network_id": "neutron.network"}
    hints = told("segment")


class NetworkSegmentRange(Versioned):
    """A range that segments are taken from. Which are free just now is not state."""

    name, path, key = "network_segment_range", "/network-segment-ranges", "network_segment_ranges"
    optional = True
    volatile = STAMPS
    measured = ("available", "used")
    relations = {"project_id": "keystone.project"}
    hints = (*told("network_segment_range"), tagged("network_segment_ranges"))


class IpAvailability(NeutronResource):
    """How many addresses of a network are used: it never rests, so only when asked for."""

    name, key = "ip_availability", "network_ip_availabilities"
    path = "/network-ip-availabilities"
    optional = True
    id = ("network_id",)
    bulk = "network_id"
    relations = {"network_id": "neutron.network", "project_id": "keystone.project"}
    default = False
