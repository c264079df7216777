"""Resource providers: what there is of them, and the generation that moves with it.

The generation moves with inventories, traits, aggregates and allocations, not with a new
name or parent. Nova's servers are the allocations; the demo cloud counts those of a host
anew when somebody looks.
"""

from collections.abc import Iterator
from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.table import Body

PROVIDER = "placement.resource_provider"
_LINKS = {"self": 0, "inventories": 0, "usages": 0, "aggregates": 1, "traits": 6, "allocations": 11}


def inventory(total: int, *, ratio: float = 1.0, reserved: int = 0) -> Body:
    """Return how much there is of one resource class."""
    return {
        "total": total,
        "reserved": reserved,
        "min_unit": 1,
        "max_unit": total,
        "step_size": 1,
        "allocation_ratio": ratio,
    }


def provider(uuid: str, name: str, *, parent: str | None, root: str, **notes: Any) -> Body:
    """Return a resource provider; what is listed beside it is in its notes."""
    return {
        "uuid": uuid,
        "name": name,
        "parent_provider_uuid": parent,
        "root_provider_uuid": root,
        "_generation": 0,
        "_inventories": {},
        "_traits": [],
        "_aggregates": [],
        "_host": None,
        "_running": 0,
    } | notes


def generation(cloud: Cloud, body: Body, counts: list[int] | None = None) -> int:
    """Return the generation of a provider, moved on by the servers that came and went."""
    host = body["_host"]
    if host is not None:
        running = (counts or cloud.placement.counts())[host]
        body["_generation"] += abs(running - body["_running"])
        body["_running"] = running
    return int(body["_generation"])


def row(cloud: Cloud, body: Body, minor: int, counts: list[int] | None = None) -> Body:
    """Return a provider as listing and GET show it."""
    address = f"/placement/resource_providers/{body['uuid']}"
    links = [
        {"rel": rel, "href": address if rel == "self" else f"{address}/{rel}"}
        for rel, first in _LINKS.items()
        if minor >= first
    ]
    found = {
        "uuid": body["uuid"],
        "name": body["name"],
        "generation": generation(cloud, body, counts),
        "links": links,
    }
    if minor >= 14:
        found["parent_provider_uuid"] = body["parent_provider_uuid"]
        found["root_provider_uuid"] = body["root_provider_uuid"]
    return found


def wholes(cloud: Cloud, minor: int) -> Iterator[tuple[str, Body | bytes]]:
    """Yield every provider with what is listed beside it, as the synchronizer holds it."""
    counts = cloud.placement.counts()
    for uuid, body in cloud.table(PROVIDER).items():
        yield (
            uuid,
            row(cloud, body, minor, counts)
            | {
                "inventories": body["_inventories"],
                "traits": body["_traits"],
                "aggregates": body["_aggregates"],
            },
        )


def found(cloud: Cloud, uuid: str) -> Body:
    """Return a provider.

    Raises:
        RefusalError: 404, there is none.
    """
    body = cloud.table(PROVIDER).get(uuid)
    if body is None:
        raise RefusalError(404, f"No resource provider with uuid {uuid} found")
    return body


def save(cloud: Cloud, uuid: str, **notes: Any) -> Body:
    """Change what is listed beside a provider; its generation moves."""
    body = found(cloud, uuid)
    return cloud.table(PROVIDER).change(uuid, _generation=generation(cloud, body) + 1, **notes)


def index(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /resource_providers``: all in one, in no order."""
    query, counts = ask.query, cloud.placement.counts()
    rows = []
    for body in cloud.table(PROVIDER):
        fits = (
            query.get("uuid") in {None, body["uuid"]}
            and query.get("name") in {None, body["name"]}
            and query.get("in_tree") in {None, body["root_provider_uuid"], body["uuid"]}
            and not ask.lens.hides({"id": body["uuid"]})
        )
        if fits:
            rows.append(row(cloud, body, ask.minor, counts))
    return Answer.json({"resource_providers": rows})


def show(cloud: Cloud, ask: Ask, uuid: str) -> Answer:
    """Answer the GET of one provider."""
    return Answer.json(row(cloud, found(cloud, uuid), ask.minor))


def make(cloud: Cloud, name: str, uuid: str | None = None, parent: str | None = None) -> Body:
    """Create a provider and return it."""
    uuid = uuid or cloud.names.uuid("provider", cloud.next("provider"))
    root = found(cloud, parent)["root_provider_uuid"] if parent else uuid
    return cloud.table(PROVIDER).add(uuid, provider(uuid, name, parent=parent, root=root))


def create(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /resource_providers``: from 1.20 on with the provider."""
    given = ask.json()
    name = given.get("name")
    if not isinstance(name, str) or not name:
        raise RefusalError(400, "JSON does not validate: 'name' is a required property")
    taken = any(name == b["name"] or given.get("uuid") == b["uuid"] for b in cloud.table(PROVIDER))
    if taken:
        raise RefusalError(409, f"Conflicting resource provider {name} already exists.")
    body = make(cloud, name, given.get("uuid"), given.get("parent_provider_uuid"))
    where = f"{cloud.base}/placement/resource_providers/{body['uuid']}"
    if ask.minor < 20:
        return Answer(201, headers={"Location": where})
    return Answer.json(row(cloud, body, ask.minor), Location=where)


def update(cloud: Cloud, ask: Ask, uuid: str) -> Answer:
    """Answer the PUT of a name: the generation stays."""
    found(cloud, uuid)
    name = ask.json().get("name")
    if not isinstance(name, str) or not name:
        raise RefusalError(400, "JSON does not validate: 'name' is a required property")
    return Answer.json(row(cloud, cloud.table(PROVIDER).change(uuid, name=name), ask.minor))


def delete(cloud: Cloud, _ask: Ask, uuid: str) -> Answer:
    """Answer the DELETE of a provider that nothing is allocated of and that has no child."""
    body = found(cloud, uuid)
    if any(child["parent_provider_uuid"] == uuid for child in cloud.table(PROVIDER)):
        raise RefusalError(409, f"Unable to delete parent resource provider {uuid}: it has child.")
    if generation(cloud, body) and body["_running"]:
        raise RefusalError(409, f"Unable to delete resource provider {uuid}: it has allocations.")
    cloud.table(PROVIDER).remove(uuid)
    return Answer(204)
