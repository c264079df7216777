"""What Cinder tells the bus. Much it does not: metadata, services, quotas, type access."""

from collections.abc import Iterator
from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import encode
from openstack_democloud.notices import Notification
from openstack_democloud.service import Tell
from openstack_democloud.table import Body, shown

_EXCHANGE = "cinder"
Told = Iterator[Notification]


def _both(noun: str, verb: str, host: str, before: Body, after: Body) -> Told:
    """Tell of an action's start and end."""
    for step, payload in (("start", before), ("end", after)):
        yield Notification(_EXCHANGE, f"{noun}.{host}", f"{noun}.{verb}.{step}", payload)


def _zoned(stamp: str) -> str:
    return f"{stamp.partition('.')[0]}+00:00"


def _attachment(cloud: Cloud, held: Body) -> dict[str, Any]:
    """Return an attachment as notifications have it: as a row, secrets and all."""
    row = cloud.table("cinder.attachment").get(held["attachment_id"]) or {}
    return {
        "id": held["attachment_id"],
        "volume_id": held["volume_id"],
        "instance_uuid": held["server_id"],
        "attached_host": held["host_name"],
        "mountpoint": held["device"],
        "attach_mode": "rw",
        "attach_status": row.get("status", "detached"),
        "attach_time": held["attached_at"],
        "detach_time": None,
        "deleted": False,
        "connection_info": encode(row.get("connection_info")).decode(),
    }


def _payload(cloud: Cloud, body: Body) -> dict[str, Any]:
    return {
        "volume_id": body["id"],
        "tenant_id": body["os-vol-tenant-attr:tenant_id"],
        "user_id": body["user_id"],
        "display_name": body["name"],
        "status": body["status"],
        "size": body["size"],
        "host": body["os-vol-host-attr:host"],
        "volume_type": body["_type"],
        "snapshot_id": body["snapshot_id"],
        "availability_zone": body["availability_zone"],
        "created_at": _zoned(body["created_at"]),
        "launched_at": _zoned(body["created_at"]),
        "metadata": [{"key": n, "value": v} for n, v in body["metadata"].items()],
        "replication_status": body["replication_status"],
        "replication_extended_status": None,
        "replication_driver_data": None,
        "volume_attachment": [_attachment(cloud, held) for held in body["attachments"]],
    }


def _verb(old: Body, new: Body) -> str:
    """Return what a change of a volume is called; empty for one nobody is told of."""
    grown = len(new["attachments"]) - len(old["attachments"])
    moved = {name for name in new if new[name] != old.get(name)}
    turned = (old["status"], new["status"]) if "status" in moved else ("", "")
    found = (
        ("attach", grown > 0),
        ("detach", grown < 0),
        ("resize", "size" in moved),
        ("retype", "_type" in moved),
        ("transfer.accept", "os-vol-tenant-attr:tenant_id" in moved),
        ("transfer.delete", turned[0] == "awaiting-transfer"),
        ("transfer.create", turned[1] == "awaiting-transfer"),
        ("create", turned == ("creating", "available")),
        ("update", bool(moved & {"name", "description"})),
    )
    return next((verb for verb, so in found if so), "")


def of_volume(cloud: Cloud, op: str, old: Body, new: Body) -> Told:
    """Tell of a volume, under the name of what was done to it."""
    body = new or old
    host, payload = body["os-vol-host-attr:host"], _payload(cloud, body)
    if op == "create":
        yield Notification(_EXCHANGE, f"volume.{host}", "volume.create.start", payload)
        if body["status"] != "creating":
            yield Notification(_EXCHANGE, f"volume.{host}", "volume.create.end", payload)
    elif op == "delete":
        yield from _both("volume", "delete", host, payload, payload | {"status": "deleted"})
    elif (verb := _verb(old, new)) == "create":
        yield Notification(_EXCHANGE, f"volume.{host}", "volume.create.end", payload)
    elif verb == "retype":
        yield Notification(_EXCHANGE, f"volume.{host}", "volume.retype", payload)
    elif verb:
        yield from _both("volume", verb, host, _payload(cloud, old), payload)


