"""Creating, changing and deleting volumes, as their API has it."""

from collections.abc import Callable
from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.table import Body
from openstack_democloud.volume.catalog import SNAPSHOTS, VOLUMES
from openstack_democloud.volume.changes import (
    VOLUME,
    attach,
    detach,
    later,
    make_volume,
    save,
    set_metadata,
    settle,
    vanish,
)
from openstack_democloud.volume.volume_types import type_of

_DELETABLE = frozenset({"available", "error", "error_restoring", "error_extending"})


def create(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /volumes``: 202 and *creating*, *available* a little later."""
    given = ask.part("volume")
    fields: Body = {"status": "creating", "metadata": dict(given.get("metadata") or {})}
    size = given.get("size")
    if source := given.get("snapshot_id"):
        fields["snapshot_id"] = source
        size = size or SNAPSHOTS.found(cloud, ask, source)["size"]
    if source := given.get("source_volid"):
        fields["source_volid"] = source
        size = size or VOLUMES.found(cloud, ask, source)["size"]
    if image := given.get("imageRef"):
        fields |= {"bootable": "true", "volume_image_metadata": {"image_id": image}}
    if not isinstance(size, int) or size < 1:
        raise RefusalError(400, f"Invalid input received: Invalid volume size provided: {size}")
    fields |= {"size": size, "description": given.get("description")}
    if given.get("volume_type"):
        fields["_type"] = type_of(cloud, given["volume_type"])["id"]
    token = ask.token
    project, user = (token.project_id or "", token.user_id) if token else ("", "")
    body = make_volume(cloud, given.get("name"), project, user, **fields)
    later(cloud, settle, VOLUME, body["id"], "available")
    return Answer.json({"volume": VOLUMES.shape(cloud, ask, body)}, 202)


def update(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the PUT of name, description and metadata."""
    VOLUMES.found(cloud, ask, id)
    given = ask.part("volume")
    fields = {n: given[n] for n in ("name", "description") if n in given}
    if "metadata" in given:
        set_metadata(cloud, id, dict(given["metadata"]))
    body = save(cloud, VOLUME, id, **fields)
    return Answer.json({"volume": VOLUMES.shape(cloud, ask, body)})


def delete(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the DELETE of a volume: 202 and *deleting*, gone when the back end is done."""
    body = VOLUMES.found(cloud, ask, id)
    if body["status"] not in _DELETABLE:
        raise RefusalError(
            400,
            "Invalid volume: Volume status must be available or error or error_restoring or"
            " error_extending and must not be migrating, attached, belong to a group, have"
            " snapshots, awaiting a transfer, or be disassociated from snapshots after transfer.",
        )
    if any(row["volume_id"] == id for row in cloud.table("cinder.snapshot")):
        raise RefusalError(400, f"Invalid volume: Volume {id} still has snapshots.")
    return _delete(cloud, id)


def _delete(cloud: Cloud, id: str) -> Answer:
    save(cloud, VOLUME, id, status="deleting")
    later(cloud, vanish, VOLUME, id)
    return Answer(202)


def show_metadata(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the GET of a volume's metadata."""
    return Answer.json({"metadata": VOLUMES.found(cloud, ask, id)["metadata"]})


def put_metadata(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the PUT of all metadata."""
    VOLUMES.found(cloud, ask, id)
    return Answer.json({"metadata": set_metadata(cloud, id, ask.part("metadata"))["metadata"]})


def post_metadata(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the POST that merges metadata."""
    held = VOLUMES.found(cloud, ask, id)["metadata"]
    body = set_metadata(cloud, id, held | ask.part("metadata"))
    return Answer.json({"metadata": body["metadata"]})


def delete_metadata_key(cloud: Cloud, ask: Ask, id: str, key: str) -> Answer:
    """Answer the DELETE of one metadata key."""
    held = VOLUMES.found(cloud, ask, id)["metadata"]
    if key not in held:
        raise RefusalError(404, f"Volume {id} has no metadata with key {key}.")
    set_metadata(cloud, id, {n: v for n, v in held.items() if n != key})
    return Answer(200)


Act = Callable[[Cloud, Body, dict[str, Any]], None]


def _extend(cloud: Cloud, body: Body, given: dict[str, Any]) -> None:
    size = given.get("new_size")
    if not isinstance(size, int) or size <= body["size"]:
        raise RefusalError(
            400, f"Invalid input received: New size for extend must be greater than {body['size']}"
        )
    before = body["status"]
    if before not in {"available", "in-use"}:
        raise RefusalError(400, f"Invalid volume: Volume {body['id']} is {before}.")
    save(cloud, VOLUME, body["id"], status="extending")
    later(cloud, _extended, body["id"], size, before)


def _extended(cloud: Cloud, id: str, size: int, status: str) -> None:
    if id in cloud.table(VOLUME):
        save(cloud, VOLUME, id, size=size, status=status)


def _attach(cloud: Cloud, body: Body, given: dict[str, Any]) -> None:
    host = str(given.get("host_name") or "")
    attach(cloud, body["id"], str(given["instance_uuid"]), host, given["mountpoint"])


def _detach(cloud: Cloud, body: Body, given: dict[str, Any]) -> None:
    wanted = given.get("attachment_id")
    for held in body["attachments"]:
        if wanted in {None, held["attachment_id"]}:
            detach(cloud, held["attachment_id"])


def _reset(cloud: Cloud, body: Body, given: dict[str, Any]) -> None:
    save(cloud, VOLUME, body["id"], status=given.get("status", body["status"]))


def _bootable(cloud: Cloud, body: Body, given: dict[str, Any]) -> None:
    save(cloud, VOLUME, body["id"], bootable=str(bool(given["bootable"])).lower())


def _retype(cloud: Cloud, body: Body, given: dict[str, Any]) -> None:
    save(cloud, VOLUME, body["id"], _type=type_of(cloud, given["new_type"])["id"])


def _force_delete(cloud: Cloud, body: Body, _given: dict[str, Any]) -> None:
    _delete(cloud, body["id"])


_ACTIONS: dict[str, Act] = {
    "os-extend": _extend,
    "os-attach": _attach,
    "os-detach": _detach,
    "os-reset_status": _reset,
    "os-set_bootable": _bootable,
    "os-retype": _retype,
    "os-force_delete": _force_delete,
}
_ADMINS = frozenset({"os-reset_status", "os-force_delete"})


def act(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``POST /volumes/{id}/action``."""
    body, given = VOLUMES.found(cloud, ask, id), ask.json()
    name = next((name for name in _ACTIONS if name in given), None)
    if name is None:
        raise RefusalError(400, f"There is no such action: {', '.join(given)}")
    if name in _ADMINS and ask.token is not None and not ask.token.admin:
        raise RefusalError(403, "Policy doesn't allow this action to be performed.")
    _ACTIONS[name](cloud, body, given[name] or {})
    return Answer(202)
