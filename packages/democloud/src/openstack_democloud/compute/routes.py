"""All of Nova on one screen, its version documents and its error shape."""

from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.compute import (
    aggregates,
    around,
    flavors,
    hosts,
    server_listing,
    server_show,
    server_writes,
)
from openstack_democloud.compute.microversion import HIGHEST
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.routes import Table

ROOT = "/compute"
#: What may be asked without a token.
OPEN = frozenset({("GET", ROOT), ("GET", f"{ROOT}/v2.1")})

_FAULTS = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}


def refused(error: RefusalError) -> Answer:
    """Return *error* in Nova's shape; 401 comes from keystonemiddleware in Keystone's."""
    if error.status == 401:
        inner = {"message": error.message, "code": 401, "title": "Unauthorized"}
        body: dict[str, Any] = {"error": inner}
    else:
        name = _FAULTS.get(error.status, "computeFault")
        body = {name: {"code": error.status, "message": error.message}}
    answer = Answer.json(body, error.status)
    answer.headers.update(error.headers)
    return answer


def _version(base: str) -> dict[str, Any]:
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "version": f"2.{HIGHEST}",
        "min_version": "2.1",
        "updated": "2013-07-23T11:33:21Z",
        "links": [{"rel": "self", "href": f"{base}{ROOT}/v2.1/"}],
        "media-types": [
            {
                "base": "application/json",
                "type": "application/vnd.openstack.compute+json;version=2.1",
            }
        ],
    }


def versions(cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /compute/``."""
    return Answer.json({"versions": [_version(cloud.base)]})


def version(cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /compute/v2.1/``."""
    return Answer.json({"version": _version(cloud.base)})


_V = f"{ROOT}/v2.1"
_SERVER = f"{_V}/servers/{{id}}"

OPERATIONS: Table = {
    ROOT: {"GET": versions},
    _V: {"GET": version},
    f"{_V}/servers": {"GET": server_listing.index, "POST": server_writes.create},
    f"{_V}/servers/detail": {"GET": server_listing.detail},
    _SERVER: {
        "GET": server_show.show,
        "PUT": server_writes.update,
        "DELETE": server_writes.delete,
    },
    f"{_SERVER}/action": {"POST": server_writes.act},
    f"{_SERVER}/metadata": {
        "GET": server_show.metadata,
        "PUT": server_writes.put_metadata,
        "POST": server_writes.post_metadata,
    },
    f"{_SERVER}/metadata/{{key}}": {"DELETE": server_writes.delete_metadata_key},
    f"{_SERVER}/tags": {
        "GET": server_show.tags,
        "PUT": server_writes.put_tags,
        "DELETE": server_writes.delete_tags,
    },
    f"{_SERVER}/tags/{{tag}}": {
        "PUT": server_writes.put_tag,
        "DELETE": server_writes.delete_tags,
    },
    f"{_SERVER}/os-volume_attachments": {"GET": server_show.attachments},
    f"{_SERVER}/os-volume_attachments/{{volume_id}}": {"GET": server_show.attachment},
    f"{_SERVER}/shares": {"GET": server_show.shares},
    f"{_SERVER}/os-instance-actions": {"GET": server_show.actions},
    f"{_SERVER}/os-instance-actions/{{request_id}}": {"GET": server_show.action},
    f"{_V}/flavors": {"GET": flavors.index, "POST": flavors.create},
    f"{_V}/flavors/detail": {"GET": flavors.detail},
    f"{_V}/flavors/{{id}}": {
        "GET": flavors.show,
        "PUT": flavors.update,
        "DELETE": flavors.delete,
    },
    f"{_V}/flavors/{{id}}/action": {"POST": flavors.act},
    f"{_V}/flavors/{{id}}/os-flavor-access": {"GET": flavors.access},
    f"{_V}/flavors/{{id}}/os-extra_specs": {
        "GET": flavors.extra_specs,
        "POST": flavors.set_extra_specs,
    },
    f"{_V}/os-services": {"GET": hosts.services},
    f"{_V}/os-services/{{id}}": {"PUT": hosts.change_service},
    f"{_V}/os-hypervisors": {"GET": hosts.hypervisors_brief},
    f"{_V}/os-hypervisors/detail": {"GET": hosts.hypervisors},
    f"{_V}/os-hypervisors/{{id}}": {"GET": hosts.hypervisor},
    f"{_V}/os-availability-zone/detail": {"GET": hosts.zones},
    f"{_V}/os-aggregates": {"GET": aggregates.index, "POST": aggregates.create},
    f"{_V}/os-aggregates/{{id}}": {
        "GET": aggregates.show,
        "PUT": aggregates.update,
        "DELETE": aggregates.delete,
    },
    f"{_V}/os-aggregates/{{id}}/action": {"POST": aggregates.act},
    f"{_V}/os-server-groups": {"GET": around.groups, "POST": around.create_group},
    f"{_V}/os-server-groups/{{id}}": {"GET": around.group, "DELETE": around.delete_group},
    f"{_V}/os-keypairs": {"GET": around.keypairs, "POST": around.create_keypair},
    f"{_V}/os-keypairs/{{name}}": {"GET": around.keypair, "DELETE": around.delete_keypair},
    f"{_V}/os-migrations": {"GET": around.migrations},
    f"{_V}/os-quota-sets/{{project}}": {"GET": around.quota},
    f"{_V}/os-quota-sets/{{project}}/detail": {"GET": around.quota_detail},
}
