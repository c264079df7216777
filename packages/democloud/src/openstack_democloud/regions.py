"""Further regions: each a cloud of its own behind the one Keystone of the first.

Region ``RegionTwo`` is served below ``/RegionTwo``, its ``/RegionTwo/demo`` too, so that it
can be mutated, asked for the truth and faulted alone. It grows from the same seed as the
first, so the same ids are found in both.
"""

from collections.abc import Mapping

from openstack_democloud.cloud import REGION, Cloud
from openstack_democloud.door import Door, Receive, Scope, Send
from openstack_democloud.identity import entities
from openstack_democloud.identity.service import IDENTITY

_INTERFACES = ("public", "internal", "admin")


class Regions:
    """The ASGI application of a cloud with several regions; the first has no prefix."""

    def __init__(self, first: Door, others: Mapping[str, Door]) -> None:
        self._first = first
        self._others = {f"/{name}": door for name, door in others.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the region that its path begins with."""
        _, name, rest = (*scope["path"].split("/", 2), "")[:3]
        door = self._others.get(f"/{name}")
        if door is None:
            await self._first(scope, receive, send)
        else:
            raw = scope["raw_path"].split(b"/", 2)[-1]
            await door({**scope, "path": f"/{rest}", "raw_path": b"/" + raw}, receive, send)


def add_region(first: Cloud, name: str) -> Cloud:
    """Return a new region of the cloud *first*, with its endpoints in the catalogue."""
    region = Cloud(first.size, f"{first.base}/{name}", first.services)
    region.tokens = first.tokens
    region.tables |= {type_: first.table(type_) for type_ in IDENTITY.types}
    body = first.table("keystone.region").get(REGION) or {}
    links = entities.link(first.base, "regions", name)
    first.table("keystone.region").seed(name, body | {"id": name, "links": links})
    for service in first.services:
        base = first.base if service is IDENTITY else region.base
        for interface in _INTERFACES:
            id_ = first.names.hex("endpoint", f"{name}-{service.name}-{interface}")
            first.table("keystone.endpoint").seed(
                id_,
                {
                    "id": id_,
                    "interface": interface,
                    "region": name,
                    "region_id": name,
                    "service_id": first.names.hex("service", service.name),
                    "url": base + service.root + service.version,
                    "enabled": True,
                    "links": entities.link(first.base, "endpoints", id_),
                },
            )
    return region
