"""What the churn and the tests do to Nova's entities."""

import random
from functools import partial
from typing import TYPE_CHECKING, Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.compute import aggregates, flavors
from openstack_democloud.compute.seeding import (
    FLAVORS,
    add_keypair,
    flavor,
    migration,
    server_group,
)
from openstack_democloud.compute.server_writes import drop
from openstack_democloud.dice import dropper, pick, renamer
from openstack_democloud.service import Mutate, MutateOne

if TYPE_CHECKING:
    from collections.abc import Callable

SERVER = "nova.server"
#: Of the flavors a server can be made with, those of the beginning stay.
_KEPT = frozenset(name for _, name, *_ in FLAVORS)


def any_server(cloud: Cloud, dice: random.Random) -> int | None:
    """Return the number of a server that is alive and built, each about as likely.

    A soft-deleted one is left alone: an update would bring it back.
    """
    fleet = cloud.servers
    start = dice.randrange(fleet.born) if fleet.born else 0
    for first, end in ((start, fleet.born), (0, start)):
        seq = fleet.alive.find(1, first, end)
        while seq >= 0:
            if seq not in fleet.requested and fleet.visible(seq):
                return seq
            seq = fleet.alive.find(1, seq + 1, end)
    return None


def _create_server(cloud: Cloud, _dice: random.Random) -> str:
    return cloud.servers.create().id


def _update_server(cloud: Cloud, dice: random.Random) -> str | None:
    seq = any_server(cloud, dice)
    if seq is None:
        return None
    fleet, server = cloud.servers, cloud.servers.look(seq)
    number = cloud.journal.seq
    change = dice.randrange(10)
    if change < 3:
        fleet.touch(seq, condition="stopped" if server.condition == "active" else "active")
    elif change < 5:
        fleet.touch(seq, name=f"server-{seq:07d}-{number}")
    elif change < 7:
        fleet.touch(seq, metadata=server.metadata | {"release": str(number)})
    elif change == 7:
        fleet.touch(seq, bump=False, tags=[f"tag-{number % 7}", f"tag-{number}"])
    elif change == 8:
        host = (server.host + 1) % len(cloud.pools.hosts)
        fleet.touch(seq, host=host, condition="active")
    else:
        fleet.touch(seq, locked=not server.locked)
    return fleet.ids.id(seq)


def _delete_server(cloud: Cloud, dice: random.Random) -> str | None:
    seq = any_server(cloud, dice)
    return None if seq is None else _dropped(cloud, seq)


def _dropped(cloud: Cloud, seq: int) -> str:
    drop(cloud, seq)
    return cloud.servers.ids.id(seq)


def _soft_delete_server(cloud: Cloud, dice: random.Random) -> str | None:
    seq = any_server(cloud, dice)
    return None if seq is None else cloud.servers.touch(seq, condition="soft-delete").id


def _archive(cloud: Cloud, _dice: random.Random) -> None:
    cloud.servers.archive_all()


def _wipe_servers(cloud: Cloud) -> list[str]:
    return [_dropped(cloud, seq) for seq in cloud.servers.rows(after=None, descending=False)]


def _one_server(cloud: Cloud, id: str, op: str) -> bool:
    fleet = cloud.servers
    seq = fleet.find(id)
    if seq is None or not (fleet.alive[seq] or op == "archive"):
        return False
    actions: dict[str, Callable[[], Any]] = {
        "update": lambda: fleet.touch(seq, name=f"changed-{cloud.journal.seq + 1}"),
        "delete": lambda: drop(cloud, seq),
        "soft_delete": lambda: fleet.touch(seq, condition="soft-delete"),
        "archive": lambda: fleet.archive(seq),
    }
    actions[op]()
    return True


def _create_flavor(cloud: Cloud, _dice: random.Random) -> str:
    id_ = cloud.names.uuid("flavor", cloud.next("flavor"))
    body = flavor(id_, f"made-{cloud.journal.seq + 1}", 4096, 40, 2, public=True)
    cloud.table("nova.flavor").add(id_, body)
    return id_


def _delete_flavor(cloud: Cloud, dice: random.Random) -> str | None:
    id_ = pick(cloud, dice, "nova.flavor", _KEPT)
    if id_ is not None:
        flavors.remove(cloud, id_)
    return id_


