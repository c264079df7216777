"""All processes of an instance keep one limit to a service, as the service itself counts it."""

ALL_NOW = "/v1/entities?type=nova.server&limit=1000&max_age=0"
LISTING = "GET /compute/v2.1/servers/detail"


def limits(folder):
    return list(folder.glob("synchronizer-limits-*"))


def test_a_run_on_demand_waits_for_the_call_that_a_sampler_has_under_way(serve, world, cloud):
    service = serve({"sampling": {"in_flight": 1}})
    cloud.fault("slow", path_regex="servers/detail", seconds=0.15)
    cloud.clear_calls()
    for _ in range(2):
        assert world.ask(service.url, ALL_NOW)["entities"]
    listed = cloud.calls()["families"][LISTING]
    assert listed["calls"] > 4
    assert listed["max_in_flight"] == 1


def test_what_they_share_is_removed_with_the_instance(serve, tmp_path):
    folder = tmp_path / "temporary"
    folder.mkdir()
    service = serve(env={"TMPDIR": str(folder)})
    (shared,) = limits(folder)
    assert shared.stat().st_mode & 0o777 == 0o700
    assert list(shared.iterdir())
    service.stop()
    assert not limits(folder)


def test_what_a_killed_instance_leaves_is_removed_by_the_next(launcher, options, tmp_path):
    folder = tmp_path / "temporary"
    folder.mkdir()
    service = launcher(options, env={"TMPDIR": str(folder)}).start()
    (left,) = limits(folder)
    service.kill()
    assert limits(folder) == [left]
    service.start()
    (shared,) = limits(folder)
    assert shared != left
