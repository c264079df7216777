"""What Nova truly holds, of the types whose entities are more than the bodies in a table."""

from collections.abc import Iterator, Mapping
from itertools import islice

from openstack_democloud.cloud import Cloud
from openstack_democloud.compute import aggregates, around, flavors, hosts
from openstack_democloud.compute.server_show import actions_of, attachments_of
from openstack_democloud.servers.template import listed
from openstack_democloud.service import Truth, rows
from openstack_democloud.table import Body

Entities = Iterator[tuple[str, Body | bytes]]


def _servers(cloud: Cloud, minor: int) -> Entities:
    fleet, template = cloud.servers, listed(minor, cloud.base, cloud.servers.seeds.padding)
    seqs = (
        seq
        for seq in fleet.rows(after=None, descending=False)
        if fleet.visible(seq) or seq in fleet.requested
    )
    while part := list(islice(seqs, 1000)):
        for seq, item in zip(part, fleet.renderer.items(fleet, part, template), strict=True):
            yield fleet.ids.id(seq), item


def _keypairs(cloud: Cloud, minor: int) -> Entities:
    for id_, body in cloud.table("nova.keypair").items():
        yield id_, around.keypair_row(body, minor) | {"user_id": body["_user"]}


def _hypervisors(cloud: Cloud, minor: int) -> Entities:
    bodies = dict(cloud.table("nova.hypervisor").items())
    counts = cloud.placement.counts()
    found = [hosts.hypervisor_row(cloud, body, max(minor, 53), counts) for body in bodies.values()]
    hosts.with_servers(cloud, found, bodies)
    for row in found:
        yield row["id"], row


def _attachments(cloud: Cloud, minor: int) -> Entities:
    for seq in cloud.servers.rows(after=None, descending=False):
        for body in attachments_of(cloud, cloud.servers.look(seq), minor):
            yield f"{body['serverId']}/{body['volumeId']}", body


def _actions(cloud: Cloud, minor: int) -> Entities:
    for seq in cloud.servers.rows(after=None, descending=False):
        server = cloud.servers.look(seq)
        for body in actions_of(cloud, server, minor):
            yield f"{server.id}/{body['request_id']}", body


def _quotas(cloud: Cloud, minor: int) -> Entities:
    for id_ in cloud.table("keystone.project").ids():
        yield id_, around.quota_row(cloud, id_, minor, detail=True)


def _zones(cloud: Cloud, _minor: int) -> Entities:
    for body in hosts.zone_rows(cloud, cloud.clock.now()):
        yield body["zoneName"], body


TRUTH: Mapping[str, Truth] = {
    "nova.server": _servers,
    "nova.flavor": rows("nova.flavor", flavors.row),
    "nova.hypervisor": _hypervisors,
    "nova.service": rows("nova.service", hosts.service_row),
    "nova.aggregate": rows("nova.aggregate", lambda _, body, minor: aggregates.row(body, minor)),
    "nova.server_group": rows(
        "nova.server_group", lambda _, body, minor: around.group_row(body, minor)
    ),
    "nova.keypair": _keypairs,
    "nova.migration": rows(
        "nova.migration", lambda _, body, minor: around.migration_row(body, minor)
    ),
    "nova.volume_attachment": _attachments,
    "nova.instance_action": _actions,
    "nova.quota_set": _quotas,
    "nova.availability_zone": _zones,
}
