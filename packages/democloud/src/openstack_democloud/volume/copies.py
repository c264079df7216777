"""Snapshots and backups: copies of volumes, made and deleted in the same steps."""

from typing import Any

from openstack_democloud.clock import micro_stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.table import Body
from openstack_democloud.volume import entities
from openstack_democloud.volume.catalog import BACKUPS, SNAPSHOTS, VOLUMES
from openstack_democloud.volume.changes import later, save, settle, vanish
from openstack_democloud.volume.collections import Collection

SNAPSHOT, BACKUP = "cinder.snapshot", "cinder.backup"


def make_snapshot(cloud: Cloud, volume: Body, name: str | None, **fields: Any) -> Body:
    """Create a snapshot of a volume and return it."""
    id_ = cloud.names.uuid("snapshot", cloud.next("snapshot"))
    now = cloud.clock.now()
    fields = {"updated_at": micro_stamp(now)} | fields
    body = entities.snapshot(id_, name, volume, at=now, **fields)
    return cloud.table(SNAPSHOT).add(id_, body)


def make_backup(cloud: Cloud, volume: Body, name: str | None, **fields: Any) -> Body:
    """Create a backup of a volume and return it."""
    id_ = cloud.names.uuid("backup", cloud.next("backup"))
    now = cloud.clock.now()
    fields = {"updated_at": micro_stamp(now)} | fields
    body = entities.backup(cloud, id_, name, volume, at=now, **fields)
    return cloud.table(BACKUP).add(id_, body)


def create_snapshot(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /snapshots``."""
    given = ask.part("snapshot")
    volume = VOLUMES.found(cloud, ask, str(given.get("volume_id")))
    if volume["status"] != "available" and not given.get("force"):
        raise RefusalError(400, f"Invalid volume: Volume {volume['id']} is {volume['status']}.")
    body = make_snapshot(cloud, volume, given.get("name"), status="creating")
    return _made(cloud, ask, SNAPSHOTS, body)


def create_backup(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /backups``."""
    given = ask.part("backup")
    volume = VOLUMES.found(cloud, ask, str(given.get("volume_id")))
    return _made(
        cloud, ask, BACKUPS, make_backup(cloud, volume, given.get("name"), status="creating")
    )


def _made(cloud: Cloud, ask: Ask, collection: Collection, body: Body) -> Answer:
    later(cloud, settle, collection.type, body["id"], "available")
    return Answer.json({collection.one: collection.shape(cloud, ask, body)}, 202)


def _update(cloud: Cloud, ask: Ask, collection: Collection, id: str) -> Answer:
    collection.found(cloud, ask, id)
    given = ask.part(collection.one)
    fields = {n: given[n] for n in ("name", "description") if n in given}
    body = save(cloud, collection.type, id, **fields)
    return Answer.json({collection.one: collection.shape(cloud, ask, body)})


def _delete(cloud: Cloud, ask: Ask, collection: Collection, id: str) -> Answer:
    status = collection.found(cloud, ask, id)["status"]
    if status not in {"available", "error"}:
        noun = collection.one
        raise RefusalError(400, f"Invalid {noun}: {noun} status must be available or error.")
    save(cloud, collection.type, id, status="deleting")
    later(cloud, vanish, collection.type, id)
    return Answer(202)


def update_snapshot(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the PUT of a snapshot."""
    return _update(cloud, ask, SNAPSHOTS, id)


def delete_snapshot(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the DELETE of a snapshot."""
    return _delete(cloud, ask, SNAPSHOTS, id)


def update_backup(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the PUT of a backup."""
    return _update(cloud, ask, BACKUPS, id)


def delete_backup(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the DELETE of a backup."""
    return _delete(cloud, ask, BACKUPS, id)
