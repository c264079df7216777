"""What Glance tells the bus: its own names for fields, and a publisher that says nothing."""

from collections.abc import Iterator
from typing import Any

from openstack_democloud.clock import stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.image.entities import properties
from openstack_democloud.notices import Notification
from openstack_democloud.service import Tell
from openstack_democloud.table import Body, shown

_EXCHANGE, _PUBLISHER = "glance", "image.localhost"
_FIELDS = (
    "checksum", "container_format", "created_at", "disk_format", "id", "min_disk", "min_ram",
    "name", "owner", "protected", "size", "status", "tags", "updated_at", "virtual_size",
    "visibility",
)  # fmt: skip
_TURNED = {
    ("queued", "saving"): ("image.prepare",),
    ("saving", "active"): ("image.upload", "image.activate"),
    ("active", "deactivated"): ("image.deactivate",),
    ("deactivated", "active"): ("image.reactivate",),
}


def _notification(event_type: str, payload: Body) -> Notification:
    return Notification(_EXCHANGE, _PUBLISHER, event_type, payload)


def _deleted(cloud: Cloud, op: str) -> dict[str, Any]:
    gone = op == "delete"
    return {"deleted": gone, "deleted_at": stamp(cloud.clock.now()) if gone else None}


def of_image(cloud: Cloud, op: str, old: Body, new: Body) -> Iterator[Notification]:
    """Tell of an image: its data's coming and going has names of its own."""
    body = new or old
    payload = {name: body[name] for name in _FIELDS} | _deleted(cloud, op)
    payload |= {"is_public": body["visibility"] == "public", "properties": properties(body)}
    if op == "delete":
        payload["status"] = "deleted"
    events: tuple[str, ...] = (f"image.{op}",)
    if op == "update" and old["status"] != new["status"]:
        events = _TURNED.get((old["status"], new["status"]), events)
    for event in events:
        yield _notification(event, payload)


def of_member(cloud: Cloud, op: str, old: Body, new: Body) -> Iterator[Notification]:
    """Tell of a membership: two ids name it."""
    payload = shown(new or old) | _deleted(cloud, op)
    del payload["schema"]
    yield _notification(f"image.member.{op}", payload)


def of_task(cloud: Cloud, op: str, old: Body, new: Body) -> Iterator[Notification]:
    """Tell of a task."""
    body = new or old
    payload = {n: body[n] for n in ("id", "type", "status", "owner", "created_at", "updated_at")}
    yield _notification(f"task.{op}", payload | body["_alone"] | _deleted(cloud, op))


def of_namespace(cloud: Cloud, op: str, old: Body, new: Body) -> Iterator[Notification]:
    """Tell of a namespace."""
    body = new or old
    names = ("namespace", "display_name", "description", "visibility", "protected", "owner")
    payload = {n: body[n] for n in (*names, "created_at", "updated_at")} | _deleted(cloud, op)
    yield _notification(f"metadef_namespace.{op}", payload | {"namespace_old": body["namespace"]})


TELLS: dict[str, Tell] = {
    "glance.image": of_image,
    "glance.image_member": of_member,
    "glance.task": of_task,
    "glance.metadef_namespace": of_namespace,
}
