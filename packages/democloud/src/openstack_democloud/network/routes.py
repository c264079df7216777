"""All of Neutron on one screen, its version document and its error shape."""

from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.network import agents, members
from openstack_democloud.network.collections import ALIASES, COLLECTIONS
from openstack_democloud.network.listing import index, show, zone_listing
from openstack_democloud.network.writes import post, put, remove
from openstack_democloud.routes import Table

ROOT = "/network"
#: What may be asked without a token.
OPEN = frozenset({("GET", ROOT)})

_TYPES = {400: "HTTPBadRequest", 403: "PolicyNotAuthorized", 409: "Conflict"}


def refused(error: RefusalError) -> Answer:
    """Return *error* in Neutron's shape; 401 comes from keystonemiddleware in Keystone's."""
    if error.status == 401:
        inner = {"message": error.message, "code": 401, "title": "Unauthorized"}
        body: dict[str, Any] = {"error": inner}
    else:
        kind = _TYPES.get(error.status, "HTTPInternalServerError")
        if error.status == 404:
            kind = f"{error.message.partition(' ')[0]}NotFound"
        body = {"NeutronError": {"type": kind, "message": error.message, "detail": ""}}
    answer = Answer.json(body, error.status)
    answer.headers.update(error.headers)
    return answer


def versions(cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /network/``: the versions."""
    link = {"rel": "self", "href": f"{cloud.base}{ROOT}/v2.0/"}
    return Answer.json({"versions": [{"id": "v2.0", "status": "CURRENT", "links": [link]}]})


def resources(cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /network/v2.0/``: the core resources."""
    rows = [
        {
            "name": one,
            "collection": COLLECTIONS[one].key,
            "links": [{"rel": "self", "href": f"{cloud.base}{ROOT}/v2.0/{COLLECTIONS[one].key}"}],
        }
        for one in ("network", "subnet", "subnetpool", "port")
    ]
    return Answer.json({"resources": rows})


def _extension(alias: str) -> dict[str, Any]:
    named = {"name": alias, "alias": alias, "description": alias}
    return named | {"updated": "2017-01-01T00:00:00-00:00", "links": []}


def extensions(_cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /v2.0/extensions``."""
    return Answer.json({"extensions": [_extension(alias) for alias in ALIASES]})


def extension(_cloud: Cloud, _ask: Ask, id: str) -> Answer:
    """Answer the GET of one extension."""
    if id not in ALIASES:
        raise RefusalError(404, f"Extension with alias {id} does not exist")
    return Answer.json({"extension": _extension(id)})


def _routes() -> Table:
    routes: Table = {}
    for one, collection in COLLECTIONS.items():
        at = f"{ROOT}/v2.0{collection.path}"
        routes[at] = {"GET": index(collection)}
        routes[f"{at}/{{id}}"] = {"GET": show(collection)}
        if collection.writable:
            routes[at]["POST"] = post(collection)
            routes[f"{at}/{{id}}"] |= {"PUT": put(collection), "DELETE": remove(collection)}
        if collection.standard:
            # Tags have QoS policies under their plain name.
            plain = f"{ROOT}/v2.0/{collection.key.replace('_', '-')}"
            for path, verbs in members.tag_routes(collection).items():
                routes[f"{plain}/{{id}}{path}"] = dict(verbs)
        if one == "agent":
            routes[f"{at}/{{id}}"] |= {"PUT": agents.update, "DELETE": agents.delete}
    return routes


_V = f"{ROOT}/v2.0"
OPERATIONS: Table = {
    ROOT: {"GET": versions},
    _V: {"GET": resources},
    f"{_V}/extensions": {"GET": extensions},
    f"{_V}/extensions/{{id}}": {"GET": extension},
    f"{_V}/availability_zones": {"GET": zone_listing},
    **_routes(),
    f"{_V}/ports/{{id}}/bindings": {"GET": members.bindings},
    f"{_V}/routers/{{id}}/add_router_interface": {"PUT": members.add_interface},
    f"{_V}/routers/{{id}}/remove_router_interface": {"PUT": members.remove_interface},
    f"{_V}/trunks/{{id}}/get_subports": {"GET": members.subports},
    f"{_V}/trunks/{{id}}/add_subports": {"PUT": members.add_subports},
    f"{_V}/trunks/{{id}}/remove_subports": {"PUT": members.remove_subports},
}
