"""Listing and showing stacks: two shapes, and a marker that may start all over.

There is neither a default nor a largest page. A row names the project only to an admin. The
GET of a deleted stack is 200 until it is purged.
"""

from urllib.parse import urlencode

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.orchestration.access import admin, owned, project
from openstack_democloud.orchestration.entities import stack_path
from openstack_democloud.ordering import Sort, behind, ordered
from openstack_democloud.table import Body, shown

_SORTS = frozenset({"stack_name", "stack_status", "creation_time", "updated_time"})
_TRUE = frozenset({"true", "1", "t", "yes", "on", "y"})


def truly(ask: Ask, name: str, default: str = "false") -> bool:
    """Tell whether a query parameter says yes."""
    return ask.query.get(name, default).lower() in _TRUE


def row(ask: Ask, body: Body) -> Body:
    """Return a stack as the listing shows it."""
    found = whole_row(body) if admin(ask) else shown(body)
    return {n: v for n, v in found.items() if n not in ask.lens.fields}


def whole_row(body: Body) -> Body:
    """Return a stack as the listing shows it to an admin: it names the project."""
    return shown(body) | {"project": body["_project"]}


def _fits(body: Body, filters: dict[str, set[str]]) -> bool:
    action, _, status = body["stack_status"].partition("_")
    held = {
        "id": body["id"],
        "name": body["stack_name"],
        "stack_name": body["stack_name"],
        "action": action,
        "status": status,
        "username": body["stack_owner"],
        "owner_id": body["parent"],
        "tenant": body["_project"],
    }
    return all(held[name] in values for name, values in filters.items() if name in held)


def _sorts(ask: Ask) -> list[Sort]:
    # Keys that Heat does not know are dropped without a word.
    keys = [v for n, v in ask.pairs if n == "sort_keys" and v in _SORTS] or ["creation_time"]
    descending = ask.query.get("sort_dir", "desc") != "asc"
    return [(key, descending) for key in (*keys, "id")]


def _limit(ask: Ask) -> int | None:
    text = ask.query.get("limit")
    if text is None:
        return None
    if not text.isdigit():
        raise RefusalError(400, f"Value '{text}' is invalid for 'limit': must be an integer")
    return int(text)


def index(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /stacks``."""
    if truly(ask, "global_tenant"):
        raise RefusalError(403, "You are not authorized to use global_index.")
    table, limit, sorts = cloud.table("heat.stack"), _limit(ask), _sorts(ask)
    filters: dict[str, set[str]] = {}
    for name, value in ask.pairs:
        filters.setdefault(name, set()).add(value)
    everything = [*table, *(table.gone.values() if truly(ask, "show_deleted") else ())]
    nested = truly(ask, "show_nested")
    rows = [
        body
        for body in everything
        if owned(ask, body) and (nested or not body["parent"]) and _fits(body, filters)
    ]
    count, marker = len(rows), ask.query.get("marker", "")
    rows = behind(ordered(rows, sorts), sorts, table.get(marker) or table.gone.get(marker))
    rows = rows if limit is None else rows[:limit]
    answer: Body = {"stacks": [row(ask, body) for body in rows]}
    if limit and len(rows) == limit:
        query = [(n, v) for n, v in ask.pairs if n != "marker"]
        path = f"{cloud.base}{ask.path}?{urlencode([*query, ('marker', rows[-1]['id'])])}"
        answer["links"] = [{"rel": "next", "href": path}]
    if truly(ask, "with_count"):
        answer["count"] = count
    return Answer.json(answer)


def found(cloud: Cloud, ask: Ask, id: str, name: str = "", *, dead: bool = False) -> Body:
    """Return a stack that the one who asks may see; with *dead* a deleted one too.

    Raises:
        RefusalError: 404, there is none of that id, or it has another name.
    """
    table = cloud.table("heat.stack")
    body = table.get(id) or (table.gone.get(id) if dead else None)
    if body is None or not owned(ask, body) or name not in {"", body["stack_name"]}:
        raise RefusalError(404, f"The Stack ({name or id}) could not be found.")
    return body


def lookup(cloud: Cloud, ask: Ask, name: str, rest: str = "") -> Answer:
    """Answer what names a stack by id or name alone: 302 to where it is."""
    table = cloud.table("heat.stack")
    named = (b for b in table if b["stack_name"] == name and b["_project"] == project(ask))
    body = table.get(name) or table.gone.get(name) or next(named, None)
    if body is None or not owned(ask, body):
        raise RefusalError(404, f"The Stack ({name}) could not be found.")
    where = stack_path(cloud, body["_project"], body["stack_name"], body["id"]) + rest
    query = f"?{ask.query_string.decode()}" if ask.query_string else ""
    return Answer.json(
        {"code": "302 Found", "title": "Found", "message": where}, 302, Location=where + query
    )


def show(cloud: Cloud, ask: Ask, name: str, id: str) -> Answer:
    """Answer the GET of one stack: with parameters, and outputs that ask other services."""
    body = found(cloud, ask, id, name, dead=True)
    alone = dict(body["_alone"])
    if not truly(ask, "resolve_outputs", "true"):
        del alone["outputs"]
    return Answer.json({"stack": shown(body) | alone})


def detail(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /stacks/detail``, which takes no parameters."""
    rows = [b for b in cloud.table("heat.stack") if owned(ask, b) and not b["parent"]]
    return Answer.json({"stacks": [row(ask, body) | body["_alone"] for body in rows]})
