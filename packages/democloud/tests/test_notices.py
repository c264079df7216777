"""What the services tell, held against messages of a real world, and what gets lost."""

import asyncio
import time

import pytest

from openstack_democloud.cloud import Size
from openstack_democloud.compute.server_writes import drop
from openstack_democloud.demo import Demo
from openstack_democloud.identity import writes
from openstack_democloud.mutations import mutate
from openstack_democloud.network import agents, members
from openstack_democloud.network.writes import change, create, delete
from openstack_democloud.notices import Notification
from openstack_democloud.registry import make_cloud


@pytest.fixture
def world():
    return make_cloud(Size(servers=30, seed=3), "http://127.0.0.1:1")


@pytest.fixture
def told(world):
    """The messages, taken at the door."""
    messages = []
    world.notices.outlets.append(messages.append)
    return messages


def events(messages):
    return [message.event_type for message in messages]


def test_nothing_is_made_when_nobody_listens(world, monkeypatch):
    monkeypatch.setattr(world.notices, "tell", lambda _: pytest.fail("made for nobody"))
    for key in world.services.mutations:
        mutate(world, *key)


def test_neutron_tells_before_and_after(world, told):
    network = create(world, "network", {"name": "n"}, "p")
    change(world, "network", network["id"], {"name": "m"})
    delete(world, "network", network["id"])
    assert events(told) == [
        f"network.{op}.{phase}"
        for op in ("create", "update", "delete")
        for phase in ("start", "end")
    ]
    created, updated, deleted = told[1::2]
    assert created.payload == {"network": network}
    assert told[2].payload == {"id": network["id"], "network": {"name": "m"}}
    assert updated.payload["network"]["revision_number"] == 1
    assert told[4].payload == {"network_id": network["id"]}
    assert deleted.payload["network_id"] == network["id"]
    assert deleted.payload["network"]["name"] == "m"
    assert set(deleted.payload["network"]) - set(network) == {"standard_attr_id"}
    assert {message.exchange for message in told} == {"neutron"}
    assert told[0].publisher.startswith("network.")
    assert told[0].context["project_id"] == "p"


def test_neutron_tells_a_start_even_of_what_it_refuses(world, told):
    group = next(iter(world.table("neutron.security_group")))
    with pytest.raises(Exception, match="default security group"):
        delete(world, "security_group", group["id"])
    assert events(told) == ["security_group.delete.start"]


def test_nobody_is_told_what_agents_do_nor_what_goes_with_a_delete(world, told):
    port = next(iter(world.table("neutron.port")))
    agents.set_status(world, "port", port["id"], "DOWN")
    agents.flip_agent(world, world.random)
    trunk = next(iter(world.table("neutron.trunk")))
    members.set_subports(world, trunk, [])
    assert told == []
    network = create(world, "network", {"name": "n"}, "p")
    create(world, "subnet", {"network_id": network["id"], "cidr": "10.9.0.0/24"}, "p")
    told.clear()
    delete(world, "network", network["id"])
    assert events(told) == ["network.delete.start", "network.delete.end"]


def test_a_router_interface_is_told_but_not_its_port(world, told):
    router = next(iter(world.table("neutron.router")))
    subnet = next(s for s in world.table("neutron.subnet") if s["name"] == "storage-v4")
    members.connect(world, router, subnet)
    members.disconnect(world, router, {"subnet_id": subnet["id"]})
    assert events(told) == ["router.interface.create", "router.interface.delete"]
    assert told[0].payload["router_interface"]["subnet_ids"] == [subnet["id"]]


def test_keystone_tells_in_cadf(world, told):
    user = writes.make(world, "user", "somebody")
    world.table("keystone.user").change(user["id"], email="new@demo.example")
    writes.remove(world, "user", user["id"])
    assert events(told) == [f"identity.user.{op}" for op in ("created", "updated", "deleted")]
    for message in told:
        assert message.exchange == "keystone"
        assert message.payload["resource_info"] == user["id"]
        assert message.payload["target"]["id"] == user["id"]
        assert message.payload["initiator"]["id"] != user["id"]
        assert message.context == {}


def test_a_grant_is_told_but_not_when_it_vanishes_with_its_project(world, told):
    (id_,) = mutate(world, "create", "keystone.role_assignment")
    role, user, project = (part.rpartition(":")[2] for part in id_.split("/"))
    (message,) = told
    assert message.event_type == "identity.role_assignment.created"
    assert (message.payload["role"], message.payload["user"]) == (role, user)
    assert message.payload["project"] == project
    told.clear()
    writes.remove(world, "project", project)
    assert id_ not in world.table("keystone.role_assignment")
    assert events(told) == ["identity.project.deleted"]


def test_a_new_member_is_told_as_an_update_of_the_group(world, told):
    (id_,) = mutate(world, "create", "keystone.group_member")
    assert events(told) == ["identity.group.updated"]
    assert told[0].payload["resource_info"] == id_.partition("/")[0]


