"""Attachments, the way Nova makes them: reserved, connected, completed."""

from openstack_democloud.clock import micro_stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.table import Body
from openstack_democloud.volume import entities
from openstack_democloud.volume.catalog import ATTACHMENTS, VOLUMES
from openstack_democloud.volume.changes import (
    ATTACHMENT,
    VOLUME,
    detach,
    save,
    show_attached,
)


def create(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /attachments``: the volume is reserved; with a connector attaching."""
    ATTACHMENTS.check(ask)
    given = ask.part("attachment")
    volume = VOLUMES.found(cloud, ask, str(given.get("volume_uuid")))
    if volume["status"] not in {"available", "in-use"} or (
        volume["attachments"] and not volume["multiattach"]
    ):
        raise RefusalError(
            400, f"Invalid volume: Volume {volume['id']} status must be available to reserve."
        )
    key = cloud.names.uuid("attachment", cloud.next("attachment"))
    body = entities.attachment(
        key,
        volume["id"],
        given.get("instance_uuid"),
        project=volume["os-vol-tenant-attr:tenant_id"],
        at=cloud.clock.now(),
        status="reserved",
        attached_at="",
        attach_mode="null",
        connection_info={},
    )
    cloud.table(ATTACHMENT).add(key, body)
    save(cloud, VOLUME, volume["id"], status="reserved")
    if given.get("connector"):
        _connect(cloud, body, given["connector"])
    return ATTACHMENTS.show(cloud, ask, key)


def _connect(cloud: Cloud, body: Body, connector: Body) -> None:
    key = body["id"]
    cloud.table(ATTACHMENT).change(
        key,
        status="attaching",
        attach_mode=connector.get("mode", "rw"),
        connection_info=entities.connection(key, body["volume_id"]),
        _host=connector.get("host", ""),
        _device=connector.get("mountpoint", "/dev/vdb"),
    )
    save(cloud, VOLUME, body["volume_id"], status="attaching")


def update(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the PUT of a connector: where the volume is to go."""
    body = ATTACHMENTS.found(cloud, ask, id)
    connector = ask.part("attachment").get("connector")
    if not isinstance(connector, dict):
        raise RefusalError(400, "'connector' is a required property")
    _connect(cloud, body, connector)
    return ATTACHMENTS.show(cloud, ask, id)


def act(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``POST /attachments/{id}/action`` with ``os-complete`` (3.44)."""
    body = ATTACHMENTS.found(cloud, ask, id)
    if "os-complete" not in ask.json():
        raise RefusalError(400, "There is no such action")
    if body["status"] != "attaching":
        raise RefusalError(400, f"Attachment {id} is {body['status']}, not attaching.")
    complete(cloud, body)
    return Answer(204)


def complete(cloud: Cloud, body: Body) -> None:
    """Turn an attaching attachment into an attached one, and its volume to in-use."""
    now = micro_stamp(cloud.clock.now())
    body = cloud.table(ATTACHMENT).change(body["id"], status="attached", attached_at=now)
    show_attached(cloud, body, body["_host"], body["_device"])


def delete(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the DELETE of an attachment: with those that are left."""
    volume = ATTACHMENTS.found(cloud, ask, id)["volume_id"]
    detach(cloud, id)
    left = [body for body in cloud.table(ATTACHMENT) if body["volume_id"] == volume]
    return Answer.json({"attachments": [ATTACHMENTS.shape(cloud, ask, body) for body in left]})
