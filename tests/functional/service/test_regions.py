"""Two clouds and several regions in one deployment, one store, one door.

The cloud ``wide`` has two regions with the same ids in both, and a third that shares the
first one's Glance. The cloud ``bare`` lacks Neutron.
"""

import json
import re
import urllib.error
from types import SimpleNamespace

import pytest

from openstack_democloud.running import DemoCloud

PROJECT, FLAVOR, SERVER = "keystone.project", "nova.flavor", "nova.server"
IMAGE, NETWORK = "glance.image", "neutron.network"
TYPES = (PROJECT, FLAVOR, SERVER, IMAGE, NETWORK)
ONE, TWO = "RegionOne", "RegionTwo"
WIDE = {
    ("wide", None, PROJECT),
    *(("wide", region, type_) for region in (ONE, TWO) for type_ in TYPES if type_ != PROJECT),
}
BARE = {("bare", None, PROJECT), ("bare", ONE, FLAVOR), ("bare", ONE, SERVER), ("bare", ONE, IMAGE)}


@pytest.fixture(scope="module")
def clouds(keystone_of):
    with (
        DemoCloud(servers=6, build_seconds=0.1, regions=f"{ONE},{TWO}") as wide,
        DemoCloud(servers=4, build_seconds=0.1) as bare,
    ):
        keystone_of(wide).add_region("RegionThree", "glance", f"{wide.base}/image")
        keystone_of(bare).take_out("neutron")
        yield SimpleNamespace(wide=wide, bare=bare, second=wide.region(TWO))


@pytest.fixture(scope="module")
def service(clouds, module_launcher, tmp_path_factory):
    """One service that samples both clouds, whose entries name no region."""
    folder = tmp_path_factory.mktemp("regions")
    entries = {"wide": {"auth": clouds.wide.auth}, "bare": {"auth": clouds.bare.auth}}
    (folder / "clouds.yaml").write_text(json.dumps({"clouds": entries}))
    options = {
        "clouds": {"names": "wide,bare", "file": folder / "clouds.yaml"},
        "store": {"url": f"sqlite:///{folder}/store.sqlite"},
        "api": {"port": 0, "bookmark_interval": 0.5},
        "sampling": {
            "sweep_interval": 1,
            "demand_interval": 0,
            "poll_interval": 0.5,
            "stale_after": 60,
            "rediscover_interval": 3,
            "calls_per_second": 100,
            "types": ",".join(TYPES),
        },
    }
    return module_launcher(options).start()


@pytest.fixture
def everything(service, world, eventually):
    """Wait until all collections are there and current; return a look at them by place."""

    def places():
        known = world.ask(service.url, "/v1/types")["types"]
        return {(each["cloud"], each["region"], each["type"]): each for each in known}

    def current():
        return {place for place, each in places().items() if each["state"] == "current"}

    eventually(lambda: current() >= WIDE | BARE, 90, service.said)
    return places


def held(world, service, type_, cloud, region=None):
    where = f"&cloud={cloud}" + (f"&region={region}" if region else "")
    found = world.ask(service.url, f"/v1/entities?type={type_}&limit=1000{where}")["entities"]
    return world.essences(type_, {each["id"]: each["body"] for each in found})


def true(world, cloud, type_):
    return world.essences(type_, cloud.state(type_, "2.100" if type_.startswith("nova") else ""))


def test_both_clouds_and_each_region_are_served_from_one_store(
    service, clouds, world, everything, eventually
):
    for cloud, region, demo in (
        ("wide", ONE, clouds.wide),
        ("wide", TWO, clouds.second),
        ("bare", ONE, clouds.bare),
    ):
        for type_ in (PROJECT, FLAVOR, SERVER, IMAGE):
            where = (cloud, None if type_ == PROJECT else region)
            eventually(
                lambda t=type_, w=where, d=demo: held(world, service, t, *w) == true(world, d, t),
                30,
                f"{type_} of {where}",
            )


def test_types_of_a_lacking_service_are_absent_without_noise_or_process(service, everything):
    assert {*everything()} == WIDE | BARE
    roles = {*service.children().values()}
    assert "sampler neutron@wide" in roles
    assert "sampler neutron@bare" not in roles
    noise = re.compile(r"(WARNING|ERROR) \S+ \[(supervisor|scout|sampler)")
    assert [line for line in service.lines if noise.search(line)] == []


