"""Neutron, as the demo cloud knows it."""

from collections.abc import Callable, Iterator

from openstack_democloud.cloud import Cloud
from openstack_democloud.network import mutations
from openstack_democloud.network.collections import COLLECTIONS
from openstack_democloud.network.members import bindings_of
from openstack_democloud.network.routes import OPEN, OPERATIONS, ROOT, refused
from openstack_democloud.network.rows import row, zones
from openstack_democloud.network.seeding import seed
from openstack_democloud.service import Service, Truth, rows
from openstack_democloud.table import Body

Entities = Iterator[tuple[str, Body | bytes]]


def _zones(cloud: Cloud, _minor: int) -> Entities:
    for body in zones(cloud):
        yield f"{body['name']}/{body['resource']}", body


def _bindings(cloud: Cloud, _minor: int) -> Entities:
    for port in cloud.table("neutron.port"):
        for body in bindings_of(port):
            yield f"{port['id']}/{body['host']}", body | {"port_id": port["id"]}


def _row(type: str) -> Callable[[Cloud, Body, int], Body]:
    return lambda cloud, body, _minor: row(cloud, type, body)


TRUTH: dict[str, Truth] = {
    **{c.type: rows(c.type, _row(c.type)) for c in COLLECTIONS.values()},
    "neutron.availability_zone": _zones,
    "neutron.port_binding": _bindings,
}

NETWORK = Service(
    name="neutron",
    kind="network",
    root=ROOT,
    routes=OPERATIONS,
    open=OPEN,
    types=tuple(collection.type for collection in COLLECTIONS.values()),
    seed=seed,
    refused=refused,
    truth=TRUTH,
    mutations=mutations.MUTATIONS,
    named=mutations.NAMED,
    churn=mutations.CHURN,
)
