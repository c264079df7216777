"""Regions: equal ids in several of them, services that they share, one that is away."""

import pytest
from tests.functional.faults.conftest import Rig

from openstack_democloud.running import DemoCloud
from synchronizer.model.entity import Collection

ONE, TWO = "RegionOne", "RegionTwo"
TYPES = ("nova.server", "glance.image", "neutron.port")

each_type = pytest.mark.parametrize("type_", TYPES)


@pytest.fixture(scope="module")
def twins():
    """Two regions that grew from one seed: the same ids in both."""
    size = {"servers": 8, "page_limit": 5, "projects": 3, "users": 4, "hypervisors": 2}
    with DemoCloud(**size, build_seconds=0, regions=f"{ONE},{TWO}") as cloud:
        yield cloud


@pytest.fixture
def rig(twins, path):
    made = Rig(twins, path)
    made.second = twins.region(TWO)
    made.two = lambda type_: Collection("demo", TWO, type_)
    yield made
    made.store.close()
    twins.clear_faults()
    made.second.clear_faults()


@pytest.mark.hazard(22)
@each_type
def test_equal_ids_of_two_regions_are_two_entities(rig, type_):
    assert rig.do(type_)
    assert rig.do(rig.two(type_))
    assert rig.ids(type_) & rig.ids(rig.two(type_))
    assert rig.is_true(type_)
    assert rig.ids(rig.two(type_)) == set(rig.second.state(type_))


@pytest.mark.hazard(22)
@each_type
def test_what_goes_in_one_stays_in_the_other(rig, type_):
    assert rig.do(type_)
    assert rig.do(rig.two(type_))
    both = rig.ids(type_) & rig.ids(rig.two(type_))
    (gone,) = rig.second.mutate("delete", type_, ids=[max(both)])
    for _ in range(2):
        assert rig.do(type_)
        assert rig.do(rig.two(type_))
    assert gone in rig.ids(type_)
    assert gone not in rig.ids(rig.two(type_))


@pytest.mark.hazard(22)
def test_a_region_that_is_away_harms_no_other(rig):
    assert rig.do("nova.server")
    assert rig.do(rig.two("nova.server"))
    rig.second.fault("status", status=503, path_regex="/servers")
    assert not rig.do(rig.two("nova.server"))
    assert rig.do("nova.server")
    assert rig.fault("nova.server") is None
    assert rig.fault(rig.two("nova.server")) == "synchronizer.sample.unreachable"
    assert not rig.deleted()


@pytest.mark.hazard(22)
def test_what_the_regions_share_is_sampled_once(rig):
    """Keystone by nature; a Glance because both name the same address."""
    catalogue = rig.cloud.state("keystone.endpoint").values()
    services = {b["type"]: b["id"] for b in rig.cloud.state("keystone.service").values()}
    mine = next(b for b in catalogue if b["service_id"] == services["image"])
    third = {
        "service_id": services["image"],
        "interface": "public",
        "url": f"{mine['url'].rstrip('/')}/",
        "region_id": "RegionThree",
    }
    rig.session.post(f"{rig.cloud.auth_url}/endpoints", json={"endpoint": third})
    rig.session.auth.invalidate()
    assert rig.do("glance.image")
    assert rig.do("keystone.project")
    sampled = {each.region for each in rig.worker("glance").samplers}
    assert sampled == {ONE, TWO}
    assert {each.region for each in rig.worker("keystone").samplers} == {None}
    assert rig.is_true("glance.image")
    assert rig.is_true("keystone.project")
