"""What ``doctor`` finds out about plugins, regions and services of a cloud."""

import json

import pytest

from openstack_democloud.running import DemoCloud
from synchronizer.cli.app import main

BROKEN = "raise ImportError('a library is missing')\n"


@pytest.fixture(scope="module")
def cloud():
    with DemoCloud(servers=2, regions="RegionOne,RegionTwo") as demo:
        yield demo


@pytest.fixture
def doctor(cloud, tmp_path, capsys):
    """Run ``doctor``; return its code, and its rows by the check's name."""

    def run(more="", **entry):
        clouds = {"demo": {"auth": cloud.auth, **entry}}
        (tmp_path / "clouds.yaml").write_text(json.dumps({"clouds": clouds}))
        config = tmp_path / "synchronizer.conf"
        config.write_text(
            f"[clouds]\nnames = demo\nfile = {tmp_path}/clouds.yaml\n"
            f"[store]\nurl = sqlite:///{tmp_path}/state/store.sqlite\n{more}"
        )
        code = main(["--config-file", str(config), "doctor", "-f", "json"])
        rows = json.loads(capsys.readouterr().out)
        return code, {row.pop("Check"): row for row in rows}

    return run


def test_it_shows_where_each_service_is_in_each_region(doctor, cloud):
    _, found = doctor()
    assert found["cloud demo: nova"]["Found"] == (
        f"RegionOne {cloud.url}, RegionTwo {cloud.region('RegionTwo').url}"
    )
    assert found["cloud demo: manila"]["OK"] == "look"
    assert "Its types are left out" in found["cloud demo: manila"]["Remedy"]
    assert found["cloud demo: nagios"]["OK"] == "look"


def test_it_ends_with_0_before_the_first_serve(doctor):
    code, found = doctor()
    assert code == 0, found
    assert found["API"]["OK"] == "look"
    assert found["store"]["OK"] == "look"


def test_it_shows_whose_token_it_is(doctor):
    _, found = doctor()
    assert found["cloud demo: Keystone"]["Found"] == (
        "token of admin for project admin, roles: admin, manager, member, reader"
    )


def test_credentials_that_see_a_part_only_are_found(doctor, cloud):
    cloud.fault("forbidden", path_prefix="/compute/v2.1/os-services")
    try:
        code, found = doctor()
    finally:
        cloud.clear_faults()
    assert code == 1
    assert found["cloud demo: nova"]["OK"] == "no"
    assert "may not list /os-services in RegionOne" in found["cloud demo: nova"]["Found"]
    assert "usually admin" in found["cloud demo: nova"]["Remedy"]
    assert found["cloud demo: cinder"]["OK"] == "yes"


def test_a_listing_that_is_left_empty_is_shown(doctor, cloud):
    cloud.fault("empty", path_regex=r".*/agents$")
    try:
        code, found = doctor()
    finally:
        cloud.clear_faults()
    assert code == 0
    assert found["cloud demo: neutron"]["OK"] == "look"
    assert "/agents in RegionOne is empty" in found["cloud demo: neutron"]["Found"]


def test_systems_beside_and_the_notifications_are_asked(doctor):
    nobody = "rabbit://u:secret@127.0.0.1:1/"
    code, found = doctor(
        nagios={"url": "http://127.0.0.1:1/cgi-bin"}, notifications={"transport_url": nobody}
    )
    assert code == 1
    assert found["cloud demo: nagios"]["OK"] == "no"
    assert found["cloud demo: notifications"]["OK"] == "no"
    assert "does not answer" in found["cloud demo: notifications"]["Found"]
    assert "secret" not in str(found)


def test_a_pattern_without_a_match_is_found(doctor):
    code, found = doctor("[sampling]\nskip = nova.keypairs\n")
    assert code == 1
    assert "did you mean nova.keypair?" in found["types and skip"]["Found"]


def test_a_misspelt_region_is_found(doctor):
    code, found = doctor(regions=["RegionOne", "RegionTree"])
    assert code == 1
    assert found["cloud demo: region RegionTree"]["OK"] == "no"
    assert (
        found["cloud demo: region RegionTree"]["Found"] == "the catalogue has RegionOne, RegionTwo"
    )
    assert "RegionTwo" not in found["cloud demo: nova"]["Found"]


def test_a_plugin_that_cannot_be_imported_is_found(doctor, tmp_path, monkeypatch):
    (tmp_path / "broken_plugin.py").write_text(BROKEN)
    folder = tmp_path / "broken_plugin-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: broken_plugin\nVersion: 1.0\n")
    points = "[synchronizer.plugins]\nbroken = broken_plugin:Broken\n"
    (folder / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    code, found = doctor()
    assert code == 1
    assert found["plugin broken"]["OK"] == "no"
    assert found["plugin broken"]["Found"].startswith("ImportError: a library is missing")
    assert "[sampling] plugins" in found["plugin broken"]["Remedy"]
    assert main(["type", "list", "--all", "-f", "json"]) == 0
