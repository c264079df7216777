"""What the churn and the tests do to Neutron's entities, and what its agents do."""

import random
from functools import partial

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import RefusalError
from openstack_democloud.network import agents
from openstack_democloud.network.collections import COLLECTIONS
from openstack_democloud.network.writes import change, create, delete
from openstack_democloud.service import Mutate, MutateOne
from openstack_democloud.table import Body

_TRIES = 50


def _some(cloud: Cloud, dice: random.Random, one: str) -> Body:
    """Return some entity; KeyError, and so no mutation, if there is none."""
    ids = cloud.table(COLLECTIONS[one].type).ids()
    return (cloud.table(COLLECTIONS[one].type).get(dice.choice(ids)) if ids else None) or {}


def _given(cloud: Cloud, dice: random.Random, one: str) -> Body:
    """Return what a client gives to make a new entity."""
    name = {"name": f"made-{cloud.journal.seq + 1}"}
    if one in {"subnet", "port", "segment"}:
        name["network_id"] = _some(cloud, dice, "network")["id"]
    if one == "subnet":
        return name | {"cidr": f"192.168.{dice.randrange(255)}.0/24"}
    if one == "floatingip":
        return {"floating_network_id": cloud.names.uuid("network", "public")}
    if one == "security_group_rule":
        group = _some(cloud, dice, "security_group")["id"]
        ports = {"port_range_min": 22, "port_range_max": 22, "protocol": "tcp"}
        return {"security_group_id": group, "direction": "ingress", **ports}
    if one == "trunk":
        return name | {"port_id": _some(cloud, dice, "port")["id"]}
    if one == "rbac_policy":
        network = _some(cloud, dice, "network")["id"]
        target = cloud.pools.projects[0]
        return {
            "object_type": "network", "object_id": network, "target_tenant": target,
            "action": "access_as_shared",
        }  # fmt: skip
    return name


def _creator(one: str) -> Mutate:
    def make(cloud: Cloud, dice: random.Random) -> str | None:
        for _ in range(_TRIES):
            try:
                given = _given(cloud, dice, one)
                return str(create(cloud, one, given, dice.choice(cloud.pools.projects))["id"])
            except (RefusalError, KeyError):
                continue
        return None

    return make


def _update(cloud: Cloud, id: str, one: str) -> bool:
    if id not in cloud.table(COLLECTIONS[one].type):
        return False
    if one == "rbac_policy":
        other = cloud.pools.projects[cloud.journal.seq % len(cloud.pools.projects)]
        change(cloud, one, id, {"target_tenant": other})
    else:
        field = "name" if one in {"address_scope", "segment"} else "description"
        change(cloud, one, id, {field: f"changed at {cloud.journal.seq + 1}"})
    return True


def _updater(one: str) -> Mutate:
    def update(cloud: Cloud, dice: random.Random) -> str | None:
        body = _some(cloud, dice, one)
        return str(body["id"]) if body and _update(cloud, body["id"], one) else None

    return update


def _delete(cloud: Cloud, id: str, one: str) -> bool:
    try:
        delete(cloud, one, id)
    except RefusalError:
        return False
    return True


def _deleter(one: str) -> Mutate:
    def remove(cloud: Cloud, dice: random.Random) -> str | None:
        ids = cloud.table(COLLECTIONS[one].type).ids()
        # What was made last is the least likely to be in use.
        for id_ in [*dice.sample(ids, min(_TRIES, len(ids))), *reversed(ids[-_TRIES:])]:
            held = cloud.table(COLLECTIONS[one].type).get(id_) or {}
            attached = str(held.get("device_owner", "")).startswith("compute:")
            if not attached and _delete(cloud, id_, one):
                return id_
        return None

    return remove


_WRITABLE = [one for one, collection in COLLECTIONS.items() if collection.writable]
MUTATIONS: dict[tuple[str, str], Mutate] = {
    **{("create", COLLECTIONS[one].type): _creator(one) for one in _WRITABLE},
    **{
        ("update", COLLECTIONS[one].type): _updater(one)
        for one in _WRITABLE
        if one != "security_group_rule"
    },
    **{("delete", COLLECTIONS[one].type): _deleter(one) for one in _WRITABLE},
    **{
        ("flip", COLLECTIONS[one].type): partial(agents.flip, one=one)
        for one in ("port", "floatingip", "trunk")
    },
    ("flip", "neutron.agent"): agents.flip_agent,
}
NAMED: dict[tuple[str, str], MutateOne] = {
    **{("update", COLLECTIONS[one].type): partial(_update, one=one) for one in _WRITABLE},
    **{("delete", COLLECTIONS[one].type): partial(_delete, one=one) for one in _WRITABLE},
}
CHURN = (
    (6, "update", "neutron.port"),
    (3, "flip", "neutron.port"),
    (2, "create", "neutron.port"),
    (2, "delete", "neutron.port"),
    (1, "create", "neutron.network"),
    (1, "update", "neutron.network"),
    (1, "delete", "neutron.network"),
    (1, "create", "neutron.subnet"),
    (1, "update", "neutron.subnet"),
    (1, "create", "neutron.security_group"),
    (1, "create", "neutron.security_group_rule"),
    (1, "delete", "neutron.security_group_rule"),
    (1, "update", "neutron.router"),
    (1, "create", "neutron.floatingip"),
    (1, "delete", "neutron.floatingip"),
    (1, "flip", "neutron.floatingip"),
)
