"""Neutron: BGP VPNs (networking-bgpvpn), which have their own repository.

A BGP VPN names its networks, routers and ports; how each is associated is told by a listing
of its own, one call for each BGP VPN.
"""

from typing import Any

from synchronizer.plugins.neutron_base import STAMPS, NeutronResource, told
from synchronizer.plugins.plugin import Resource
from synchronizer.plugins.service import Service


class BgpVpn(NeutronResource):
    """A BGP VPN with what it connects."""

    name, path, key = "bgpvpn", "/bgpvpn/bgpvpns", "bgpvpns"
    single, single_key = "/bgpvpn/bgpvpns/{id}", "bgpvpn"
    optional = True
    bulk = ""
    volatile = STAMPS
    relations = {
        "networks.*": "neutron.network",
        "routers.*": "neutron.router",
        "ports.*": "neutron.port",
        "project_id": "keystone.project",
    }
    hints = told("bgpvpn", whole=False)


class _Association(Resource):
    """What a BGP VPN is associated with; sampled only when asked for."""

    each = "neutron.bgpvpn"
    optional = True
    id = ("bgpvpn_id", "id")
    volatile = STAMPS
    default = False

    def exists(self, service: Service) -> bool:
        """Whether the cloud has BGP VPNs, without which it has no associations either."""
        return BgpVpn().exists(service)

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name the BGP VPN, which only the path tells."""
        item = super().shape(item, parent)
        item["bgpvpn_id"] = parent
        return item


class BgpVpnNetwork(_Association):
    """A network of a BGP VPN: one call for each BGP VPN, so only when asked for."""

    name, key = "bgpvpn_network", "network_associations"
    path = "/bgpvpn/bgpvpns/{parent}/network_associations"
    single = "/bgpvpn/bgpvpns/{id[0]}/network_associations/{id[1]}"
    single_key = "network_association"
    relations = {
        "bgpvpn_id": "neutron.bgpvpn",
        "network_id": "neutron.network",
        "project_id": "keystone.project",
    }


class BgpVpnRouter(_Association):
    """A router of a BGP VPN: one call for each BGP VPN, so only when asked for."""

    name, key = "bgpvpn_router", "router_associations"
    path = "/bgpvpn/bgpvpns/{parent}/router_associations"
    single = "/bgpvpn/bgpvpns/{id[0]}/router_associations/{id[1]}"
    single_key = "router_association"
    relations = {
        "bgpvpn_id": "neutron.bgpvpn",
        "router_id": "neutron.router",
        "project_id": "keystone.project",
    }


class BgpVpnPort(_Association):
    """A port of a BGP VPN: one call for each BGP VPN, so only when asked for."""

    name, key = "bgpvpn_port", "port_associations"
    path = "/bgpvpn/bgpvpns/{parent}/port_associations"
    single = "/bgpvpn/bgpvpns/{id[0]}/port_associations/{id[1]}"
    single_key = "port_association"
    relations = {
        "bgpvpn_id": "neutron.bgpvpn",
        "port_id": "neutron.port",
        "routes.*.bgpvpn_id": "neutron.bgpvpn",
        "project_id": "keystone.project",
    }
