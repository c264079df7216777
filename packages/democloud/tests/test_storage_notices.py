"""What the storage services tell the bus names the entities that the hints look for."""

import random

import pytest

from openstack_democloud.cloud import Size
from openstack_democloud.mutations import mutate
from openstack_democloud.registry import make_cloud
from openstack_democloud.volume import changes
from synchronizer.plugins.cinder import Cinder
from synchronizer.plugins.glance import Glance
from synchronizer.plugins.heat import Heat
from synchronizer.plugins.hints import Hints

HINTS = Hints([r for plugin in (Glance, Cinder, Heat) for r in plugin.declared()])
#: Of these mutations Cinder tells nobody.
SILENT = {("update", "cinder.backup"), ("update", "cinder.service")}
#: Fields of messages that were captured from the real services.
CAPTURED = {
    "volume.create.end": {
        "availability_zone", "created_at", "display_name", "host", "launched_at", "metadata",
        "replication_driver_data", "replication_extended_status", "replication_status", "size",
        "snapshot_id", "status", "tenant_id", "user_id", "volume_attachment", "volume_id",
        "volume_type",
    },
    "snapshot.create.end": {
        "availability_zone", "created_at", "deleted", "display_name", "metadata", "snapshot_id",
        "status", "tenant_id", "user_id", "volume_id", "volume_size",
    },
    "image.create": {
        "checksum", "container_format", "created_at", "deleted", "deleted_at", "disk_format", "id",
        "is_public", "min_disk", "min_ram", "name", "owner", "properties", "protected", "size",
        "status", "tags", "updated_at", "virtual_size", "visibility",
    },
    "image.member.create": {
        "created_at", "deleted", "deleted_at", "image_id", "member_id", "status", "updated_at",
    },
    "orchestration.stack.create.end": {
        "create_at", "description", "stack_identity", "stack_name", "state", "state_reason",
        "tags", "tenant_id", "updated_at", "user_id", "user_identity", "username",
    },
}  # fmt: skip


@pytest.fixture
def cloud():
    return make_cloud(Size(servers=60, seed=5), "http://127.0.0.1:1")


@pytest.fixture
def told(cloud):
    heard = []
    cloud.notices.outlets.append(heard.append)
    return heard


def mutations():
    services = make_cloud(Size(servers=0), "http://127.0.0.1:1").services
    hinted = {r.type for plugin in (Glance, Cinder, Heat) for r in plugin.declared() if r.hints}
    return sorted(
        (op, type_)
        for op, type_ in services.mutations
        if type_ in hinted and op in {"create", "update", "delete"} and (op, type_) not in SILENT
    )


@pytest.mark.parametrize(("op", "type_"), mutations())
def test_each_mutation_hints_at_its_entity(cloud, told, op, type_):
    ids = cloud.table(type_).ids()[:1] if (op, type_) == ("update", "cinder.volume") else None
    if (op, type_) == ("delete", "cinder.volume_type"):
        mutate(cloud, "create", type_)  # those that volumes have stay
    (id_,) = mutate(cloud, op, type_, 1, ids)
    hinted = [
        hint
        for notification in told
        for hint in HINTS.of(notification.event_type, notification.payload)
        if hint.type == type_
    ]
    assert any(id_ in hint.ids or not hint.ids for hint in hinted)


@pytest.mark.parametrize("event", CAPTURED)
def test_payloads_have_the_fields_of_the_real_ones(cloud, told, event):
    for type_ in ("cinder.volume", "cinder.snapshot", "glance.image", "heat.stack"):
        mutate(cloud, "create", type_, 5)
    mutate(cloud, "create", "glance.image_member")
    payload = next(n.payload for n in told if n.event_type == event)
    assert set(payload) == CAPTURED[event]


def test_metadata_of_volumes_are_told_to_nobody(cloud, told):
    changes.set_metadata(cloud, cloud.table("cinder.volume").ids()[0], {"a": "b"})
    assert told == []
    assert cloud.journal.since(0)[-1]["op"] == "update"


def test_attaching_is_told_by_cinder_and_by_nova(cloud, told):
    (id_,) = mutate(cloud, "create", "cinder.attachment")
    body = cloud.table("cinder.attachment").get(id_)
    events = {n.event_type: n.payload for n in told}
    assert events["volume.attach.end"]["volume_attachment"][0]["id"] == id_
    assert events["compute.instance.volume.attach"]["volume_id"] == body["volume_id"]
    assert events["instance.volume_attach.end"]["nova_object.data"]["uuid"] == body["instance"]


@pytest.fixture
def churned(cloud):
    dice = random.Random(9)
    lines = [line for service in cloud.services for line in service.churn]
    shares = [share for share, _, _ in lines]
    for _, op, type_ in dice.choices(lines, shares, k=3000):
        cloud.services.mutations[op, type_](cloud, dice)
    return cloud


def test_after_any_churn_both_sides_of_an_attachment_agree(churned):
    volumes, attachments = churned.table("cinder.volume"), churned.table("cinder.attachment")
    shown = {held["attachment_id"] for body in volumes for held in body["attachments"]}
    assert shown == set(attachments.ids())
    fleet = churned.servers
    by_nova = {
        (fleet.ids.id(seq), volume["id"])
        for seq in fleet.rows(after=None, descending=False)
        for volume in fleet.look(seq).volumes
    }
    assert by_nova == {(body["instance"], body["volume_id"]) for body in attachments}
    assert all(
        (body["status"] == "in-use") == bool(body["attachments"]) for body in settled(volumes)
    )


def settled(volumes):
    return [body for body in volumes if body["status"] in {"available", "in-use"}]


def test_after_any_churn_every_nested_thing_has_its_parent(churned):
    stacks = churned.table("heat.stack")
    assert all(body["parent"] is None or body["parent"] in stacks for body in stacks)
    assert all(body["_stack"] in stacks for body in churned.table("heat.resource"))
    images = churned.table("glance.image")
    assert all(body["image_id"] in images for body in churned.table("glance.image_member"))


def test_the_volumes_of_a_deleted_server_are_let_go_or_go_with_it(cloud):
    (id_,) = mutate(cloud, "delete", "nova.server", 1, [cloud.servers.ids.id(first(cloud))])
    assert id_ not in {body["instance"] for body in cloud.table("cinder.attachment")}


def first(cloud):
    """The number of a server that has a volume."""
    fleet = cloud.servers
    rows = fleet.rows(after=None, descending=False)
    return next(seq for seq in rows if fleet.look(seq).volumes)


def test_resources_of_stacks_point_at_what_they_made(cloud):
    kinds = {
        "OS::Nova::Server": {
            cloud.servers.ids.id(seq) for seq in cloud.servers.rows(after=None, descending=False)
        },
        "OS::Cinder::Volume": set(cloud.table("cinder.volume").ids()),
        "OS::Heat::ResourceGroup": set(cloud.table("heat.stack").ids()),
    }
    found = [b for b in cloud.table("heat.resource") if b["resource_type"] in kinds]
    assert {body["resource_type"] for body in found} == set(kinds)
    assert all(body["physical_resource_id"] in kinds[body["resource_type"]] for body in found)