def test_regions_that_share_an_endpoint_are_sampled_once(everything):
    regions = {(type_, region) for cloud, region, type_ in everything() if cloud == "wide"}
    assert {region for type_, region in regions if type_ == IMAGE} == {ONE, TWO}
    assert {region for type_, region in regions if type_ == PROJECT} == {None}


def test_equal_ids_in_two_regions_are_two_entities(service, clouds, world, everything, eventually):
    first = held(world, service, SERVER, "wide", ONE)
    shared = sorted(first.keys() & held(world, service, SERVER, "wide", TWO).keys())
    assert shared
    clouds.second.mutate("delete", SERVER, ids=shared[:1])
    eventually(lambda: shared[0] not in held(world, service, SERVER, "wide", TWO), 40, service.said)
    assert shared[0] in held(world, service, SERVER, "wide", ONE)
    deletes = world.ask(service.url, f"/v1/changes?since=0&type={SERVER}&limit=1000")["changes"]
    gone = [(each["region"], each["id"]) for each in deletes if each["op"] == "delete"]
    assert gone == [(TWO, shared[0])]


def test_what_is_ambiguous_asks_for_cloud_and_region(service, world, everything):
    flavor = min(held(world, service, FLAVOR, "wide", ONE))

    def refusal(path, method="GET"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            world.ask(service.url, path, method)
        return caught.value.code, caught.value.read().decode()

    code, said = refusal(f"/v1/entities/{FLAVOR}/{flavor}")
    assert code == 409
    assert TWO in said
    code, said = refusal(f"/v1/types/{FLAVOR}/sweep", "POST")
    assert code == 409
    assert "wide/RegionTwo/nova.flavor" in said
    for region in (ONE, TWO):
        found = world.ask(service.url, f"/v1/entities/{FLAVOR}/{flavor}?cloud=wide&region={region}")
        assert (found["cloud"], found["region"]) == ("wide", region)
    swept = world.ask(service.url, f"/v1/types/{FLAVOR}/sweep?cloud=wide&region={TWO}", "POST")
    assert swept["region"] == TWO


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 503}, {"kind": "slow", "seconds": 20}]
)
def test_a_region_that_goes_down_makes_only_its_collections_stale(
    service, clouds, world, everything, eventually, fault
):
    """Also one that takes the calls and does not answer: it holds up no other region."""
    down = {place for place in WIDE if place[1] == TWO}
    clouds.second.fault(path_prefix="/", **fault)
    if fault["kind"] == "status":
        eventually(lambda: all(everything()[place]["stale"] for place in down), 60, service.said)
    else:
        eventually(lambda: clouds.second.faults()[0]["hits"] > 0, 30)
    for _ in range(3):
        moment = max(each["sampled_at"] for each in everything().values())
        eventually(
            lambda m=moment: all(
                everything()[place]["sampled_at"] > m for place in WIDE | BARE if place not in down
            ),
            30,
            service.said,
        )
    assert {place for place, each in everything().items() if each["stale"]} <= down
    before = held(world, service, SERVER, "wide", TWO)
    assert before
    clouds.second.clear_faults()
    eventually(lambda: not any(each["stale"] for each in everything().values()), 60, service.said)
    assert held(world, service, SERVER, "wide", TWO) == before


def test_a_region_that_leaves_is_flagged_and_a_new_one_is_taken_up(
    service, clouds, world, everything, eventually, keystone_of
):
    keystone = keystone_of(clouds.wide)
    keystone.remove_endpoints("nova", TWO)
    left = ("wide", TWO, FLAVOR)
    eventually(lambda: everything()[left]["fault"], 40, service.said)
    assert everything()[left]["fault"]["detail"].startswith(
        "nova has left the catalogue of region RegionTwo of wide"
    )
    assert everything()["wide", ONE, FLAVOR]["fault"] is None
    assert everything()["wide", TWO, IMAGE]["fault"] is None
    keystone.add_region("RegionFour", "nova", f"{clouds.second.base}/compute/v2.1")
    new = ("wide", "RegionFour", FLAVOR)
    eventually(lambda: everything().get(new, {}).get("state") == "current", 40, service.said)
    known = held(world, service, FLAVOR, "wide", TWO)
    assert known
    assert held(world, service, FLAVOR, "wide", "RegionFour") == known
