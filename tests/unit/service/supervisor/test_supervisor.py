"""What processes an instance has, and what is handed to them."""

import msgspec

from synchronizer.model.entity import Collection
from synchronizer.sampling.intervals import Intervals
from synchronizer.service.settings import Api, ChildSpec, CloudAccess, Role, Settings
from synchronizer.service.supervisor.supervisor import roles, samplers

CLOUDS = tuple(
    CloudAccess(name=name, auth_type="password", auth={"password": "hunter2"})
    for name in ("one", "two")
)


def test_an_instance_begins_with_one_door_and_a_scout_for_each_cloud():
    found = [role.name for role in roles(Settings(store="sqlite://", clouds=CLOUDS))]
    assert found == ["api", "scout one", "scout two"]


def test_there_is_a_sampler_for_each_plugin_that_a_clouds_scout_found():
    settings = Settings(store="sqlite://", clouds=CLOUDS)
    present = {"one": ("keystone", "nova"), "two": ("keystone",), "three": ("nova",)}
    found = [role.name for role in samplers(settings, present)]
    assert found == ["sampler keystone@one", "sampler nova@one", "sampler keystone@two"]


def test_only_the_named_plugins_run():
    settings = Settings(store="sqlite://", clouds=CLOUDS[:1], plugins=("nova",))
    found = [role.name for role in samplers(settings, {"one": ("keystone", "nova")})]
    assert found == ["sampler nova@one"]


def test_a_plugin_of_which_no_type_is_wanted_has_no_sampler():
    intervals = Intervals(types=("nova.*", "keystone.user"), skip=("nova.*",))
    settings = Settings(store="sqlite://", clouds=CLOUDS[:1], intervals=intervals)
    found = samplers(settings, {"one": ("glance", "keystone", "nova")})
    assert [role.plugin for role in found] == ["keystone"]


def test_an_order_survives_the_pipe():
    settings = Settings(
        store="sqlite://",
        clouds=CLOUDS,
        api=Api(port=0),
        intervals=Intervals(types=("nova.*",), sweep=5.0),
    )
    collections = (Collection("one", None, "keystone.user"), Collection("one", "R", "nova.server"))
    order = ChildSpec(
        Role(kind="once", cloud="one", plugin="nova", collections=collections), settings
    )
    line = msgspec.json.encode(order)
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=ChildSpec) == order
