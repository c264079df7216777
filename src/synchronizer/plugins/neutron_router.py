"""Neutron: routers, floating IPs, and what leads through them."""

from typing import Any

from synchronizer.plugins.hints import Hint
from synchronizer.plugins.neutron_base import STAMPS, NeutronResource, Versioned, tagged, told


class Router(Versioned):
    """A router. In which availability zones its agents live just now is not state."""

    name, path, key = "router", "/routers", "routers"
    optional = True
    volatile = (*STAMPS, "availability_zones")
    relations = {
        "external_gateway_info.network_id": "neutron.network",
        "external_gateway_info.qos_policy_id": "neutron.qos_policy",
        "external_gateway_info.external_fixed_ips.*.subnet_id": "neutron.subnet",
        "flavor_id": "neutron.flavor",
        "project_id": "keystone.project",
    }
    hints = (
        *told("router"),
        tagged("routers"),
        Hint("router.interface.*", "router_interface.id"),
    )


class FloatingIp(Versioned):
    """A floating IP. The details of its port are the port's own state."""

    name, path, key = "floatingip", "/floatingips", "floatingips"
    optional = True
    # The agent makes it ACTIVE after it was associated.
    unsettled = {"status": ("DOWN", "ERROR")}
    volatile = (*STAMPS, "port_details")
    relations = {
        "floating_network_id": "neutron.network",
        "port_id": "neutron.port",
        "router_id": "neutron.router",
        "qos_policy_id": "neutron.qos_policy",
        "project_id": "keystone.project",
    }
    hints = (*told("floatingip"), tagged("floatingips"))


class PortForwarding(NeutronResource):
    """A forwarded port of a floating IP: one call for each floating IP."""

    name, key = "port_forwarding", "port_forwardings"
    path = "/floatingips/{parent}/port_forwardings"
    optional = True
    each = "neutron.floatingip"
    id = ("floatingip_id", "id")
    bulk = ""
    single = "/floatingips/{id[0]}/port_forwardings/{id[1]}"
    single_key = "port_forwarding"
    volatile = STAMPS
    relations = {"floatingip_id": "neutron.floatingip", "internal_port_id": "neutron.port"}
    # Its notifications do not say of which floating IP it is.
    hints = (Hint("port_forwarding.*.end"),)
    sweep = 1800.0

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name the floating IP."""
        item = super().shape(item, parent)
        item["floatingip_id"] = parent
        return item


class ConntrackHelper(NeutronResource):
    """A connection tracking helper of a router: one call for each, so only when asked for."""

    name, path, key = "conntrack_helper", "/routers/{parent}/conntrack_helpers", "conntrack_helpers"
    optional = True
    each = "neutron.router"
    id = ("router_id", "id")
    bulk = ""
    single = "/routers/{id[0]}/conntrack_helpers/{id[1]}"
    single_key = "conntrack_helper"
    relations = {"router_id": "neutron.router"}
    hints = (Hint("conntrack_helper.*.end"),)
    default = False

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name the router."""
        item = super().shape(item, parent)
        item["router_id"] = parent
        return item


class NdpProxy(Versioned):
    """An IPv6 address that a router answers for."""

    name, path, key = "ndp_proxy", "/ndp-proxies", "ndp_proxies"
    optional = True
    relations = {
        "router_id": "neutron.router",
        "port_id": "neutron.port",
        "project_id": "keystone.project",
    }
    hints = told("ndp_proxy", "ndp_proxies")


class LocalIp(Versioned):
    """A virtual address that is reached on the same host."""

    name, path, key = "local_ip", "/local-ips", "local_ips"
    optional = True
    relations = {
        "local_port_id": "neutron.port",
        "network_id": "neutron.network",
        "project_id": "keystone.project",
    }
    hints = told("local_ip")
