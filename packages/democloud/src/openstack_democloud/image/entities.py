"""How Glance's entities look: one function a type, used by the seed and by the API."""

from hashlib import md5, sha512
from typing import Any

from openstack_democloud.clock import stamp
from openstack_democloud.names import SECRET
from openstack_democloud.table import Body

_CORE = frozenset(
    (
        "checksum", "container_format", "created_at", "direct_url", "disk_format", "file", "id",
        "locations", "min_disk", "min_ram", "name", "os_hash_algo", "os_hash_value", "os_hidden",
        "owner", "protected", "schema", "self", "size", "status", "stores", "tags", "updated_at",
        "virtual_size", "visibility",
    )
)  # fmt: skip


def image(id: str, name: str | None, owner: str | None, *, at: float, **fields: Any) -> Body:
    """Return a queued image; *fields* may be its own properties too."""
    return {
        "id": id,
        "name": name,
        "owner": owner,
        "status": "queued",
        "visibility": "shared",
        "disk_format": "qcow2",
        "container_format": "bare",
        "size": None,
        "virtual_size": None,
        "checksum": None,
        "os_hash_algo": None,
        "os_hash_value": None,
        "os_hidden": False,
        "protected": False,
        "min_disk": 0,
        "min_ram": 0,
        "tags": [],
        "created_at": stamp(at),
        "updated_at": stamp(at),
        "self": f"/v2/images/{id}",
        "file": f"/v2/images/{id}/file",
        "schema": "/v2/schemas/image",
        "locations": [],
    } | fields


def content(id: str, size: int, data: bytes = b"") -> Body:
    """Return the fields of an image that its data gives it."""
    url = f"swift+https://glance:{SECRET}-store@store.demo.example/v1/glance/{id}"
    return {
        "status": "active",
        "size": size,
        "virtual_size": size,
        "checksum": md5(data or id.encode(), usedforsecurity=False).hexdigest(),
        "os_hash_algo": "sha512",
        "os_hash_value": sha512(data or id.encode()).hexdigest(),
        "direct_url": url,
        "locations": [{"url": url, "metadata": {"store": "objects"}}],
        "stores": "objects",
    }


def properties(body: Body) -> Body:
    """Return what an image has beside the fields that every image has."""
    return {n: v for n, v in body.items() if n not in _CORE and not n.startswith("_")}


def is_core(name: str) -> bool:
    """Tell whether every image has the field *name*."""
    return name in _CORE


def member(image_id: str, project: str, *, at: float, status: str = "pending") -> Body:
    """Return the membership of a project in an image."""
    return {
        "image_id": image_id,
        "member_id": project,
        "status": status,
        "created_at": stamp(at),
        "updated_at": stamp(at),
        "schema": "/v2/schemas/member",
    }


def task(id: str, owner: str, *, at: float, **fields: Any) -> Body:
    """Return a task; what only its own GET shows is in ``_alone``."""
    return {
        "id": id,
        "type": "import",
        "status": "success",
        "owner": owner,
        "expires_at": stamp(at + 172_800),
        "created_at": stamp(at),
        "updated_at": stamp(at),
        "self": f"/v2/tasks/{id}",
        "schema": "/v2/schemas/task",
        "_alone": {
            "input": {
                "import_from": f"https://user:{SECRET}-task@mirror.demo.example/disk.qcow2",
                "import_from_format": "qcow2",
                "image_properties": {},
            },
            "result": None,
            "message": "",
        },
    } | fields


def namespace(name: str, owner: str, *, at: float, **fields: Any) -> Body:
    """Return a metadata namespace; what only its own GET shows is in ``_alone``."""
    return {
        "namespace": name,
        "display_name": name.rpartition("::")[2],
        "description": f"What there is to say of {name}",
        "visibility": "public",
        "protected": True,
        "owner": owner,
        "created_at": stamp(at),
        "updated_at": stamp(at),
        "resource_type_associations": [
            {"name": "OS::Glance::Image", "created_at": stamp(at), "updated_at": stamp(at)}
        ],
        "self": f"/v2/metadefs/namespaces/{name}",
        "schema": "/v2/schemas/metadefs/namespace",
        "_alone": {"objects": [], "properties": {}, "tags": []},
    } | fields
