"""Manila: shared file systems v2.

Facts that shape this file: pages are cut by offset, and a call without ``limit`` answers
everything; the recycle bin is a listing of its own; the listing of share servers shows less
than a read, which is brought to it. Types that the service made experimental are asked for
at the version that made them part of it; backups still are experimental, and answer 404 where
a header does not ask for such.

Source: https://docs.openstack.org/api-ref/shared-file-system/
"""

from typing import Any

from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Paging, Plugin, Resource

_VERSIONS = ("2.51", "2.78")
_GROUPS = ("2.55", "2.78")
_REPLICAS = ("2.56", "2.78")
_BACKUPS = ("2.80", "2.80")
_LOCKS = ("2.81", "2.81")
_QOS = ("2.94", "2.94")
_ALL = {"all_tenants": "1"}
_OLDEST_FIRST = {"sort_key": "created_at", "sort_dir": "asc"}
_WHERE = {
    "share_network_id": "manila.share_network",
    "share_server_id": "manila.share_server",
}


class Share(Resource):
    """A share, also one in the recycle bin (``is_soft_deleted``)."""

    name, path, key = "share", "/shares/detail", "shares"
    query = _ALL
    variants = ({}, {"is_soft_deleted": "true"})
    paging, sort = Paging.OFFSET, _OLDEST_FIRST
    microversion = _VERSIONS
    single, single_key = "/shares/{id}", "share"
    volatile = ("links", "progress")
    witness = ("host",)
    hints = (Hint("share.*.end", "share_id"),)
    relations = {
        **_WHERE,
        "project_id": "keystone.project",
        "user_id": "keystone.user",
        "share_type": "manila.share_type",
        "share_group_id": "manila.share_group",
        "snapshot_id": "manila.snapshot",
    }


class Snapshot(Resource):
    """A snapshot of a share."""

    name, path, key = "snapshot", "/snapshots/detail", "snapshots"
    query = _ALL
    paging, sort = Paging.OFFSET, _OLDEST_FIRST
    microversion = _VERSIONS
    single, single_key = "/snapshots/{id}", "snapshot"
    volatile = ("links",)
    secret = ("provider_location",)
    relations = {
        "share_id": "manila.share",
        "project_id": "keystone.project",
        "user_id": "keystone.user",
    }


class ShareNetwork(Resource):
    """Where shares are exported to, with its subnets."""

    name, path, key = "share_network", "/share-networks/detail", "share_networks"
    query = _ALL
    paging = Paging.OFFSET
    microversion = _VERSIONS
    single, single_key = "/share-networks/{id}", "share_network"
    volatile = ("updated_at", "share_network_subnets.*.updated_at")
    relations = {
        "project_id": "keystone.project",
        "share_network_subnets.*.neutron_net_id": "neutron.network",
        "share_network_subnets.*.neutron_subnet_id": "neutron.subnet",
    }


class ShareServer(Resource):
    """What serves the shares of a network; how it is reached is not kept."""

    name, path, key = "share_server", "/share-servers", "share_servers"
    microversion = _VERSIONS
    single, single_key = "/share-servers/{id}", "share_server"
    only_single = ("created_at", "backend_details")
    volatile = ("updated_at",)
    relations = {
        "project_id": "keystone.project",
        "share_network_id": "manila.share_network",
        "source_share_server_id": "manila.share_server",
    }


class ShareType(Resource):
    """A type of shares, public or private."""

    name, path, key = "share_type", "/types", "share_types"
    query = {"is_public": "all"}
    microversion = _VERSIONS
    single, single_key = "/types/{id}", "share_type"
    hints = (Hint("share_type.*", "share_types.id", "id"),)


class ShareGroup(Resource):
    """Shares that are kept together."""

    name, path, key = "share_group", "/share-groups/detail", "share_groups"
    query = _ALL
    paging = Paging.OFFSET
    microversion = _GROUPS
    single, single_key = "/share-groups/{id}", "share_group"
    volatile = ("links",)
    relations = {
        **_WHERE,
        "project_id": "keystone.project",
        "share_types.*": "manila.share_type",
    }


class ShareInstance(Resource):
    """A share as it stands on one host."""

    name, path, key = "share_instance", "/share_instances", "share_instances"
    microversion = _VERSIONS
    single, single_key = "/share_instances/{id}", "share_instance"
    volatile = ("updated_at", "progress")
    relations = {
        **_WHERE,
        "share_id": "manila.share",
        "share_type_id": "manila.share_type",
    }


