"""Creating, filling, changing and deleting images."""

import re
from typing import Any

from openstack_democloud.clock import stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.image import entities
from openstack_democloud.image.access import admin, found, project
from openstack_democloud.image.listing import row
from openstack_democloud.names import SECRET
from openstack_democloud.table import Body

_READ_ONLY = frozenset(
    (
        "checksum", "created_at", "direct_url", "file", "os_hash_algo", "os_hash_value", "schema",
        "self", "size", "status", "stores", "updated_at", "virtual_size", "locations", "id",
    )
)  # fmt: skip
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def make(cloud: Cloud, name: str | None, owner: str | None, **fields: Any) -> Body:
    """Create an image and return it: queued, without data."""
    id_ = fields.pop("id", None) or cloud.names.uuid("image", cloud.next("image"))
    body = entities.image(id_, name, owner, at=cloud.clock.now(), **fields)
    return cloud.table("glance.image").add(id_, body)


def change(cloud: Cloud, id: str, **fields: Any) -> Body:
    """Change an image; every save of one moves ``updated_at``."""
    now = stamp(cloud.clock.now())
    return cloud.table("glance.image").change(id, **fields, updated_at=now)


def fill(cloud: Cloud, id: str, size: int, data: bytes = b"") -> Body:
    """Give an image its data: saving, then active."""
    change(cloud, id, status="saving")
    return change(cloud, id, **entities.content(id, size, data))


def remove(cloud: Cloud, id: str) -> None:
    """Delete an image and its memberships."""
    members = cloud.table("glance.image_member")
    for key in [key for key in members.ids() if key.startswith(f"{id}/")]:
        members.remove(key)
    cloud.table("glance.image").remove(id)


def _checked(ask: Ask, fields: Body) -> Body:
    for name in fields:
        if name in _READ_ONLY:
            raise RefusalError(403, f"Attribute '{name}' is read-only.")
    if fields.get("visibility") == "public" and not admin(ask):
        raise RefusalError(403, "You are not authorized to complete publicize_image action.")
    return fields


def create(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /v2/images``."""
    given = ask.json()
    if not isinstance(given, dict):
        raise RefusalError(400, "Malformed request body")
    id_ = given.pop("id", None)
    if id_ is not None and not _UUID.fullmatch(str(id_)):
        raise RefusalError(400, f"Invalid image id format: {id_}")
    if id_ in cloud.table("glance.image"):
        raise RefusalError(409, f"Image ID {id_} already exists!")
    owner = given.pop("owner", None) if admin(ask) else None
    body = make(
        cloud, given.pop("name", None), owner or project(ask), id=id_, **_checked(ask, given)
    )
    headers = {"Location": f"{cloud.base}/image{body['self']}"}
    return Answer.json(row(ask, body), 201, **headers)


def patch(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the PATCH of an image: a JSON patch of whole fields."""
    body = found(cloud, ask, id, to_change=True)
    steps = ask.json()
    if not isinstance(steps, list):
        raise RefusalError(400, "Request body must be a JSON array of operation objects.")
    gone, fields = set[str](), Body()
    for step in steps:
        name = str(step.get("path", "")).removeprefix("/").replace("~1", "/")
        if step.get("op") == "remove":
            if name not in body or entities.is_core(name):
                raise RefusalError(403, f"Property {name} may not be removed.")
            gone.add(name)
        else:
            if step.get("op") == "replace" and name not in body:
                raise RefusalError(409, f"Property {name} does not exist.")
            fields[name] = step["value"]
    _checked(ask, fields)
    if gone:
        for name in gone:
            body.pop(name)
    return Answer.json(row(ask, change(cloud, id, **fields)))


def delete(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the DELETE of an image."""
    if found(cloud, ask, id, to_change=True)["protected"]:
        raise RefusalError(403, f"Image {id} is protected and cannot be deleted.")
    remove(cloud, id)
    return Answer(204)


def upload(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``PUT /v2/images/{id}/file``."""
    if found(cloud, ask, id, to_change=True)["status"] != "queued":
        raise RefusalError(409, f"Image {id} has data already.")
    fill(cloud, id, len(ask.body), ask.body)
    return Answer(204)


def download(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``GET /v2/images/{id}/file``: there is not much in a demo's image."""
    body = found(cloud, ask, id)
    if body["status"] != "active":
        return Answer(204)
    return Answer(200, SECRET.encode(), content_type="application/octet-stream")


def act(cloud: Cloud, ask: Ask, id: str, action: str) -> Answer:
    """Answer ``POST …/actions/deactivate`` and ``…/reactivate``."""
    body = found(cloud, ask, id, to_change=True)
    before, after = {
        "deactivate": ("active", "deactivated"),
        "reactivate": ("deactivated", "active"),
    }.get(action, ("", ""))
    if not after:
        raise RefusalError(404, "The resource could not be found.")
    if body["status"] != before:
        raise RefusalError(403, f"Image {id} is not {before}.")
    change(cloud, id, status=after)
    return Answer(204)


def tag(cloud: Cloud, ask: Ask, id: str, tag: str) -> Answer:
    """Answer the PUT of one tag."""
    body = found(cloud, ask, id, to_change=True)
    if tag not in body["tags"]:
        change(cloud, id, tags=[*body["tags"], tag])
    return Answer(204)


def untag(cloud: Cloud, ask: Ask, id: str, tag: str) -> Answer:
    """Answer the DELETE of one tag."""
    body = found(cloud, ask, id, to_change=True)
    if tag not in body["tags"]:
        raise RefusalError(404, f"Image {id} has no tag {tag}")
    change(cloud, id, tags=[held for held in body["tags"] if held != tag])
    return Answer(204)
