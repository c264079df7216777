"""What the churn and the tests do to Heat's entities."""

import random

from openstack_democloud.cloud import Cloud
from openstack_democloud.dice import dropper, pick
from openstack_democloud.orchestration.around import CONFIG, DEPLOYMENT, make_config
from openstack_democloud.orchestration.changes import STACK, begin, drop, finish, make
from openstack_democloud.service import Mutate, MutateOne


def _create(cloud: Cloud, dice: random.Random) -> str:
    """Make a stack; now and then with one nested in it."""
    project, name = dice.choice(cloud.pools.projects), f"stack-{cloud.journal.seq + 1}-made"
    body = make(cloud, name, project, "demo")
    if dice.randrange(4) == 0:
        child = make(cloud, f"{name}-group-abcdefghijkl", project, "demo", parent=body["id"])
        finish(cloud, child["id"])
    finish(cloud, body["id"])
    return str(body["id"])


def _update(cloud: Cloud, dice: random.Random) -> str | None:
    id_ = pick(cloud, dice, STACK)
    if id_ is not None:
        number = cloud.journal.seq + 1
        action = dice.choice(("UPDATE", "UPDATE", "SUSPEND", "RESUME", "CHECK"))
        fields = {"tags": [f"tag-{number}"]} if action == "UPDATE" else {}
        begin(cloud, id_, action, **fields)
        finish(cloud, id_)
    return id_


def _update_one(cloud: Cloud, id: str) -> bool:
    if id not in cloud.table(STACK):
        return False
    begin(cloud, id, "UPDATE", tags=[f"tag-{cloud.journal.seq + 1}"])
    finish(cloud, id)
    return True


def _delete(cloud: Cloud, dice: random.Random) -> str | None:
    id_ = pick(cloud, dice, STACK)
    if id_ is not None:
        drop(cloud, id_)
    return id_


def _delete_one(cloud: Cloud, id: str) -> bool:
    if id not in cloud.table(STACK):
        return False
    drop(cloud, id)
    return True


def _archive(cloud: Cloud, _dice: random.Random) -> None:
    cloud.table(STACK).gone.clear()


def _archive_one(cloud: Cloud, id: str) -> bool:
    """Purge a deleted stack: then its GET is 404."""
    return cloud.table(STACK).gone.pop(id, None) is not None


def _wipe(cloud: Cloud) -> list[str]:
    done = cloud.table(STACK).ids()
    for id_ in done:
        _delete_one(cloud, id_)
    return done


def _create_config(cloud: Cloud, dice: random.Random) -> str:
    project = dice.choice(cloud.pools.projects)
    return str(make_config(cloud, f"config-{cloud.journal.seq + 1}-made", project)["id"])


def _delete_config(cloud: Cloud, dice: random.Random) -> str | None:
    deployed = {body["config_id"] for body in cloud.table(DEPLOYMENT)}
    ids = [id_ for id_ in cloud.table(CONFIG).ids() if id_ not in deployed]
    if not ids:
        return None
    id_ = dice.choice(ids)
    cloud.table(CONFIG).remove(id_)
    return id_


MUTATIONS: dict[tuple[str, str], Mutate] = {
    ("create", STACK): _create,
    ("update", STACK): _update,
    ("delete", STACK): _delete,
    ("archive", STACK): _archive,
    ("create", CONFIG): _create_config,
    ("delete", CONFIG): _delete_config,
    ("delete", DEPLOYMENT): dropper(DEPLOYMENT),
}
NAMED: dict[tuple[str, str], MutateOne] = {
    ("update", STACK): _update_one,
    ("delete", STACK): _delete_one,
    ("archive", STACK): _archive_one,
}
WIPES = {STACK: _wipe}
CHURN = (
    (2, "create", STACK),
    (3, "update", STACK),
    (2, "delete", STACK),
    (1, "create", CONFIG),
    (1, "delete", CONFIG),
)
