"""What counts as told whole and once."""

from synchronizer.model.change import Change
from synchronizer_tempest_plugin.life import faults

FIELDS = ("id", "name")


def change(op, revision, previous, name="a", changed=("name",), **more):
    return Change(
        op=op,
        cloud="cloud",
        region="region",
        type="nova.server",
        id="1",
        revision=revision,
        previous=previous,
        sampled_at="2026-11-28T00:00:00Z",
        changed=list(changed),
        body={"id": "1", "name": name, **more},
    )


CREATE = change("create", 1, None)
UPDATE = change("update", 2, 1, "b")
DELETE = change("delete", 3, 2, "b")


def test_a_create_an_update_and_a_delete_are_a_life():
    assert faults([CREATE, UPDATE, DELETE], FIELDS) == []
    assert faults([CREATE], FIELDS) == []


def test_a_create_that_is_missing_or_comes_twice_is_a_fault():
    assert "it was not created once: ['update']" in faults([UPDATE])
    again = change("create", 2, 1, "b")
    assert any(each.startswith("it was not created once") for each in faults([CREATE, again]))
    assert faults([]) == ["it was not created once: []"]


def test_a_life_after_the_delete_is_a_fault():
    after = change("update", 4, 3, "c")
    found = faults([CREATE, UPDATE, DELETE, after])
    assert "there is something after its delete" in found[0]


def test_a_change_that_was_not_told_is_a_fault():
    assert faults([CREATE, DELETE]) == [
        "delete at revision 3: follows 2, and 1 was told",
        "delete at revision 3: is not the last known state",
    ]


def test_a_change_that_comes_again_is_a_fault():
    found = faults([CREATE, UPDATE, UPDATE])
    assert "update at revision 2: comes after revision 2" in found
    assert "update at revision 2: changes nothing" in found


def test_an_update_that_changes_nothing_is_a_fault():
    same = change("update", 2, 1, "a")
    unsaid = change("update", 2, 1, "b", changed=())
    for each in (same, unsaid):
        assert faults([CREATE, each]) == ["update at revision 2: changes nothing"]


def test_a_body_that_lacks_a_field_is_a_fault():
    assert faults([CREATE], [*FIELDS, "status"]) == ["create at revision 1: lacks status"]
