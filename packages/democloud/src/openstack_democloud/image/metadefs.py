"""Metadata definitions: namespaces, what is in them, and what they are for."""

from collections.abc import Callable, Iterator
from typing import Any

from openstack_democloud.clock import stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.image import entities
from openstack_democloud.image.access import admin, hidden, project
from openstack_democloud.image.paging import page
from openstack_democloud.service import Truth
from openstack_democloud.table import Body, shown

_NAMESPACE = "glance.metadef_namespace"
_WRITABLE = ("display_name", "description", "visibility", "protected", "owner")


def namespaces(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /v2/metadefs/namespaces``: the marker is a name."""
    table = cloud.table(_NAMESPACE)
    rows = [body for body in table if _seen(ask, body)]
    return page(
        cloud,
        ask,
        "namespaces",
        table,
        rows,
        row=shown,
        hidden=lambda body: hidden(ask, body),
        key="namespace",
    )


def _seen(ask: Ask, body: Body) -> bool:
    return admin(ask) or body["visibility"] == "public" or body["owner"] == project(ask)


def _namespace(cloud: Cloud, ask: Ask, name: str) -> Body:
    body = cloud.table(_NAMESPACE).get(name)
    if body is None or not _seen(ask, body):
        raise RefusalError(404, f"Metadata definition namespace={name} was not found.")
    return body


def namespace(cloud: Cloud, ask: Ask, name: str) -> Answer:
    """Answer the GET of one namespace: with what is in it."""
    body = _namespace(cloud, ask, name)
    return Answer.json(shown(body) | body["_alone"])


def create_namespace(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /v2/metadefs/namespaces``."""
    given = ask.json()
    name = given.get("namespace")
    if not isinstance(name, str) or not name:
        raise RefusalError(400, "'namespace' is a required property")
    if name in cloud.table(_NAMESPACE):
        raise RefusalError(409, f"The metadata definition namespace={name} already exists.")
    fields = {n: given[n] for n in _WRITABLE if n in given}
    body = entities.namespace(
        name,
        project(ask) or "",
        at=cloud.clock.now(),
        **{"visibility": "private", "protected": False, "resource_type_associations": []} | fields,
    )
    return Answer.json(shown(cloud.table(_NAMESPACE).add(name, body)), 201)


def change_namespace(cloud: Cloud, name: str, **fields: Any) -> Body:
    """Change a namespace."""
    return cloud.table(_NAMESPACE).change(name, **fields, updated_at=stamp(cloud.clock.now()))


def update_namespace(cloud: Cloud, ask: Ask, name: str) -> Answer:
    """Answer the PUT of a namespace."""
    _namespace(cloud, ask, name)
    given = ask.json()
    fields = {n: given[n] for n in _WRITABLE if n in given}
    return Answer.json(shown(change_namespace(cloud, name, **fields)))


def delete_namespace(cloud: Cloud, ask: Ask, name: str) -> Answer:
    """Answer the DELETE of a namespace."""
    if _namespace(cloud, ask, name)["protected"]:
        raise RefusalError(403, f"Metadata definition namespace {name} is protected.")
    cloud.table(_NAMESPACE).remove(name)
    return Answer(204)


def resource_types(cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /v2/metadefs/resource_types``."""
    rows = [shown(body) for body in cloud.table("glance.metadef_resource_type")]
    return Answer.json({"resource_types": rows})


def inside(kind: str) -> Callable[[Cloud, Ask, str], Answer]:
    """Return what answers the listing of the objects or tags of a namespace."""

    def serve(cloud: Cloud, ask: Ask, name: str) -> Answer:
        return Answer.json({kind: _namespace(cloud, ask, name)["_alone"][kind]})

    return serve


def one_inside(kind: str) -> Callable[[Cloud, Ask, str, str], Answer]:
    """Return what answers the GET of one object or tag: only here a tag shows its times."""

    def serve(cloud: Cloud, ask: Ask, name: str, part: str) -> Answer:
        namespace = _namespace(cloud, ask, name)
        times = {n: namespace[n] for n in ("created_at", "updated_at")}
        for body in namespace["_alone"][kind]:
            if body["name"] == part:
                return Answer.json(times | body)
        raise RefusalError(404, f"Metadata definition {kind[:-1]} {part} was not found.")

    return serve


def truth_inside(kind: str) -> Truth:
    """Return the truth of the objects or tags of all namespaces."""

    def truth(cloud: Cloud, _minor: int) -> Iterator[tuple[str, Body | bytes]]:
        for name, namespace in cloud.table(_NAMESPACE).items():
            for body in namespace["_alone"][kind]:
                yield f"{name}/{body['name']}", body | {"namespace": name}

    return truth
