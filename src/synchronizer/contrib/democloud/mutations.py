"""Seeded mutations: what churns a demo cloud, and what a test does to it on request."""

import random
from collections.abc import Callable
from typing import Any

from synchronizer.contrib.democloud.cloud import Cloud
from synchronizer.contrib.democloud.compute import aggregates, flavors
from synchronizer.contrib.democloud.compute.seeding import (
    FLAVORS,
    add_keypair,
    flavor,
    migration,
    server_group,
)
from synchronizer.contrib.democloud.compute.server_writes import drop
from synchronizer.contrib.democloud.exchange import RefusalError
from synchronizer.contrib.democloud.identity.entities import assignment
from synchronizer.contrib.democloud.identity.writes import MAKERS, make, remove

Mutate = Callable[[Cloud, random.Random], str | None]
_KEPT = frozenset({"admin", "service", "demo", "nova", "manager", "member", "reader"})
_SEEDED_FLAVORS = frozenset(name for _, name, *_ in FLAVORS)
SERVER = "nova.server"


def any_server(cloud: Cloud, dice: random.Random) -> int | None:
    """Return the number of a server that is alive and built, each about as likely."""
    fleet = cloud.servers
    start = dice.randrange(fleet.born) if fleet.born else 0
    for seq in (fleet.alive.find(1, start), fleet.alive.find(1)):
        if seq >= 0 and seq not in fleet.requested:
            return seq
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
    if seq is None:
        return None
    return _dropped(cloud, seq)


def _dropped(cloud: Cloud, seq: int) -> str:
    drop(cloud, seq)
    return cloud.servers.ids.id(seq)


def _soft_delete_server(cloud: Cloud, dice: random.Random) -> str | None:
    seq = any_server(cloud, dice)
    if seq is None:
        return None
    return cloud.servers.touch(seq, condition="soft-delete").id


def _pick(cloud: Cloud, dice: random.Random, type: str) -> str | None:
    """Return some id of a type; never one that a client needs to get in or to make a server."""
    kept = _KEPT if type.startswith("keystone.") else _SEEDED_FLAVORS
    ids = [id_ for id_, body in cloud.table(type).items() if body.get("name") not in kept]
    return dice.choice(ids) if ids else None


def _creator(kind: str) -> Mutate:
    def create(cloud: Cloud, _dice: random.Random) -> str:
        return str(make(cloud, kind, f"{kind}-{cloud.journal.seq + 1}-made")["id"])

    return create


def _renamer(type: str, field: str) -> Mutate:
    def update(cloud: Cloud, dice: random.Random) -> str | None:
        id_ = _pick(cloud, dice, type)
        if id_ is not None:
            cloud.table(type).change(id_, **{field: f"changed at {cloud.journal.seq + 1}"})
        return id_

    return update


def _remover(kind: str) -> Mutate:
    def delete(cloud: Cloud, dice: random.Random) -> str | None:
        id_ = _pick(cloud, dice, f"keystone.{kind}")
        if id_ is not None:
            remove(cloud, kind, id_)
        return id_

    return delete


def _dropper(type: str) -> Mutate:
    def delete(cloud: Cloud, dice: random.Random) -> str | None:
        id_ = _pick(cloud, dice, type)
        if id_ is not None:
            cloud.table(type).remove(id_)
        return id_

    return delete


def _create_grant(cloud: Cloud, dice: random.Random) -> str | None:
    table = cloud.table("keystone.role_assignment")
    users, projects = (cloud.table(f"keystone.{kind}").ids() for kind in ("user", "project"))
    roles = [b["id"] for b in cloud.table("keystone.role") if b["name"] in {"member", "reader"}]
    for _ in range(20):
        actor, scope = ("user", dice.choice(users)), ("project", dice.choice(projects))
        id_, body = assignment(cloud.base, dice.choice(roles), actor, scope, inherited=False)
        if id_ not in table:
            table.add(id_, body)
            return id_
    return None


def _delete_grant(cloud: Cloud, dice: random.Random) -> str | None:
    table = cloud.table("keystone.role_assignment")
    kept = {b["id"] for b in cloud.table("keystone.user") if b["name"] in _KEPT}
    ids = [id_ for id_, body in table.items() if body.get("user", {}).get("id") not in kept]
    if not ids:
        return None
    id_ = dice.choice(ids)
    table.remove(id_)
    return id_


def _create_member(cloud: Cloud, dice: random.Random) -> str | None:
    table = cloud.table("keystone.group_member")
    groups, users = cloud.table("keystone.group").ids(), cloud.table("keystone.user").ids()
    for _ in range(20 if groups else 0):
        group, user = dice.choice(groups), dice.choice(users)
        if f"{group}/{user}" not in table:
            table.add(f"{group}/{user}", {"group_id": group, "user_id": user})
            return f"{group}/{user}"
    return None


def _create_flavor(cloud: Cloud, _dice: random.Random) -> str:
    id_ = cloud.names.uuid("flavor", cloud.next("flavor"))
    body = flavor(id_, f"made-{cloud.journal.seq + 1}", 4096, 40, 2, public=True)
    cloud.table("nova.flavor").add(id_, body)
    return id_


