"""``/v1/types`` and its sweep."""

import time

from synchronizer.model.entity import Collection
from synchronizer.model.errors import RefusedError, ThrottledError
from synchronizer.store.freshness import Fault


def test_a_type_says_how_fresh_it_is(door, store, commit, places):
    commit(places.server, {"a": {"id": "a"}, "b": {"id": "b"}})
    store.note(places.server, sampled_at=time.time() - 5, polled_at=time.time())
    (item,) = door.json("/v1/types?type=nova.server")["types"]
    assert (item["entities"], item["revision"], item["state"]) == (2, 1, "current")
    assert (item["cloud"], item["region"], item["stale_after"]) == ("demo", "RegionOne", 600)
    assert 5 <= item["age"] < 60
    assert not item["stale"]
    assert item["fault"] is None
    assert item["sampled_at"] < item["polled_at"]


def test_a_type_says_what_it_costs(door, store, places):
    store.note(places.server, calls=3, call_seconds=0.5, call_bytes=700)
    (item,) = door.json("/v1/types?type=nova.server")["types"]
    total = {"calls": 3, "seconds": 0.5, "bytes": 700}
    assert item["cost"] == {"cycle": None, "total": total}
    store.note(places.server, calls=1, sweeps=1)
    store.note(places.server, calls=5)
    (item,) = door.json("/v1/types?type=nova.server")["types"]
    assert item["cost"]["cycle"] == {"calls": 4, "seconds": 0.5, "bytes": 700}
    assert item["cost"]["total"]["calls"] == 9


def test_a_fault_is_shown_whole(door, store, places):
    fault = Fault("synchronizer.sample.refused", "Service refused", "403", "2026-01-01T00:00:00Z")
    store.note(places.server, fault=fault)
    (item,) = door.json("/v1/types?type=nova.server")["types"]
    assert item["fault"] == {
        "code": "synchronizer.sample.refused",
        "title": "Service refused",
        "detail": "403",
        "at": "2026-01-01T00:00:00Z",
    }
    assert (item["state"], item["stale"]) == ("fault", True)


def test_a_region_includes_what_belongs_to_the_whole_cloud(door, store):
    store.declare(Collection("demo", "RegionTwo", "nova.server"), stale_after=1)
    items = door.json("/v1/types?cloud=demo&region=RegionTwo")["types"]
    assert [(each["type"], each["region"]) for each in items] == [
        ("keystone.project", None),
        ("nova.server", "RegionTwo"),
    ]


def test_unknown_cloud_region_and_type_name_what_there_is(door):
    error = door.refused("/v1/types?cloud=nope", 400, "synchronizer.request.invalid")
    assert "demo" in error["detail"]
    error = door.refused("/v1/types?region=nope", 400, "synchronizer.request.invalid")
    assert "RegionOne" in error["detail"]
    error = door.refused("/v1/types?type=no.pe", 404, "synchronizer.type.unknown")
    assert "nova.server" in error["detail"]


def test_a_sweep_answers_with_the_type_as_it_then_is(serve, store, commit, places):
    asked = []

    async def refresh(collections, max_age):
        asked.append((collections, max_age))
        commit(places.server, {"a": {"id": "a"}})
        store.note(places.server, sampled_at=time.time())

    with serve(refresh=refresh) as door:
        answer = door.ask("/v1/types/nova.server/sweep", "POST")
    assert answer.status == 200
    assert (answer.json["entities"], answer.json["state"]) == (1, "current")
    assert answer.headers["Synchronizer-Revision"] == "1"
    assert asked == [([places.server], 0.0)]


def test_a_sweep_of_several_regions_must_name_one(serve, store):
    store.declare(Collection("demo", "RegionTwo", "nova.server"), stale_after=1)

    async def refresh(collections, max_age):
        pass

    with serve(refresh=refresh) as door:
        answer = door.ask("/v1/types/nova.server/sweep", "POST")
        assert answer.status == 409
        assert "demo/RegionTwo/nova.server" in answer.json["errors"][0]["detail"]
        named = door.ask("/v1/types/nova.server/sweep?region=RegionTwo", "POST")
    assert named.json["region"] == "RegionTwo"


def test_a_failed_sample_answers_with_its_own_code(serve):
    async def refresh(collections, max_age):
        raise RefusedError("nova answered 403; give the user the reader role.")

    with serve(refresh=refresh) as door:
        error = door.refused("/v1/entities?max_age=0", 503, "synchronizer.sample.refused")
    assert "reader role" in error["detail"]


def test_a_throttled_sample_says_when_to_come_again(serve):
    async def refresh(collections, max_age):
        raise ThrottledError("nova asks for patience.", retry_after=6.5)

    with serve(refresh=refresh) as door:
        answer = door.ask("/v1/types/nova.server/sweep", "POST")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")


def test_without_a_sampler_sweep_and_max_age_are_503(door):
    assert door.ask("/v1/types/nova.server/sweep", "POST").status == 503
    error = door.refused("/v1/entities?max_age=5", 503, "synchronizer.sample")
    assert "does not sample" in error["detail"]
