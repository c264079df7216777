"""What a child process is told: enough for its work, and no secret of another cloud."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synchronizer.model.entity import Collection
from synchronizer.model.errors import ConfigurationError
from synchronizer.sampling.intervals import Intervals
from synchronizer.service.settings import Api, ChildSpec, CloudAccess, Role, Settings, order_for
from synchronizer.service.supervisor.supervisor import roles

light = settings(max_examples=40, deadline=None)
ONE, TWO = (
    CloudAccess(name=name, auth_type="password", auth={"password": f"secret of {name}"})
    for name in ("one", "two")
)
SETTINGS = Settings(store="sqlite://", clouds=(ONE, TWO), plugins=("nova",), history=5.0)
SAMPLER = Role(kind="sampler", cloud="one", plugin="nova")

accesses = st.builds(
    CloudAccess,
    name=st.text(max_size=5),
    auth_type=st.text(max_size=5),
    auth=st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=3),
    regions=st.lists(st.text(max_size=3), max_size=2).map(tuple),
    verify=st.booleans() | st.text(max_size=3),
    cert=st.none() | st.text(max_size=3) | st.tuples(st.text(max_size=3), st.text(max_size=3)),
)
everything = st.builds(
    Settings,
    store=st.text(max_size=9),
    clouds=st.lists(accesses, max_size=2).map(tuple),
    api=st.builds(Api, port=st.integers(0, 65535)),
    intervals=st.builds(Intervals, sweep=st.floats(0.05, 1e6), in_flight=st.integers(1, 99)),
    debug=st.booleans(),
)
collections = st.builds(
    Collection, st.text(max_size=3), st.none() | st.text(max_size=3), st.text(max_size=3)
)
some_roles = st.builds(
    Role,
    kind=st.sampled_from(["sampler", "api", "once"]),
    cloud=st.text(max_size=3),
    plugin=st.text(max_size=3),
    collections=st.lists(collections, max_size=3).map(tuple),
)


@light
@given(some_roles, everything)
def test_any_order_survives_the_pipe_as_one_line(role, chosen):
    line = msgspec.json.encode(ChildSpec(role, chosen))
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=ChildSpec) == ChildSpec(role, chosen)


def test_a_sampler_is_told_of_its_own_cloud_only():
    line = msgspec.json.encode(order_for(SAMPLER, SETTINGS))
    assert b"secret of one" in line
    assert b"secret of two" not in line


def test_the_door_is_told_of_all_because_it_samples_on_demand():
    line = msgspec.json.encode(order_for(Role(kind="api"), SETTINGS))
    assert b"secret of one" in line
    assert b"secret of two" in line


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"api": Api(port=1)}, True),
        ({"history": 9.0}, True),
        ({"plugins": ("nova", "keystone")}, True),
        ({"clouds": (ONE,)}, True),
        ({"clouds": (msgspec.structs.replace(ONE, regions=("R",)), TWO)}, False),
        ({"intervals": Intervals(sweep=1.0)}, False),
        ({"debug": True}, False),
    ],
)
def test_only_what_concerns_a_sampler_changes_its_order(change, same):
    changed = msgspec.structs.replace(SETTINGS, **change)
    assert (order_for(SAMPLER, changed) == order_for(SAMPLER, SETTINGS)) is same


def test_a_plugin_that_is_not_installed_is_told_with_those_that_are():
    with pytest.raises(ConfigurationError, match=r"no plugin 'nowa'; installed are .*nova"):
        roles(msgspec.structs.replace(SETTINGS, plugins=("nowa",)))


def test_without_clouds_there_is_only_the_door():
    assert [role.name for role in roles(Settings(store="sqlite://"))] == ["api"]
