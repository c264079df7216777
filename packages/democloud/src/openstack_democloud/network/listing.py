"""Neutron's listings: filters, sorting, projection, and paging with its three surprises.

A marker whose entity is gone is answered 404, or with the first page again, or with an empty
page, depending on the collection; no marker moves ``rbac-policies``. Rows and fields that the
caller may not see are taken out without a word, after the page was cut.
"""

from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.network.collections import ZONE_FILTERS, Collection, Marker
from openstack_democloud.network.rows import row, zones
from openstack_democloud.ordering import behind, ordered
from openstack_democloud.table import Body

Serve = Callable[..., Answer]
_CONTROL = frozenset({"limit", "marker", "page_reverse", "sort_key", "sort_dir", "fields"})
_ADMINS_ONLY = frozenset({"neutron.agent", "neutron.segment"})
_BY_ID = [("id", False)]
_TRUE = frozenset({"true", "1", "yes", "on", "t", "y"})


def missing(collection: Collection, id: str) -> RefusalError:
    """Return Neutron's 404."""
    name = "".join(part.capitalize() for part in collection.one.split("_"))
    return RefusalError(404, f"{name} {id} could not be found.")


def _matches(held: object, wanted: list[str]) -> bool:
    if isinstance(held, bool):
        return any((text.lower() in _TRUE) == held for text in wanted)
    if held is None:
        return "" in wanted
    return str(held) in wanted


def _tagged(name: str, body: Body, wanted: list[str]) -> bool:
    tags = {tag for text in wanted for tag in text.split(",")}
    found = tags & set(body.get("tags", ()))
    all_or_any = found == tags if name in {"tags", "not-tags"} else bool(found)
    return all_or_any != name.startswith("not-")


def _fixed(body: Body, wanted: list[str]) -> bool:
    """Tell whether an address of the port has all of ``ip_address=``, ``subnet_id=``."""
    pairs = [text.partition("=") for text in wanted]
    by_name = {name: {value for n, _, value in pairs if n == name} for name, _, _ in pairs}
    return any(
        all(str(ip.get(name)) in values for name, values in by_name.items())
        for ip in body["fixed_ips"]
    )


def _fits(body: Body, filters: dict[str, list[str]]) -> bool:
    for name, wanted in filters.items():
        if name.endswith(("tags", "tags-any")):
            fits = _tagged(name, body, wanted)
        elif name == "fixed_ips":
            fits = _fixed(body, wanted)
        elif name == "security_groups":
            fits = not set(wanted).isdisjoint(body["security_groups"])
        else:
            fits = _matches(body.get(name), wanted)
        if not fits:
            return False
    return True


def _filters(ask: Ask, known: Iterable[str]) -> dict[str, list[str]]:
    filters: dict[str, list[str]] = {}
    for name, value in ask.pairs:
        if name not in _CONTROL:
            filters.setdefault(name, []).append(value)
    if unknown := [name for name in filters if name not in known]:
        raise RefusalError(400, f"{unknown} is invalid attribute for filtering")
    return filters


def _sorts(ask: Ask, collection: Collection) -> list[tuple[str, bool]]:
    keys = [value for name, value in ask.pairs if name == "sort_key"]
    dirs = [value for name, value in ask.pairs if name == "sort_dir"]
    if len(keys) != len(dirs):
        raise RefusalError(400, "The number of sort_keys and sort_dirs must be same")
    if absent := [key for key in keys if key not in collection.sorts]:
        raise RefusalError(400, f"{absent} is invalid attribute for sort_keys")
    if wrong := [text for text in dirs if text not in {"asc", "desc"}]:
        raise RefusalError(
            400, f"{wrong} is invalid value for sort_dirs, valid value is 'asc' and 'desc'"
        )
    sorts = [(key, text == "desc") for key, text in zip(keys, dirs, strict=True)]
    return sorts if "id" in keys or "limit" not in ask.query else [*sorts, *_BY_ID]


def _limit(ask: Ask) -> int:
    text = ask.query.get("limit", "0")
    if not text.isdigit():
        raise RefusalError(
            400,
            f"Bad limit request: Limit must be an integer 0 or greater and not '{text}'.",
        )
    return int(text)


def _visible(ask: Ask, collection: Collection, body: Body) -> bool:
    """Tell whether the policy lets the caller see a row."""
    if ask.lens.hides(body):
        return False
    if ask.token is not None and ask.token.scope == ("system", "all"):
        return False  # whatever its roles: no policy of Neutron is for the system
    if ask.token is None or ask.token.admin:
        return True
    if collection.type in _ADMINS_ONLY:
        return False
    open_to_all = body.get("shared") or body.get("router:external")
    return bool(body.get("project_id") == ask.token.project_id or open_to_all)


