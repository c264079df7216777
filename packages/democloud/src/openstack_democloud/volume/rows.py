"""How Cinder's entities look at a microversion, to an admin."""

from openstack_democloud.clock import micro_stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.table import Body, shown

_HEARTBEAT = 10
#: From which microversion on a field is there.
_VOLUME_SINCE = {
    "group_id": 13,
    "provider_id": 21,
    "service_uuid": 48,
    "shared_targets": 48,
    "cluster_name": 61,
    "encryption_key_id": 64,
    "consumes_quota": 65,
}
_SNAPSHOT_SINCE = {"group_snapshot_id": 14, "user_id": 41, "consumes_quota": 65}
_BACKUP_SINCE = {
    "os-backup-project-attr:project_id": 18,
    "metadata": 43,
    "user_id": 56,
    "encryption_key_id": 64,
}
_GROUP_SINCE = {
    "group_snapshot_id": 14,
    "source_group_id": 14,
    "replication_status": 38,
    "project_id": 58,
}
_TRANSFER_SINCE = {
    "no_snapshots": 55,
    "source_project_id": 57,
    "destination_project_id": 57,
    "accepted": 57,
}


def _at(body: Body, minor: int, since: dict[str, int]) -> Body:
    """Return *body* without notes and without the fields that came after 3.*minor*."""
    row = shown(body)
    for name, first in since.items():
        if minor < first:
            row.pop(name, None)
    return row


def volume(cloud: Cloud, body: Body, minor: int) -> Body:
    """Show a volume: the name of its type is the one it has now."""
    row = _at(body, minor, _VOLUME_SINCE)
    type_ = cloud.table("cinder.volume_type").get(body["_type"])
    row["volume_type"] = type_["name"] if type_ else None
    if minor >= 63:
        row["volume_type_id"] = body["_type"]
    return row


def snapshot(_cloud: Cloud, body: Body, minor: int) -> Body:
    """Show a snapshot."""
    return _at(body, minor, _SNAPSHOT_SINCE)


def backup(_cloud: Cloud, body: Body, minor: int) -> Body:
    """Show a backup."""
    return _at(body, minor, _BACKUP_SINCE)


def group(_cloud: Cloud, body: Body, minor: int) -> Body:
    """Show a group, without the volumes in it."""
    return _at(body, minor, _GROUP_SINCE)


def group_with_volumes(cloud: Cloud, body: Body, minor: int) -> Body:
    """Show a group as ``list_volume=true`` does."""
    id_ = body["id"]
    held = [row["id"] for row in cloud.table("cinder.volume") if row["group_id"] == id_]
    return group(cloud, body, minor) | {"volumes": held}


def group_snapshot(_cloud: Cloud, body: Body, minor: int) -> Body:
    """Show a snapshot of a group."""
    return _at(body, minor, {"project_id": 58})


def transfer(_cloud: Cloud, body: Body, minor: int) -> Body:
    """Show a transfer: never its key."""
    return _at(body, minor, _TRANSFER_SINCE)


def service(cloud: Cloud, body: Body, minor: int) -> Body:
    """Show a service with its heartbeat, every ten seconds."""
    row = shown(body)
    now = int(cloud.clock.now())
    row["updated_at"] = micro_stamp(now - (now + body["_number"]) % _HEARTBEAT)
    if minor >= 7:
        row["cluster"] = None
    if minor >= 49 and body["binary"] == "cinder-volume":
        row["backend_state"] = "up"
    return row


def pool(cloud: Cloud, body: Body, _minor: int) -> Body:
    """Show a pool with what is left in it."""
    taken = sum(
        row["size"]
        for row in cloud.table("cinder.volume")
        if row["os-vol-host-attr:host"] == body["name"]
    )
    now = micro_stamp(cloud.clock.now())
    total = body["_total"]
    return shown(body) | {
        "capabilities": body["capabilities"]
        | {
            "total_capacity_gb": total,
            "free_capacity_gb": total - taken,
            "allocated_capacity_gb": taken,
            "provisioned_capacity_gb": taken,
            "timestamp": now,
        }
    }


_QUOTAS = {
    "volumes": 1000,
    "snapshots": 1000,
    "gigabytes": 100_000,
    "backups": 100,
    "backup_gigabytes": 10_000,
    "per_volume_gigabytes": -1,
    "groups": 10,
}


def quota_set(cloud: Cloud, project: str, *, usage: bool) -> Body:
    """Return the quotas of a project, with *usage* also what is used of them."""
    if not usage:
        return {"id": project, **_QUOTAS}
    owned = [
        row
        for row in cloud.table("cinder.volume")
        if row["os-vol-tenant-attr:tenant_id"] == project
    ]
    used = {"volumes": len(owned), "gigabytes": sum(row["size"] for row in owned)}
    return {"id": project} | {
        name: {"limit": limit, "in_use": used.get(name, 0), "reserved": 0, "allocated": 0}
        for name, limit in _QUOTAS.items()
    }
