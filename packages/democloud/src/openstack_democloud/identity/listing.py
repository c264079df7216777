"""Keystone's collections, with the two ways in which their paging misleads.

Projects, domains, users and groups page by ``limit`` and ``marker``; without ``limit`` they
are cut at ``max_db_limit`` and nothing in the answer says so. Every other collection takes
``limit``, cuts, gives a next link, and ignores the marker in it: page 1 for ever.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.table import Body, Table, shown

PAGEABLE = frozenset({"keystone.domain", "keystone.project", "keystone.user", "keystone.group"})
_CONTROL = frozenset({"limit", "marker", "sort_key", "sort_dir", "include_names", "effective"})
Serve = Callable[..., Answer]


def missing(kind: str, id: str) -> RefusalError:
    """Return Keystone's 404."""
    return RefusalError(404, f"Could not find {kind}: {id}.")


def _limit(cloud: Cloud, ask: Ask) -> int | None:
    text = ask.query.get("limit")
    if text is None:
        return None
    if not text.isdigit():
        raise RefusalError(400, f"Invalid input for field 'limit': {text!r} is not an integer")
    return min(int(text), cloud.size.page_limit)


def wanted(ask: Ask, bodies: Iterable[Body], *, also: frozenset[str] = frozenset()) -> list[Body]:
    """Return the rows that the query's filters and the lens let through."""
    filters = [(n, v) for n, v in ask.pairs if n not in _CONTROL and n not in also]
    rows = [body for body in bodies if not ask.lens.hides(body)]
    for name, value in filters:
        field, _, comparison = name.partition("__")
        if comparison == "startswith":
            rows = [b for b in rows if str(b.get(field, "")).startswith(value)]
        elif comparison == "contains":
            rows = [b for b in rows if value in str(b.get(field, ""))]
        else:
            rows = [b for b in rows if _equal(b.get(field, value), value)]
    return rows


def _equal(held: object, value: str) -> bool:
    if isinstance(held, bool):
        return held == (value.lower() not in {"false", "0", "no"})
    return str(held) == value


def wrapped(cloud: Cloud, ask: Ask, key: str, rows: list[Body], cut: int | None = None) -> Answer:
    """Return a collection answer; with *cut* one page of it and the link to a next."""
    self_url = cloud.base + ask.path + (f"?{ask.query_string.decode()}" if ask.pairs else "")
    body: Body = {key: rows, "links": {"next": None, "self": self_url, "previous": None}}
    if cut is not None and len(rows) > cut:
        body[key] = rows = rows[:cut]
        body["truncated"] = True
        if rows and "id" in rows[-1]:
            query = urlencode(ask.query | {"marker": rows[-1]["id"]})
            body["links"]["next"] = f"{cloud.base}{ask.path}?{query}"
    return Answer.json(body)


def _page(cloud: Cloud, ask: Ask, key: str, table: Table) -> Answer:
    limit, marker = _limit(cloud, ask), ask.query.get("marker")
    ids = table.by_id()
    start = 0
    if marker is not None:
        if marker not in table:
            raise missing(key[:-1], marker)
        start = bisect_right(ids, marker)
    rows = wanted(ask, (shown(table.get(id_) or {}) for id_ in ids[start:]))
    if limit is None:
        return wrapped(cloud, ask, key, rows[: cloud.size.page_limit])
    return wrapped(cloud, ask, key, rows, limit)


def collection(type: str, key: str) -> Serve:
    """Return what answers the listing of *type*."""

    def serve(cloud: Cloud, ask: Ask) -> Answer:
        table = cloud.table(type)
        if type in PAGEABLE:
            return _page(cloud, ask, key, table)
        rows = wanted(ask, map(shown, table))
        return wrapped(cloud, ask, key, rows, _limit(cloud, ask))

    return serve


def held(cloud: Cloud, type: str, id: str) -> Table:
    """Return the table that has *id*: roles of domains have one of their own."""
    local = cloud.table("keystone.domain_role")
    return local if type == "keystone.role" and id in local else cloud.table(type)


def member(type: str, key: str) -> Serve:
    """Return what answers the GET of one entity of *type*."""

    def serve(cloud: Cloud, ask: Ask, id: str) -> Answer:
        body = held(cloud, type, id).get(id)
        if body is None or ask.lens.hides(body):
            raise missing(key, id)
        return Answer.json({key: shown(body)})

    return serve


def projects(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /v3/projects``; domains acting as projects only on request."""
    if ask.query.get("is_domain", "").lower() not in {"true", "1"}:
        return _page(cloud, ask, "projects", cloud.table("keystone.project"))
    rows = [
        shown(body) | {"is_domain": True, "domain_id": None, "parent_id": None}
        for body in cloud.table("keystone.domain")
    ]
    return wrapped(cloud, ask, "projects", rows)


def roles(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /v3/roles``: the global ones, or with ``domain_id`` those of a domain."""
    domain = ask.query.get("domain_id")
    table = cloud.table("keystone.role" if domain is None else "keystone.domain_role")
    rows = [shown(b) for b in table if b["domain_id"] == domain]
    return wrapped(cloud, ask, "roles", wanted(ask, rows), _limit(cloud, ask))


def group_users(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``GET /v3/groups/{id}/users``."""
    if id not in cloud.table("keystone.group"):
        raise missing("group", id)
    users = cloud.table("keystone.user")
    ids = sorted(m["user_id"] for m in cloud.table("keystone.group_member") if m["group_id"] == id)
    rows = [shown(body) for user in ids if (body := users.get(user))]
    return wrapped(cloud, ask, "users", wanted(ask, rows), _limit(cloud, ask))


def of_user(type: str) -> Serve:
    """Return what answers a listing below one user."""

    def serve(cloud: Cloud, ask: Ask, user_id: str) -> Answer:
        if user_id not in cloud.table("keystone.user"):
            raise missing("user", user_id)
        key = "credentials" if type == "keystone.ec2_credential" else "application_credentials"
        rows = [shown(b) for b in cloud.table(type) if b["user_id"] == user_id]
        return wrapped(cloud, ask, key, rows)

    return serve


def one_of_user(type: str, key: str) -> Serve:
    """Return what answers the GET of one entity below a user."""

    def serve(cloud: Cloud, _ask: Ask, user_id: str, id: str) -> Answer:
        body = cloud.table(type).get(f"{user_id}/{id}")
        if body is None:
            raise missing(key, id)
        return Answer.json({key: shown(body)})

    return serve


def trust(cloud: Cloud, _ask: Ask, id: str) -> Answer:
    """Answer the GET of a trust: with its roles, which the listing lacks."""
    body = cloud.table("keystone.trust").get(id)
    if body is None:
        raise missing("trust", id)
    held = [cloud.table("keystone.role").get(role) for role in body["_roles"]]
    roles = [{"id": role["id"], "name": role["name"]} for role in held if role]
    return Answer.json({"trust": shown(body) | {"roles": roles, "roles_links": {"next": None}}})


def protocols(cloud: Cloud, ask: Ask, idp: str) -> Answer:
    """Answer the listing of the protocols of an identity provider."""
    if idp not in cloud.table("keystone.identity_provider"):
        raise missing("identity provider", idp)
    rows = [shown(b) for b in cloud.table("keystone.protocol") if b["_idp"] == idp]
    return wrapped(cloud, ask, "protocols", rows)


def protocol(cloud: Cloud, _ask: Ask, idp: str, id: str) -> Answer:
    """Answer the GET of one protocol."""
    body = cloud.table("keystone.protocol").get(f"{idp}/{id}")
    if body is None:
        raise missing("federation protocol", id)
    return Answer.json({"protocol": shown(body)})