def of_snapshot(_cloud: Cloud, op: str, old: Body, new: Body) -> Told:
    """Tell of a snapshot."""
    body = new or old
    payload = {
        "snapshot_id": body["id"],
        "volume_id": body["volume_id"],
        "volume_size": body["size"],
        "display_name": body["name"],
        "status": "deleted" if op == "delete" else body["status"],
        "tenant_id": body["os-extended-snapshot-attributes:project_id"],
        "user_id": body["user_id"],
        "availability_zone": "nova",
        "created_at": _zoned(body["created_at"]),
        "deleted": "",
        "metadata": "",
    }
    yield from _both("snapshot", op, "storage-0@ceph", payload, payload)


def of_backup(_cloud: Cloud, op: str, old: Body, new: Body) -> Told:
    """Tell of a backup; of a change of its name Cinder does not."""
    body = new or old
    payload = {
        "backup_id": body["id"],
        "volume_id": body["volume_id"],
        "display_name": body["name"],
        "status": body["status"],
        "tenant_id": body["os-backup-project-attr:project_id"],
        "user_id": body["user_id"],
        "size": body["size"],
        "fail_reason": body["fail_reason"],
        "created_at": _zoned(body["created_at"]),
        "availability_zone": body["availability_zone"],
    }
    if op != "update" or old["status"] != new["status"]:
        verb = "create" if op == "update" else op
        yield from _both("backup", verb, "controller-0", payload, payload)


def of_group(_cloud: Cloud, op: str, old: Body, new: Body) -> Told:
    """Tell of a group of volumes."""
    body = new or old
    payload = {
        "group_id": body["id"],
        "group_type": body["group_type"],
        "name": body["name"],
        "status": "deleted" if op == "delete" else body["status"],
        "tenant_id": body["project_id"],
        "user_id": body["_user"],
        "availability_zone": body["availability_zone"],
        "created_at": _zoned(body["created_at"]),
    }
    yield from _both("group", op, "storage-0@ceph", payload, payload)


def of_group_snapshot(_cloud: Cloud, op: str, old: Body, new: Body) -> Told:
    """Tell of a snapshot of a group."""
    body = new or old
    payload = {
        "group_snapshot_id": body["id"],
        "group_id": body["group_id"],
        "group_type": body["group_type_id"],
        "name": body["name"],
        "status": body["status"],
        "tenant_id": body["project_id"],
        "created_at": _zoned(body["created_at"]),
    }
    yield from _both("group_snapshot", op, "storage-0@ceph", payload, payload)


def _of_kind(noun: str, publisher: str) -> Tell:
    def tell(_cloud: Cloud, op: str, old: Body, new: Body) -> Told:
        body = new or old
        event, payload = f"{noun}.{op}", {f"{noun}s": shown(body)}
        if op == "update" and old.get("extra_specs") != new.get("extra_specs"):
            event = f"{noun}_extra_specs.create"
            payload = {"type_id": body["id"], "specs": body["extra_specs"]}
        yield Notification(_EXCHANGE, f"{publisher}.controller-0", event, payload)

    return tell


def of_qos(_cloud: Cloud, op: str, old: Body, new: Body) -> Told:
    """Tell of a specification; when it is new it has no id yet."""
    body = new or old
    payload = {"name": body["name"], "specs": body["specs"], "created_at": None}
    if op != "create":
        payload["id"] = body["id"]
    yield Notification(_EXCHANGE, "QoSSpecs.controller-0", f"qos_specs.{op}", payload)


TELLS: dict[str, Tell] = {
    "cinder.volume": of_volume,
    "cinder.snapshot": of_snapshot,
    "cinder.backup": of_backup,
    "cinder.group": of_group,
    "cinder.group_snapshot": of_group_snapshot,
    "cinder.volume_type": _of_kind("volume_type", "volumeType"),
    "cinder.group_type": _of_kind("group_type", "groupType"),
    "cinder.qos_spec": of_qos,
}