def _one_flavor(cloud: Cloud, id: str) -> bool:
    if id not in cloud.table("nova.flavor"):
        return False
    flavors.remove(cloud, id)
    return True


def _create_aggregate(cloud: Cloud, _dice: random.Random) -> str:
    return str(aggregates.make(cloud, f"made-{cloud.journal.seq + 1}")["id"])


def _update_aggregate(cloud: Cloud, dice: random.Random) -> str | None:
    id_ = pick(cloud, dice, "nova.aggregate")
    if id_ is not None:
        held = (cloud.table("nova.aggregate").get(id_) or {})["hosts"]
        host = dice.choice(cloud.pools.hosts).name
        hosts = [h for h in held if h != host] if host in held else [*held, host]
        cloud.table("nova.aggregate").change(id_, hosts=hosts)
    return id_


def _update_service(cloud: Cloud, dice: random.Random) -> str | None:
    ids = [id_ for id_ in cloud.table("nova.service").ids() if id_.startswith("nova-compute/")]
    id_ = dice.choice(ids)
    body = cloud.table("nova.service").get(id_) or {}
    enabled = body["status"] == "enabled"
    cloud.table("nova.service").change(
        id_,
        status="disabled" if enabled else "enabled",
        disabled_reason="maintenance" if enabled else None,
    )
    return id_


def _create_group(cloud: Cloud, dice: random.Random) -> str:
    id_ = cloud.names.uuid("server_group", cloud.next("server_group"))
    seq = any_server(cloud, dice)
    members = [] if seq is None else [cloud.servers.ids.id(seq)]
    body = server_group(cloud, id_, f"made-{cloud.journal.seq + 1}", members)
    cloud.table("nova.server_group").add(id_, body)
    return id_


def _create_keypair(cloud: Cloud, dice: random.Random) -> str:
    user = dice.choice(cloud.table("keystone.user").ids())
    name = f"made-{cloud.journal.seq + 1}"
    add_keypair(cloud, user, name)
    return f"{user}/{name}"


def _create_migration(cloud: Cloud, dice: random.Random) -> str | None:
    seq = any_server(cloud, dice)
    if seq is None:
        return None
    body = migration(cloud, cloud.next("migration"), seq, cloud.clock.now())
    body |= {"status": "running", "_updated": cloud.clock.now()}
    return str(cloud.table("nova.migration").add(body["uuid"], body)["uuid"])


def _update_migration(cloud: Cloud, dice: random.Random) -> str | None:
    id_ = pick(cloud, dice, "nova.migration")
    if id_ is not None:
        status = dice.choice(("running", "completed", "error", "cancelled"))
        cloud.table("nova.migration").change(id_, status=status, _updated=cloud.clock.now())
    return id_


MUTATIONS: dict[tuple[str, str], Mutate] = {
    ("create", SERVER): _create_server,
    ("update", SERVER): _update_server,
    ("delete", SERVER): _delete_server,
    ("soft_delete", SERVER): _soft_delete_server,
    ("archive", SERVER): _archive,
    ("create", "nova.flavor"): _create_flavor,
    ("update", "nova.flavor"): renamer("nova.flavor", "description", _KEPT),
    ("delete", "nova.flavor"): _delete_flavor,
    ("create", "nova.aggregate"): _create_aggregate,
    ("update", "nova.aggregate"): _update_aggregate,
    ("delete", "nova.aggregate"): dropper("nova.aggregate"),
    ("update", "nova.service"): _update_service,
    ("create", "nova.server_group"): _create_group,
    ("delete", "nova.server_group"): dropper("nova.server_group"),
    ("create", "nova.keypair"): _create_keypair,
    ("delete", "nova.keypair"): dropper("nova.keypair"),
    ("create", "nova.migration"): _create_migration,
    ("update", "nova.migration"): _update_migration,
}
NAMED: dict[tuple[str, str], MutateOne] = {
    **{
        (op, SERVER): partial(_one_server, op=op)
        for op in ("update", "delete", "soft_delete", "archive")
    },
    ("delete", "nova.flavor"): _one_flavor,
}
WIPES = {SERVER: _wipe_servers}
CHURN = (
    (40, "update", SERVER),
    (18, "create", SERVER),
    (18, "delete", SERVER),
    (3, "create", "nova.migration"),
    (3, "update", "nova.migration"),
    (3, "update", "nova.service"),
    (2, "update", "nova.aggregate"),
)
