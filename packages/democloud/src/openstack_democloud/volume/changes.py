"""What happens to volumes and attachments, whoever wants it: the API, the churn, a test.

A save of the row moves ``updated_at``; metadata are rows of their own and do not.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from openstack_democloud.clock import micro_stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.servers.server import Server
from openstack_democloud.table import Body
from openstack_democloud.volume import entities

VOLUME, ATTACHMENT = "cinder.volume", "cinder.attachment"


def later(cloud: Cloud, act: Callable[..., object], *given: Any) -> None:
    """Do what a back end takes its time for."""
    asyncio.get_running_loop().call_later(cloud.size.build_seconds, act, cloud, *given)


def save(cloud: Cloud, type: str, id: str, **fields: Any) -> Body:
    """Change an entity and with it its ``updated_at``."""
    return cloud.table(type).change(id, **fields, updated_at=micro_stamp(cloud.clock.now()))


def settle(cloud: Cloud, type: str, id: str, status: str) -> None:
    """Bring an entity to the state it was on its way to, unless it is gone."""
    if id in cloud.table(type):
        save(cloud, type, id, status=status)


def vanish(cloud: Cloud, type: str, id: str) -> None:
    """Delete an entity, unless it is gone."""
    if id not in cloud.table(type):
        return
    if type == VOLUME:
        drop_volume(cloud, id)
    else:
        cloud.table(type).remove(id)


def make_volume(cloud: Cloud, name: str | None, project: str, user: str, **fields: Any) -> Body:
    """Create a volume and return it."""
    id_ = cloud.names.uuid("volume", cloud.next("volume"))
    body = entities.volume(
        cloud, id_, name, project=project, user=user, at=cloud.clock.now(), **fields
    )
    return cloud.table(VOLUME).add(id_, body)


def drop_volume(cloud: Cloud, id: str) -> None:
    """Delete a volume with its snapshots, transfers and attachments; backups outlive it."""
    for type_ in ("cinder.snapshot", "cinder.transfer"):
        table = cloud.table(type_)
        for key in [key for key, row in table.items() if row["volume_id"] == id]:
            table.remove(key)
    for held in cloud.table(VOLUME).remove(id)["attachments"]:
        if held["attachment_id"] in cloud.table(ATTACHMENT):
            detach(cloud, held["attachment_id"])


def attach(cloud: Cloud, id: str, server: str, host: str, device: str = "/dev/vdb") -> Body:
    """Attach a volume to a server and return the attachment."""
    volume = cloud.table(VOLUME).get(id) or {}
    key = cloud.names.uuid("attachment", cloud.next("attachment"))
    now = cloud.clock.now()
    project = volume["os-vol-tenant-attr:tenant_id"]
    body = entities.attachment(key, id, server, project=project, at=now)
    cloud.table(ATTACHMENT).add(key, body)
    show_attached(cloud, body, host, device)
    return body


def show_attached(cloud: Cloud, attachment: Body, host: str, device: str) -> None:
    """Let a volume and its server show that they are attached."""
    id_ = attachment["volume_id"]
    volume = cloud.table(VOLUME).get(id_) or {}
    held = [*volume["attachments"], entities.attached(attachment, device, host)]
    save(cloud, VOLUME, id_, status="in-use", attachments=held)
    server = _living(cloud, attachment["instance"])
    if server is not None and id_ not in {row["id"] for row in server.volumes}:
        row = {"id": id_, "delete_on_termination": False, "attachment_id": attachment["id"]}
        cloud.servers.touch(server.seq, bump=False, volumes=[*server.volumes, row])


def detach(cloud: Cloud, key: str, *, server_stays: bool = True) -> None:
    """End an attachment; the volume's last one makes it available."""
    body = cloud.table(ATTACHMENT).remove(key)
    volume = cloud.table(VOLUME).get(body["volume_id"])
    if volume is not None:
        held = [a for a in volume["attachments"] if a["attachment_id"] != key]
        status = "in-use" if held else "available"
        save(cloud, VOLUME, body["volume_id"], status=status, attachments=held)
    server = _living(cloud, body["instance"]) if server_stays else None
    if server is not None:
        rows = [row for row in server.volumes if row["id"] != body["volume_id"]]
        if len(rows) < len(server.volumes):
            cloud.servers.touch(server.seq, bump=False, volumes=rows)


def _living(cloud: Cloud, server: str | None) -> Server | None:
    seq = cloud.servers.find(server) if server else None
    return cloud.servers.look(seq) if seq is not None and cloud.servers.alive[seq] else None


def set_metadata(cloud: Cloud, id: str, metadata: dict[str, str]) -> Body:
    """Replace a volume's metadata: nobody is told, ``updated_at`` stays."""
    return cloud.table(VOLUME).drift(id, metadata=metadata)
