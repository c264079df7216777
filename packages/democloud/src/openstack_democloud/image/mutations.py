"""What the churn and the tests do to Glance's entities."""

import random

from openstack_democloud.cloud import Cloud
from openstack_democloud.dice import dropper, pick
from openstack_democloud.image import around, members, metadefs, writes
from openstack_democloud.service import Mutate, MutateOne

_IMAGE, _MEMBER, _TASK = "glance.image", "glance.image_member", "glance.task"
_NAMESPACE = "glance.metadef_namespace"
#: What servers are made of stays.
_KEPT = frozenset({"cirros", "debian", "ubuntu", "fedora", "rocky"})


def _create_image(cloud: Cloud, dice: random.Random) -> str:
    owner = dice.choice(cloud.pools.projects)
    visibility = dice.choice(("private", "shared", "community", "public"))
    number = cloud.journal.seq + 1
    hidden = dice.random() < 0.1
    body = writes.make(
        cloud, f"image-{number}-made", owner, visibility=visibility, os_hidden=hidden
    )
    writes.fill(cloud, body["id"], dice.randrange(1, 40) << 26)
    return str(body["id"])


def _update_image(cloud: Cloud, dice: random.Random) -> str | None:
    id_ = pick(cloud, dice, _IMAGE, _KEPT)
    if id_ is None:
        return None
    body, number = cloud.table(_IMAGE).get(id_) or {}, cloud.journal.seq + 1
    change = dice.randrange(4)
    if change == 0:
        writes.change(cloud, id_, name=f"image-{number}-changed")
    elif change == 1:
        writes.change(cloud, id_, tags=[f"tag-{number}", f"tag-{number % 5}"])
    elif change == 2:
        writes.change(cloud, id_, release=str(number))
    else:
        writes.change(cloud, id_, os_hidden=not body["os_hidden"])
    return id_


def _delete_image(cloud: Cloud, dice: random.Random) -> str | None:
    id_ = pick(cloud, dice, _IMAGE, _KEPT)
    if id_ is not None:
        writes.remove(cloud, id_)
    return id_


def _delete_one(cloud: Cloud, id: str) -> bool:
    if id not in cloud.table(_IMAGE):
        return False
    writes.remove(cloud, id)
    return True


def _update_one(cloud: Cloud, id: str) -> bool:
    if id not in cloud.table(_IMAGE):
        return False
    writes.change(cloud, id, name=f"changed-{cloud.journal.seq + 1}")
    return True


def _archive_one(cloud: Cloud, id: str) -> bool:
    """Purge a deleted image: it serves as a marker no more."""
    return cloud.table(_IMAGE).gone.pop(id, None) is not None


def _archive(cloud: Cloud, _dice: random.Random) -> None:
    cloud.table(_IMAGE).gone.clear()


def _wipe(cloud: Cloud) -> list[str]:
    done = cloud.table(_IMAGE).ids()
    for id_ in done:
        writes.remove(cloud, id_)
    return done


def _create_member(cloud: Cloud, dice: random.Random) -> str | None:
    shared = [b["id"] for b in cloud.table(_IMAGE) if b["visibility"] == "shared"]
    for _ in range(20 if shared else 0):
        image, project = dice.choice(shared), dice.choice(cloud.pools.projects)
        if f"{image}/{project}" not in cloud.table(_MEMBER):
            members.share(cloud, image, project)
            return f"{image}/{project}"
    return None


def _update_member(cloud: Cloud, dice: random.Random) -> str | None:
    key = pick(cloud, dice, _MEMBER)
    if key is not None:
        body = cloud.table(_MEMBER).get(key) or {}
        status = "rejected" if body["status"] == "accepted" else "accepted"
        members.change(cloud, key, status=status)
    return key


def _create_task(cloud: Cloud, dice: random.Random) -> str:
    return str(around.make_task(cloud, dice.choice(cloud.pools.projects))["id"])


def _update_namespace(cloud: Cloud, dice: random.Random) -> str | None:
    name = pick(cloud, dice, _NAMESPACE)
    if name is not None:
        text = f"changed at {cloud.journal.seq + 1}"
        metadefs.change_namespace(cloud, name, description=text)
    return name


MUTATIONS: dict[tuple[str, str], Mutate] = {
    ("create", _IMAGE): _create_image,
    ("update", _IMAGE): _update_image,
    ("delete", _IMAGE): _delete_image,
    ("archive", _IMAGE): _archive,
    ("create", _MEMBER): _create_member,
    ("update", _MEMBER): _update_member,
    ("delete", _MEMBER): dropper(_MEMBER),
    ("create", _TASK): _create_task,
    ("delete", _TASK): dropper(_TASK),
    ("update", _NAMESPACE): _update_namespace,
    ("delete", _NAMESPACE): dropper(_NAMESPACE),
}
NAMED: dict[tuple[str, str], MutateOne] = {
    ("update", _IMAGE): _update_one,
    ("delete", _IMAGE): _delete_one,
    ("archive", _IMAGE): _archive_one,
}
WIPES = {_IMAGE: _wipe}
CHURN = (
    (2, "create", _IMAGE),
    (3, "update", _IMAGE),
    (2, "delete", _IMAGE),
    (1, "create", _MEMBER),
    (1, "update", _MEMBER),
    (1, "delete", _MEMBER),
)
