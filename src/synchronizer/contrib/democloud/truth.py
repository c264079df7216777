"""What the cloud truly holds: the other side of every comparison a test makes.

Ids and bodies are what the synchronizer's plugins make of the listings at the microversion
asked for, seen by an admin without any fault, secrets included.
"""

from collections.abc import Callable, Iterator
from itertools import islice

from synchronizer.contrib.democloud.cloud import Cloud
from synchronizer.contrib.democloud.compute import aggregates, around, flavors, hosts
from synchronizer.contrib.democloud.compute.server_show import actions_of, attachments_of
from synchronizer.contrib.democloud.exchange import RefusalError, encode
from synchronizer.contrib.democloud.identity.assignments import implied_roles
from synchronizer.contrib.democloud.servers.template import listed
from synchronizer.contrib.democloud.table import Body, shown

Rows = Iterator[tuple[str, Body]]
DEFAULT_MINOR = 96


def _servers(cloud: Cloud, minor: int) -> Iterator[tuple[str, bytes]]:
    fleet, template = cloud.servers, listed(minor, cloud.base, cloud.servers.seeds.padding)
    seqs = (
        seq
        for seq in fleet.rows(after=None, descending=False)
        if fleet.visible(seq) or seq in fleet.requested
    )
    while part := list(islice(seqs, 1000)):
        for seq, item in zip(part, fleet.renderer.items(fleet, part, template), strict=True):
            yield fleet.ids.id(seq), item


def _implied_roles(cloud: Cloud, _minor: int) -> Rows:
    yield from implied_roles(cloud)


def _protocols(cloud: Cloud, _minor: int) -> Rows:
    for id_, body in cloud.table("keystone.protocol").items():
        yield id_, shown(body) | {"idp_id": body["_idp"]}


def _keypairs(cloud: Cloud, minor: int) -> Rows:
    for id_, body in cloud.table("nova.keypair").items():
        yield id_, around.keypair_row(body, minor) | {"user_id": body["_user"]}


def _hypervisors(cloud: Cloud, minor: int) -> Rows:
    bodies = dict(cloud.table("nova.hypervisor").items())
    counts = cloud.placement.counts()
    rows = [hosts.hypervisor_row(cloud, body, max(minor, 53), counts) for body in bodies.values()]
    hosts.with_servers(cloud, rows, bodies)
    for row in rows:
        yield row["id"], row


def _attachments(cloud: Cloud, minor: int) -> Rows:
    for seq in cloud.servers.rows(after=None, descending=False):
        for body in attachments_of(cloud, cloud.servers.look(seq), minor):
            yield f"{body['serverId']}/{body['volumeId']}", body


def _actions(cloud: Cloud, minor: int) -> Rows:
    for seq in cloud.servers.rows(after=None, descending=False):
        server = cloud.servers.look(seq)
        for body in actions_of(cloud, server, minor):
            yield f"{server.id}/{body['request_id']}", body


def _quotas(cloud: Cloud, minor: int) -> Rows:
    for id_ in cloud.table("keystone.project").ids():
        yield id_, around.quota_row(cloud, id_, minor, detail=True)


def _zones(cloud: Cloud, _minor: int) -> Rows:
    for body in hosts.zone_rows(cloud, cloud.clock.now()):
        yield body["zoneName"], body


_DERIVED: dict[str, Callable[[Cloud, int], Rows]] = {
    "keystone.implied_role": _implied_roles,
    "keystone.protocol": _protocols,
    "nova.keypair": _keypairs,
    "nova.hypervisor": _hypervisors,
    "nova.volume_attachment": _attachments,
    "nova.instance_action": _actions,
    "nova.quota_set": _quotas,
    "nova.availability_zone": _zones,
}
_ROWS: dict[str, Callable[[Cloud, Body, int], Body]] = {
    "nova.flavor": flavors.row,
    "nova.service": hosts.service_row,
    "nova.aggregate": lambda _cloud, body, minor: aggregates.row(body, minor),
    "nova.server_group": lambda _cloud, body, minor: around.group_row(body, minor),
    "nova.migration": lambda _cloud, body, minor: around.migration_row(body, minor),
}


def types(cloud: Cloud) -> list[str]:
    """Return every entity type the cloud knows the truth of."""
    return sorted({"nova.server", *cloud.tables, *_DERIVED})


def truth(cloud: Cloud, type: str, minor: int = DEFAULT_MINOR) -> Iterator[tuple[str, bytes]]:
    """Yield id and JSON of every entity of a type.

    Raises:
        RefusalError: 404, there is no such type.
    """
    if type not in types(cloud):
        raise RefusalError(404, f"no type {type}; there are: {', '.join(types(cloud))}")
    return _truth(cloud, type, minor)


def _truth(cloud: Cloud, type: str, minor: int) -> Iterator[tuple[str, bytes]]:
    if type == "nova.server":
        yield from _servers(cloud, minor)
    elif type in _DERIVED:
        for id_, body in _DERIVED[type](cloud, minor):
            yield id_, encode(body)
    else:
        row = _ROWS.get(type)
        for id_, body in cloud.table(type).items():
            yield id_, encode(row(cloud, body, minor) if row else shown(body))
