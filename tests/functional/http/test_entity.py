"""One entity, as it is and as it was."""

import pytest

from synchronizer.model.entity import Collection


def test_one_entity_is_as_in_get_all(door, commit, places):
    commit(places.server, {"a": {"id": "a"}})
    (expected,) = door.json("/v1/entities")["entities"]
    answer = door.ask("/v1/entities/nova.server/a")
    assert answer.json == expected
    assert answer.headers["Synchronizer-Revision"] == "1"


@pytest.mark.parametrize("id", ["user/role/project", "x/history", "a b%2F", "ü?#", ".."])
def test_ids_may_hold_anything(door, commit, places, quoted, id):
    commit(places.project, {id: {"id": id}})
    assert door.json(f"/v1/entities/keystone.project/{quoted(id)}")["id"] == id
    versions = door.json(f"/v1/entities/keystone.project/{quoted(id)}/history")["versions"]
    assert [each["id"] for each in versions] == [id]


def test_a_slash_needs_no_escape(door, commit, places):
    commit(places.project, {"a/b": {"id": "a/b"}})
    assert door.json("/v1/entities/keystone.project/a/b")["id"] == "a/b"


def test_a_deleted_entity_is_404_but_not_before(door, commit, places):
    commit(places.server, {"a": {"id": "a", "n": 1}})
    commit(places.server, {"a": None})
    error = door.refused("/v1/entities/nova.server/a", 404, "synchronizer.entity.unknown")
    assert "deleted at revision 2 (read answered 404)" in error["detail"]
    assert door.json("/v1/entities/nova.server/a?at=1")["body"]["n"] == 1
    door.refused("/v1/entities/nova.server/a?at=0", 404, "synchronizer.entity.unknown")


def test_unknown_ids_and_types_are_404(door):
    door.refused("/v1/entities/nova.server/a", 404, "synchronizer.entity.unknown")
    door.refused("/v1/entities/nova.server/a/history", 404, "synchronizer.entity.unknown")
    door.refused("/v1/entities/no.pe/a", 404, "synchronizer.type.unknown")


def test_history_is_every_version_oldest_first(door, commit, places):
    commit(places.server, {"a": {"id": "a", "n": 1}})
    commit(places.server, {"a": {"id": "a", "n": 2}})
    commit(places.server, {"a": None})
    answer = door.json("/v1/entities/nova.server/a/history")
    assert answer["revision"] == 3
    shown = [(v["op"], v["revision"], v["previous"], v["body"]["n"]) for v in answer["versions"]]
    assert shown == [("create", 1, None, 1), ("update", 2, 1, 2), ("delete", 3, 2, 2)]
    assert answer["versions"][1]["changed"] == ["n"]
    assert answer["versions"][2]["reason"] == "read answered 404"


def test_an_id_of_two_regions_is_409_and_names_them(door, store, commit, places):
    other = Collection("demo", "RegionTwo", "nova.server")
    store.declare(other, stale_after=1)
    commit(places.server, {"a": {"id": "a"}, "b": {"id": "b"}})
    commit(other, {"a": {"id": "a"}})
    error = door.refused("/v1/entities/nova.server/a", 409, "synchronizer.request.ambiguous")
    assert "demo/RegionOne" in error["detail"]
    assert "demo/RegionTwo" in error["detail"]
    assert door.json("/v1/entities/nova.server/a?region=RegionTwo")["region"] == "RegionTwo"
    assert door.json("/v1/entities/nova.server/b")["region"] == "RegionOne"
    commit(other, {"a": None})
    assert door.json("/v1/entities/nova.server/a")["region"] == "RegionOne"


def test_fields_reduce_one_entity_too(door, commit, places):
    commit(places.server, {"a": {"id": "a", "n": 1}})
    assert door.json("/v1/entities/nova.server/a?fields=n")["body"] == {"n": 1}
