"""Ids that cannot stand in a path are never read one by one."""

from synchronizer.plugins.keystone import Keystone
from synchronizer.plugins.nova import Nova


def resources():
    return {each.type: each for plugin in (Keystone, Nova) for each in plugin.declared()}


def test_an_id_with_a_slash_is_not_read_alone():
    """A real Keystone answers 404 for the region "a/b" that it lists."""
    region = resources()["keystone.region"]
    assert region.reads("RegionOne")
    assert not region.reads("a/b")


def test_a_composite_id_is_read_by_its_parts():
    found = resources()
    assert found["nova.service"].reads("nova-compute/host")
    assert not found["nova.service"].reads("nova-compute/ho/st")
    path = found["nova.service"].single_path("nova-compute/host 1")
    assert path == "/os-services?binary=nova-compute&host=host%201"


def test_a_role_assignment_is_read_by_a_filter():
    assignment = resources()["keystone.role_assignment"]
    assert assignment.reads("role/user:u/project:p/inherited")
    assert assignment.single_path("r/group:g/system") == (
        "/role_assignments?role.id=r&group.id=g&scope.system=all"
    )
