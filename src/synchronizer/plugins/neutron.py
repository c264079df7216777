"""Neutron: networking v2.0.

The facts that shape it stand in `synchronizer.plugins.neutron_base`. What is an extension
is optional: a cloud without it has no entities of that type.

Source: https://docs.openstack.org/api-ref/network/v2/
"""

from synchronizer.plugins import neutron_agent as agent
from synchronizer.plugins import neutron_bgpvpn as bgpvpn
from synchronizer.plugins import neutron_chain as chain
from synchronizer.plugins import neutron_firewall as firewall
from synchronizer.plugins import neutron_network as network
from synchronizer.plugins import neutron_router as router
from synchronizer.plugins import neutron_security as security
from synchronizer.plugins import neutron_vpn as vpn
from synchronizer.plugins.plugin import Plugin


class Neutron(Plugin):
    """The networking service."""

    name = "neutron"
    service_type = "network"
    version = "2.0"
    privileged = "/agents"
    exchanges = ("neutron", "nova")
    ignored = {"*.start": "what changes is to be seen at its end"}
    resources = (
        network.Network,
        network.Subnet,
        network.Port,
        network.PortBinding,
        network.Trunk,
        network.SubnetPool,
        network.AddressScope,
        network.AddressGroup,
        network.Segment,
        network.NetworkSegmentRange,
        network.IpAvailability,
        router.Router,
        router.FloatingIp,
        router.PortForwarding,
        router.ConntrackHelper,
        router.NdpProxy,
        router.LocalIp,
        security.SecurityGroup,
        security.SecurityGroupRule,
        security.DefaultSecurityGroupRule,
        security.QosPolicy,
        security.RbacPolicy,
        security.Log,
        security.MeteringLabel,
        security.MeteringLabelRule,
        agent.Agent,
        agent.DhcpHosting,
        agent.L3Hosting,
        agent.AvailabilityZone,
        agent.Quota,
        agent.Flavor,
        agent.ServiceProfile,
        vpn.VpnService,
        vpn.IkePolicy,
        vpn.IpsecPolicy,
        vpn.EndpointGroup,
        vpn.IpsecSiteConnection,
        vpn.BgpSpeaker,
        vpn.BgpPeer,
        bgpvpn.BgpVpn,
        bgpvpn.BgpVpnNetwork,
        bgpvpn.BgpVpnRouter,
        bgpvpn.BgpVpnPort,
        firewall.FirewallGroup,
        firewall.FirewallPolicy,
        firewall.FirewallRule,
        chain.PortPair,
        chain.PortPairGroup,
        chain.PortChain,
        chain.FlowClassifier,
    )