def _delete_flavor(cloud: Cloud, dice: random.Random) -> str | None:
    id_ = _pick(cloud, dice, "nova.flavor")
    if id_ is not None:
        flavors.remove(cloud, id_)
    return id_


def _create_aggregate(cloud: Cloud, _dice: random.Random) -> str:
    return str(aggregates.make(cloud, f"made-{cloud.journal.seq + 1}")["id"])


def _update_aggregate(cloud: Cloud, dice: random.Random) -> str | None:
    id_ = _pick(cloud, dice, "nova.aggregate")
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
    id_ = _pick(cloud, dice, "nova.migration")
    if id_ is not None:
        status = dice.choice(("running", "completed", "error", "cancelled"))
        cloud.table("nova.migration").change(id_, status=status, _updated=cloud.clock.now())
    return id_


def _archive(cloud: Cloud, _dice: random.Random) -> None:
    cloud.servers.archive_all()


#: What can be done: (operation, type) to function. The first three operations are the log's.
MUTATIONS: dict[tuple[str, str], Mutate] = {
    ("create", SERVER): _create_server,
    ("update", SERVER): _update_server,
    ("delete", SERVER): _delete_server,
    ("soft_delete", SERVER): _soft_delete_server,
    ("archive", SERVER): _archive,
    **{("create", f"keystone.{kind}"): _creator(kind) for kind in MAKERS},
    **{
        ("update", f"keystone.{kind}"): _renamer(f"keystone.{kind}", "description")
        for kind in MAKERS
    },
    **{("delete", f"keystone.{kind}"): _remover(kind) for kind in MAKERS},
    ("create", "keystone.role_assignment"): _create_grant,
    ("delete", "keystone.role_assignment"): _delete_grant,
    ("create", "keystone.group_member"): _create_member,
    ("delete", "keystone.group_member"): _dropper("keystone.group_member"),
    ("delete", "keystone.credential"): _dropper("keystone.credential"),
    ("delete", "keystone.trust"): _dropper("keystone.trust"),
    ("update", "keystone.service"): _renamer("keystone.service", "description"),
    ("create", "nova.flavor"): _create_flavor,
    ("update", "nova.flavor"): _renamer("nova.flavor", "description"),
    ("delete", "nova.flavor"): _delete_flavor,
    ("create", "nova.aggregate"): _create_aggregate,
    ("update", "nova.aggregate"): _update_aggregate,
    ("delete", "nova.aggregate"): _dropper("nova.aggregate"),
    ("update", "nova.service"): _update_service,
    ("create", "nova.server_group"): _create_group,
    ("delete", "nova.server_group"): _dropper("nova.server_group"),
    ("create", "nova.keypair"): _create_keypair,
    ("delete", "nova.keypair"): _dropper("nova.keypair"),
    ("create", "nova.migration"): _create_migration,
    ("update", "nova.migration"): _update_migration,
}


def mutate(
    cloud: Cloud, op: str, type: str, count: int | None = 1, ids: list[str] | None = None
) -> list[str]:
    """Do one kind of mutation *count* times and return the ids; None: delete all there are.

    With *ids* it is done to these: everything to servers, to other types only "delete". Of
    Keystone's entities those stay that a client needs to log in.

    Raises:
        RefusalError: 400, this cannot be done to this type.
    """
    function = MUTATIONS.get((op, type))
    if function is None:
        known = ", ".join(" ".join(key) for key in MUTATIONS)
        raise RefusalError(400, f"no mutation {op} {type}; there are: {known}")
    if count is None and (op, type) == ("delete", SERVER):
        return [_dropped(cloud, seq) for seq in cloud.servers.rows(after=None, descending=False)]
    if count is None and op == "delete" and type.startswith("nova."):
        ids = cloud.table(type).ids()
    if ids is not None:
        return [id_ for id_ in ids if _named(cloud, op, type, id_)]
    done: list[str] = []
    while count is None or len(done) < count:
        id_ = function(cloud, cloud.random)
        if id_ is None:
            break
        done.append(id_)
        if count is None and op != "delete":
            break
    return done


def _named(cloud: Cloud, op: str, type: str, id: str) -> bool:
    seq = cloud.servers.find(id) if type == SERVER else None
    if seq is not None and (cloud.servers.alive[seq] or op == "archive"):
        actions: dict[str, Callable[[], Any]] = {
            "update": lambda: cloud.servers.touch(seq, name=f"changed-{cloud.journal.seq + 1}"),
            "delete": lambda: drop(cloud, seq),
            "soft_delete": lambda: cloud.servers.touch(seq, condition="soft-delete"),
            "archive": lambda: cloud.servers.archive(seq),
        }
        actions[op]()
        return True
    if type == SERVER or op != "delete" or id not in cloud.table(type):
        return False
    kind = type.partition(".")[2]
    if kind in MAKERS:
        remove(cloud, kind, id)
    elif kind == "flavor":
        flavors.remove(cloud, id)
    else:
        cloud.table(type).remove(id)
    return True
