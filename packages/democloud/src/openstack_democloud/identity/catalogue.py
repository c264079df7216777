"""Services and endpoints come and go: another service enters the catalogue, or leaves it."""

from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.identity.listing import Serve, missing

_FIELDS: dict[str, dict[str, Any]] = {
    "service": {"name": "", "type": None, "enabled": True, "description": ""},
    "endpoint": {
        "service_id": None,
        "interface": None,
        "url": None,
        "region_id": None,
        "enabled": True,
    },
}
_MAY_BE_NULL = frozenset({"region_id"})


def create(kind: str) -> Serve:
    """Return what answers the POST of a *kind*."""

    def serve(cloud: Cloud, ask: Ask) -> Answer:
        given = ask.part(kind)
        body = {name: given.get(name, usual) for name, usual in _FIELDS[kind].items()}
        for name, value in body.items():
            if value is None and name not in _MAY_BE_NULL:
                raise RefusalError(400, f"'{name}' is a required property")
        if kind == "endpoint":
            if body["service_id"] not in cloud.table("keystone.service"):
                raise missing("service", body["service_id"])
            body["region"] = body["region_id"]
        id_ = cloud.names.hex(kind, cloud.next(kind))
        body |= {"id": id_, "links": {"self": f"{cloud.base}/v3/{kind}s/{id_}"}}
        return Answer.json({kind: cloud.table(f"keystone.{kind}").add(id_, body)}, 201)

    return serve


def change(kind: str) -> Serve:
    """Return what answers the PATCH of a *kind*."""

    def serve(cloud: Cloud, ask: Ask, id: str) -> Answer:
        table = cloud.table(f"keystone.{kind}")
        if id not in table:
            raise missing(kind, id)
        known = {name: value for name, value in ask.part(kind).items() if name in _FIELDS[kind]}
        return Answer.json({kind: table.change(id, **known)})

    return serve


def delete(kind: str) -> Serve:
    """Return what answers the DELETE of a *kind*; a service takes its endpoints along."""

    def serve(cloud: Cloud, ask: Ask, id: str) -> Answer:  # noqa: ARG001
        table = cloud.table(f"keystone.{kind}")
        if id not in table:
            raise missing(kind, id)
        if kind == "service":
            endpoints = cloud.table("keystone.endpoint")
            for key, body in list(endpoints.items()):
                if body["service_id"] == id:
                    endpoints.lose(key)
        table.remove(id)
        return Answer(204)

    return serve
