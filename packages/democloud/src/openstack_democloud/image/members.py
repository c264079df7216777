"""Whom images are shared with. Sharing does not move the image's ``updated_at``."""

from typing import Any

from openstack_democloud.clock import stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.image import entities
from openstack_democloud.image.access import admin, found, project
from openstack_democloud.table import Body, shown

_TYPE = "glance.image_member"


def share(cloud: Cloud, image_id: str, member: str) -> Body:
    """Share an image with a project."""
    body = entities.member(image_id, member, at=cloud.clock.now())
    return cloud.table(_TYPE).add(f"{image_id}/{member}", body)


def change(cloud: Cloud, key: str, **fields: Any) -> Body:
    """Change a membership."""
    return cloud.table(_TYPE).change(key, **fields, updated_at=stamp(cloud.clock.now()))


def _image(cloud: Cloud, ask: Ask, id: str, *, to_change: bool = False) -> Body:
    body = found(cloud, ask, id, to_change=to_change)
    if body["visibility"] == "public":
        raise RefusalError(403, "Public images do not have members.")
    return body


def _member(cloud: Cloud, ask: Ask, id: str, member: str) -> Body:
    image = _image(cloud, ask, id)
    body = cloud.table(_TYPE).get(f"{id}/{member}")
    own = admin(ask) or project(ask) in {image["owner"], member}
    if body is None or not own:
        raise RefusalError(404, f"{member} not found in the member list of the image {id}.")
    return body


def index(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``GET /v2/images/{id}/members``: all to the owner, to a member itself."""
    image = _image(cloud, ask, id)
    everyone = admin(ask) or image["owner"] == project(ask)
    rows = [
        shown(body)
        for body in cloud.table(_TYPE)
        if body["image_id"] == id and (everyone or body["member_id"] == project(ask))
    ]
    return Answer.json({"members": rows, "schema": "/v2/schemas/members"})


def show(cloud: Cloud, ask: Ask, id: str, member: str) -> Answer:
    """Answer the GET of one membership."""
    return Answer.json(shown(_member(cloud, ask, id, member)))


def create(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``POST /v2/images/{id}/members``."""
    member = ask.json().get("member")
    if not isinstance(member, str) or not member:
        raise RefusalError(400, "Member to be added not specified")
    if _image(cloud, ask, id, to_change=True)["visibility"] != "shared":
        raise RefusalError(403, f"Only shared images have members: {id}")
    if f"{id}/{member}" in cloud.table(_TYPE):
        raise RefusalError(409, f"Member {member} is duplicated for image {id}")
    return Answer.json(shown(share(cloud, id, member)))


def update(cloud: Cloud, ask: Ask, id: str, member: str) -> Answer:
    """Answer the PUT of a membership: the member says yes or no."""
    _member(cloud, ask, id, member)
    status = ask.json().get("status")
    if status not in {"pending", "accepted", "rejected"}:
        raise RefusalError(400, f"Incorrect request: status {status}")
    if not admin(ask) and project(ask) != member:
        raise RefusalError(403, f"Not allowed to update members for image {id}.")
    return Answer.json(shown(change(cloud, f"{id}/{member}", status=status)))


def delete(cloud: Cloud, ask: Ask, id: str, member: str) -> Answer:
    """Answer the DELETE of a membership."""
    _image(cloud, ask, id, to_change=True)
    _member(cloud, ask, id, member)
    cloud.table(_TYPE).remove(f"{id}/{member}")
    return Answer(204)
