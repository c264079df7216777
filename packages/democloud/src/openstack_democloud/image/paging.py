"""Glance's paging: 25 rows unless more are asked for, a relative ``next``, 400 for a marker.

A page is cut first and filtered by policy afterwards. So it may be short; and when nothing
is left of it there is no ``next`` at all, though more follow.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.ordering import Sort, behind, ordered
from openstack_democloud.table import Body, Table

DEFAULT_LIMIT = 25
_SORTS = frozenset(
    (
        "name", "status", "container_format", "disk_format", "size", "id", "created_at",
        "updated_at",
    )
)  # fmt: skip


def _limit(cloud: Cloud, ask: Ask) -> int:
    text = ask.query.get("limit")
    if text is None:
        return min(DEFAULT_LIMIT, cloud.size.page_limit)
    if not text.lstrip("-").isdigit():
        raise RefusalError(400, "limit param must be an integer")
    if int(text) < 0:
        raise RefusalError(400, "limit param must be positive")
    return min(int(text), cloud.size.page_limit)


def _sorts(ask: Ask, key: str) -> list[Sort]:
    if "sort" in ask.query:
        pairs = [part.strip().partition(":")[::2] for part in ask.query["sort"].split(",")]
    else:
        keys = [value for name, value in ask.pairs if name == "sort_key"] or ["created_at"]
        ways = [value for name, value in ask.pairs if name == "sort_dir"] or ["desc"]
        pairs = [(k, ways[min(n, len(ways) - 1)]) for n, k in enumerate(keys)]
    for name, way in pairs:
        if name not in _SORTS | {key}:
            raise RefusalError(400, f"Invalid sort key: {name}")
        if way not in {"", "asc", "desc"}:
            raise RefusalError(400, f"Invalid sort direction: {way}")
    sorts = [(name, way != "asc") for name, way in pairs]
    last = sorts[-1][1]
    return [*sorts, *((name, last) for name in ("created_at", key) if name not in dict(sorts))]


def _marker(ask: Ask, table: Table, *, dead: bool) -> Body | None:
    id_ = ask.query.get("marker")
    if id_ is None:
        return None
    body = table.get(id_) or (table.gone.get(id_) if dead else None)
    if body is None:
        raise RefusalError(404 if not dead else 400, f"Invalid marker: {id_} could not be found.")
    return body


def page(
    cloud: Cloud,
    ask: Ask,
    name: str,
    table: Table,
    rows: list[Body],
    *,
    row: Callable[[Body], Body],
    hidden: Callable[[Body], bool],
    key: str = "id",
    dead_markers: bool = False,
) -> Answer:
    """Return one page of *rows* under the collection *name*.

    With *dead_markers* a deleted entity still serves as one, and an unknown one is 400.
    """
    limit, sorts = _limit(cloud, ask), _sorts(ask, key)
    marker = _marker(ask, table, dead=dead_markers)
    window = behind(ordered(rows, sorts), sorts, marker)[:limit]
    shown = [row(body) for body in window if not hidden(body)]
    path = ask.path.removeprefix("/image")
    query = [(n, v) for n, v in ask.pairs if n != "marker"]
    body: Body = {name: shown, "schema": f"/v2/schemas/{_schema(path)}"}
    body["first"] = path + (f"?{urlencode(query)}" if query else "")
    if shown and len(window) == limit:
        body["next"] = f"{path}?{urlencode([*query, ('marker', str(shown[-1][key]))])}"
    return Answer.json(body)


def _schema(path: str) -> str:
    return path.removeprefix("/v2/")
