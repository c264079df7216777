"""Neutron: VPN and BGP, which have their own repositories and are seldom installed."""

from synchronizer.plugins.hints import Hint
from synchronizer.plugins.neutron_base import NeutronResource, told


class VpnService(NeutronResource):
    """A VPN service on a router."""

    name, path, key = "vpn_service", "/vpn/vpnservices", "vpnservices"
    optional = True
    relations = {
        "router_id": "neutron.router",
        "subnet_id": "neutron.subnet",
        "project_id": "keystone.project",
    }
    hints = told("vpnservice")


class IkePolicy(NeutronResource):
    """How the peers of a VPN agree on keys."""

    name, path, key = "ike_policy", "/vpn/ikepolicies", "ikepolicies"
    optional = True
    relations = {"project_id": "keystone.project"}
    hints = told("ikepolicy", "ikepolicies")


class IpsecPolicy(NeutronResource):
    """How the packets of a VPN are protected."""

    name, path, key = "ipsec_policy", "/vpn/ipsecpolicies", "ipsecpolicies"
    optional = True
    relations = {"project_id": "keystone.project"}
    hints = told("ipsecpolicy", "ipsecpolicies")


class EndpointGroup(NeutronResource):
    """Subnets or addresses at one end of a VPN connection."""

    name, path, key = "endpoint_group", "/vpn/endpoint-groups", "endpoint_groups"
    optional = True
    relations = {"endpoints.*": "neutron.subnet", "project_id": "keystone.project"}
    hints = told("endpoint_group")


class IpsecSiteConnection(NeutronResource):
    """A VPN connection to one peer; its key is never kept."""

    name, key = "ipsec_site_connection", "ipsec_site_connections"
    path = "/vpn/ipsec-site-connections"
    optional = True
    secret = ("psk",)
    relations = {
        "vpnservice_id": "neutron.vpn_service",
        "ikepolicy_id": "neutron.ike_policy",
        "ipsecpolicy_id": "neutron.ipsec_policy",
        "local_ep_group_id": "neutron.endpoint_group",
        "peer_ep_group_id": "neutron.endpoint_group",
        "project_id": "keystone.project",
    }
    hints = told("ipsec_site_connection")


class _Bgp(NeutronResource):
    """A collection that cannot be filtered by id."""

    optional = True
    bulk = ""


class BgpSpeaker(_Bgp):
    """What announces routes, with its peers and networks."""

    name, path, key = "bgp_speaker", "/bgp-speakers", "bgp_speakers"
    single, single_key = "/bgp-speakers/{id}", "bgp_speaker"
    relations = {
        "peers.*": "neutron.bgp_peer",
        "networks.*": "neutron.network",
        "project_id": "keystone.project",
    }
    hints = (Hint("bgp_speaker.*.end"), Hint("bgp-speaker.*.end"))


class BgpPeer(_Bgp):
    """A router of somebody else's; the password is never kept."""

    name, path, key = "bgp_peer", "/bgp-peers", "bgp_peers"
    single, single_key = "/bgp-peers/{id}", "bgp_peer"
    secret = ("password",)
    relations = {"project_id": "keystone.project"}
    hints = (Hint("bgp_peer.*.end"), Hint("bgp-peer.*.end"))
