"""Things come, change and go through the service's own API, and each change is seen once."""

import time
from itertools import pairwise

import msgspec
import pytest

from synchronizer.model.entity import Collection
from synchronizer.service.clouds import resolve
from synchronizer.service.synchronizer import Synchronizer


def ops(mirror_changes, type_, id_):
    return [change.op for change in mirror_changes if (change.type, change.id) == (type_, id_)]


def test_a_server_is_seen_from_birth_to_death(synchronizer, api, image, eventually):
    flavor = api.compute.get("/flavors").json()["flavors"][0]["id"]
    seen = []
    synchronizer.wait_sampled(["nova.server"], 60)
    with synchronizer.mirror(["nova.server"], on_change=seen.append) as mirror:
        assert mirror.wait_synced(30)
        body = {
            "name": "scenario-life",
            "flavorRef": flavor,
            "imageRef": image,
            "networks": "none",
        }
        made = api.compute.post("/servers", json={"server": body}).json()["server"]["id"]
        servers = mirror.of("nova.server")
        assert eventually(lambda: made in servers and servers[made].body["status"] == "ACTIVE", 90)
        api.compute.put(f"/servers/{made}", json={"server": {"name": "scenario-renamed"}})
        assert eventually(lambda: servers[made].body["name"] == "scenario-renamed", 30)
        metadata = {"metadata": {"colour": "blue"}}
        api.compute.post(f"/servers/{made}/metadata", json=metadata)
        assert eventually(lambda: servers[made].body["metadata"] == {"colour": "blue"}, 30)
        api.compute.delete(f"/servers/{made}")
        assert eventually(lambda: made not in servers, 60)
    found = ops(seen, "nova.server", made)
    assert found[0] == "create"
    assert found[-1] == "delete"
    assert found.count("create") == found.count("delete") == 1
    history = synchronizer.store.history(
        next(
            c.collection
            for c in synchronizer.store.collections()
            if c.collection.type == "nova.server"
        ),
        made,
    )
    assert [record.op for record in history] == found


def test_keystone_entities_come_change_and_go(synchronizer, api, eventually):
    types = ["keystone.project", "keystone.user", "keystone.group", "keystone.role_assignment"]
    synchronizer.wait_sampled(types, 60)
    with synchronizer.mirror(types) as mirror:
        assert mirror.wait_synced(30)
        post = api.identity.post
        project = post("/projects", json={"project": {"name": "scenario"}}).json()["project"]["id"]
        user = post("/users", json={"user": {"name": "scenario"}}).json()["user"]["id"]
        group = post("/groups", json={"group": {"name": "scenario"}}).json()["group"]["id"]
        role = api.identity.get("/roles").json()["roles"][0]["id"]
        grant = f"/projects/{project}/users/{user}/roles/{role}"
        api.identity.put(grant)
        ids = {
            "keystone.project": project,
            "keystone.user": user,
            "keystone.group": group,
            "keystone.role_assignment": f"{role}/user:{user}/project:{project}",
        }
        for type_, id_ in ids.items():
            assert eventually(lambda t=type_, i=id_: i in mirror.of(t), 30), type_
        body = {"project": {"description": "changed"}}
        api.identity.patch(f"/projects/{project}", json=body)
        projects = mirror.of("keystone.project")
        assert eventually(lambda: projects[project].body["description"] == "changed", 30)
        api.identity.delete(grant)
        for path in (f"/projects/{project}", f"/users/{user}", f"/groups/{group}"):
            api.identity.delete(path)
        for type_, id_ in ids.items():
            assert eventually(lambda t=type_, i=id_: i not in mirror.of(t), 60), type_


def test_novas_smaller_things_come_change_and_go(synchronizer, api, eventually):
    types = ["nova.aggregate", "nova.flavor", "nova.server_group"]
    synchronizer.wait_sampled(types, 60)
    with synchronizer.mirror(types) as mirror:
        assert mirror.wait_synced(30)
        post = api.compute.post
        aggregate = post("/os-aggregates", json={"aggregate": {"name": "scenario"}}).json()
        aggregate = str(aggregate["aggregate"]["id"])
        flavor = {"name": "scenario", "ram": 64, "vcpus": 1, "disk": 0}
        flavor = post("/flavors", json={"flavor": flavor}).json()["flavor"]["id"]
        group = {"name": "scenario", "policy": "anti-affinity"}
        group = post("/os-server-groups", json={"server_group": group}).json()["server_group"]["id"]
        ids = {"nova.aggregate": aggregate, "nova.flavor": flavor, "nova.server_group": group}
        for type_, id_ in ids.items():
            assert eventually(lambda t=type_, i=id_: i in mirror.of(t), 30), type_
        api.compute.put(f"/os-aggregates/{aggregate}", json={"aggregate": {"name": "renamed"}})
        aggregates = mirror.of("nova.aggregate")
        assert eventually(lambda: aggregates[aggregate].body["name"] == "renamed", 30)
        api.compute.delete(f"/os-aggregates/{aggregate}")
        api.compute.delete(f"/flavors/{flavor}")
        api.compute.delete(f"/os-server-groups/{group}")
        for type_, id_ in ids.items():
            assert eventually(lambda t=type_, i=id_: i not in mirror.of(t), 60), type_


