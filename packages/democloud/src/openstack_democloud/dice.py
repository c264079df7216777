"""Mutations that any type can have: something is picked by dice and changed or deleted."""

import random
from collections.abc import Collection

from openstack_democloud.cloud import Cloud
from openstack_democloud.service import Mutate


def pick(
    cloud: Cloud, dice: random.Random, type: str, kept: Collection[str] = frozenset()
) -> str | None:
    """Return some id of a type, never of an entity whose name is in *kept*."""
    ids = [id_ for id_, body in cloud.table(type).items() if body.get("name") not in kept]
    return dice.choice(ids) if ids else None


def renamer(type: str, field: str, kept: Collection[str] = frozenset()) -> Mutate:
    """Return what gives one *field* of something a new text."""

    def update(cloud: Cloud, dice: random.Random) -> str | None:
        id_ = pick(cloud, dice, type, kept)
        if id_ is not None:
            cloud.table(type).change(id_, **{field: f"changed at {cloud.journal.seq + 1}"})
        return id_

    return update


def dropper(type: str) -> Mutate:
    """Return what deletes something, and nothing with it."""

    def delete(cloud: Cloud, dice: random.Random) -> str | None:
        id_ = pick(cloud, dice, type)
        if id_ is not None:
            cloud.table(type).remove(id_)
        return id_

    return delete
