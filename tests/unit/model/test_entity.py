"""Entities, candidates and changes as plain values."""

import msgspec

from synchronizer.model.change import OPS, Candidate, Change, Commit
from synchronizer.model.entity import Collection, Entity

ENTITY = Entity(cloud="c", region=None, type="keystone.user", id="u", revision=3, sampled_at="t")
CHANGE = Change(
    op="update",
    cloud="c",
    region="r",
    type="nova.server",
    id="s",
    revision=5,
    previous=3,
    sampled_at="t",
    changed=["status"],
    body={"id": "s"},
)


def test_a_collection_is_shown_with_a_dash_for_no_region():
    assert str(Collection("c", None, "keystone.user")) == "c/-/keystone.user"
    assert str(Collection("c", "r", "nova.server")) == "c/r/nova.server"


def test_an_entity_and_a_change_name_their_collection():
    assert ENTITY.collection == Collection("c", None, "keystone.user")
    assert CHANGE.collection == Collection("c", "r", "nova.server")


def test_values_survive_the_wire():
    for value in (ENTITY, CHANGE):
        text = msgspec.json.encode(value)
        assert msgspec.json.decode(text, type=type(value)) == value


def test_every_field_of_the_envelope_is_on_the_wire():
    """A consumer may read any field without asking whether it is there."""
    assert set(msgspec.to_builtins(ENTITY)) == {
        *("cloud", "region", "type", "id", "revision", "sampled_at", "stale", "body")
    }
    assert set(msgspec.to_builtins(CHANGE)) == {
        *("op", "cloud", "region", "type", "id", "revision", "previous"),
        *("sampled_at", "changed", "reason", "body", "digest"),
    }


def test_a_candidate_without_a_body_is_a_delete():
    assert Candidate(id="a", reason="read answered 404").is_delete
    assert not Candidate(id="a", digest=b"d" * 16, body=b"{}").is_delete


def test_a_commit_that_changed_nothing_has_no_revision():
    assert Commit(revision=None) == Commit(revision=None, accepted=(), refused=())
    assert OPS == ("create", "update", "delete")