def swept_since(synchronizer, moment):
    """Whether a complete sweep of the servers began after *moment* and is done."""
    known = synchronizer.store.collections()
    servers = [each for each in known if each.collection.type == "nova.server"]
    return bool(servers) and all((each.sampled_at or 0) > moment for each in servers)


@pytest.mark.timeout(900)  # with the making and removing of 200 servers
def test_a_mirror_that_starts_in_the_middle_of_churn_equals_the_cloud(
    synchronizer, api, churn, real, eventually
):
    servers, seconds = (200, 150) if real else (60, 20)
    synchronizer.wait_sampled(["nova.server"], 60)
    running = churn("--servers", servers, "--seconds", seconds, "--seed", 7)
    # Not a set time, but the first news of the churn: somewhere in its middle.
    assert eventually(lambda: synchronizer.store.head().revision > 40, seconds)
    seen = []
    with synchronizer.mirror(["nova.server"], on_change=seen.append) as mirror:
        assert mirror.wait_synced(30)
        operations, summary = running.finished(seconds + 120)
        # What was asked for last is under way still, on a busy machine for minutes.
        assert eventually(lambda: at_rest(api.servers().values()), 400, 1.0)
        held = mirror.of("nova.server")

        def equal():
            truth = api.servers()
            state = {id_: facts(row) for id_, row in truth.items()}
            return state == {id_: facts(held[id_].body) for id_ in list(held)}

        for _ in range(2):  # cycles of whatever length: the cloud has just suffered
            moment = time.time()
            assert eventually(lambda moment=moment: swept_since(synchronizer, moment), 300, 1.0)
        assert eventually(equal, 40, 1.0), "two cycles after the churn the mirror must be equal"
    deleted = {line["id"] for line in operations if line["op"] == "delete"}
    records = synchronizer.store.changes(0, limit=10**6).records
    ours = [r for r in records if r.collection.type == "nova.server"]
    wrong = {r.id for r in ours if r.op == "delete"} - deleted
    assert not wrong, "living servers were deleted"
    by_id = {}
    for record in ours:
        by_id.setdefault(record.id, []).append(record)
    for versions in by_id.values():
        names = [record.op for record in versions]
        assert names.count("create") == 1
        assert [r.previous for r in versions[1:]] == [r.revision for r in versions[:-1]]
        bodies = [r.body for r in versions if r.op != "delete"]
        assert all(a != b for a, b in pairwise(bodies)), "a change twice"
    print(f"{summary}; {len(ours)} changes of {len(by_id)} servers")  # noqa: T201 - the figures


def at_rest(rows):
    """Whether nothing happens to any server."""
    return all(row["status"] != "BUILD" and not row["OS-EXT-STS:task_state"] for row in rows)


def facts(row):
    return row["name"], row["status"], tuple(sorted(row["metadata"].items()))


def test_credentials_that_see_less_are_told_and_delete_nothing(
    real, clouds_yaml, access, settings, eventually
):
    """Only a real cloud has policies to lose."""
    if not real:
        return
    path, name = clouds_yaml
    (reader,) = resolve([f"{name}-reader"], str(path))
    with Synchronizer(settings=settings) as first:
        assert first.wait_sampled(["nova.server", "keystone.project"], 60)
        before = first.store.head().revision
    weak = msgspec.structs.replace(reader, name=access.name)
    with Synchronizer(settings=msgspec.structs.replace(settings, clouds=(weak,))) as second:
        collection = Collection(access.name, access.regions[0], "nova.server")

        def fault():
            found = {each.collection: each.fault for each in second.store.collections()}
            return found[collection]

        assert eventually(fault, 30)
        records = second.store.changes(before, limit=10_000).records
        assert [r for r in records if r.op == "delete"] == []
