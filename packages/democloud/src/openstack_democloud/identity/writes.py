"""Creating, changing and deleting what Keystone holds, and what goes with a delete."""

from collections.abc import Callable
from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError, decode
from openstack_democloud.identity import entities
from openstack_democloud.identity.listing import Serve, held, missing
from openstack_democloud.identity.notices import tell_tag
from openstack_democloud.table import Body, shown

MAKERS: dict[str, Callable[..., Body]] = {
    "project": entities.project,
    "user": entities.user,
    "group": entities.group,
    "role": entities.role,
}


def make(cloud: Cloud, kind: str, name: str, **fields: Any) -> Body:
    """Create a project, user, group or role and return it."""
    id_ = cloud.names.hex(kind, cloud.next(kind))
    domain = fields.pop("domain_id", None) or (None if kind == "role" else "default")
    body = MAKERS[kind](cloud.base, id_, name, domain, **fields)
    type_ = "keystone.domain_role" if kind == "role" and domain else f"keystone.{kind}"
    return cloud.table(type_).add(id_, body)


def remove(cloud: Cloud, kind: str, id: str) -> None:
    """Delete one of them, and the grants and memberships that hang on it."""
    grants = cloud.table("keystone.role_assignment")
    for key, body in list(grants.items()):
        actor = body.get("user") or body["group"]
        referred = {body["role"]["id"], actor["id"]}
        referred |= {v["id"] for v in body["scope"].values() if isinstance(v, dict) and "id" in v}
        if id in referred:
            grants.lose(key)
    members = cloud.table("keystone.group_member")
    for key in [key for key in members.ids() if id in key.split("/")]:
        members.lose(key)
    if kind == "role":
        implied = cloud.table("keystone.implied_role")
        for prior, body in list(implied.items()):
            if prior == id or body["implied"] == [id]:
                implied.remove(prior)
            elif id in body["implied"]:
                implied.change(prior, implied=[role for role in body["implied"] if role != id])
    held(cloud, f"keystone.{kind}", id).remove(id)


def create(kind: str) -> Serve:
    """Return what answers the POST of a *kind*."""

    def serve(cloud: Cloud, ask: Ask) -> Answer:
        given = ask.part(kind)
        name = given.pop("name", None)
        if not isinstance(name, str) or not name:
            raise RefusalError(400, f"Invalid input for field 'name' of {kind}")
        domain = given.get("domain_id") or (None if kind == "role" else "default")
        type_ = "keystone.domain_role" if kind == "role" and domain else f"keystone.{kind}"
        for body in cloud.table(type_):
            if body["name"] == name and body["domain_id"] == domain:
                raise RefusalError(
                    409, f"Conflict occurred attempting to store {kind} - Duplicate entry."
                )
        if "password" in given:
            given["_password"] = given.pop("password")
        return Answer.json({kind: shown(make(cloud, kind, name, **given))}, 201)

    return serve


def change(kind: str) -> Serve:
    """Return what answers the PATCH of a *kind*."""

    def serve(cloud: Cloud, ask: Ask, id: str) -> Answer:
        table = held(cloud, f"keystone.{kind}", id)
        if id not in table:
            raise missing(kind, id)
        given = ask.part(kind)
        if "password" in given:
            given["_password"] = given.pop("password")
        return Answer.json({kind: shown(table.change(id, **given))})

    return serve


def delete(kind: str) -> Serve:
    """Return what answers the DELETE of a *kind*."""

    def serve(cloud: Cloud, _ask: Ask, id: str) -> Answer:
        if id not in held(cloud, f"keystone.{kind}", id):
            raise missing(kind, id)
        remove(cloud, kind, id)
        return Answer(204)

    return serve


def _project(cloud: Cloud, id: str) -> Body:
    body = cloud.table("keystone.project").get(id)
    if body is None:
        raise missing("project", id)
    return body


def show_tags(cloud: Cloud, _ask: Ask, id: str) -> Answer:
    """Answer the GET of a project's tags."""
    return Answer.json({"tags": _project(cloud, id)["tags"]})


def set_tags(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the PUT of all tags of a project."""
    _project(cloud, id)
    wanted = decode(ask.body).get("tags", [])
    cloud.table("keystone.project").change(id, tags=list(wanted))
    return Answer.json({"tags": wanted})


def clear_tags(cloud: Cloud, _ask: Ask, id: str) -> Answer:
    """Answer the DELETE of all tags of a project."""
    _project(cloud, id)
    cloud.table("keystone.project").change(id, tags=[])
    return Answer(204)


def add_tag(cloud: Cloud, _ask: Ask, id: str, tag: str) -> Answer:
    """Answer the PUT of one tag."""
    tags = _project(cloud, id)["tags"]
    if tag not in tags:
        cloud.table("keystone.project").change(id, tags=[*tags, tag])
        tell_tag(cloud, "create", tag)
    return Answer(201)


def remove_tag(cloud: Cloud, _ask: Ask, id: str, tag: str) -> Answer:
    """Answer the DELETE of one tag."""
    tags = _project(cloud, id)["tags"]
    if tag not in tags:
        raise missing("project tag", tag)
    cloud.table("keystone.project").change(id, tags=[t for t in tags if t != tag])
    tell_tag(cloud, "delete", tag)
    return Answer(204)
