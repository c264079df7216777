"""Cinder: block storage v3.

Facts that shape this file: ``all_tenants`` shows all, and is dropped silently for those
who may not. Only volumes have an incremental filter, and it misses metadata; below
microversion 3.60 it would be ignored and everything listed. Attachments carry the
credentials of the storage network, in listing and read alike: they are left out.

Source: https://docs.openstack.org/api-ref/block-storage/v3/
"""

from synchronizer.plugins import cinder_type as types
from synchronizer.plugins.cinder_base import OLDEST_FIRST, CinderResource
from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Plugin

_ALL = {"all_tenants": "1"}


class Volume(CinderResource):
    """A volume; while one migrates, its target is a volume of its own."""

    name, path, key = "volume", "/volumes/detail", "volumes"
    query = _ALL
    sort = OLDEST_FIRST
    stamp = "updated_at"
    since, since_value = "updated_at", "gte:{}"
    single, single_key = "/volumes/{id}", "volume"
    volatile = (
        "updated_at",
        "links",
        "os-volume-replication:driver_data",
        "os-volume-replication:extended_status",
    )
    secret = ("encryption_key_id", "provider_id")
    witness = ("os-vol-host-attr:host",)
    relations = {
        "attachments.*.server_id": "nova.server",
        "attachments.*.attachment_id": "cinder.attachment",
        "snapshot_id": "cinder.snapshot",
        "source_volid": "cinder.volume",
        "volume_type_id": "cinder.volume_type",
        "group_id": "cinder.group",
        "os-vol-host-attr:host": "cinder.pool",
        "os-vol-tenant-attr:tenant_id": "keystone.project",
        "user_id": "keystone.user",
        "volume_image_metadata.image_id": "glance.image",
    }
    hints = (
        Hint("volume.*.start", "volume_id"),
        Hint("volume.*.end", "volume_id"),
        Hint("volume.retype", "volume_id"),
        Hint("snapshot.revert.*", "volume_id"),
        # Nova attaches and detaches.
        Hint("compute.instance.volume.*", "volume_id"),
        Hint("instance.volume_*.end", "volume_id", "old_volume_id", "new_volume_id"),
        Hint("instance.create.end", "block_devices.*.volume_id"),
        Hint("instance.delete.end", "block_devices.*.volume_id"),
    )


class Snapshot(CinderResource):
    """A snapshot of a volume."""

    name, path, key = "snapshot", "/snapshots/detail", "snapshots"
    query = _ALL
    sort = OLDEST_FIRST
    stamp = "updated_at"
    single, single_key = "/snapshots/{id}", "snapshot"
    volatile = ("updated_at", "os-extended-snapshot-attributes:progress")
    relations = {
        "volume_id": "cinder.volume",
        "group_snapshot_id": "cinder.group_snapshot",
        "os-extended-snapshot-attributes:project_id": "keystone.project",
        "user_id": "keystone.user",
    }
    hints = (Hint("snapshot.*", "snapshot_id"),)


class Backup(CinderResource):
    """A backup of a volume."""

    name, path, key = "backup", "/backups/detail", "backups"
    query = _ALL
    sort = OLDEST_FIRST
    stamp = "updated_at"
    single, single_key = "/backups/{id}", "backup"
    volatile = ("updated_at", "links", "has_dependent_backups")
    secret = ("encryption_key_id", "fail_reason", "container")
    relations = {
        "volume_id": "cinder.volume",
        "snapshot_id": "cinder.snapshot",
        "os-backup-project-attr:project_id": "keystone.project",
        "user_id": "keystone.user",
    }
    hints = (Hint("backup.*", "backup_id"),)


class Attachment(CinderResource):
    """A volume attached to a server or host, without the credentials to reach it."""

    name, path, key = "attachment", "/attachments/detail", "attachments"
    query = _ALL
    single, single_key = "/attachments/{id}", "attachment"
    only_single = ("connection_info",)
    secret = ("connection_info",)
    volatile = ()
    relations = {"volume_id": "cinder.volume", "instance": "nova.server"}
    hints = (
        Hint("volume.attach.end", "volume_attachment.*.id"),
        Hint("volume.detach.end"),  # names those that are left
    )


class Group(CinderResource):
    """A group of volumes that are snapshotted together."""

    name, path, key = "group", "/groups/detail", "groups"
    query = {**_ALL, "list_volume": "true"}
    single, single_key = "/groups/{id}?list_volume=true", "group"
    volatile = ()
    relations = {
        "group_type": "cinder.group_type",
        "volume_types.*": "cinder.volume_type",
        "volumes.*": "cinder.volume",
        "group_snapshot_id": "cinder.group_snapshot",
        "source_group_id": "cinder.group",
        "project_id": "keystone.project",
    }
    hints = (Hint("group.*", "group_id"),)


class GroupSnapshot(CinderResource):
    """A snapshot of all volumes of a group."""

    name, path, key = "group_snapshot", "/group_snapshots/detail", "group_snapshots"
    query = _ALL
    single, single_key = "/group_snapshots/{id}", "group_snapshot"
    volatile = ()
    relations = {
        "group_id": "cinder.group",
        "group_type_id": "cinder.group_type",
        "project_id": "keystone.project",
    }
    hints = (Hint("group_snapshot.*", "group_snapshot_id"),)


class Transfer(CinderResource):
    """A volume on its way to another project; the key to accept it is never kept."""

    name, path, key = "transfer", "/volume-transfers/detail", "transfers"
    query = _ALL
    single, single_key = "/volume-transfers/{id}", "transfer"
    volatile = ("links",)
    secret = ("auth_key",)
    relations = {
        "volume_id": "cinder.volume",
        "source_project_id": "keystone.project",
        "destination_project_id": "keystone.project",
    }
    hints = (Hint("volume.transfer.*.end"),)  # names the volume, not the transfer


class Cinder(Plugin):
    """The block storage service."""

    name = "cinder"
    service_type = "block-storage"
    version = "3"
    privileged = "/os-services"
    # Cinder itself takes oslo.messaging's default; most deployments set its own name.
    exchanges = ("openstack", "cinder", "nova")
    resources = (
        Volume,
        Snapshot,
        Backup,
        Attachment,
        types.VolumeType,
        types.VolumeTypeAccess,
        types.DefaultType,
        types.VolumeTypeEncryption,
        types.QosSpec,
        Group,
        GroupSnapshot,
        types.GroupType,
        Transfer,
        types.Service,
        types.Pool,
        types.Cluster,
        types.Message,
        types.QuotaSet,
    )
