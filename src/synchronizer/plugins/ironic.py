"""Ironic: bare metal v1.

Facts that shape this file: an unknown marker answers 404; nothing is incremental; users who
are not of the system see the nodes that they own or lease, and are not told so. Notifications
are off unless Ironic's ``notification_level`` is set, and then come on a topic of their own,
``ironic_versioned_notifications``: name it in the cloud's ``notifications.topics``.

Source: https://docs.openstack.org/api-ref/baremetal/
"""

from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Paging, Plugin, Resource

_VERSIONS = ("1.55", "1.90")


def _hints(kind: str) -> tuple[Hint, ...]:
    """Return the hints of one kind of object; what only begins has changed nothing yet."""
    return tuple(
        Hint(f"baremetal.{kind}.*.{status}", "uuid") for status in ("end", "success", "error")
    )


class Node(Resource):
    """A bare metal machine."""

    name, path, key = "node", "/nodes/detail", "nodes"
    id, paging, marker = ("uuid",), Paging.MARKER, "uuid"
    microversion = _VERSIONS
    single = "/nodes/{id}"
    volatile = (
        "updated_at",
        "provision_updated_at",
        "reservation",
        "last_error",
        "driver_internal_info",
        "links",
        "ports",
        "portgroups",
        "states",
        "volume",
    )
    secret = (
        "driver_info.*",
        "driver_internal_info.*",
        "instance_info.configdrive",
        "instance_info.image_url",
        "extra.*",
        "clean_step.args.*",
        "deploy_step.args.*",
        "service_step.args.*",
    )
    # What starts has left its state already, and of what follows nothing else may tell.
    hints = (*_hints("node"), Hint("baremetal.node.provision_set.start", "uuid"))
    relations = {
        "instance_uuid": "nova.server",
        "uuid": ("nova.hypervisor#hypervisor_hostname", "placement.resource_provider"),
        "allocation_uuid": "ironic.allocation",
        "chassis_uuid": "ironic.chassis",
        "conductor": "ironic.conductor",
        "owner": "keystone.project",
        "lessee": "keystone.project",
    }


class Port(Resource):
    """A network interface of a node."""

    name, path, key = "port", "/ports/detail", "ports"
    id, paging, marker = ("uuid",), Paging.MARKER, "uuid"
    microversion = _VERSIONS
    single = "/ports/{id}"
    volatile = ("updated_at", "links")
    secret = ("extra.*",)
    hints = _hints("port")
    relations = {
        "node_uuid": "ironic.node",
        "portgroup_uuid": "ironic.portgroup",
        "internal_info.tenant_vif_port_id": "neutron.port",
    }


class Portgroup(Resource):
    """Network interfaces of a node that are bonded."""

    name, path, key = "portgroup", "/portgroups/detail", "portgroups"
    id, paging, marker = ("uuid",), Paging.MARKER, "uuid"
    microversion = _VERSIONS
    single = "/portgroups/{id}"
    # The listing shows these in versions in which a read does not.
    only_single = ("physical_network", "category", "dynamic_portgroup")
    volatile = ("updated_at", "links", "ports")
    secret = ("extra.*",)
    hints = _hints("portgroup")
    relations = {
        "node_uuid": "ironic.node",
        "internal_info.tenant_vif_port_id": "neutron.port",
    }


class Chassis(Resource):
    """A chassis that holds nodes: only when asked for, with credentials for the system.

    To those of a project Ironic 2026.1 answers 500 here, and means that they lack the scope.
    """

    name, path, key = "chassis", "/chassis/detail", "chassis"
    id, paging, marker = ("uuid",), Paging.MARKER, "uuid"
    microversion = _VERSIONS
    single = "/chassis/{id}"
    volatile = ("updated_at", "links", "nodes")
    secret = ("extra.*",)
    hints = _hints("chassis")
    default = False


