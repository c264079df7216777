"""Creating, changing and deleting what Neutron holds, told as its API tells it."""

from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.network import linking
from openstack_democloud.network.collections import COLLECTIONS, Collection
from openstack_democloud.network.listing import Serve, found
from openstack_democloud.network.making import MAKERS, held
from openstack_democloud.network.notices import tell
from openstack_democloud.network.rows import row
from openstack_democloud.table import Body

_READ_ONLY = frozenset(
    {"id", "status", "revision_number", "created_at", "updated_at", "port_details", "tags"}
)
_NUMBERED = frozenset({"network", "subnet", "port"})
_BOUND = {"binding:vif_type": "ovs", "binding:vif_details": {"port_filter": True}}


def create(cloud: Cloud, one: str, given: dict[str, Any], project: str) -> Body:
    """Create an entity as a client does, and return its row.

    Raises:
        RefusalError: 400 or 404, there is something wrong with what was *given*.
    """
    tell(cloud, f"{one}.create.start", {one: dict(given)}, project)
    project = given.get("project_id") or given.get("tenant_id") or project
    body = MAKERS[one](cloud, given, project)
    wanted = _known(given, {"id", "project_id", "tenant_id", *body, "description"})
    body = linking.grow(cloud, one, body | wanted | _bound(wanted), project)
    if one in linking.GROWN:
        linking.GROWN[one](cloud, body)
    whole = row(cloud, COLLECTIONS[one].type, body)
    tell(cloud, f"{one}.create.end", {one: whole}, project)
    return whole


def change(cloud: Cloud, one: str, id: str, given: dict[str, Any]) -> Body:
    """Change an entity as a client does, and return its row.

    The revision counts real changes only, and not all of them; ``updated_at`` moves always.

    Raises:
        RefusalError: 400 for an attribute that does not exist or cannot be changed.
    """
    body = held(cloud, one, id)
    tell(cloud, f"{one}.update.start", {"id": id, one: dict(given)}, body["project_id"])
    wanted = _known(given, set(body))
    wanted |= _bound(wanted)
    moved = {name for name, value in wanted.items() if body[name] != value}
    if one == "floatingip" and "port_id" in moved:
        wanted |= linking.associate(cloud, {**body, "fixed_ip_address": None, **wanted})
    if one == "router" and "external_gateway_info" in moved:
        linking.set_gateway(cloud, body, wanted.pop("external_gateway_info"))
    counted = bool(moved - COLLECTIONS[one].silent)
    body = linking.revise(cloud, one, id, counted=counted, **wanted)
    whole = row(cloud, COLLECTIONS[one].type, body)
    tell(cloud, f"{one}.update.end", {one: whole}, body["project_id"])
    return whole


def delete(cloud: Cloud, one: str, id: str) -> None:
    """Delete an entity as a client does.

    Raises:
        RefusalError: 404, or 409 while it is in use.
    """
    body = held(cloud, one, id)
    tell(cloud, f"{one}.delete.start", {f"{one}_id": id}, body["project_id"])
    whole = row(cloud, COLLECTIONS[one].type, body)
    if one in linking.LOST:
        linking.LOST[one](cloud, body)
    cloud.table(COLLECTIONS[one].type).remove(id)
    if one in _NUMBERED:
        # The row in the database is told, which shows more than any listing.
        whole["standard_attr_id"] = cloud.next("standard_attr")
    tell(cloud, f"{one}.delete.end", {one: whole, f"{one}_id": id}, body["project_id"])


def _known(given: dict[str, Any], known: set[str]) -> dict[str, Any]:
    if unknown := sorted(n for n in given if n not in known or n.startswith("_")):
        raise RefusalError(400, f"Unrecognized attribute(s) '{', '.join(unknown)}'")
    if fixed := sorted(_READ_ONLY & set(given)):
        raise RefusalError(400, f"Cannot update read-only attribute {', '.join(fixed)}")
    return dict(given)


def _bound(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what binding a port to a host, or to none, changes at once."""
    if "binding:host_id" not in wanted:
        return {}
    if wanted["binding:host_id"]:
        return _BOUND
    return {"binding:vif_type": "unbound", "binding:vif_details": {}, "status": "DOWN"}


def post(collection: Collection) -> Serve:
    """Return what answers the POST of one entity, or of several at once."""

    def serve(cloud: Cloud, ask: Ask) -> Answer:
        project = (ask.token and ask.token.project_id) or ""
        body = ask.json()
        if isinstance(body, dict) and isinstance(body.get(collection.key), list):
            made = [create(cloud, collection.one, g, project) for g in body[collection.key]]
            return Answer.json({collection.key: made}, 201)
        given = ask.part(collection.one)
        return Answer.json({collection.one: create(cloud, collection.one, given, project)}, 201)

    return serve


def put(collection: Collection) -> Serve:
    """Return what answers the PUT of one entity."""

    def serve(cloud: Cloud, ask: Ask, id: str) -> Answer:
        found(cloud, ask, collection, id)
        body = change(cloud, collection.one, id, ask.part(collection.one))
        return Answer.json({collection.one: body})

    return serve


def remove(collection: Collection) -> Serve:
    """Return what answers the DELETE of one entity."""

    def serve(cloud: Cloud, ask: Ask, id: str) -> Answer:
        found(cloud, ask, collection, id)
        delete(cloud, collection.one, id)
        return Answer(204)

    return serve
