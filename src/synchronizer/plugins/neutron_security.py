"""Neutron: security groups, quality of service, sharing, logging, metering."""

from synchronizer.plugins.hints import Hint
from synchronizer.plugins.neutron_base import (
    STAMPS,
    NeutronResource,
    Versioned,
    shared,
    tagged,
    told,
)

_QOS_RULES = (
    "bandwidth_limit",
    "dscp_marking",
    "minimum_bandwidth",
    "minimum_packet_rate",
    "packet_rate_limit",
)


class SecurityGroup(Versioned):
    """A security group with its rules."""

    name, path, key = "security_group", "/security-groups", "security_groups"
    optional = True
    volatile = (*STAMPS, *(f"security_group_rules.*.{each}" for each in STAMPS))
    relations = {
        "security_group_rules.*.id": "neutron.security_group_rule",
        "project_id": "keystone.project",
    }
    hints = (
        *told("security_group"),
        tagged("security_groups"),
        shared("security_group"),
        Hint(
            "security_group_rule.*.end",
            "security_group_rule.security_group_id",
            "security_group_rules.*.security_group_id",
        ),
    )


class SecurityGroupRule(Versioned):
    """A rule of a security group."""

    name, path, key = "security_group_rule", "/security-group-rules", "security_group_rules"
    optional = True
    relations = {
        "security_group_id": "neutron.security_group",
        "remote_group_id": "neutron.security_group",
        "remote_address_group_id": "neutron.address_group",
        "project_id": "keystone.project",
    }
    # A new group comes with rules that no notification of their own announces.
    hints = (
        *told("security_group_rule"),
        Hint("security_group.create.end", "security_group.security_group_rules.*.id"),
    )


class DefaultSecurityGroupRule(NeutronResource):
    """A rule that every new security group gets."""

    name, key = "default_security_group_rule", "default_security_group_rules"
    path = "/default-security-group-rules"
    optional = True
    volatile = STAMPS
    relations = {
        "remote_group_id": "neutron.security_group",
        "remote_address_group_id": "neutron.address_group",
    }
    hints = told("default_security_group_rule")


class QosPolicy(Versioned):
    """A quality of service policy with its rules."""

    name, path, key = "qos_policy", "/qos/policies", "policies"
    optional = True
    relations = {"project_id": "keystone.project"}
    hints = (
        *told("policy", "policies"),
        tagged("policies"),
        shared("qos_policy"),
        # Rules are sub-resources: their notifications do not say of which policy.
        *(Hint(f"{each}_rule.*.end") for each in _QOS_RULES),
    )


class RbacPolicy(NeutronResource):
    """An entity of one project shared with another, or with all."""

    name, path, key = "rbac_policy", "/rbac-policies", "rbac_policies"
    optional = True
    bulk = ""
    single, single_key = "/rbac-policies/{id}", "rbac_policy"
    relations = {
        "object_id": (
            "neutron.network",
            "neutron.qos_policy",
            "neutron.security_group",
            "neutron.address_scope",
            "neutron.subnetpool",
            "neutron.address_group",
        ),
        "target_tenant": "keystone.project",
        "project_id": "keystone.project",
    }
    hints = told("rbac_policy", "rbac_policies")


class Log(NeutronResource):
    """What is logged of packets."""

    name, path, key = "log", "/log/logs", "logs"
    optional = True
    volatile = STAMPS
    relations = {
        "resource_id": ("neutron.security_group", "neutron.router"),
        "target_id": "neutron.port",
        "project_id": "keystone.project",
    }
    hints = told("log")


class MeteringLabel(NeutronResource):
    """A name under which traffic is counted."""

    name, path, key = "metering_label", "/metering/metering-labels", "metering_labels"
    optional = True
    relations = {"project_id": "keystone.project"}
    hints = told("metering_label")


class MeteringLabelRule(NeutronResource):
    """What is counted under a label."""

    name, key = "metering_label_rule", "metering_label_rules"
    path = "/metering/metering-label-rules"
    optional = True
    relations = {"metering_label_id": "neutron.metering_label"}
    hints = told("metering_label_rule")
