"""All of Cinder on one screen, its version documents and its error shape."""

from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.routes import Table
from openstack_democloud.volume import (
    attachments,
    catalog,
    copies,
    default_types,
    groups,
    operator,
    volume_types,
    volume_writes,
)
from openstack_democloud.volume.microversion import HIGHEST

ROOT = "/volume"
_V = f"{ROOT}/v3"
#: What may be asked without a token.
OPEN = frozenset({("GET", ROOT), ("GET", _V)})

_FAULTS = {
    400: "badRequest",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    406: "notAcceptable",
    409: "conflictingRequest",
    413: "overLimit",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}


def refused(error: RefusalError) -> Answer:
    """Return *error* in Cinder's shape; 401 comes from keystonemiddleware in Keystone's."""
    if error.status == 401:
        inner = {"message": error.message, "code": 401, "title": "Unauthorized"}
        body: dict[str, Any] = {"error": inner}
    else:
        name = _FAULTS.get(error.status, "computeFault")
        body = {name: {"code": error.status, "message": error.message}}
    answer = Answer.json(body, error.status)
    answer.headers.update(error.headers)
    return answer


def versions(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /volume/`` with 300, and ``GET /volume/v3/`` with the same list."""
    version = {
        "id": "v3.0",
        "status": "CURRENT",
        "version": f"3.{HIGHEST}",
        "min_version": "3.0",
        "updated": "2023-08-31T00:00:00Z",
        "links": [{"rel": "self", "href": f"{cloud.base}{_V}/"}],
        "media-types": [
            {
                "base": "application/json",
                "type": "application/vnd.openstack.volume+json;version=3",
            }
        ],
    }
    return Answer.json({"versions": [version]}, 300 if ask.path == ROOT else 200)


_VOLUME = f"{_V}/volumes/{{id}}"
_TYPE = f"{_V}/types/{{id}}"

OPERATIONS: Table = {
    ROOT: {"GET": versions},
    _V: {"GET": versions},
    f"{_V}/volumes": {"GET": catalog.VOLUMES.index, "POST": volume_writes.create},
    f"{_V}/volumes/detail": {"GET": catalog.VOLUMES.detail},
    _VOLUME: {
        "GET": catalog.VOLUMES.show,
        "PUT": volume_writes.update,
        "DELETE": volume_writes.delete,
    },
    f"{_VOLUME}/action": {"POST": volume_writes.act},
    f"{_VOLUME}/metadata": {
        "GET": volume_writes.show_metadata,
        "PUT": volume_writes.put_metadata,
        "POST": volume_writes.post_metadata,
    },
    f"{_VOLUME}/metadata/{{key}}": {"DELETE": volume_writes.delete_metadata_key},
    f"{_V}/snapshots": {"GET": catalog.SNAPSHOTS.index, "POST": copies.create_snapshot},
    f"{_V}/snapshots/detail": {"GET": catalog.SNAPSHOTS.detail},
    f"{_V}/snapshots/{{id}}": {
        "GET": catalog.SNAPSHOTS.show,
        "PUT": copies.update_snapshot,
        "DELETE": copies.delete_snapshot,
    },
    f"{_V}/backups": {"GET": catalog.BACKUPS.index, "POST": copies.create_backup},
    f"{_V}/backups/detail": {"GET": catalog.BACKUPS.detail},
    f"{_V}/backups/{{id}}": {
        "GET": catalog.BACKUPS.show,
        "PUT": copies.update_backup,
        "DELETE": copies.delete_backup,
    },
    f"{_V}/attachments": {"GET": catalog.ATTACHMENTS.index, "POST": attachments.create},
    f"{_V}/attachments/detail": {"GET": catalog.ATTACHMENTS.detail},
    f"{_V}/attachments/{{id}}": {
        "GET": catalog.ATTACHMENTS.show,
        "PUT": attachments.update,
        "DELETE": attachments.delete,
    },
    f"{_V}/attachments/{{id}}/action": {"POST": attachments.act},
    f"{_V}/types": {
        "GET": volume_types.listing(catalog.TYPES),
        "POST": volume_types.create_type,
    },
    _TYPE: {
        "GET": catalog.TYPES.show,
        "PUT": volume_types.update_type,
        "DELETE": volume_types.delete_type,
    },
    f"{_TYPE}/extra_specs": {"POST": volume_types.set_extra_specs},
    f"{_TYPE}/os-volume-type-access": {"GET": volume_types.access},
    f"{_TYPE}/encryption": {"GET": volume_types.encryption},
    f"{_TYPE}/action": {"POST": volume_types.act},
    f"{_V}/default-types": {"GET": default_types.index},
    f"{_V}/default-types/{{project}}": {
        "GET": default_types.show,
        "PUT": default_types.put,
        "DELETE": default_types.unset,
    },
    f"{_V}/qos-specs": {"GET": catalog.QOS_SPECS.detail, "POST": volume_types.create_qos},
    f"{_V}/qos-specs/{{id}}": {
        "GET": catalog.QOS_SPECS.show,
        "PUT": volume_types.update_qos,
        "DELETE": volume_types.delete_qos,
    },
    f"{_V}/qos-specs/{{id}}/associations": {"GET": volume_types.associations},
    f"{_V}/group_types": {
        "GET": volume_types.listing(catalog.GROUP_TYPES),
        "POST": volume_types.create_group_type,
    },
    f"{_V}/group_types/{{id}}": {
        "GET": catalog.GROUP_TYPES.show,
        "PUT": volume_types.update_group_type,
        "DELETE": volume_types.delete_group_type,
    },
    f"{_V}/groups": {"GET": catalog.GROUPS.index, "POST": groups.create},
    f"{_V}/groups/detail": {"GET": groups.detail},
    f"{_V}/groups/{{id}}": {"GET": groups.show, "PUT": groups.update},
    f"{_V}/groups/{{id}}/action": {"POST": groups.act},
    f"{_V}/group_snapshots": {
        "GET": catalog.GROUP_SNAPSHOTS.index,
        "POST": groups.create_snapshot,
    },
    f"{_V}/group_snapshots/detail": {"GET": catalog.GROUP_SNAPSHOTS.detail},
    f"{_V}/group_snapshots/{{id}}": {
        "GET": catalog.GROUP_SNAPSHOTS.show,
        "DELETE": groups.delete_snapshot,
    },
    f"{_V}/volume-transfers": {
        "GET": catalog.TRANSFERS.index,
        "POST": groups.create_transfer,
    },
    f"{_V}/volume-transfers/detail": {"GET": catalog.TRANSFERS.detail},
    f"{_V}/volume-transfers/{{id}}": {
        "GET": catalog.TRANSFERS.show,
        "DELETE": groups.delete_transfer,
    },
    f"{_V}/volume-transfers/{{id}}/accept": {"POST": groups.accept_transfer},
    f"{_V}/messages": {"GET": catalog.MESSAGES.detail},
    f"{_V}/messages/{{id}}": {"GET": catalog.MESSAGES.show},
    f"{_V}/os-services": {"GET": operator.services},
    f"{_V}/os-services/{{action}}": {"PUT": operator.switch},
    f"{_V}/scheduler-stats/get_pools": {"GET": operator.pools},
    f"{_V}/clusters/detail": {"GET": operator.clusters},
    f"{_V}/os-quota-sets/{{project}}": {"GET": operator.quota},
}
