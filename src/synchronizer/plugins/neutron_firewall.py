"""Neutron: firewalls (FWaaS v2), which have their own repository.

Revisions and times come from an extension and are no state. Listings and notifications leave
out which policies use a rule; only a read of the rule shows them.
"""

from synchronizer.plugins.neutron_base import STAMPS, NeutronResource, told


class _Firewall(NeutronResource):
    """A collection below ``/fwaas``."""

    optional = True
    bulk = ""
    volatile = STAMPS


class FirewallGroup(_Firewall):
    """A firewall: the ports that it guards, and the policies of both directions.

    Sampled only when asked for: to list them makes Neutron create a default group, with its
    policies and rules, in the project of the credentials.
    """

    name, path, key = "firewall_group", "/fwaas/firewall_groups", "firewall_groups"
    single, single_key = "/fwaas/firewall_groups/{id}", "firewall_group"
    relations = {
        "ports.*": "neutron.port",
        "ingress_firewall_policy_id": "neutron.firewall_policy",
        "egress_firewall_policy_id": "neutron.firewall_policy",
        "project_id": "keystone.project",
    }
    hints = told("firewall_group", whole=False)
    default = False


class FirewallPolicy(_Firewall):
    """Rules of a firewall, in the order in which they are applied."""

    name, path, key = "firewall_policy", "/fwaas/firewall_policies", "firewall_policies"
    single, single_key = "/fwaas/firewall_policies/{id}", "firewall_policy"
    ordered = ("firewall_rules",)
    relations = {
        "firewall_rules.*": "neutron.firewall_rule",
        "project_id": "keystone.project",
    }
    hints = told("firewall_policy", "firewall_policies", whole=False)


class FirewallRule(_Firewall):
    """A rule of firewalls. Which policies use it stands with the policies."""

    name, path, key = "firewall_rule", "/fwaas/firewall_rules", "firewall_rules"
    single, single_key = "/fwaas/firewall_rules/{id}", "firewall_rule"
    only_single = ("firewall_policy_id",)
    relations = {"project_id": "keystone.project"}
    hints = told("firewall_rule", whole=False)
