"""What processes an instance has, and what is handed to them."""

import msgspec

from synchronizer.model.entity import Collection
from synchronizer.sampling.intervals import Intervals
from synchronizer.service.settings import Api, CloudAccess, Order, Role, Settings
from synchronizer.service.tree import roles

CLOUDS = tuple(
    CloudAccess(name=name, auth_type="password", auth={"password": "hunter2"})
    for name in ("one", "two")
)


def test_an_instance_has_one_door_and_a_sampler_for_each_plugin_and_cloud():
    found = {role.name for role in roles(Settings(store="sqlite://", clouds=CLOUDS))}
    assert found == {
        "api",
        "sampler keystone@one",
        "sampler keystone@two",
        "sampler nova@one",
        "sampler nova@two",
    }


def test_only_the_named_plugins_run():
    settings = Settings(store="sqlite://", clouds=CLOUDS[:1], plugins=("nova",))
    assert [role.name for role in roles(settings)] == ["api", "sampler nova@one"]


def test_an_order_survives_the_pipe():
    settings = Settings(
        store="sqlite://",
        clouds=CLOUDS,
        api=Api(port=0),
        intervals=Intervals(types=("nova.*",), sweep=5.0),
    )
    collections = (Collection("one", None, "keystone.user"), Collection("one", "R", "nova.server"))
    order = Order(Role(kind="once", cloud="one", plugin="nova", collections=collections), settings)
    line = msgspec.json.encode(order)
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=Order) == order
