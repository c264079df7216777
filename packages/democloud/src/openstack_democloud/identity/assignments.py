"""Who may do what where: grants, memberships, and the roles that imply others."""

from collections.abc import Iterator

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask
from openstack_democloud.identity.entities import assignment, link
from openstack_democloud.identity.listing import (
    Serve,
    held,
    missing,
    wanted,
    wrapped,
)
from openstack_democloud.table import Body

_FILTERS = frozenset(
    {"role.id", "user.id", "group.id", "scope.project.id", "scope.domain.id", "scope.system"}
)


def assignments(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /v3/role_assignments``: not paged, never cut."""
    rows = []
    for body in cloud.table("keystone.role_assignment"):
        scope = body["scope"]
        marks = {
            "role.id": body["role"]["id"],
            "user.id": body.get("user", {}).get("id"),
            "group.id": body.get("group", {}).get("id"),
            "scope.project.id": scope.get("project", {}).get("id"),
            "scope.domain.id": scope.get("domain", {}).get("id"),
            "scope.system": "all" if "system" in scope else None,
        }
        hidden = marks["scope.project.id"] in ask.lens.projects
        if not hidden and all(marks[n] == v for n, v in ask.pairs if n in _FILTERS):
            rows.append(_named(cloud, body) if "include_names" in ask.query else body)
    return wrapped(cloud, ask, "role_assignments", wanted(ask, rows, also=_FILTERS))


def _named(cloud: Cloud, body: Body) -> Body:
    def with_name(kind: str, reference: Body) -> Body:
        named = held(cloud, f"keystone.{kind}", reference["id"]).get(reference["id"]) or {}
        domain = cloud.table("keystone.domain").get(named.get("domain_id") or "")
        name = {"name": named.get("name")}
        if domain:
            name["domain"] = {"id": domain["id"], "name": domain["name"]}
        return reference | name

    body = dict(body)
    for kind in ("role", "user", "group"):
        if kind in body:
            body[kind] = with_name(kind, body[kind])
    body["scope"] = {
        kind: with_name(kind, value) if kind in {"project", "domain"} else value
        for kind, value in body["scope"].items()
    }
    return body


def inferences(cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /v3/role_inferences``: one entry for each prior role."""
    rows = [body for _, body in implied_roles(cloud)]
    return Answer.json({"role_inferences": rows, "links": link(cloud.base, "role_inferences")})


def implied_roles(cloud: Cloud) -> Iterator[tuple[str, Body]]:
    """Yield each prior role's id with its entry in the listing."""
    for prior, body in cloud.table("keystone.implied_role").items():
        implies = [reference(cloud, id_) for id_ in body["implied"]]
        yield prior, {"prior_role": reference(cloud, prior), "implies": implies}


def reference(cloud: Cloud, id: str) -> Body:
    """Return a role as others refer to it."""
    role = cloud.table("keystone.role").get(id) or {}
    return {"id": id, "name": role.get("name"), "links": link(cloud.base, "roles", id)}


def grant(kind: str, actor: str, *, inherited: bool = False) -> dict[str, Serve]:
    """Return what answers PUT, HEAD and DELETE of one grant."""

    def find(cloud: Cloud, target: str, actor_id: str, role_id: str) -> tuple[str, Body]:
        for type_, id_ in ((f"keystone.{actor}", actor_id), ("keystone.role", role_id)):
            if id_ not in held(cloud, type_, id_):
                raise missing(type_.partition(".")[2], id_)
        if kind != "system" and target not in cloud.table(f"keystone.{kind}"):
            raise missing(kind, target)
        return assignment(
            cloud.base, role_id, (actor, actor_id), (kind, target), inherited=inherited
        )

    def put(cloud: Cloud, _ask: Ask, actor_id: str, role_id: str, target: str = "all") -> Answer:
        id_, body = find(cloud, target, actor_id, role_id)
        table = cloud.table("keystone.role_assignment")
        if id_ not in table:
            table.add(id_, body)
        return Answer(204)

    def head(cloud: Cloud, _ask: Ask, actor_id: str, role_id: str, target: str = "all") -> Answer:
        id_, _ = find(cloud, target, actor_id, role_id)
        if id_ not in cloud.table("keystone.role_assignment"):
            raise missing("role assignment", id_)
        return Answer(204)

    def delete(cloud: Cloud, _ask: Ask, actor_id: str, role_id: str, target: str = "all") -> Answer:
        id_, _ = find(cloud, target, actor_id, role_id)
        if id_ not in cloud.table("keystone.role_assignment"):
            raise missing("role assignment", id_)
        cloud.table("keystone.role_assignment").remove(id_)
        return Answer(204)

    return {"PUT": put, "HEAD": head, "DELETE": delete}


def _membership(cloud: Cloud, id: str, user_id: str) -> str:
    for type_, key in (("group", id), ("user", user_id)):
        if key not in cloud.table(f"keystone.{type_}"):
            raise missing(type_, key)
    return f"{id}/{user_id}"


def join(cloud: Cloud, _ask: Ask, id: str, user_id: str) -> Answer:
    """Answer the PUT of a group membership."""
    key, table = _membership(cloud, id, user_id), cloud.table("keystone.group_member")
    if key not in table:
        table.add(key, {"group_id": id, "user_id": user_id})
    return Answer(204)


def is_member(cloud: Cloud, _ask: Ask, id: str, user_id: str) -> Answer:
    """Answer the GET and the HEAD of a group membership."""
    if _membership(cloud, id, user_id) not in cloud.table("keystone.group_member"):
        raise missing("user in group", user_id)
    return Answer(204)


def leave(cloud: Cloud, _ask: Ask, id: str, user_id: str) -> Answer:
    """Answer the DELETE of a group membership."""
    key = _membership(cloud, id, user_id)
    if key not in cloud.table("keystone.group_member"):
        raise missing("user in group", user_id)
    cloud.table("keystone.group_member").remove(key)
    return Answer(204)
