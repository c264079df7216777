"""What the churn and the tests do to Cinder's entities."""

import random

from openstack_democloud.cloud import Cloud
from openstack_democloud.dice import dropper, pick, renamer
from openstack_democloud.service import Mutate, MutateOne
from openstack_democloud.volume import copies, groups, volume_types
from openstack_democloud.volume.changes import (
    ATTACHMENT,
    VOLUME,
    attach,
    detach,
    drop_volume,
    make_volume,
    save,
    set_metadata,
)
from openstack_democloud.volume.copies import BACKUP, SNAPSHOT

_TYPE = "cinder.volume_type"
_SEEDED_TYPES = frozenset({"ceph", "lvm", "encrypted"})


def _create_volume(cloud: Cloud, dice: random.Random) -> str:
    """Make a volume; one in ten is not saved again, so no filter by time shows it."""
    project, user = dice.choice(cloud.pools.projects), dice.choice(cloud.pools.users)
    name = f"disk-{cloud.journal.seq + 1}-made"
    body = make_volume(cloud, name, project, user, size=dice.randrange(1, 100), status="creating")
    if dice.randrange(10):
        save(cloud, VOLUME, body["id"], status="available")
    return str(body["id"])


def _update_volume(cloud: Cloud, dice: random.Random) -> str | None:
    id_ = pick(cloud, dice, VOLUME)
    if id_ is None:
        return None
    body, number = cloud.table(VOLUME).get(id_) or {}, cloud.journal.seq + 1
    change = dice.randrange(4)
    if change == 0:
        save(cloud, VOLUME, id_, name=f"disk-{number}-changed")
    elif change == 1:
        set_metadata(cloud, id_, body["metadata"] | {"release": str(number)})
    elif change == 2:
        save(cloud, VOLUME, id_, size=body["size"] + 1)
    else:
        save(cloud, VOLUME, id_, bootable="false" if body["bootable"] == "true" else "true")
    return id_


def _free(cloud: Cloud, dice: random.Random) -> str | None:
    ids = [i for i, b in cloud.table(VOLUME).items() if not b["attachments"]]
    return dice.choice(ids) if ids else None


def _delete_volume(cloud: Cloud, dice: random.Random) -> str | None:
    id_ = _free(cloud, dice)
    return id_ if id_ is not None and _drop(cloud, id_) else None


def _drop(cloud: Cloud, id: str) -> bool:
    """Delete a volume: for a moment it says so, then it is gone, and what it had with it."""
    if id not in cloud.table(VOLUME):
        return False
    save(cloud, VOLUME, id, status="deleting")
    drop_volume(cloud, id)
    return True


def _begin_delete(cloud: Cloud, dice: random.Random) -> str | None:
    """Leave a volume in *deleting*, as a back end does that is slow or has failed."""
    id_ = _free(cloud, dice)
    if id_ is not None:
        save(cloud, VOLUME, id_, status=dice.choice(("deleting", "error_deleting")))
    return id_


def _wipe(cloud: Cloud) -> list[str]:
    done = cloud.table(VOLUME).ids()
    for id_ in done:
        drop_volume(cloud, id_)
    return done


def _update_one(cloud: Cloud, id: str) -> bool:
    if id not in cloud.table(VOLUME):
        return False
    save(cloud, VOLUME, id, name=f"changed-{cloud.journal.seq + 1}")
    return True


def _create_attachment(cloud: Cloud, dice: random.Random) -> str | None:
    id_, fleet = _free(cloud, dice), cloud.servers
    seq = fleet.alive.find(1, dice.randrange(fleet.born)) if fleet.born else -1
    if id_ is None or seq < 0 or seq in fleet.requested:
        return None
    host = cloud.pools.hosts[fleet.look(seq).host].name
    return str(attach(cloud, id_, fleet.ids.id(seq), host)["id"])


def _delete_attachment(cloud: Cloud, dice: random.Random) -> str | None:
    key = pick(cloud, dice, ATTACHMENT)
    if key is not None:
        detach(cloud, key)
    return key


def _detach_one(cloud: Cloud, id: str) -> bool:
    if id not in cloud.table(ATTACHMENT):
        return False
    detach(cloud, id)
    return True


