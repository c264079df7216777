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


def test_a_domain_is_no_project_though_it_can_be_read_as_one():
    """Keystone tells of a domain's update as a project's, too."""
    project = resources()["keystone.project"]
    assert project.is_gone({"id": "d", "is_domain": True})
    assert not project.is_gone({"id": "p", "is_domain": False})


def test_a_role_is_of_a_domain_or_global_whatever_the_read_shows():
    found = resources()
    one, other = {"id": "r", "domain_id": "d"}, {"id": "r", "domain_id": None}
    assert found["keystone.role"].is_gone(one)
    assert not found["keystone.role"].is_gone(other)
    assert found["keystone.domain_role"].is_gone(other)
    assert not found["keystone.domain_role"].is_gone(one)
