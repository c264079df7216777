"""Magnum: container clusters v1.

Facts that shape this file: an administrator sees every project's clusters without asking for
it; an unknown marker answers 404; the listing of node groups shows nine fields of each, so a
read is brought to those; labels may hold tokens.

Source: https://docs.openstack.org/api-ref/container-infrastructure-management/
"""

from typing import Any

from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Paging, Plugin, Resource

_VERSIONS = ("1.9", "1.11")
_NODEGROUP = (
    "uuid",
    "name",
    "flavor_id",
    "image_id",
    "node_count",
    "role",
    "is_default",
    "status",
    "stack_id",
)


class Cluster(Resource):
    """A cluster."""

    name, path, key = "cluster", "/clusters/detail", "clusters"
    id, paging, marker = ("uuid",), Paging.MARKER, "uuid"
    microversion = _VERSIONS
    single = "/clusters/{id}"
    only_single = ("faults",)
    volatile = ("updated_at", "health_status_reason", "links")
    secret = (
        "labels.*",
        "labels_added.*",
        "labels_overridden.*",
        "labels_skipped.*",
        "discovery_url",
    )
    hints = (Hint("magnum.cluster.*", "target.id"),)
    relations = {
        "cluster_template_id": "magnum.cluster_template",
        "stack_id": "heat.stack",
        "project_id": "keystone.project",
        "user_id": "keystone.user",
        "flavor_id": "nova.flavor",
        "master_flavor_id": "nova.flavor",
        "fixed_network": "neutron.network",
        "fixed_subnet": "neutron.subnet",
    }


class ClusterTemplate(Resource):
    """What clusters are made from."""

    name, path, key = "cluster_template", "/clustertemplates/detail", "clustertemplates"
    id, paging, marker = ("uuid",), Paging.MARKER, "uuid"
    microversion = _VERSIONS
    single = "/clustertemplates/{id}"
    volatile = ("updated_at", "links")
    secret = ("labels.*", "http_proxy", "https_proxy")
    relations = {
        "project_id": "keystone.project",
        "user_id": "keystone.user",
        "image_id": "glance.image",
        "flavor_id": "nova.flavor",
        "master_flavor_id": "nova.flavor",
        "external_network_id": "neutron.network",
        "fixed_network": "neutron.network",
        "fixed_subnet": "neutron.subnet",
    }


class NodeGroup(Resource):
    """Nodes of a cluster that are alike: one call for each cluster."""

    name, path, key = "nodegroup", "/clusters/{parent}/nodegroups", "nodegroups"
    each = "magnum.cluster"
    id, paging, marker = ("cluster_id", "uuid"), Paging.MARKER, "uuid"
    microversion = _VERSIONS
    single = "/clusters/{id[0]}/nodegroups/{id[1]}"
    relations = {
        "cluster_id": "magnum.cluster",
        "stack_id": "heat.stack",
        "flavor_id": "nova.flavor",
        "image_id": "glance.image",
    }
    sweep = 1800.0

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Keep what the listing shows, and name the cluster, which only the path tells."""
        return {name: item.get(name) for name in _NODEGROUP} | {"cluster_id": parent}


class Service(Resource):
    """A service of Magnum on a host."""

    name, path, key = "service", "/mservices", "mservices"
    microversion = _VERSIONS
    measured = ("updated_at", "report_count")
    never_empty = True


class Magnum(Plugin):
    """The container infrastructure service."""

    name = "magnum"
    # Another name of container-infrastructure-management, and the one that every release
    # understands in the header that asks for a microversion.
    service_type = "container-infra"
    version = "1"
    privileged = "/mservices"
    exchanges = ("magnum",)
    proven = "recorded"
    resources = (Cluster, ClusterTemplate, NodeGroup, Service)
