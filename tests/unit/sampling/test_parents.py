"""Types that are listed for each entity of another: children of two parents may look alike."""

from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from synchronizer.model.errors import AwaitedParentsError, SampleError
from synchronizer.plugins.keystone import GroupMember, Keystone
from synchronizer.plugins.nova import Keypair, Nova
from synchronizer.plugins.service import Answer


class Families:
    """A service with children by parent, in the listings of Keystone and of Nova."""

    def __init__(self, **children):
        self.children = children
        self.calls = 0

    def get(self, path, query, *, microversion=None, allow=()):
        self.calls += 1
        split = urlsplit(path)
        query = {**dict(parse_qsl(split.query)), **query}
        words = split.path.split("/")
        if words[1] == "groups":
            if words[2] not in self.children:
                assert 404 in allow
                return Answer(404, b'{"error": {}}', 0.0)
            if len(words) == 5:
                found = words[4] in self.children[words[2]]
                return Answer(204, b"", 0.0) if found else Answer(404, b'{"error": {}}', 0.0)
            users = [{"id": each, "name": "n"} for each in self.children[words[2]]]
            return Answer(200, msgspec.json.encode({"users": users}), 0.0)
        rows = self.children.get(query["user_id"], [])
        if len(words) == 3:
            found = {"keypair": {"name": words[2], "deleted": False, "id": 7}}
            return (
                Answer(200, msgspec.json.encode(found), 0.0)
                if words[2] in rows
                else Answer(404, b'{"itemNotFound": {}}', 0.0)
            )
        if "marker" in query:
            known = query["marker"] in rows
            rows = rows[rows.index(query["marker"]) + 1 :] if known else rows
        found = [{"keypair": {"name": name}} for name in rows[:2]]
        return Answer(200, msgspec.json.encode({"keypairs": found}), 0.0)

    def usage(self):
        return self.calls, 0.0, 0


KINDS = [(GroupMember, Keystone), (Keypair, Nova)]


@pytest.fixture(params=KINDS, ids=["by one answer", "by pages"])
def make(request, rig):
    kind, plugin = request.param

    def make(**children):
        cloud = Families(**children)
        return rig(kind, plugin=plugin, cloud=cloud, parents=lambda _: sorted(cloud.children))

    return make


def expected(**children):
    return {f"{parent}/{child}" for parent, rows in children.items() for child in rows}


def test_children_of_two_parents_that_look_alike_are_two_entities_and_stay_so(make):
    family = {"one": ["a", "b", "c"], "two": ["a", "b", "c"], "three": ["c", "a"]}
    made = make(**family)
    for _ in range(4):
        assert made.attempt() is None
        assert set(made.held()) == expected(**family)
    assert len(made.ops()) == 8


def test_after_a_restart_they_are_still_the_same(make):
    family = {"one": ["a"], "two": ["a"]}
    made = make(**family)
    for _ in range(3):
        assert made.attempt(sampler=made.another()) is None
    assert set(made.held()) == expected(**family)
    assert len(made.ops()) == 2


def test_a_child_that_moves_to_a_parent_whose_page_looked_so_before(make):
    """The page of one parent now has the bytes that the other's page had."""
    made = make(one=["a", "b"], two=["a"])
    made.attempt()
    made.attempt()
    made.cloud.children = {"one": ["a"], "two": ["a", "b"]}
    for _ in range(2):
        assert made.attempt() is None
    assert set(made.held()) == expected(**made.cloud.children)
    assert sorted(made.ops()[3:]) == [("create", "two/b"), ("delete", "one/b")]


def test_the_children_of_a_parent_that_is_gone_are_gone(make):
    made = make(one=["a"], two=["a"])
    made.attempt()
    del made.cloud.children["one"]
    for _ in range(2):
        assert made.attempt() is None
    assert set(made.held()) == {"two/a"}


def test_without_parents_there_are_no_children_and_no_calls(make):
    made = make()
    assert made.attempt() is None
    assert made.cloud.calls == 0
    assert made.freshness().sampled_at is not None


def test_a_parent_that_answers_404_in_the_middle_of_a_sweep_harms_no_other(rig):
    cloud = Families(one=["a"], two=["a"])
    made = rig(GroupMember, plugin=Keystone, cloud=cloud, parents=lambda _: ["one", "gone", "two"])
    assert made.attempt() is None
    assert set(made.held()) == {"one/a", "two/a"}


def test_a_membership_that_was_ended_is_known_so_by_asking_for_it(rig):
    """The last one has no other to vouch for it: that takes two sweeps."""
    cloud = Families(one=["a", "b"])
    made = rig(GroupMember, plugin=Keystone, cloud=cloud, parents=lambda _: ["one"])
    for left, sweeps in ((["b"], 1), ([], 2)):
        made.attempt()
        cloud.children["one"] = left
        for _ in range(sweeps):
            assert set(made.held()) != expected(one=left)
            made.attempt()
        assert set(made.held()) == expected(one=left)
    assert made.reasons() == {
        "one/a": "read answered 404",
        "one/b": "absent from two complete sweeps",
    }


def test_parents_that_are_not_sampled_yet_are_awaited(rig):
    def parents(type_):
        assert type_ == "keystone.group"
        raise AwaitedParentsError("keystone.group must be sampled first; it is retried")
        yield

    made = rig(GroupMember, plugin=Keystone, cloud=Families(), parents=parents)
    assert made.attempt() is AwaitedParentsError
    assert issubclass(AwaitedParentsError, SampleError)
    assert made.freshness().sampled_at is None


def test_a_parent_whose_id_no_path_can_hold_is_counted_and_named(rig):
    """What belongs to it is not seen: nobody may take the type for complete without a word."""
    cloud = Families(**{"one": ["a"], "two/2": ["b"], "three/3": ["c"]})
    parents = sorted(cloud.children)
    made = rig(GroupMember, plugin=Keystone, cloud=cloud, parents=lambda _: parents)
    assert made.attempt() is None
    assert set(made.held()) == {"one/a"}
    rejected = made.freshness().rejected
    assert rejected.count == 2
    assert [each.partition(":")[0] for each in rejected.examples] == ["three/3", "two/2"]
    assert "holds a slash" in rejected.examples[0]
    parents.remove("two/2")
    parents.remove("three/3")
    assert made.attempt() is None
    assert made.freshness().rejected is None


def test_a_parent_that_is_made_anew_while_its_children_are_listed_has_the_new_ones(make):
    """What was listed of the one before is not taken for the new one's."""
    made = make(one=["a", "b"], two=["a"])
    assert made.attempt() is None
    answer = made.cloud.get

    def get(path, query, **more):
        found = answer(path, query, **more)
        made.cloud.children["one"] = ["c"]
        return found

    made.cloud.get = get
    for _ in range(3):
        assert made.attempt() is None
    assert set(made.held()) == {"one/c", "two/a"}
    assert sorted(made.ops()[3:]) == [("create", "one/c"), ("delete", "one/a"), ("delete", "one/b")]
