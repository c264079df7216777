"""Neutron: agents and what they serve, zones, quotas, flavors."""

from typing import Any

from synchronizer.plugins.hints import Hint
from synchronizer.plugins.neutron_base import NeutronResource, told

_COUNTERS = (
    "devices",
    "dhcp_leases",
    "ex_gw_ports",
    "floating_ips",
    "interfaces",
    "log_agent_heartbeats",
    "networks",
    "ports",
    "routers",
    "subnets",
)
"""What agents count in their ``configurations``."""


class Agent(NeutronResource):
    """An agent on a host. Whether it is alive is state; its heartbeats and counters are not."""

    name, path, key = "agent", "/agents", "agents"
    optional = True
    volatile = ("started_at", "resources_synced")
    measured = (
        "heartbeat_timestamp",
        *(f"configurations.{each}" for each in _COUNTERS),
    )
    relations = {"host": "nova.service#host"}
    hints = told("agent")


class _Hosting(NeutronResource):
    """What an agent serves: one call for each agent, so only when asked for."""

    optional = True
    each = "neutron.agent"
    bulk = ""
    default = False

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Keep the pair alone: what is served is an entity of its own."""
        return {"agent_id": parent, self.id[1]: item.get("id")}


class DhcpHosting(_Hosting):
    """A network that a DHCP agent serves: one call for each agent, so only when asked for."""

    name, path, key = "dhcp_hosting", "/agents/{parent}/dhcp-networks", "networks"
    id = ("agent_id", "network_id")
    relations = {"agent_id": "neutron.agent", "network_id": "neutron.network"}
    hints = (Hint("dhcp_agent.network.*"),)


class L3Hosting(_Hosting):
    """A router that an L3 agent serves: one call for each agent, so only when asked for."""

    name, path, key = "l3_hosting", "/agents/{parent}/l3-routers", "routers"
    id = ("agent_id", "router_id")
    relations = {"agent_id": "neutron.agent", "router_id": "neutron.router"}
    hints = (Hint("l3_agent.router.*"),)


class AvailabilityZone(NeutronResource):
    """An availability zone of networks or of routers, as the living agents make it."""

    name, path, key = "availability_zone", "/availability_zones", "availability_zones"
    optional = True
    id = ("name", "resource")
    bulk = ""


class Quota(NeutronResource):
    """The quota of a project that has one of its own.

    There is no telling by a read that it has none: any project, also one that does not
    exist, is answered with the defaults.
    """

    name, path, key = "quota", "/quotas", "quotas"
    optional = True
    id = ("project_id",)
    bulk = ""
    relations = {"project_id": "keystone.project"}
    hints = (Hint("quota.*.end"),)


class Flavor(NeutronResource):
    """A flavor of network services."""

    name, path, key = "flavor", "/flavors", "flavors"
    optional = True
    relations = {"service_profiles.*": "neutron.service_profile"}
    hints = told("flavor")


class ServiceProfile(NeutronResource):
    """A driver that flavors name, with its metadata."""

    name, path, key = "service_profile", "/service_profiles", "service_profiles"
    optional = True
    secret = ("metainfo",)
    hints = told("service_profile")
