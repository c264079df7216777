"""What the churn and the tests do to Placement's entities."""

import random

from openstack_democloud.cloud import Cloud
from openstack_democloud.placing.providers import PROVIDER, make, save
from openstack_democloud.placing.words import TRAIT
from openstack_democloud.service import Mutate, MutateOne
from openstack_democloud.table import Body


def _create(cloud: Cloud, _dice: random.Random) -> str:
    return str(make(cloud, f"provider-{cloud.journal.seq + 1}-made")["uuid"])


def _update(cloud: Cloud, dice: random.Random) -> str | None:
    ids = cloud.table(PROVIDER).ids()
    if not ids:
        return None
    id_ = dice.choice(ids)
    body = cloud.table(PROVIDER).get(id_) or {}
    if dice.randrange(2):
        save(cloud, id_, _inventories=_reserved(body, dice.randrange(1, 9)))
    else:
        held = set(body["_traits"]) ^ {"CUSTOM_GOLD"}
        save(cloud, id_, _traits=sorted(held))
    return id_


def _reserved(body: Body, number: int) -> Body:
    """Return a provider's inventories with another amount of one of them set aside."""
    held = dict(body["_inventories"])
    for name in list(held)[:1]:
        held[name] = held[name] | {"reserved": held[name]["reserved"] + number}
    return held


def _update_one(cloud: Cloud, id: str) -> bool:
    body = cloud.table(PROVIDER).get(id)
    if body is None:
        return False
    save(cloud, id, _inventories=_reserved(body, 1))
    return True


def _delete(cloud: Cloud, dice: random.Random) -> str | None:
    """Delete a provider that is no hypervisor's."""
    ids = [id_ for id_, body in cloud.table(PROVIDER).items() if body["_host"] is None]
    if not ids:
        return None
    id_ = dice.choice(ids)
    cloud.table(PROVIDER).remove(id_)
    return id_


def _create_trait(cloud: Cloud, _dice: random.Random) -> str:
    name = f"CUSTOM_MADE_{cloud.journal.seq + 1}"
    cloud.table(TRAIT).add(name, {"name": name})
    return name


def _delete_trait(cloud: Cloud, dice: random.Random) -> str | None:
    names = [name for name in cloud.table(TRAIT).ids() if name.startswith("CUSTOM_MADE_")]
    if not names:
        return None
    name = dice.choice(names)
    cloud.table(TRAIT).remove(name)
    return name


MUTATIONS: dict[tuple[str, str], Mutate] = {
    ("create", PROVIDER): _create,
    ("update", PROVIDER): _update,
    ("delete", PROVIDER): _delete,
    ("create", TRAIT): _create_trait,
    ("delete", TRAIT): _delete_trait,
}
NAMED: dict[tuple[str, str], MutateOne] = {("update", PROVIDER): _update_one}
CHURN = (
    (1, "create", PROVIDER),
    (3, "update", PROVIDER),
    (1, "delete", PROVIDER),
)