class Allocation(Resource):
    """A request for a node, and what came of it."""

    name, path, key = "allocation", "/allocations", "allocations"
    id, paging, marker = ("uuid",), Paging.MARKER, "uuid"
    microversion = _VERSIONS
    single = "/allocations/{id}"
    volatile = ("updated_at", "links")
    secret = ("extra.*",)
    hints = _hints("allocation")
    relations = {
        "node_uuid": "ironic.node",
        "candidate_nodes.*": "ironic.node",
        "owner": "keystone.project",
    }


class Conductor(Resource):
    """A conductor; its host name is its id."""

    name, path, key = "conductor", "/conductors", "conductors"
    query = {"detail": "true"}
    id, paging, marker = ("hostname",), Paging.MARKER, "hostname"
    microversion = _VERSIONS
    single = "/conductors/{id}"
    volatile = ("links",)
    measured = ("updated_at",)  # the heartbeat; what it means stands in "alive"
    never_empty = True


class DeployTemplate(Resource):
    """Steps that are taken when a node with a trait is deployed."""

    name, path, key = "deploy_template", "/deploy_templates", "deploy_templates"
    query = {"detail": "true"}
    id, paging, marker = ("uuid",), Paging.MARKER, "uuid"
    microversion = _VERSIONS
    single = "/deploy_templates/{id}"
    volatile = ("updated_at", "links")
    ordered = ("steps",)
    secret = ("extra.*", "steps.*.args.*")
    hints = _hints("deploy_template")


class Runbook(Resource):
    """Steps that a node can be taken through by name; sampled only when asked for."""

    name, path, key = "runbook", "/runbooks", "runbooks"
    query = {"detail": "true"}
    id, paging, marker = ("uuid",), Paging.MARKER, "uuid"
    microversion = ("1.92", "1.96")
    single = "/runbooks/{id}"
    optional = True
    volatile = ("updated_at", "links")
    ordered = ("steps",)
    secret = ("extra.*", "steps.*.args.*")
    hints = _hints("runbook")
    relations = {"owner": "keystone.project"}
    default = False


class InspectionRule(Resource):
    """What is done with what inspection finds; sampled only when asked for.

    Of a rule that is marked as sensitive Ironic shows neither conditions nor actions.
    """

    name, path, key = "inspection_rule", "/inspection_rules", "inspection_rules"
    query = {"detail": "true"}
    id, paging, marker = ("uuid",), Paging.MARKER, "uuid"
    microversion = ("1.96", "1.96")
    single = "/inspection_rules/{id}"
    optional = True
    volatile = ("updated_at", "links")
    ordered = ("actions",)
    secret = ("actions.*.args.*",)
    hints = _hints("inspectionrule")
    default = False


class VolumeConnector(Resource):
    """How a node reaches volumes: its initiator."""

    name, path, key = "volume_connector", "/volume/connectors", "connectors"
    query = {"detail": "true"}
    id, paging, marker = ("uuid",), Paging.MARKER, "uuid"
    microversion = _VERSIONS
    single = "/volume/connectors/{id}"
    volatile = ("updated_at", "links")
    secret = ("extra.*",)
    hints = _hints("volumeconnector")
    relations = {"node_uuid": "ironic.node"}


class VolumeTarget(Resource):
    """A volume that a node is given; the means to log in are not kept."""

    name, path, key = "volume_target", "/volume/targets", "targets"
    query = {"detail": "true"}
    id, paging, marker = ("uuid",), Paging.MARKER, "uuid"
    microversion = _VERSIONS
    single = "/volume/targets/{id}"
    volatile = ("updated_at", "links")
    secret = ("extra.*", "properties.auth_username", "properties.auth_password")
    hints = _hints("volumetarget")
    relations = {"node_uuid": "ironic.node", "volume_id": "cinder.volume"}


class Ironic(Plugin):
    """The bare metal service."""

    name = "ironic"
    service_type = "baremetal"
    version = "1"
    privileged = "/nodes"
    exchanges = ("ironic",)
    scopes = ("project", "system")
    resources = (
        Node,
        Port,
        Portgroup,
        Chassis,
        Allocation,
        Conductor,
        DeployTemplate,
        Runbook,
        InspectionRule,
        VolumeConnector,
        VolumeTarget,
    )
