"""What the churn and the tests do to Keystone's entities."""

import random
from functools import partial

from openstack_democloud.cloud import Cloud
from openstack_democloud.dice import dropper, pick, renamer
from openstack_democloud.identity.entities import assignment
from openstack_democloud.identity.writes import MAKERS, make, remove
from openstack_democloud.service import Mutate, MutateOne

#: What a client needs to get in stays.
KEPT = frozenset({"admin", "service", "demo", "nova", "manager", "member", "reader"})


def _creator(kind: str) -> Mutate:
    def create(cloud: Cloud, _dice: random.Random) -> str:
        return str(make(cloud, kind, f"{kind}-{cloud.journal.seq + 1}-made")["id"])

    return create


def _remover(kind: str) -> Mutate:
    def delete(cloud: Cloud, dice: random.Random) -> str | None:
        id_ = pick(cloud, dice, f"keystone.{kind}", KEPT)
        if id_ is not None:
            remove(cloud, kind, id_)
        return id_

    return delete


def _named(kind: str) -> MutateOne:
    def delete(cloud: Cloud, id: str) -> bool:
        if id not in cloud.table(f"keystone.{kind}"):
            return False
        remove(cloud, kind, id)
        return True

    return delete


def _wipe(cloud: Cloud, delete: Mutate) -> list[str]:
    """Delete until nothing is left but what stays."""
    done: list[str] = []
    while (id_ := delete(cloud, cloud.random)) is not None:
        done.append(id_)
    return done


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
    kept = {b["id"] for b in cloud.table("keystone.user") if b["name"] in KEPT}
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


_DELETES: dict[str, Mutate] = {
    **{f"keystone.{kind}": _remover(kind) for kind in MAKERS},
    "keystone.role_assignment": _delete_grant,
    **{
        type_: dropper(type_)
        for type_ in ("keystone.group_member", "keystone.credential", "keystone.trust")
    },
}
MUTATIONS: dict[tuple[str, str], Mutate] = {
    **{("create", f"keystone.{kind}"): _creator(kind) for kind in MAKERS},
    **{
        ("update", f"keystone.{kind}"): renamer(f"keystone.{kind}", "description", KEPT)
        for kind in MAKERS
    },
    ("update", "keystone.service"): renamer("keystone.service", "description"),
    **{("delete", type_): delete for type_, delete in _DELETES.items()},
    ("create", "keystone.role_assignment"): _create_grant,
    ("create", "keystone.group_member"): _create_member,
}
NAMED: dict[tuple[str, str], MutateOne] = {
    ("delete", f"keystone.{kind}"): _named(kind) for kind in MAKERS
}
WIPES = {type_: partial(_wipe, delete=delete) for type_, delete in _DELETES.items()}
CHURN = (
    (2, "create", "keystone.project"),
    (2, "update", "keystone.project"),
    (1, "delete", "keystone.project"),
    (2, "create", "keystone.user"),
    (1, "update", "keystone.user"),
    (1, "delete", "keystone.user"),
    (2, "create", "keystone.role_assignment"),
    (2, "delete", "keystone.role_assignment"),
)
