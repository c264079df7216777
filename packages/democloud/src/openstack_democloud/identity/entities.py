"""How identity's entities look: one function a type, used by the seed and by the API."""

from typing import Any

from openstack_democloud.table import Body


def link(base: str, *path: str) -> dict[str, str]:
    """Return the links object with its self link."""
    return {"self": "/".join((base, "v3", *path))}


def domain(base: str, id: str, name: str, description: str = "") -> Body:
    """Return a domain."""
    return {
        "id": id,
        "name": name,
        "description": description,
        "enabled": True,
        "tags": [],
        "options": {},
        "links": link(base, "domains", id),
    }


def project(base: str, id: str, name: str, domain_id: str, **fields: Any) -> Body:
    """Return a project."""
    return {
        "id": id,
        "name": name,
        "domain_id": domain_id,
        "description": "",
        "enabled": True,
        "parent_id": domain_id,
        "is_domain": False,
        "tags": [],
        "options": {},
        "links": link(base, "projects", id),
    } | fields


def user(base: str, id: str, name: str, domain_id: str, **fields: Any) -> Body:
    """Return a user; ``_password`` is what they log in with."""
    return {
        "id": id,
        "name": name,
        "domain_id": domain_id,
        "enabled": True,
        "password_expires_at": None,
        "options": {},
        "links": link(base, "users", id),
        "_password": "password",
    } | fields


def group(base: str, id: str, name: str, domain_id: str, **fields: Any) -> Body:
    """Return a group."""
    return {
        "id": id,
        "name": name,
        "domain_id": domain_id,
        "description": "",
        "links": link(base, "groups", id),
    } | fields


def role(base: str, id: str, name: str, domain_id: str | None = None, **fields: Any) -> Body:
    """Return a role; one with a domain is listed only for that domain."""
    return {
        "id": id,
        "name": name,
        "domain_id": domain_id,
        "description": None,
        "options": {},
        "links": link(base, "roles", id),
    } | fields


def assignment(
    base: str, role_id: str, actor: tuple[str, str], scope: tuple[str, str], *, inherited: bool
) -> tuple[str, Body]:
    """Return the composite id and the body of a role assignment.

    *actor* is ("user" or "group", id), *scope* ("project" or "domain", id) or ("system", "all").
    """
    kind, target = scope
    inside: dict[str, Any] = {"system": {"all": True}} if kind == "system" else {}
    path: tuple[str, ...]
    if kind == "system":
        path = ("system", f"{actor[0]}s", actor[1], "roles", role_id)
    else:
        inside[kind] = {"id": target}
        path = (f"{kind}s", target, f"{actor[0]}s", actor[1], "roles", role_id)
    if inherited:
        inside["OS-INHERIT:inherited_to"] = "projects"
        path = ("OS-INHERIT", *path, "inherited_to_projects")
    body = {
        "role": {"id": role_id},
        actor[0]: {"id": actor[1]},
        "scope": inside,
        "links": {"assignment": link(base, *path)["self"]},
    }
    where = "system" if kind == "system" else f"{kind}:{target}"
    parts = [role_id, f"{actor[0]}:{actor[1]}", where, *(["inherited"] if inherited else [])]
    return "/".join(parts), body
