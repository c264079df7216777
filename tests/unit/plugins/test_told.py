"""What notifications say of which entities, also those whose families were not captured whole."""

import json
from pathlib import Path

import pytest

from synchronizer.model.errors import MalformedError
from synchronizer.plugins import load
from synchronizer.plugins.hints import Hints

CAPTURED = Path(__file__).parents[2] / "fixtures" / "notifications"
OURS = ("cinder", "glance", "heat", "keystone", "neutron", "nova", "placement")
SERVICES = ("cinder", "glance", "heat", "keystone", "neutron", "nova")


@pytest.fixture(scope="module")
def hints():
    return Hints([each for plugin in OURS for each in load(plugin).declared()])


def captured():
    for service in SERVICES:
        for line in (CAPTURED / f"{service}.jsonl").read_text().splitlines():
            said = json.loads(line)
            yield said["event_type"], said["payload"]


@pytest.fixture(scope="module")
def payloads():
    return dict(captured())


def told(hints, event_type, payload):
    return {each.type: set(each.ids) for each in hints.of(event_type, payload)}


def test_only_what_was_deleted_itself_is_told_to_be_gone(hints, payloads):
    gone = {
        (event_type, each.type)
        for event_type, payload in payloads.items()
        for each in hints.of(event_type, payload)
        if each.gone
    }
    assert {
        ("port.delete.end", "neutron.port"),
        ("orchestration.stack.delete.end", "heat.stack"),
    } <= gone
    assert ("subnet.delete.end", "neutron.network") not in gone
    for event_type, type_ in gone:
        noun = event_type.removeprefix("orchestration.").removesuffix(".delete.end")
        assert type_.endswith(noun)


def test_a_captured_notification_names_what_its_payload_names(hints, payloads):
    port = payloads["port.create.end"]["port"]
    assert told(hints, "port.create.end", payloads["port.create.end"]) == {
        "neutron.port": {port["id"]},
        "nova.server": {port["device_id"]},
    }
    volume = payloads["volume.attach.end"]
    (attachment,) = volume["volume_attachment"]
    assert told(hints, "volume.attach.end", volume) == {
        "cinder.volume": {volume["volume_id"]},
        "cinder.attachment": {attachment["id"]},
        "nova.server": {attachment["instance_uuid"]},
    }
    server = payloads["instance.volume_attach.end"]["nova_object.data"]
    assert told(hints, "instance.volume_attach.end", payloads["instance.volume_attach.end"]) == {
        "nova.server": {server["uuid"]},
        "nova.volume_attachment": {f"{server['uuid']}/{server['volume_id']}"},
        "nova.instance_action": {f"{server['uuid']}/{server['request_id']}"},
        "neutron.port": {each["nova_object.data"]["port_uuid"] for each in server["ip_addresses"]},
        "cinder.volume": {server["volume_id"]},
    }


def test_a_grant_is_named_by_its_parts(hints, payloads):
    gone = payloads["identity.role_assignment.deleted"]
    named = f"{gone['role']}/user:{gone['user']}/project:{gone['project']}"
    assert told(hints, "identity.role_assignment.deleted", gone) == {
        "keystone.role_assignment": {named}
    }
    inherited = {"role": "r", "group": "g", "domain": "d", "inherited_to_projects": True}
    assert told(hints, "identity.role_assignment.created", inherited) == {
        "keystone.role_assignment": {"r/group:g/domain:d/inherited"}
    }
    system = {"role": "r", "user": "u"}
    assert told(hints, "identity.role_assignment.created", system) == {
        "keystone.role_assignment": set()
    }


def test_a_deleted_user_takes_grants_along_that_nobody_names(hints):
    assert told(hints, "identity.user.deleted", {"resource_info": "u"}) == {
        "keystone.user": {"u"},
        "keystone.role_assignment": set(),
    }


@pytest.mark.parametrize("said", ["parent_resource", "obj_resource"])
def test_a_tag_concerns_the_type_that_it_was_put_on(hints, said):
    payload = {said: "networks", f"{said}_id": "n", "tags": ["blue"]}
    for event in ("tag.create.end", "tag.delete_all.end", "tag.update.end"):
        assert told(hints, event, payload) == {"neutron.network": {"n"}}


def test_sharing_concerns_what_is_shared(hints):
    policy = {"id": "p", "object_type": "qos_policy", "object_id": "q", "target_tenant": "*"}
    assert told(
        hints, "rbac_policy.delete.end", {"rbac_policy": policy, "rbac_policy_id": "p"}
    ) == {
        "neutron.rbac_policy": {"p"},
        "neutron.qos_policy": {"q"},
    }


