"""Actions on a member: interfaces of routers, sub-ports of trunks, tags, bindings.

Neutron's API layer tells nothing of the actions themselves. The router plugin tells of its
interfaces, the tag plugin of tags; of sub-ports nobody tells.
"""

from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.network.collections import COLLECTIONS, Collection
from openstack_democloud.network.linking import revise, router_port
from openstack_democloud.network.listing import Serve, found
from openstack_democloud.network.making import held
from openstack_democloud.network.notices import tell
from openstack_democloud.network.rows import row
from openstack_democloud.table import Body


def _interface(router: Body, port: Body) -> Body:
    subnets = [ip["subnet_id"] for ip in port["fixed_ips"]]
    return {
        "id": router["id"],
        "tenant_id": router["project_id"],
        "port_id": port["id"],
        "network_id": port["network_id"],
        "subnet_id": subnets[0],
        "subnet_ids": subnets,
    }


def connect(cloud: Cloud, router: Body, subnet: Body) -> Body:
    """Give a router an interface in a subnet; told is the interface, not its port.

    Raises:
        RefusalError: 400, it has one there already.
    """
    for port in cloud.table("neutron.port"):
        there = any(ip["subnet_id"] == subnet["id"] for ip in port["fixed_ips"])
        if port["device_id"] == router["id"] and there:
            raise RefusalError(400, f"Router already has a port on subnet {subnet['id']}.")
    owner = "network:router_interface"
    port = router_port(cloud, router, subnet["network_id"], owner, router["project_id"])
    gateway = [{"subnet_id": subnet["id"], "ip_address": subnet["gateway_ip"]}]
    port = cloud.table("neutron.port").change(port["id"], fixed_ips=gateway)
    revise(cloud, "router", router["id"])
    interface = _interface(router, port)
    tell(cloud, "router.interface.create", {"router_interface": interface}, router["project_id"])
    return interface


def disconnect(cloud: Cloud, router: Body, given: dict[str, Any]) -> Body:
    """Take away a router's interface, named by its subnet or its port.

    Raises:
        RefusalError: 404, there is none.
    """
    for port in cloud.table("neutron.port"):
        if port["device_id"] != router["id"]:
            continue
        subnets = {ip["subnet_id"] for ip in port["fixed_ips"]}
        if port["id"] == given.get("port_id") or given.get("subnet_id") in subnets:
            interface = _interface(router, port)
            cloud.table("neutron.port").remove(port["id"])
            revise(cloud, "router", router["id"])
            payload = {"router_interface": interface}
            tell(cloud, "router.interface.delete", payload, router["project_id"])
            return interface
    raise RefusalError(404, f"Router {router['id']} has no interface there")


def add_interface(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``PUT /routers/{id}/add_router_interface``."""
    router, given = found(cloud, ask, COLLECTIONS["router"], id), ask.json()
    if "port_id" in given:
        port = held(cloud, "port", given["port_id"])
        given = {"subnet_id": port["fixed_ips"][0]["subnet_id"]}
    subnet = held(cloud, "subnet", str(given.get("subnet_id")))
    return Answer.json(connect(cloud, router, subnet))


def remove_interface(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``PUT /routers/{id}/remove_router_interface``."""
    router = found(cloud, ask, COLLECTIONS["router"], id)
    return Answer.json(disconnect(cloud, router, ask.json()))


def set_subports(cloud: Cloud, trunk: Body, subports: list[Body]) -> Body:
    """Set a trunk's sub-ports: its revision moves only when its status does."""
    if trunk["status"] == "DOWN":
        return cloud.table("neutron.trunk").change(trunk["id"], sub_ports=subports)
    return revise(cloud, "trunk", trunk["id"], sub_ports=subports, status="DOWN")


def add_subports(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``PUT /trunks/{id}/add_subports``."""
    trunk = found(cloud, ask, COLLECTIONS["trunk"], id)
    given = ask.json().get("sub_ports", [])
    for sub in given:
        held(cloud, "port", sub.get("port_id", ""))
    trunk = set_subports(cloud, trunk, [*trunk["sub_ports"], *given])
    return Answer.json(row(cloud, "neutron.trunk", trunk))


def remove_subports(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``PUT /trunks/{id}/remove_subports``."""
    trunk = found(cloud, ask, COLLECTIONS["trunk"], id)
    gone = {sub.get("port_id") for sub in ask.json().get("sub_ports", [])}
    kept = [sub for sub in trunk["sub_ports"] if sub["port_id"] not in gone]
    return Answer.json(row(cloud, "neutron.trunk", set_subports(cloud, trunk, kept)))


def subports(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``GET /trunks/{id}/get_subports``."""
    return Answer.json({"sub_ports": found(cloud, ask, COLLECTIONS["trunk"], id)["sub_ports"]})


def bindings(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``GET /ports/{id}/bindings``: the one active binding of a bound port."""
    return Answer.json({"bindings": bindings_of(found(cloud, ask, COLLECTIONS["port"], id))})


def bindings_of(port: Body) -> list[Body]:
    """Return a port's bindings."""
    if not port["binding:host_id"]:
        return []
    fields = ("profile", "vif_details", "vif_type", "vnic_type")
    binding = {name: port[f"binding:{name}"] for name in fields}
    return [{"host": port["binding:host_id"], "status": "ACTIVE"} | binding]


def _tell_tags(
    cloud: Cloud, collection: Collection, body: Body, action: str, tags: list[str]
) -> None:
    payload = {
        "parent_resource": collection.key,
        "parent_resource_id": body["id"],
        "tags": tags,
    }
    tell(cloud, f"tag.{action}", payload, body["project_id"])


def _tag(collection: Collection, action: str, *, all_of_them: bool) -> Serve:
    """Return what answers one way of writing tags."""

    def serve(cloud: Cloud, ask: Ask, id: str, tag: str = "") -> Answer:
        body = found(cloud, ask, collection, id)
        if action == "delete" and tag not in body["tags"]:
            raise RefusalError(404, f"Tag {tag} could not be found.")
        others = [held for held in body["tags"] if held != tag]
        wanted = ask.json().get("tags", []) if action == "update" else [tag]
        tags = {"create": [*others, tag], "delete": others, "delete_all": []}.get(action, wanted)
        named = [] if action == "delete_all" else wanted
        _tell_tags(cloud, collection, body, f"{action}.start", named)
        revise(cloud, collection.one, id, tags=tags, counted=tags != body["tags"])
        _tell_tags(cloud, collection, body, f"{action}.end", named)
        return Answer.json({"tags": tags}) if all_of_them and tags else Answer(204)

    return serve


def tag_routes(collection: Collection) -> dict[str, dict[str, Serve]]:
    """Return the routes of a collection's tags, below one entity."""

    def listed(cloud: Cloud, ask: Ask, id: str) -> Answer:
        return Answer.json({"tags": found(cloud, ask, collection, id)["tags"]})

    return {
        "/tags": {
            "GET": listed,
            "PUT": _tag(collection, "update", all_of_them=True),
            "DELETE": _tag(collection, "delete_all", all_of_them=True),
        },
        "/tags/{tag}": {
            "PUT": _tag(collection, "create", all_of_them=False),
            "DELETE": _tag(collection, "delete", all_of_them=False),
        },
    }