def _create_snapshot(cloud: Cloud, dice: random.Random) -> str | None:
    id_ = pick(cloud, dice, VOLUME)
    of = cloud.table(VOLUME).get(id_ or "")
    name = f"snapshot-{cloud.journal.seq + 1}-made"
    return str(copies.make_snapshot(cloud, of, name)["id"]) if of else None


def _create_backup(cloud: Cloud, dice: random.Random) -> str | None:
    id_ = pick(cloud, dice, VOLUME)
    of = cloud.table(VOLUME).get(id_ or "")
    name = f"backup-{cloud.journal.seq + 1}-made"
    return str(copies.make_backup(cloud, of, name)["id"]) if of else None


def _create_type(cloud: Cloud, _dice: random.Random) -> str:
    name = f"type-{cloud.journal.seq + 1}-made"
    return str(volume_types.make(cloud, _TYPE, name)["id"])


def _delete_type(cloud: Cloud, dice: random.Random) -> str | None:
    id_ = pick(cloud, dice, _TYPE, _SEEDED_TYPES)
    if id_ is not None:
        volume_types.remove_type(cloud, id_)
    return id_


def _delete_named_type(cloud: Cloud, id: str) -> bool:
    if id not in cloud.table(_TYPE):
        return False
    volume_types.remove_type(cloud, id)
    return True


def _end_transfer(cloud: Cloud, id: str) -> bool:
    if id not in cloud.table(groups.TRANSFER):
        return False
    groups.drop_transfer(cloud, id)
    return True


def _delete_transfer(cloud: Cloud, dice: random.Random) -> str | None:
    id_ = pick(cloud, dice, groups.TRANSFER)
    return id_ if id_ is not None and _end_transfer(cloud, id_) else None


def _update_service(cloud: Cloud, dice: random.Random) -> str:
    key = dice.choice(cloud.table("cinder.service").ids())
    enabled = (cloud.table("cinder.service").get(key) or {})["status"] == "enabled"
    fields = {"status": "disabled" if enabled else "enabled"}
    cloud.table("cinder.service").change(key, **fields)
    return key


MUTATIONS: dict[tuple[str, str], Mutate] = {
    ("create", VOLUME): _create_volume,
    ("update", VOLUME): _update_volume,
    ("delete", VOLUME): _delete_volume,
    ("begin_delete", VOLUME): _begin_delete,
    ("create", ATTACHMENT): _create_attachment,
    ("delete", ATTACHMENT): _delete_attachment,
    ("create", SNAPSHOT): _create_snapshot,
    ("update", SNAPSHOT): renamer(SNAPSHOT, "description"),
    ("delete", SNAPSHOT): dropper(SNAPSHOT),
    ("create", BACKUP): _create_backup,
    ("update", BACKUP): renamer(BACKUP, "description"),
    ("delete", BACKUP): dropper(BACKUP),
    ("create", _TYPE): _create_type,
    ("update", _TYPE): renamer(_TYPE, "description"),
    ("delete", _TYPE): _delete_type,
    ("update", "cinder.service"): _update_service,
    ("update", "cinder.qos_spec"): renamer("cinder.qos_spec", "name"),
    **{
        (op, f"cinder.{kind}"): do
        for kind in ("group", "group_type", "group_snapshot")
        for op, do in (
            ("update", renamer(f"cinder.{kind}", "description")),
            ("delete", dropper(f"cinder.{kind}")),
        )
    },
    ("delete", groups.TRANSFER): _delete_transfer,
    ("delete", "cinder.message"): dropper("cinder.message"),
}
NAMED: dict[tuple[str, str], MutateOne] = {
    ("update", VOLUME): _update_one,
    ("delete", VOLUME): _drop,
    ("delete", ATTACHMENT): _detach_one,
    ("delete", _TYPE): _delete_named_type,
    ("delete", groups.TRANSFER): _end_transfer,
}
WIPES = {VOLUME: _wipe}
CHURN = (
    (6, "create", VOLUME),
    (10, "update", VOLUME),
    (5, "delete", VOLUME),
    (4, "create", ATTACHMENT),
    (4, "delete", ATTACHMENT),
    (2, "create", SNAPSHOT),
    (2, "delete", SNAPSHOT),
    (1, "create", BACKUP),
    (1, "delete", BACKUP),
    (1, "update", "cinder.service"),
)
