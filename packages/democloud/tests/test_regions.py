import json

import pytest
from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session

from openstack_democloud.running import DemoCloud, DemoCloudError

SERVICES = ("compute", "network", "image", "block-storage", "orchestration", "placement")


@pytest.fixture(scope="module")
def clouds_yaml(tmp_path_factory):
    return tmp_path_factory.mktemp("regions") / "clouds.yaml"


@pytest.fixture(scope="module")
def cloud(clouds_yaml):
    options = {"servers": 5, "regions": "RegionOne,RegionTwo", "clouds_yaml": clouds_yaml}
    with DemoCloud(**options) as demo:
        yield demo


@pytest.fixture
def session(cloud):
    return Session(Password(**cloud.auth))


def test_each_region_has_endpoints_of_its_own_and_all_share_keystone(cloud, session):
    for kind in SERVICES:
        first = session.get_endpoint(service_type=kind, region_name="RegionOne")
        second = session.get_endpoint(service_type=kind, region_name="RegionTwo")
        assert second == first.replace(cloud.base, f"{cloud.base}/RegionTwo")
    where = {"service_type": "identity", "region_name": "RegionTwo"}
    assert session.get_endpoint(**where) == cloud.base
    regions = session.get("/v3/regions", endpoint_filter=where).json()["regions"]
    assert {each["id"] for each in regions} == {"RegionOne", "RegionTwo"}


def test_a_region_begins_as_a_twin_and_goes_its_own_way(cloud):
    second = cloud.region("RegionTwo")
    before = cloud.state("nova.server").keys()
    assert second.state("nova.server").keys() == before
    (created,) = second.mutate("create", "nova.server")
    assert second.state("nova.server").keys() == before | {created}
    assert cloud.state("nova.server").keys() == before
    assert created in {each["id"] for each in second.log()}
    assert created not in {each["id"] for each in cloud.log()}


def test_users_and_projects_are_of_all_regions(cloud):
    (created,) = cloud.mutate("create", "keystone.project")
    assert created in cloud.region("RegionTwo").state("keystone.project")


def test_a_fault_holds_for_its_region(cloud, session):
    second = cloud.region("RegionTwo")
    second.fault("status", path_prefix="/compute", status=503)

    def status(region):
        where = {"service_type": "compute", "region_name": region}
        return session.get("/flavors", endpoint_filter=where, raise_exc=False).status_code

    assert (status("RegionOne"), status("RegionTwo")) == (200, 503)
    second.clear_faults()
    assert status("RegionTwo") == 200


def test_links_lead_to_the_region_that_gave_them(cloud, session):
    where = {"service_type": "compute", "region_name": "RegionTwo"}
    page = session.get("/servers?limit=2&all_tenants=1", endpoint_filter=where).json()
    (link,) = page["servers_links"]
    assert link["href"].startswith(f"{cloud.base}/RegionTwo/compute/")
    assert session.get(link["href"]).json()["servers"]


def test_clouds_yaml_names_the_regions(cloud, clouds_yaml, tmp_path):
    assert "regions: [RegionOne, RegionTwo]" in clouds_yaml.read_text()
    written = json.loads(cloud.write_clouds_yaml(tmp_path / "other.yaml").read_text())
    assert written["clouds"]["demo"]["regions"] == ["RegionOne", "RegionTwo"]


@pytest.mark.parametrize("regions", ["RegionTwo", "RegionOne,RegionOne", ""])
def test_the_first_region_is_always_the_same(regions):
    with pytest.raises(DemoCloudError, match="--regions begins with RegionOne"):
        DemoCloud(servers=1, regions=regions).start()
