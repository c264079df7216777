"""All of Glance on one screen, its version documents and its error shape."""

from http import HTTPStatus
from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.image import around, listing, members, metadefs, writes
from openstack_democloud.routes import Table

ROOT = "/image"
#: What may be asked without a token.
OPEN = frozenset({("GET", ROOT), ("GET", f"{ROOT}/versions")})
_HIGHEST = 17


def refused(error: RefusalError) -> Answer:
    """Return *error* in the shape of webob, which Glance leaves its errors to.

    401 comes from keystonemiddleware in Keystone's.
    """
    phrase = HTTPStatus(error.status).phrase
    if error.status == 401:
        inner = {"message": error.message, "code": 401, "title": "Unauthorized"}
        body: dict[str, Any] = {"error": inner}
    else:
        text = f"{error.message}<br /><br />\n\n\n"
        body = {"message": text, "code": f"{error.status} {phrase}", "title": phrase}
    answer = Answer.json(body, error.status)
    answer.headers.update(error.headers)
    return answer


def versions(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /image/`` with 300, ``GET /image/versions`` with 200."""
    found = [
        {
            "id": f"v2.{minor}",
            "status": "CURRENT" if minor == _HIGHEST else "SUPPORTED",
            "links": [{"rel": "self", "href": f"{cloud.base}{ROOT}/v2/"}],
        }
        for minor in range(_HIGHEST, -1, -1)
    ]
    return Answer.json({"versions": found}, 300 if ask.path == ROOT else 200)


_V = f"{ROOT}/v2"
_IMAGE = f"{_V}/images/{{id}}"
_NAMESPACES = f"{_V}/metadefs/namespaces"

OPERATIONS: Table = {
    ROOT: {"GET": versions},
    f"{ROOT}/versions": {"GET": versions},
    f"{_V}/images": {"GET": listing.index, "POST": writes.create},
    _IMAGE: {"GET": listing.show, "PATCH": writes.patch, "DELETE": writes.delete},
    f"{_IMAGE}/file": {"GET": writes.download, "PUT": writes.upload},
    f"{_IMAGE}/actions/{{action}}": {"POST": writes.act},
    f"{_IMAGE}/tags/{{tag}}": {"PUT": writes.tag, "DELETE": writes.untag},
    f"{_IMAGE}/members": {"GET": members.index, "POST": members.create},
    f"{_IMAGE}/members/{{member}}": {
        "GET": members.show,
        "PUT": members.update,
        "DELETE": members.delete,
    },
    f"{_V}/tasks": {"GET": around.tasks, "POST": around.create_task},
    f"{_V}/tasks/{{id}}": {"GET": around.task},
    f"{_V}/metadefs/resource_types": {"GET": metadefs.resource_types},
    _NAMESPACES: {"GET": metadefs.namespaces, "POST": metadefs.create_namespace},
    f"{_NAMESPACES}/{{name}}": {
        "GET": metadefs.namespace,
        "PUT": metadefs.update_namespace,
        "DELETE": metadefs.delete_namespace,
    },
    f"{_NAMESPACES}/{{name}}/objects": {"GET": metadefs.inside("objects")},
    f"{_NAMESPACES}/{{name}}/objects/{{part}}": {"GET": metadefs.one_inside("objects")},
    f"{_NAMESPACES}/{{name}}/tags": {"GET": metadefs.inside("tags")},
    f"{_NAMESPACES}/{{name}}/tags/{{part}}": {"GET": metadefs.one_inside("tags")},
    f"{_V}/info/stores": {"GET": around.stores},
    f"{_V}/info/stores/detail": {"GET": around.stores_detail},
}
