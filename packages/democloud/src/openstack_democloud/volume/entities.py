"""How Cinder's entities look in their newest shape: one function a type."""

from typing import Any

from openstack_democloud.clock import micro_stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.names import SECRET
from openstack_democloud.table import Body

#: The pools of the two back ends; what is before the hash is a service's host.
POOLS = ("storage-0@ceph#ceph", "storage-1@lvm#lvm")
ZONE = "nova"


def links(cloud: Cloud, *path: str) -> list[Body]:
    """Return the two links of an entity."""
    tail = "/".join(path)
    return [
        {"rel": "self", "href": f"{cloud.base}/volume/v3/{tail}"},
        {"rel": "bookmark", "href": f"{cloud.base}/volume/{tail}"},
    ]


def volume(
    cloud: Cloud, id: str, name: str | None, *, project: str, user: str, at: float, **fields: Any
) -> Body:
    """Return an available volume that was not touched since it was made.

    ``_type`` is the id of its type; the listing shows the name it has now.
    """
    return {
        "id": id,
        "name": name,
        "description": None,
        "status": "available",
        "size": 10,
        "availability_zone": ZONE,
        "created_at": micro_stamp(at),
        "updated_at": None,
        "attachments": [],
        "bootable": "false",
        "encrypted": False,
        "multiattach": False,
        "snapshot_id": None,
        "source_volid": None,
        "consistencygroup_id": None,
        "replication_status": None,
        "migration_status": None,
        "metadata": {},
        "user_id": user,
        "links": links(cloud, "volumes", id),
        "os-vol-tenant-attr:tenant_id": project,
        "os-vol-host-attr:host": POOLS[0],
        "os-vol-mig-status-attr:migstat": None,
        "os-vol-mig-status-attr:name_id": None,
        "group_id": None,
        "provider_id": None,
        "service_uuid": cloud.names.uuid("cinder_service", POOLS[0].partition("#")[0]),
        "shared_targets": False,
        "cluster_name": None,
        "consumes_quota": True,
        "_type": cloud.names.uuid("volume_type", 0),
    } | fields


def attached(attachment: Body, device: str, host: str) -> Body:
    """Return an attachment as a volume shows it."""
    return {
        "id": attachment["volume_id"],
        "attachment_id": attachment["id"],
        "volume_id": attachment["volume_id"],
        "server_id": attachment["instance"],
        "host_name": host,
        "device": device,
        "attached_at": attachment["attached_at"],
    }


def attachment(
    id: str, volume_id: str, server: str | None, *, project: str, at: float, **fields: Any
) -> Body:
    """Return an attachment: with all that opens the way to the storage."""
    return {
        "id": id,
        "status": "attached",
        "instance": server,
        "volume_id": volume_id,
        "attached_at": micro_stamp(at),
        "detached_at": "",
        "attach_mode": "rw",
        "connection_info": connection(id, volume_id),
        "_project": project,
        "_created_at": micro_stamp(at),
    } | fields


def connection(id: str, volume_id: str) -> Body:
    """Return how a host reaches a volume."""
    return {
        "driver_volume_type": "iscsi",
        "target_portal": "192.0.2.200:3260",
        "target_iqn": f"iqn.2010-10.org.openstack:{volume_id}",
        "target_lun": 1,
        "auth_method": "CHAP",
        "auth_username": "demo",
        "auth_password": f"{SECRET}-chap-{id[:8]}",
        "volume_id": volume_id,
        "attachment_id": id,
    }


def snapshot(id: str, name: str | None, of: Body, *, at: float, **fields: Any) -> Body:
    """Return a snapshot of volume *of*."""
    return {
        "id": id,
        "name": name,
        "description": None,
        "status": "available",
        "size": of["size"],
        "volume_id": of["id"],
        "created_at": micro_stamp(at),
        "updated_at": micro_stamp(at + 1),
        "metadata": {},
        "user_id": of["user_id"],
        "group_snapshot_id": None,
        "consumes_quota": True,
        "os-extended-snapshot-attributes:progress": "100%",
        "os-extended-snapshot-attributes:project_id": of["os-vol-tenant-attr:tenant_id"],
    } | fields


