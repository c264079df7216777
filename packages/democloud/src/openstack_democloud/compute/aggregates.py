"""Host aggregates. Adding or removing a host does not move ``updated_at``, as in Nova."""

from openstack_democloud.clock import micro_stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.compute.seeding import aggregate
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.table import Body, shown


def row(body: Body, minor: int) -> Body:
    """Return an aggregate as listing and GET show it."""
    updated = body["_updated"]
    row = shown(body) | {
        "created_at": micro_stamp(body["_created"]),
        "updated_at": None if updated is None else micro_stamp(updated),
    }
    if minor < 41:
        del row["uuid"]
    return row


def _found(cloud: Cloud, id: str) -> Body:
    body = cloud.table("nova.aggregate").get(id)
    if body is None:
        raise RefusalError(404, f"Aggregate {id} could not be found.")
    return body


def index(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /os-aggregates``."""
    rows = [row(body, ask.minor) for body in cloud.table("nova.aggregate")]
    return Answer.json({"aggregates": rows})


def show(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the GET of one aggregate."""
    return Answer.json({"aggregate": row(_found(cloud, id), ask.minor)})


def make(cloud: Cloud, name: str, zone: str | None = None) -> Body:
    """Create an aggregate and return it."""
    number = 10 + cloud.next("aggregate") - 1_000_000
    metadata = {"availability_zone": zone} if zone else {}
    body = aggregate(
        cloud, number, name, zone, hosts=[], metadata=metadata, created=cloud.clock.now()
    )
    return cloud.table("nova.aggregate").add(str(number), body)


def create(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /os-aggregates``."""
    given = ask.part("aggregate")
    body = make(cloud, given["name"], given.get("availability_zone"))
    made = row(body, ask.minor)
    return Answer.json(
        {"aggregate": {n: v for n, v in made.items() if n not in {"hosts", "metadata"}}}
    )


def update(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the PUT of name and zone."""
    body = _found(cloud, id)
    given = ask.part("aggregate")
    fields: Body = {n: given[n] for n in ("name", "availability_zone") if n in given}
    if zone := fields.get("availability_zone"):
        fields["metadata"] = body["metadata"] | {"availability_zone": zone}
    body = cloud.table("nova.aggregate").change(id, **fields, _updated=cloud.clock.now())
    return Answer.json({"aggregate": row(body, ask.minor)})


def delete(cloud: Cloud, _ask: Ask, id: str) -> Answer:
    """Answer the DELETE; Nova refuses while there are hosts."""
    if _found(cloud, id)["hosts"]:
        raise RefusalError(409, f"Cannot remove aggregate {id}. It is not empty")
    cloud.table("nova.aggregate").remove(id)
    return Answer(200)


def act(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``POST /os-aggregates/{id}/action``: add_host, remove_host, set_metadata."""
    body, table, given = _found(cloud, id), cloud.table("nova.aggregate"), ask.json()
    if "add_host" in given:
        host = given["add_host"]["host"]
        if host not in {held.name for held in cloud.pools.hosts}:
            raise RefusalError(404, f"Compute host {host} could not be found.")
        if host in body["hosts"]:
            raise RefusalError(409, f"Host {host} is already in aggregate {id}")
        table.change(id, hosts=[*body["hosts"], host])
    elif "remove_host" in given:
        host = given["remove_host"]["host"]
        if host not in body["hosts"]:
            raise RefusalError(404, f"Host {host} is not in aggregate {id}")
        table.change(id, hosts=[held for held in body["hosts"] if held != host])
    elif "set_metadata" in given:
        merged = body["metadata"] | given["set_metadata"]["metadata"]
        kept = {name: value for name, value in merged.items() if value is not None}
        table.change(id, metadata=kept, _updated=cloud.clock.now())
    else:
        raise RefusalError(400, "There is no such action")
    return Answer.json({"aggregate": row(body, ask.minor)})
