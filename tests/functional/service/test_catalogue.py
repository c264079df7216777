"""A service that enters the catalogue is sampled, one that leaves keeps its entities, flagged.

Nothing is restarted for it: not the instance, and no process of it.
"""

import json
import urllib.error

import pytest

from openstack_democloud.running import DemoCloud

KEYSTONE, NOVA, GLANCE = "keystone.project", "nova.flavor", "glance.image"
LEFT = "glance has left the catalogue of demo; its entities are kept as they were last seen"


@pytest.fixture
def demo():
    with DemoCloud(servers=5, regions="RegionOne,RegionTwo") as cloud:
        yield cloud


@pytest.fixture
def serve(launcher, cloud, options, tmp_path):
    """Start the service on a region whose catalogue is looked at each second."""
    entry = {"auth": cloud.auth, "region_name": "RegionOne"}
    (tmp_path / "clouds.yaml").write_text(json.dumps({"clouds": {"demo": entry}}))
    options["sampling"] |= {
        "types": f"{KEYSTONE},{NOVA},{GLANCE}",
        "rediscover_interval": 1,
        "stale_after": 60,
    }
    return lambda: launcher(options).start()


@pytest.fixture
def keystone(keystone_of, cloud):
    return keystone_of(cloud)


def state(world, service, type_=GLANCE):
    return world.types(service.url).get(type_, {}).get("state")


def changes(world, service, type_=GLANCE):
    found = world.ask(service.url, f"/v1/changes?since=0&type={type_}&limit=1000")["changes"]
    return [(each["op"], each["id"], each["revision"]) for each in found]


def places(world, service):
    known = world.ask(service.url, "/v1/types")["types"]
    return {(each["type"], each["region"]) for each in known}


def others(service):
    return {pid: role for pid, role in service.children().items() if "glance" not in role}


def test_a_service_that_enters_is_sampled_and_nothing_is_restarted(
    serve, keystone, cloud, world, eventually
):
    entry = keystone.take_out("glance")
    service = serve()
    eventually(lambda: state(world, service, NOVA) == "current", 60, service.said)
    before = others(service)
    assert GLANCE not in world.types(service.url)
    assert "sampler glance@demo" not in service.children().values()
    keystone.put_in(entry)
    eventually(lambda: state(world, service) == "current", 30, service.said)
    assert world.in_service(service.url, GLANCE) == world.essences(GLANCE, cloud.state(GLANCE))
    assert others(service) == before


def test_a_service_that_leaves_keeps_its_entities_flagged_and_comes_back_unchanged(
    serve, keystone, cloud, world, eventually
):
    service = serve()
    eventually(lambda: state(world, service) == "current", 60, service.said)
    eventually(lambda: state(world, service, NOVA) == "current", 60, service.said)
    seen, log, processes = (
        world.in_service(service.url, GLANCE),
        changes(world, service),
        service.children(),
    )
    assert seen
    entry = keystone.take_out("glance")
    eventually(lambda: state(world, service) == "fault", 30, service.said)
    known = world.types(service.url)[GLANCE]
    assert known["stale"]
    assert known["fault"]["code"] == "synchronizer.sample.absent_service"
    assert known["fault"]["detail"] == LEFT
    moment = world.types(service.url)[NOVA]["sampled_at"]
    eventually(lambda: world.fresh_since(service.url, moment, [NOVA]), 30, service.said)
    assert world.in_service(service.url, GLANCE) == seen
    assert world.types(service.url)[GLANCE]["fault"]["detail"] == LEFT
    keystone.put_in(entry)
    eventually(lambda: state(world, service) == "current", 30, service.said)
    assert world.types(service.url)[GLANCE]["fault"] is None
    assert changes(world, service) == log
    assert service.children() == processes
    (created,) = cloud.mutate("create", GLANCE)
    eventually(lambda: created in world.in_service(service.url, GLANCE), 30, service.said)


def test_what_left_while_nobody_looked_is_flagged_at_the_next_start(
    serve, keystone, world, eventually
):
    service = serve()
    eventually(lambda: state(world, service) == "current", 60, service.said)
    assert service.stop()[0] == 0
    keystone.take_out("glance")
    service.start()
    eventually(lambda: state(world, service) == "fault", 30, service.said)
    assert world.types(service.url)[GLANCE]["fault"]["detail"] == LEFT
    assert "sampler glance@demo" not in service.children().values()


def test_an_endpoint_that_moves_is_followed_also_while_the_old_one_answers(
    serve, keystone, cloud, world, eventually
):
    service = serve()
    eventually(lambda: state(world, service) == "current", 60, service.said)
    before = service.children()
    elsewhere = cloud.region("RegionTwo")
    keystone.move("glance", f"{elsewhere.base}/image", "RegionOne")
    eventually(lambda: elsewhere.calls()["families"].get("GET /image/v2/images"), 30)
    (created,) = elsewhere.mutate("create", GLANCE)
    eventually(lambda: created in world.in_service(service.url, GLANCE), 30, service.said)
    assert state(world, service) == "current"
    assert {region for _, region in places(world, service)} == {None, "RegionOne"}
    assert service.children() == before


def test_nothing_vanishes_with_keystone(serve, cloud, world, eventually):
    service = serve()
    eventually(lambda: state(world, service) == "current", 60, service.said)
    eventually(lambda: world.fresh_since(service.url, "", [GLANCE, NOVA]), 60, service.said)
    log = changes(world, service)
    cloud.fault("status", path_prefix="/v3/auth", status=503)
    service.heard("no token", 30)
    moment = world.types(service.url)[GLANCE]["sampled_at"]
    # The token of before goes on to be good.
    eventually(lambda: world.fresh_since(service.url, moment, [GLANCE, NOVA]), 30, service.said)
    assert state(world, service) == "current"
    cloud.clear_faults()
    assert changes(world, service) == log
    assert "ended with" not in service.said()


def test_a_catalogue_that_cannot_be_had_at_the_start_leaves_what_is_known_flagged(
    serve, cloud, world, eventually
):
    service = serve()
    eventually(lambda: state(world, service) == "current", 60, service.said)
    service.stop()
    cloud.fault("status", path_prefix="/v3/auth", status=503)
    service.start()
    eventually(lambda: state(world, service) == "fault", 30, service.said)
    assert "no token" in world.types(service.url)[GLANCE]["fault"]["detail"]
    with pytest.raises(urllib.error.HTTPError, match="503"):
        world.ask(service.url, f"/v1/entities?type={GLANCE}&max_age=0")
    cloud.clear_faults()
    eventually(lambda: state(world, service) == "current", 30, service.said)