UNCAPTURED = [
    ("port.create.end", {"ports": [{"id": "a", "device_id": "s"}, {"id": "b", "device_id": ""}]},
     {"neutron.port": {"a", "b"}, "nova.server": {"s"}}),
    ("port.delete.end", {"port_id": "a", "port": {"id": "a", "device_id": "s"}},
     {"neutron.port": {"a"}, "nova.server": {"s"}}),
    ("router.interface.create", {"router_interface": {"id": "r", "port_id": "p", "subnet_id": "s"}},
     {"neutron.router": {"r"}, "neutron.port": {"p"}}),
    ("subnet.delete.end", {"subnet": {"id": "s", "network_id": "n"}, "subnet_id": "s"},
     {"neutron.subnet": {"s"}, "neutron.network": {"n"}}),
    ("security_group.create.end",
     {"security_group": {"id": "g", "security_group_rules": [{"id": "r"}]}},
     {"neutron.security_group": {"g"}, "neutron.security_group_rule": {"r"}}),
    ("security_group_rule.delete.end",
     {"security_group_rule": {"id": "r", "security_group_id": "g"}, "security_group_rule_id": "r"},
     {"neutron.security_group": {"g"}, "neutron.security_group_rule": {"r"}}),
    ("floatingip.update.end",
     {"floatingip": {"id": "f", "port_details": {"device_id": "s"}}},
     {"neutron.floatingip": {"f"}, "nova.server": {"s"}}),
    ("floatingip.update.end", {"floatingip": {"id": "f", "port_details": None}},
     {"neutron.floatingip": {"f"}}),
    ("bandwidth_limit_rule.create.end", {"bandwidth_limit_rule": {"id": "b"}},
     {"neutron.qos_policy": set()}),
    ("l3_agent.router.add", {"agent": {"router_id": "r"}}, {"neutron.l3_hosting": set()}),
    ("flavor.create.end", {"flavor": {"id": "f"}}, {"neutron.flavor": {"f"}}),
    ("flavor.create", {"nova_object.data": {"flavorid": "f"}}, {"nova.flavor": {"f"}}),
    ("image.delete", {"id": "i"}, {"glance.image": {"i"}}),
    ("image.member.update", {"image_id": "i", "member_id": "m"}, {"glance.image_member": {"i/m"}}),
    ("task.success", {"id": "t"}, {"glance.task": {"t"}}),
    ("metadef_namespace.update", {"namespace": "b", "namespace_old": "a"},
     {"glance.metadef_namespace": {"a", "b"}}),
    ("metadef_tag.delete", {"namespace": "n", "name": "t", "name_old": "t"},
     {"glance.metadef_tag": {"n/t"}}),
    ("volume.delete.start", {"volume_id": "v"}, {"cinder.volume": {"v"}}),
    ("volume.transfer.accept.end", {"volume_id": "v"},
     {"cinder.volume": {"v"}, "cinder.transfer": set()}),
    ("volume.detach.end", {"volume_id": "v", "volume_attachment": []},
     {"cinder.volume": {"v"}, "cinder.attachment": set()}),
    ("backup.create.end", {"backup_id": "b"}, {"cinder.backup": {"b"}}),
    ("group_snapshot.delete.end", {"group_snapshot_id": "g"}, {"cinder.group_snapshot": {"g"}}),
    ("volume_type.update", {"volume_types": {"id": "t"}}, {"cinder.volume_type": {"t"}}),
    ("volume_type_encryption.delete", {"type_id": "t"}, {"cinder.volume_type_encryption": set()}),
    ("qos_specs.disassociate_all", {"id": "q", "type_id": "t"}, {"cinder.volume_type": {"t"}}),
    ("orchestration.stack.adopt.error", {"stack_identity": "s"}, {"heat.stack": {"s"}}),
    ("orchestration.autoscaling.end", {"stack_identity": "s"}, {"heat.stack": {"s"}}),
    ("compute.instance.evacuate", {"instance_id": "s"},
     {"nova.server": {"s"}, "nova.migration": set()}),
    ("instance.evacuate.start", {"nova_object.data": {"uuid": "s"}},
     {"nova.server": {"s"}, "nova.migration": set()}),
    ("compute.instance.update", {"instance_id": "s"}, {"nova.server": {"s"}}),
    ("reboot_instance", {"args": {"instance": {"uuid": "s"}}}, {"nova.server": {"s"}}),
    ("service.delete", {"nova_object.data": {"binary": "nova-compute", "host": "h"}},
     {"nova.service": {"nova-compute/h"}, "nova.availability_zone": set()}),
    ("aggregate.removehost.end", {"aggregate_id": 7, "host_name": "h"},
     {"nova.aggregate": {"7"}, "nova.availability_zone": set()}),
    ("keypair.import.end", {"nova_object.data": {"user_id": "u", "name": "k"}},
     {"nova.keypair": {"u/k"}}),
    ("keypair.delete.end", {"user_id": "u", "key_name": "k"}, {"nova.keypair": {"u/k"}}),
    ("server_group.add_member", {"nova_object.data": {"uuid": "g"}}, {"nova.server_group": {"g"}}),
    ("identity.project tag.created", {"resource_info": "blue"}, {"keystone.project": set()}),
    ("identity.group.updated", {"resource_info": "g"},
     {"keystone.group": {"g"}, "keystone.group_member": set()}),
    ("identity.OS-TRUST:trust.created", {"resource_info": "t"}, {"keystone.trust": {"t"}}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("event_type", "payload", "expected"), UNCAPTURED, ids=[each[0] for each in UNCAPTURED]
)
def test_the_rest_of_a_family_says(hints, event_type, payload, expected):
    assert told(hints, event_type, payload) == expected


@pytest.mark.parametrize("event_type", ["compute.instance.exists", "instance.exists"])
def test_an_audit_of_all_servers_asks_for_no_read(hints, event_type):
    assert hints.of(event_type, {"instance_id": "s", "uuid": "s"}) == []


def test_a_failed_upload_carries_a_text_and_names_nobody(hints):
    with pytest.raises(MalformedError):
        hints.of("image.upload", "Failed to upload image data due to HTTP error")


def test_the_exchanges_of_all_that_tells_are_named():
    assert set(load("nova").exchanges) == {"nova", "neutron", "cinder", "openstack"}
    assert set(load("neutron").exchanges) == {"neutron", "nova"}
    assert {"openstack", "cinder", "nova"} <= set(load("cinder").exchanges)
    for plugin in ("glance", "heat", "keystone"):
        assert load(plugin).exchanges == (plugin,)
    assert load("placement").exchanges == ()
