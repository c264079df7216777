import pytest

#: The first microversion at which the listing of servers has a field.
SINCE = {
    "OS-EXT-SRV-ATTR:user_data": 3,
    "locked": 9,
    "host_status": 16,
    "description": 19,
    "tags": 26,
    "trusted_image_certificates": 63,
    "locked_reason": 73,
    "pinned_availability_zone": 96,
    "scheduler_hints": 100,
}


@pytest.mark.parametrize(("field", "minor"), SINCE.items())
def test_fields_appear_at_their_microversion(raw, field, minor):
    path = "/servers/detail?all_tenants=1&limit=1"
    before = raw.nova(path, version=f"2.{minor - 1}").json()["servers"][0]
    after = raw.nova(path, version=f"2.{minor}").json()["servers"][0]
    assert field not in before
    assert field in after


def test_flavor_and_image_change_their_shape(raw):
    path = "/servers/detail?all_tenants=1&limit=1"
    shapes = {v: raw.nova(path, version=v).json()["servers"][0] for v in ("2.46", "2.47", "2.98")}
    assert "id" in shapes["2.46"]["flavor"]
    assert "id" not in shapes["2.47"]["flavor"]
    assert "original_name" in shapes["2.47"]["flavor"]
    assert "properties" not in shapes["2.47"]["image"]
    assert "properties" in shapes["2.98"]["image"]


def test_groups_are_in_the_single_read_from_2_71_only(raw):
    id_ = raw.nova("/servers?all_tenants=1&limit=1").json()["servers"][0]["id"]
    assert "server_groups" not in raw.nova(f"/servers/{id_}", version="2.70").json()["server"]
    assert "server_groups" in raw.nova(f"/servers/{id_}", version="2.71").json()["server"]


def test_the_version_is_echoed_and_latest_is_understood(raw):
    reply = raw.nova("/flavors", version="latest")
    assert reply.headers["OpenStack-API-Version"] == "compute 2.103"
    reply = raw.nova("/flavors", version="2.61")
    assert reply.headers["X-OpenStack-Nova-API-Version"] == "2.61"


def test_too_high_is_406_and_nonsense_400(raw):
    reply = raw.nova("/flavors", version="2.104")
    assert reply.status == 406
    assert "2.103" in reply.json()["computeFault"]["message"]
    assert raw.nova("/flavors", version="two").status == 400


def test_the_typical_body_has_the_size_asked_for(raw):
    rows = raw.nova("/servers/detail?all_tenants=1&limit=50").body
    assert 2500 < len(rows) / 50 < 2900
