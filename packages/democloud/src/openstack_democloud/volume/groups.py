"""Groups of volumes, their snapshots, and volumes on their way to another project."""

from dataclasses import replace

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.table import Body
from openstack_democloud.volume import entities, rows
from openstack_democloud.volume.access import project
from openstack_democloud.volume.catalog import (
    GROUP_SNAPSHOTS,
    GROUP_TYPES,
    GROUPS,
    TRANSFERS,
    VOLUMES,
)
from openstack_democloud.volume.changes import VOLUME, drop_volume, save
from openstack_democloud.volume.collections import Collection

GROUP, GROUP_SNAPSHOT, TRANSFER = "cinder.group", "cinder.group_snapshot", "cinder.transfer"
_WHOLE = replace(GROUPS, row=rows.group_with_volumes)
_LISTED = 25


def _shown(ask: Ask) -> Collection:
    """Return groups as asked for: from 3.25 on, on request, with their volumes."""
    wanted = ask.query.get("list_volume", "").lower() in {"true", "1"}
    return _WHOLE if wanted and ask.minor >= _LISTED else GROUPS


def detail(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /groups/detail``."""
    return _shown(ask).detail(cloud, ask)


def show(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the GET of one group."""
    return _shown(ask).show(cloud, ask, id)


def make(cloud: Cloud, name: str | None, type: str, project: str) -> Body:
    """Create a group and return it."""
    id_ = cloud.names.uuid("group", cloud.next("group"))
    body = entities.group(id_, name, project=project, type=type, at=cloud.clock.now())
    return cloud.table(GROUP).add(id_, body)


def create(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /groups``."""
    GROUPS.check(ask)
    given = ask.part("group")
    type_ = GROUP_TYPES.found(cloud, ask, str(given.get("group_type")))["id"]
    body = make(cloud, given.get("name"), type_, project(ask) or "")
    cloud.table(GROUP).change(body["id"], volume_types=list(given.get("volume_types") or []))
    return Answer.json({"group": {"id": body["id"], "name": body["name"]}}, 202)


def update(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the PUT of a group: name, and which volumes are in it."""
    GROUPS.found(cloud, ask, id)
    given = ask.part("group")
    for name, owner in (("add_volumes", id), ("remove_volumes", None)):
        for volume in filter(None, (given.get(name) or "").split(",")):
            VOLUMES.found(cloud, ask, volume)
            save(cloud, VOLUME, volume, group_id=owner)
    cloud.table(GROUP).change(id, **{n: given[n] for n in ("name", "description") if n in given})
    return Answer(202)


def act(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``POST /groups/{id}/action`` with *delete*, and its volumes if so wished."""
    GROUPS.found(cloud, ask, id)
    given = ask.json()
    if "delete" not in given:
        raise RefusalError(400, "There is no such action")
    held = [body["id"] for body in cloud.table(VOLUME) if body["group_id"] == id]
    if held and not given["delete"].get("delete-volumes"):
        raise RefusalError(400, f"Invalid group: Group {id} still contains volumes.")
    for volume in held:
        drop_volume(cloud, volume)
    cloud.table(GROUP).remove(id)
    return Answer(202)


def create_snapshot(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /group_snapshots``."""
    GROUP_SNAPSHOTS.check(ask)
    given = ask.part("group_snapshot")
    of = GROUPS.found(cloud, ask, str(given.get("group_id")))
    id_ = cloud.names.uuid("group_snapshot", cloud.next("group_snapshot"))
    body = entities.group_snapshot(id_, given.get("name"), of, at=cloud.clock.now())
    cloud.table(GROUP_SNAPSHOT).add(id_, body)
    return Answer.json({"group_snapshot": {n: body[n] for n in GROUP_SNAPSHOTS.brief}}, 202)


def delete_snapshot(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the DELETE of a group's snapshot."""
    GROUP_SNAPSHOTS.found(cloud, ask, id)
    cloud.table(GROUP_SNAPSHOT).remove(id)
    return Answer(202)


def create_transfer(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /volume-transfers``: the one time the key is shown."""
    TRANSFERS.check(ask)
    given = ask.part("transfer")
    volume = VOLUMES.found(cloud, ask, str(given.get("volume_id")))
    if volume["status"] != "available":
        raise RefusalError(400, f"Invalid volume: status must be available: {volume['status']}")
    id_ = cloud.names.uuid("transfer", cloud.next("transfer"))
    body = entities.transfer(cloud, id_, given.get("name"), volume, at=cloud.clock.now())
    cloud.table(TRANSFER).add(id_, body)
    save(cloud, VOLUME, volume["id"], status="awaiting-transfer")
    made = TRANSFERS.shape(cloud, ask, body) | {"auth_key": body["_key"]}
    return Answer.json({"transfer": made}, 202)


def accept_transfer(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the POST of an acceptance: the volume changes its project, the transfer ends."""
    TRANSFERS.check(ask)
    body = cloud.table(TRANSFER).get(id)
    if body is None:
        raise RefusalError(404, f"Transfer {id} could not be found.")
    if ask.part("accept").get("auth_key") != body["_key"]:
        raise RefusalError(400, "Invalid auth key")
    fields: Body = {"os-vol-tenant-attr:tenant_id": project(ask)}
    if ask.token:
        fields["user_id"] = ask.token.user_id
    save(cloud, VOLUME, body["volume_id"], status="available", **fields)
    cloud.table(TRANSFER).remove(id)
    few = {name: body[name] for name in TRANSFERS.brief}
    return Answer.json({"transfer": few}, 202)


def delete_transfer(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the DELETE of a transfer: the volume stays where it was."""
    TRANSFERS.found(cloud, ask, id)
    drop_transfer(cloud, id)
    return Answer(202)


def drop_transfer(cloud: Cloud, id: str) -> None:
    """End a transfer that nobody accepted."""
    volume = cloud.table(TRANSFER).remove(id)["volume_id"]
    save(cloud, VOLUME, volume, status="available")
