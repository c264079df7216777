"""``/v1/deletes``: what is held, and what an operator says about it."""

import pytest

from synchronizer.model.entity import Collection
from synchronizer.model.errors import UnreachableError
from synchronizer.store.contract import Held

ELSEWHERE = Collection("demo", "RegionTwo", "nova.server")


@pytest.fixture
def held(store, places):
    what = Held(collection=places.server, ids=("a", "b"), since=1_800_000_000.0, revision=7)
    store.hold(places.server, what)
    return what


def test_none_are_held_where_all_is_well(door):
    assert door.json("/v1/deletes")["deletes"] == []


def test_what_is_held_is_listed(door, held):
    (item,) = door.json("/v1/deletes")["deletes"]
    assert item == {
        "type": "nova.server",
        "cloud": "demo",
        "region": "RegionOne",
        "entities": 2,
        "since": "2027-01-15T08:00:00.000000Z",
        "decision": None,
        "version": held.version,
        "ids": ["a", "b"],
    }
    assert door.json("/v1/deletes?type=keystone.project")["deletes"] == []


def test_a_hundred_ids_are_shown(door, store, places):
    ids = tuple(f"{number:03}" for number in range(150))
    store.hold(places.server, Held(collection=places.server, ids=ids, since=0.0, revision=0))
    (item,) = door.json("/v1/deletes")["deletes"]
    assert (item["entities"], item["ids"]) == (150, list(ids[:100]))


def test_what_is_confirmed_is_swept_at_once(serve, store, held, places):
    asked = []

    async def refresh(collections, max_age):
        asked.append((collections, max_age, store.held()[0].decision))
        store.hold(places.server, None)

    with serve(refresh=refresh) as door:
        answer = door.ask("/v1/deletes/nova.server/confirm", "POST")
    assert (answer.status, answer.json["type"]) == (200, "nova.server")
    assert asked == [([places.server], 0.0, "confirmed")]


def test_a_decision_stands_though_the_sweep_fails(serve, store, held):
    async def refresh(collections, max_age):
        raise UnreachableError("nova does not answer")

    with serve(refresh=refresh) as door:
        assert door.ask("/v1/deletes/nova.server/confirm", "POST").status == 200
        assert door.json("/v1/deletes")["deletes"][0]["decision"] == "confirmed"


def test_a_decision_needs_nobody_who_samples(door, store, held):
    assert door.ask("/v1/deletes/nova.server/reject", "POST").status == 200
    assert store.held()[0].decision == "rejected"


@pytest.mark.parametrize("decision", ["confirm", "reject"])
def test_where_nothing_is_held_there_is_nothing_to_decide(door, decision):
    answer = door.ask(f"/v1/deletes/nova.server/{decision}", "POST")
    (error,) = answer.json["errors"]
    assert (answer.status, error["code"]) == (404, "synchronizer.deletes.none_held")


def test_of_several_one_must_be_named(door, store, held):
    store.declare(ELSEWHERE, stale_after=1)
    assert door.ask("/v1/deletes/nova.server/reject", "POST").status == 200  # one is held
    store.hold(ELSEWHERE, Held(collection=ELSEWHERE, ids=("c",), since=0.0, revision=0))
    assert door.ask("/v1/deletes/nova.server/reject", "POST").status == 409
    one = door.ask("/v1/deletes/nova.server/reject?region=RegionTwo", "POST")
    assert one.json["region"] == "RegionTwo"
    assert [each.decision for each in store.held()] == ["rejected", "rejected"]


def test_a_decision_on_other_deletes_than_are_held_is_refused(door, store, held):
    answer = door.ask("/v1/deletes/nova.server/confirm?version=00000000", "POST")
    (error,) = answer.json["errors"]
    assert (answer.status, error["code"]) == (409, "synchronizer.deletes.changed")
    assert held.version in error["detail"]
    assert store.held() == [held]
    path = f"/v1/deletes/nova.server/confirm?version={held.version}"
    assert door.ask(path, "POST").status == 200
    assert store.held()[0].decision == "confirmed"