def test_nova_tells_of_a_server_in_both_formats(world, told):
    fleet = world.servers
    seq = next(n for n in range(30) if fleet.look(n).condition == "active")
    id_ = fleet.ids.id(seq)
    fleet.touch(seq, condition="stopped")
    assert events(told) == [
        "compute.instance.power_off.start",
        "instance.power_off.start",
        "compute.instance.power_off.end",
        "instance.power_off.end",
    ]
    legacy, versioned = told[2:]
    assert (legacy.versioned, versioned.versioned) == (False, True)
    assert legacy.payload["instance_id"] == id_
    assert (told[0].payload["state"], legacy.payload["state"]) == ("active", "stopped")
    assert versioned.payload["nova_object.data"]["uuid"] == id_
    host = world.pools.hosts[fleet.look(seq).host].name
    assert (legacy.publisher, versioned.publisher) == (f"compute.{host}", f"nova-compute:{host}")


def test_nova_keeps_new_names_and_metadata_to_itself(world, told):
    world.servers.touch(1, name="renamed")
    world.servers.touch(1, metadata={"a": "b"})
    assert told == []
    world.servers.touch(1, bump=False, tags=["blue"])
    world.servers.touch(1, locked=True)
    assert events(told) == ["compute.instance.update", "instance.update", "instance.lock"]


def test_the_ports_of_a_deleted_server_are_told_while_it_goes(world, told):
    drop(world, 2)
    kinds = [event for event in events(told) if event.endswith("delete.end")]
    assert {"compute.instance.delete.end", "instance.delete.end", "port.delete.end"} <= set(kinds)


def test_aggregates_and_server_groups(world, told):
    mutate(world, "create", "nova.aggregate")
    aggregates = world.table("nova.aggregate")
    (*_, id_) = aggregates.ids()
    aggregates.change(id_, hosts=["compute-0000"])
    aggregates.change(id_, metadata={"a": "b"})
    ends = [event for event in events(told) if event.endswith(".end")]
    assert ends == [
        "aggregate.create.end", "aggregate.create.end",
        "aggregate.add_host.end", "aggregate.addhost.end",
        "aggregate.update_metadata.end", "aggregate.updatemetadata.end",
    ]  # fmt: skip
    told.clear()
    groups = world.table("nova.server_group")
    group = next(iter(groups))
    groups.change(group["id"], members=group["members"][:1])
    assert told == []
    groups.change(group["id"], members=[*group["members"], world.servers.ids.id(9)])
    assert events(told) == ["server_group.add_member", "servergroup.addmember"]


def test_keystone_nova_and_neutron_tell_no_secret(world, told):
    for op, type_ in world.services.mutations:
        mutate(world, op, type_)
    assert len(told) > 50
    mine = {"keystone", "nova", "neutron"}
    payloads = [message.payload for message in told if message.exchange in mine]
    assert "CANARY-SECRET" not in str(payloads)


def notice(event="port.update.end"):
    return Notification("neutron", "network.demo", event, {"id": "1"})


def test_messages_can_be_lost_and_doubled(world, told):
    demo = Demo(world, None)
    fault = demo.script.add({"fault": {"kind": "lost", "events": "port.*"}})
    world.notices.tell(notice())
    world.notices.tell(notice("network.update.end"))
    assert events(told) == ["network.update.end"]
    demo.script.clear(fault.id)
    demo.script.add({"fault": {"kind": "doubled"}})
    told.clear()
    world.notices.tell(notice())
    assert events(told) == ["port.update.end"] * 2
    demo.script.clear()
    assert world.notices.troubles == []


def test_a_part_of_the_messages_can_be_lost(world, told):
    Demo(world, None).script.add({"fault": {"kind": "lost", "probability": 0.5}})
    for _ in range(400):
        world.notices.tell(notice())
    assert 140 < len(told) < 260
    assert world.notices.counts == {"made": 400, "lost": 400 - len(told)}


def test_messages_can_be_late(world):
    async def tell():
        arrived = asyncio.Event()
        world.notices.outlets.append(lambda _: arrived.set())
        Demo(world, None).script.add({"fault": {"kind": "delayed", "seconds": 0.1}})
        before = time.monotonic()
        world.notices.tell(notice())
        assert not arrived.is_set()
        await asyncio.wait_for(arrived.wait(), 5)
        return time.monotonic() - before

    assert asyncio.run(tell()) >= 0.1


def test_messages_are_shown_on_request(quiet):
    quiet.listen()
    (id_,) = quiet.mutate("create", "neutron.network")
    seen = quiet.notifications()
    last = seen[-1]
    assert last["event_type"] == "network.create.end"
    assert last["payload"]["network"]["id"] == id_
    assert quiet.notifications(last["number"]) == []
    assert [m["number"] for m in seen] == list(range(1, last["number"] + 1))
