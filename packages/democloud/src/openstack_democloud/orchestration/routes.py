"""All of Heat on one screen, its version document and its error shape."""

from http import HTTPStatus
from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.orchestration import around, snapshots, stacks, writes
from openstack_democloud.orchestration.entities import ROOT
from openstack_democloud.routes import Serve, Table

#: What may be asked without a token.
OPEN = frozenset({("GET", ROOT)})
_TYPES = {400: "BadRequest", 403: "Forbidden", 404: "EntityNotFound", 409: "StackExists"}


def refused(error: RefusalError) -> Answer:
    """Return *error* in Heat's shape; 401 comes from keystonemiddleware in Keystone's."""
    title = HTTPStatus(error.status).phrase
    if error.status == 401:
        inner: dict[str, Any] = {"message": error.message, "code": 401, "title": "Unauthorized"}
        body: dict[str, Any] = {"error": inner}
    else:
        type_ = _TYPES.get(error.status, "HTTPInternalServerError")
        inner = {"message": error.message, "traceback": None, "type": type_}
        body = {"code": error.status, "title": title, "explanation": title, "error": inner}
    answer = Answer.json(body, error.status)
    answer.headers.update(error.headers)
    return answer


def versions(cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /heat-api/`` with 300."""
    links = [{"rel": "self", "href": f"{cloud.base}{ROOT}/v1/"}]
    return Answer.json({"versions": [{"id": "v1.0", "status": "CURRENT", "links": links}]}, 300)


def _build_info(_cloud: Cloud, _ask: Ask) -> Answer:
    revision = {"revision": "unknown"}
    return Answer.json({"api": revision, "engine": revision})


def _at(function: Serve) -> Serve:
    """Leave out the project in the address; `allow` has looked at it."""

    def serve(cloud: Cloud, ask: Ask, tenant: str, **names: str) -> Answer:
        del tenant
        return function(cloud, ask, **names)

    return serve


_STACK = "stacks/{name}/{id}"
_TABLE: Table = {
    "build_info": {"GET": _build_info},
    "stacks": {"GET": stacks.index, "POST": writes.create},
    "stacks/detail": {"GET": stacks.detail},
    "stacks/{name}": {"GET": stacks.lookup, "DELETE": stacks.lookup},
    "stacks/{name}/resources": {"GET": around.resources_by_id},
    _STACK: {
        "GET": stacks.show,
        "PUT": writes.update,
        "PATCH": writes.update,
        "DELETE": writes.delete,
    },
    f"{_STACK}/actions": {"POST": writes.act},
    f"{_STACK}/snapshots": {"GET": snapshots.index, "POST": snapshots.create},
    f"{_STACK}/snapshots/{{snapshot}}": {"DELETE": snapshots.delete},
    f"{_STACK}/resources": {"GET": around.resources},
    f"{_STACK}/resources/{{resource}}": {"GET": around.resource},
    "software_configs": {"GET": around.configs, "POST": around.create_config},
    "software_configs/{id}": {"GET": around.config, "DELETE": around.delete_config},
    "software_deployments": {"GET": around.deployments},
    "software_deployments/{id}": {"GET": around.deployment, "DELETE": around.delete_deployment},
    "services": {"GET": around.services},
}

OPERATIONS: Table = {ROOT: {"GET": versions}} | {
    f"{ROOT}/v1/{{tenant}}/{path}": {verb: _at(serve) for verb, serve in verbs.items()}
    for path, verbs in _TABLE.items()
}
