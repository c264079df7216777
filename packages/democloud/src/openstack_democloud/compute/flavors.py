"""Flavors and who may use the private ones."""

from openstack_democloud.cloud import Cloud
from openstack_democloud.compute.paging import page
from openstack_democloud.compute.seeding import flavor
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.table import Body, shown


def row(cloud: Cloud, body: Body, minor: int) -> Body:
    """Return a flavor as listing and GET show it."""
    href = f"{cloud.base}/compute/v2.1/flavors/{body['id']}"
    row = shown(body) | {"links": [{"rel": "self", "href": href}]}
    if minor < 55:
        del row["description"]
    if minor < 61:
        del row["extra_specs"]
    if minor >= 75:
        row["swap"] = row["swap"] or 0
    return row


def _found(cloud: Cloud, id: str) -> Body:
    body = cloud.table("nova.flavor").get(id)
    if body is None:
        raise RefusalError(404, f"Flavor {id} could not be found.")
    return body


def _visible(cloud: Cloud, ask: Ask) -> list[Body]:
    """Return the flavors of a listing: ``is_public=None`` is ignored unless an admin asks."""
    public = ask.query.get("is_public", "true").lower()
    if ask.token is not None and not ask.token.admin:
        public = "true"
    bodies = sorted(cloud.table("nova.flavor"), key=lambda body: str(body["id"]))
    if public == "none":
        return bodies
    want = public in {"true", "1", "t", "yes", "on", "y"}
    return [body for body in bodies if body["os-flavor-access:is_public"] == want]


def detail(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /flavors/detail``."""
    rows = [row(cloud, body, ask.minor) for body in _visible(cloud, ask)]
    return page(cloud, ask, "flavors", rows)


def index(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /flavors``."""
    names = ("id", "name", "links", *(("description",) if ask.minor >= 55 else ()))
    rows = [row(cloud, body, ask.minor) for body in _visible(cloud, ask)]
    return page(cloud, ask, "flavors", [{name: r[name] for name in names} for r in rows])


def show(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the GET of one flavor."""
    return Answer.json({"flavor": row(cloud, _found(cloud, id), ask.minor)})


def create(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /flavors``."""
    given = ask.part("flavor")
    id_ = str(given.get("id") or cloud.names.uuid("flavor", cloud.next("flavor")))
    table = cloud.table("nova.flavor")
    if id_ in table:
        raise RefusalError(409, f"Flavor with ID {id_} already exists.")
    body = flavor(
        id_,
        given["name"],
        int(given["ram"]),
        int(given["disk"]),
        int(given["vcpus"]),
        public=bool(given.get("os-flavor-access:is_public", True)),
    )
    body |= {"description": given.get("description"), "extra_specs": {}}
    return Answer.json({"flavor": row(cloud, table.add(id_, body), ask.minor)})


def update(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the PUT of a flavor's description (2.55)."""
    _found(cloud, id)
    body = cloud.table("nova.flavor").change(id, description=ask.part("flavor").get("description"))
    return Answer.json({"flavor": row(cloud, body, ask.minor)})


def remove(cloud: Cloud, id: str) -> None:
    """Delete a flavor and the access rights to it; servers keep their copy of it."""
    access = cloud.table("nova.flavor_access")
    for key in [key for key, body in access.items() if body["flavor_id"] == id]:
        access.remove(key)
    cloud.table("nova.flavor").remove(id)


def delete(cloud: Cloud, _ask: Ask, id: str) -> Answer:
    """Answer the DELETE of a flavor."""
    _found(cloud, id)
    remove(cloud, id)
    return Answer(202)


def access(cloud: Cloud, _ask: Ask, id: str) -> Answer:
    """Answer ``GET /flavors/{id}/os-flavor-access``: 404 for a public flavor."""
    if _found(cloud, id)["os-flavor-access:is_public"]:
        raise RefusalError(404, "Access list not available for public flavors.")
    return Answer.json({"flavor_access": _access_of(cloud, id)})


def _access_of(cloud: Cloud, id: str) -> list[Body]:
    return [shown(b) for b in cloud.table("nova.flavor_access") if b["flavor_id"] == id]


def act(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``POST /flavors/{id}/action``: addTenantAccess and removeTenantAccess."""
    _found(cloud, id)
    given, table = ask.json(), cloud.table("nova.flavor_access")
    name = next(iter(given))
    tenant = given[name]["tenant"]
    key = f"{id}/{tenant}"
    if name == "addTenantAccess":
        if key in table:
            raise RefusalError(409, f"Flavor access already exists for {key}.")
        table.add(key, {"flavor_id": id, "tenant_id": tenant})
    elif key not in table:
        raise RefusalError(404, f"Flavor access not found for {key}.")
    else:
        table.remove(key)
    return Answer.json({"flavor_access": _access_of(cloud, id)})


def extra_specs(cloud: Cloud, _ask: Ask, id: str) -> Answer:
    """Answer ``GET /flavors/{id}/os-extra_specs``."""
    return Answer.json({"extra_specs": _found(cloud, id)["extra_specs"]})


def set_extra_specs(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the POST that merges extra specs."""
    specs = _found(cloud, id)["extra_specs"] | ask.part("extra_specs")
    cloud.table("nova.flavor").change(id, extra_specs=specs)
    return Answer.json({"extra_specs": specs})
