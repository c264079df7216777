"""Which types are sampled, and how often."""

import msgspec
import pytest

from synchronizer.plugins.keystone import GroupMember, Keystone
from synchronizer.plugins.nova import Nova, Server
from synchronizer.sampling.intervals import Intervals


def wanted(**options):
    intervals = Intervals(**options)
    declared = [*Keystone.declared(), *Nova.declared()]
    return {each.type for each in declared if intervals.wants(each)}


ALL = wanted(types=("*",))
DEFAULT = {
    f"{plugin.name}.{each.name}"
    for plugin in (Keystone, Nova)
    for each in plugin.resources
    if each.default
}


def test_without_patterns_the_plugins_decide():
    assert wanted() == DEFAULT
    assert "nova.volume_attachment" not in DEFAULT
    assert DEFAULT < ALL


@pytest.mark.parametrize(
    ("types", "skip", "expected"),
    [
        (("nova.server",), (), {"nova.server"}),
        (("nova.volume_attachment",), (), {"nova.volume_attachment"}),
        (("nova.server*",), (), {"nova.server", "nova.server_group", "nova.server_share"}),
        (("keystone.role", "nova.[fk]*"), (), {"keystone.role", "nova.flavor", "nova.keypair"}),
        (("nova.*",), ("nova.*",), set()),
        (("nova.s?rver",), (), {"nova.server"}),
        (("NOVA.server",), (), set()),
        (("*",), ("keystone.*", "nova.[!s]*"), {each for each in ALL if each[:6] == "nova.s"}),
        ((), ("nova.*",), {each for each in DEFAULT if not each.startswith("nova.")}),
    ],
)
def test_patterns_choose_types_and_skipping_wins(types, skip, expected):
    assert wanted(types=types, skip=skip) == expected


def test_a_type_that_is_slow_by_declaration_is_so_in_proportion():
    Keystone.declared()
    member, server = GroupMember(), Server()
    assert Intervals(sweep=60).sweep_of(server) == 60
    assert Intervals(sweep=60).sweep_of(member) == 180
    assert Intervals().sweep_of(member) == 1800


def test_stale_is_two_and_a_half_sweeps_unless_said():
    assert Intervals(sweep=60).stale_of(Server()) == 150
    assert Intervals(sweep=60).stale_of(GroupMember()) == 450
    assert Intervals(stale_after=7).stale_of(GroupMember()) == 7


def test_intervals_survive_the_pipe():
    intervals = Intervals(types=("nova.*",), skip=("nova.flavor",), sweep=5.5, in_flight=9)
    assert msgspec.json.decode(msgspec.json.encode(intervals), type=Intervals) == intervals


@pytest.mark.parametrize(
    ("types", "skip", "may"),
    [
        ((), (), True),
        (("nova.server",), (), True),
        (("no*",), (), True),
        (("*.server",), (), True),
        (("keystone.*",), (), False),
        ((), ("nova.*",), False),
        ((), ("*",), False),
        ((), ("nova.s*",), True),
    ],
)
def test_a_plugin_may_be_wanted_unless_no_type_of_it_can_be(types, skip, may):
    assert Intervals(types=types, skip=skip).may_want("nova") is may
