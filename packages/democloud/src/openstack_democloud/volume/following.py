"""What happens to volumes when something happens to their servers: Nova asks Cinder for it."""

from functools import partial
from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.volume.changes import ATTACHMENT, VOLUME, detach, drop_volume
from openstack_democloud.volume.seeding import SERVERS_MOST, boot_volume
from openstack_democloud.volume.seeding import seed as seed_volumes


def seed(cloud: Cloud) -> None:
    """Make the volumes of the beginning, and follow the servers from then on."""
    seed_volumes(cloud)
    cloud.servers.followers.append(partial(_follow, cloud))


def _follow(cloud: Cloud, op: str, seq: int, _fields: dict[str, Any]) -> None:
    if op == "create":
        _boot(cloud, seq)
    elif op == "delete" and _may_have_volumes(cloud, seq):
        _let_go(cloud, seq)


def _may_have_volumes(cloud: Cloud, seq: int) -> bool:
    """Tell cheaply that most of a million servers have none."""
    fleet = cloud.servers
    return seq in fleet.touched or (seq < SERVERS_MOST and bool(fleet.seeds.draw(seq) & 2))


def _boot(cloud: Cloud, seq: int) -> None:
    """Make the volume that a new server boots from, if it does."""
    server = cloud.servers.look(seq)
    if server.volumes and server.volumes[0]["id"] not in cloud.table(VOLUME):
        body, row = boot_volume(cloud, server)
        cloud.table(VOLUME).add(body["id"], body)
        cloud.table(ATTACHMENT).add(row["id"], row)


def _let_go(cloud: Cloud, seq: int) -> None:
    """Detach the volumes of a server that is being deleted; some go with it."""
    server = cloud.servers.look(seq)
    for held in server.volumes:
        volume = cloud.table(VOLUME).get(held["id"])
        for shown in volume["attachments"] if volume else ():
            if shown["server_id"] == server.id:
                detach(cloud, shown["attachment_id"], server_stays=False)
        if volume and not volume["attachments"] and held["delete_on_termination"]:
            drop_volume(cloud, held["id"])