class ShareReplica(Resource):
    """A replica of a share."""

    name, path, key = "share_replica", "/share-replicas/detail", "share_replicas"
    query = _ALL
    paging = Paging.OFFSET
    microversion = _REPLICAS
    single, single_key = "/share-replicas/{id}", "share_replica"
    volatile = ("updated_at",)
    relations = {**_WHERE, "share_id": "manila.share"}


class AccessRule(Resource):
    """Who may use a share: one call for each share, so only when asked for."""

    name, path, key = "access_rule", "/share-access-rules?share_id={parent}", "access_list"
    each = "manila.share"
    id = ("share_id", "id")
    microversion = _VERSIONS
    volatile = ("updated_at",)
    secret = ("access_key",)
    relations = {"share_id": "manila.share"}
    default = False

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name the share, which only the path tells."""
        item = super().shape(item, parent)
        item["share_id"] = parent
        return item


class SecurityService(Resource):
    """A directory that shares take their users from; its password is never kept."""

    name, path, key = "security_service", "/security-services/detail", "security_services"
    query = _ALL  # and no limit: Manila takes it for a filter, and nothing passes
    microversion = _VERSIONS
    single, single_key = "/security-services/{id}", "security_service"
    only_single = ("share_networks",)  # which the listing alone shows
    volatile = ("updated_at",)
    secret = ("password",)
    relations = {"project_id": "keystone.project"}


class Service(Resource):
    """A service of Manila on a host."""

    name, path, key = "service", "/services", "services"
    id = ("binary", "host")
    microversion = _VERSIONS
    measured = ("updated_at",)  # the heartbeat; what it means stands in "state"
    never_empty = True


class Pool(Resource):
    """A pool of storage that shares are made in. What is free of it is not state."""

    name, path, key = "pool", "/scheduler-stats/pools/detail", "pools"
    id = ("name",)
    microversion = _VERSIONS
    measured = (
        "capabilities.timestamp",
        "capabilities.free_capacity_gb",
        "capabilities.allocated_capacity_gb",
        "capabilities.provisioned_capacity_gb",
    )


class ShareBackup(Resource):
    """A backup of a share; sampled only when asked for. Manila calls these experimental."""

    name, path, key = "share_backup", "/share-backups/detail", "share_backups"
    query = _ALL
    paging, sort = Paging.OFFSET, _OLDEST_FIRST
    microversion = _BACKUPS
    single, single_key = "/share-backups/{id}", "share_backup"
    optional = True
    volatile = ("updated_at", "progress", "restore_progress")
    relations = {"share_id": "manila.share"}
    default = False


class ResourceLock(Resource):
    """What must not be done with a share or an access rule, and who said so; only if asked for."""

    name, path, key = "resource_lock", "/resource-locks", "resource_locks"
    query = {"all_projects": "true"}
    paging, sort = Paging.OFFSET, _OLDEST_FIRST
    microversion = _LOCKS
    single, single_key = "/resource-locks/{id}", "resource_lock"
    optional = True
    volatile = ("updated_at", "links")
    relations = {
        "resource_id": ("manila.share", "manila.access_rule#id"),
        "project_id": "keystone.project",
        "user_id": "keystone.user",
    }
    default = False


class Message(Resource):
    """Why an action failed; Manila deletes it when it expires. Sampled only when asked for."""

    name, path, key = "message", "/messages", "messages"
    microversion = _VERSIONS
    single, single_key = "/messages/{id}", "message"
    volatile = ("links",)
    relations = {
        "resource_id": (
            "manila.share",
            "manila.snapshot",
            "manila.share_group",
            "manila.share_replica",
            "manila.security_service",
        ),
        "project_id": "keystone.project",
    }
    default = False


class QosType(Resource):
    """Qualities of service that share types name; sampled only when asked for."""

    name, path, key = "qos_type", "/qos-types", "qos_types"
    microversion = _QOS
    single, single_key = "/qos-types/{id}", "qos_type"
    optional = True
    volatile = ("updated_at",)
    hints = (Hint("qos_type.*", "qos_types.id", "id"),)
    default = False


class Manila(Plugin):
    """The shared file system service."""

    name = "manila"
    service_type = "shared-file-system"
    version = "2"
    privileged = "/services"
    headers = {"X-OpenStack-Manila-API-Experimental": "true"}
    exchanges = ("openstack", "manila")
    resources = (
        Share,
        Snapshot,
        ShareNetwork,
        ShareServer,
        ShareType,
        ShareGroup,
        ShareInstance,
        ShareReplica,
        AccessRule,
        SecurityService,
        Service,
        Pool,
        ShareBackup,
        ResourceLock,
        Message,
        QosType,
    )
