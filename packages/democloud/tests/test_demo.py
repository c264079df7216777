import concurrent.futures
import json
import time
import urllib.error
import urllib.request

import pytest

from openstack_democloud.clock import stamp
from openstack_democloud.cloud import Size
from openstack_democloud.mutations import mutate
from openstack_democloud.registry import SERVICES, make_cloud
from openstack_democloud.running import DemoCloud
from openstack_democloud.truth import truth

from .conftest import Raw


@pytest.mark.parametrize(
    ("op", "type"), [k for k in SERVICES.mutations if k[0] in {"create", "update", "delete"}]
)
def test_every_mutation_is_logged_and_true(quiet, op, type):
    if op != "create" and ("create", type) in SERVICES.mutations:
        quiet.mutate("create", type)
    since = len(quiet.log())
    before = quiet.state(type)
    (id_,) = quiet.mutate(op, type)
    entries = [e for e in quiet.log(since) if e["type"] == type]
    assert (op, id_) in {(e["op"], e["id"]) for e in entries}
    assert (id_ in before) == (op != "create")
    assert (id_ in quiet.state(type)) == (op != "delete")
    seqs = [e["seq"] for e in quiet.log()]
    assert seqs == list(range(1, len(seqs) + 1))


def test_nothing_was_updated_in_the_future():
    world = make_cloud(Size(servers=50), "http://127.0.0.1:1")
    for op, type_ in world.services.mutations:
        if op == "create":
            mutate(world, op, type_, 5)
    now = stamp(time.time() + 1)
    for type_ in world.services.types:
        for id_, raw in truth(world, type_):
            body = json.loads(raw)
            for name in ("updated_at", "updated", "updated_time"):
                shown = str(body.get(name) or "").replace(" ", "T")[:19]
                assert shown < now, (type_, id_, name)


def test_the_log_accounts_for_all_differences_of_the_truth():
    """Under churn: what differs between two truths is in the log, and nothing else vanishes."""
    types = [
        "nova.server",
        "keystone.project",
        "keystone.user",
        "keystone.role_assignment",
        "neutron.network",
        "neutron.port",
        "neutron.security_group_rule",
    ]
    with DemoCloud(servers=100, churn=2000, seed=3) as cloud:
        start = cloud.pause()
        before = {type_: cloud.state(type_) for type_ in types}
        cloud.resume()
        seen = start
        while seen < start + 300:
            seen = cloud.log(seen, wait=5)[-1]["seq"]
        cloud.pause()
        states = {type_: cloud.state(type_) for type_ in types}
        log = cloud.log(start)  # read last: what was begun before the pause may still end
        for type_, after in states.items():
            mine = [e for e in log if e["type"] == type_]
            alive = set(before[type_])
            for entry in mine:
                {"create": alive.add, "delete": alive.discard}.get(entry["op"], lambda _: None)(
                    entry["id"]
                )
            assert alive == set(after)
            named = {e["id"] for e in mine}
            for id_ in set(after) - named:
                assert after[id_] == before[type_][id_] or type_ == "nova.server"


def test_same_seed_same_cloud():
    one, two = (make_cloud(Size(servers=20, seed=5), "http://127.0.0.1:1") for _ in range(2))
    for type_ in ("nova.server", "keystone.user", "nova.flavor"):
        assert [id_ for id_, _ in truth(one, type_)] == [id_ for id_, _ in truth(two, type_)]
    for op in ("create", "update", "delete"):
        assert mutate(one, op, "nova.server", 5) == mutate(two, op, "nova.server", 5)


def test_all_of_a_type_can_be_deleted_at_once():
    with DemoCloud(servers=60) as cloud:
        assert len(cloud.mutate("delete", "nova.server", None)) == 60
        assert cloud.state("nova.server") == {}
        assert Raw(cloud).nova("/servers/detail?all_tenants=1").json() == {"servers": []}
        assert len(cloud.log()) >= 60
        for type_ in ("nova.keypair", "nova.flavor"):
            cloud.mutate("delete", type_, None)
            assert cloud.state(type_) == {}


def test_truth_is_what_the_listing_shows(raw, quiet):
    for version in ("2.73", "2.100"):
        rows = [row for page in raw.walk(version=version) for row in page]
        state = quiet.state("nova.server", version)
        for row in rows:
            row.pop("updated")
            state[row["id"]].pop("updated")
        assert {row["id"]: row for row in rows} == state


def test_truth_as_lines(quiet):
    with urllib.request.urlopen(
        f"{quiet.base}/demo/state?type=nova.server&format=ndjson"
    ) as answer:
        rows = [json.loads(line) for line in answer]
    assert {row["id"] for row in rows} == set(quiet.state("nova.server"))
    with pytest.raises(urllib.error.HTTPError):
        quiet.state("nova.nothing")


def test_calls_are_counted_by_family(raw, quiet):
    quiet.clear_calls()
    for id_ in list(quiet.state("nova.server"))[:3]:
        raw.nova(f"/servers/{id_}")
    raw.nova("/servers/none")
    report = quiet.calls()
    family = report["families"]["GET /compute/v2.1/servers/{id}"]
    assert (family["calls"], family["errors"], family["in_flight"]) == (4, 1, 0)
    assert family["bytes"] > 6000
    assert report["total"]["calls"] == 4


def test_calls_in_flight_are_counted(raw, quiet):
    quiet.clear_calls()
    quiet.fault("slow", path_prefix="/v2.1/flavors", seconds=0.3)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: raw.nova("/flavors"), range(4)))
    assert quiet.calls()["families"]["GET /compute/v2.1/flavors"]["max_in_flight"] == 4


def test_churn_can_be_set_and_paused(quiet):
    since = quiet.pause()
    quiet.churn(500)
    assert len(quiet.log()) == since
    quiet.resume()
    assert quiet.log(since, wait=5)
    quiet.churn(0)
    assert quiet.pause() == len(quiet.log())
    quiet.resume()


def test_about_names_everything(quiet):
    about = quiet.demo("GET", "")
    assert {"calls", "types", "mutations", "faults", "churn"} == set(about)
    assert all(about["faults"].values())
    for type_ in about["types"]:
        assert isinstance(quiet.state(type_), dict)


def test_what_cannot_be_done_is_refused(quiet):
    with pytest.raises(urllib.error.HTTPError) as caught:
        quiet.mutate("create", "nova.hypervisor")
    assert caught.value.code == 400
    caught.value.close()