def backup(cloud: Cloud, id: str, name: str | None, of: Body, *, at: float, **fields: Any) -> Body:
    """Return a backup of volume *of*."""
    return {
        "id": id,
        "name": name,
        "description": None,
        "status": "available",
        "size": of["size"],
        "object_count": of["size"] * 2,
        "volume_id": of["id"],
        "snapshot_id": None,
        "container": f"backups-{SECRET}",
        "availability_zone": ZONE,
        "created_at": micro_stamp(at),
        "updated_at": micro_stamp(at + 60),
        "data_timestamp": micro_stamp(at),
        "fail_reason": None,
        "is_incremental": False,
        "has_dependent_backups": False,
        "links": links(cloud, "backups", id),
        "metadata": {},
        "user_id": of["user_id"],
        "encryption_key_id": None,
        "os-backup-project-attr:project_id": of["os-vol-tenant-attr:tenant_id"],
    } | fields


def volume_type(id: str, name: str, *, public: bool = True, **fields: Any) -> Body:
    """Return a volume type."""
    return {
        "id": id,
        "name": name,
        "description": None,
        "is_public": public,
        "os-volume-type-access:is_public": public,
        "extra_specs": {"volume_backend_name": name},
        "qos_specs_id": None,
    } | fields


def qos_spec(id: str, name: str, **specs: str) -> Body:
    """Return a quality of service specification."""
    return {"id": id, "name": name, "consumer": "back-end", "specs": specs}


def group(id: str, name: str | None, *, project: str, type: str, at: float, **fields: Any) -> Body:
    """Return a group of volumes; ``volumes`` shows on request."""
    return {
        "id": id,
        "name": name,
        "description": None,
        "status": "available",
        "availability_zone": ZONE,
        "created_at": micro_stamp(at),
        "group_type": type,
        "volume_types": [],
        "group_snapshot_id": None,
        "source_group_id": None,
        "replication_status": "disabled",
        "project_id": project,
        "_user": "",
    } | fields


def group_snapshot(id: str, name: str | None, of: Body, *, at: float) -> Body:
    """Return a snapshot of all volumes of a group."""
    return {
        "id": id,
        "name": name,
        "description": None,
        "status": "available",
        "group_id": of["id"],
        "group_type_id": of["group_type"],
        "created_at": micro_stamp(at),
        "project_id": of["project_id"],
    }


def group_type(id: str, name: str, *, public: bool = True, **fields: Any) -> Body:
    """Return a type of groups."""
    specs = {"consistent_group_snapshot_enabled": "<is> False"}
    return {
        "id": id,
        "name": name,
        "description": None,
        "is_public": public,
        "group_specs": specs,
    } | fields


def transfer(cloud: Cloud, id: str, name: str | None, of: Body, *, at: float) -> Body:
    """Return a volume's way to another project; ``_key`` is what accepts it."""
    return {
        "id": id,
        "name": name,
        "volume_id": of["id"],
        "created_at": micro_stamp(at),
        "source_project_id": of["os-vol-tenant-attr:tenant_id"],
        "destination_project_id": None,
        "accepted": False,
        "no_snapshots": False,
        "links": links(cloud, "volume-transfers", id),
        "_key": f"{SECRET}-transfer-{id[:8]}",
    }


def message(cloud: Cloud, id: str, project: str, volume_id: str, *, at: float) -> Body:
    """Return a message to the users of a project."""
    return {
        "id": id,
        "event_id": "VOLUME_VOLUME_001_002",
        "message_level": "ERROR",
        "user_message": "schedule allocate volume: No storage could be allocated.",
        "resource_type": "VOLUME",
        "resource_uuid": volume_id,
        "request_id": f"req-{id}",
        "created_at": micro_stamp(at),
        "guaranteed_until": micro_stamp(at + 2_592_000),
        "links": links(cloud, "messages", id),
        "_project": project,
    }