def _seen(ask: Ask, collection: Collection, body: Body) -> Body:
    """Return what the policy, a fault and ``fields=`` leave of a row."""
    hidden = ask.lens.fields
    if ask.token is not None and not ask.token.admin:
        hidden = hidden | collection.admins
    fields = {value for name, value in ask.pairs if name == "fields"}
    return {
        name: value
        for name, value in body.items()
        if name not in hidden and (not fields or name in fields)
    }


def _page(cloud: Cloud, ask: Ask, collection: Collection, found: list[Body]) -> list[Body]:
    """Return the page that limit, marker and direction cut out of all that was *found*."""
    limit, marker = _limit(ask), ask.query.get("marker")
    back = ask.query.get("page_reverse", "").lower() in _TRUE
    if not limit:
        return found
    if marker is None or collection.marker is Marker.IGNORED:
        return found[-limit:] if back else found[:limit]
    held = cloud.table(collection.type).get(marker)
    if held is not None:
        if back:
            place = next((n for n, body in enumerate(found) if body is held), len(found))
            return found[max(0, place - limit) : place]
        return behind(found, _sorts(ask, collection), held)[:limit]
    if collection.marker is Marker.MISSING:
        raise missing(collection, marker)
    return [] if collection.marker is Marker.EMPTY else found[:limit]


def _links(cloud: Cloud, ask: Ask, page: list[Body]) -> list[dict[str, str]]:
    query = [(n, v) for n, v in ask.pairs if n not in {"marker", "page_reverse"}]
    at = cloud.base + ask.path
    links = []
    if page and len(page) == _limit(ask):
        href = f"{at}?{urlencode([*query, ('marker', page[-1]['id'])])}"
        links.append({"rel": "next", "href": href})
    if page and "marker" in ask.query:
        back = urlencode([*query, ("marker", page[0]["id"]), ("page_reverse", "True")])
        links.append({"rel": "previous", "href": f"{at}?{back}"})
    return links


def _found(cloud: Cloud, ask: Ask, collection: Collection) -> list[Body]:
    """Return all that the filters let through, sorted."""
    table, filters = cloud.table(collection.type), _filters(ask, collection.filters)
    ids = filters.pop("id", None)
    sorts = _sorts(ask, collection)
    if ids is not None:
        bodies = [body for id_ in dict.fromkeys(ids) if (body := table.get(id_))]
    elif sorts == _BY_ID:
        bodies = [body for id_ in table.by_id() if (body := table.get(id_))]
    else:
        bodies = list(table)
    if filters:
        derived = row if collection.type == "neutron.agent" else _itself
        bodies = [b for b in bodies if _fits(derived(cloud, collection.type, b), filters)]
    return bodies if ids is None and sorts == _BY_ID else ordered(bodies, sorts)


def _itself(_cloud: Cloud, _type: str, body: Body) -> Body:
    return body


def index(collection: Collection) -> Serve:
    """Return what answers the listing."""

    def serve(cloud: Cloud, ask: Ask) -> Answer:
        page = _page(cloud, ask, collection, _found(cloud, ask, collection))
        rows = [
            _seen(ask, collection, row(cloud, collection.type, body))
            for body in page
            if _visible(ask, collection, body)
        ]
        links = _links(cloud, ask, page) if "limit" in ask.query else []
        answer: Body = {collection.key: rows}
        return Answer.json(answer | ({f"{collection.key}_links": links} if links else {}))

    return serve


def show(collection: Collection) -> Serve:
    """Return what answers the GET of one entity: 404 also for what the caller may not see."""

    def serve(cloud: Cloud, ask: Ask, id: str) -> Answer:
        body = found(cloud, ask, collection, id)
        seen = _seen(ask, collection, row(cloud, collection.type, body))
        return Answer.json({collection.one: seen})

    return serve


def found(cloud: Cloud, ask: Ask, collection: Collection, id: str) -> Body:
    """Return an entity that the caller may see.

    Raises:
        RefusalError: 404 in Neutron's words.
    """
    body = cloud.table(collection.type).get(id)
    if body is None or not _visible(ask, collection, body):
        raise missing(collection, id)
    return body


def zone_listing(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /v2.0/availability_zones``."""
    filters = _filters(ask, ZONE_FILTERS)
    return Answer.json({"availability_zones": [b for b in zones(cloud) if _fits(b, filters)]})
