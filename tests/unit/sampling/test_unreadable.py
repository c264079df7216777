"""What is listed and cannot be read stays: it is not deleted and created in turns."""

import pytest

from synchronizer.plugins.service import Answer
from synchronizer.store.freshness import Rejected
from synchronizer.testing.toy import Grain, Pebble, Thing


@pytest.fixture
def seven(rig):
    """Make rigs with seven things; some are listed only, some listed twice."""

    def make(kind=Thing, unread=(), twins=()):
        made = rig(kind)
        for each in "abcdefg":
            made.cloud.create(each)
        get = made.cloud.get

        def unread_or(path, query, *, microversion=None, allow=()):
            if path.rpartition("/")[2] in unread:
                assert 404 in allow
                return Answer(404, b'{"itemNotFound": {"code": 404}}', 0.0)
            return get(path, query, microversion=microversion, allow=allow)

        def doubled(rows, _query):
            others = [{**row, "status": "OTHER"} for row in rows if row["id"] in twins]
            return sorted([*rows, *others], key=lambda row: row["id"])

        made.cloud.get = unread_or
        made.cloud.listing = doubled
        return made

    return make


def test_reads_of_what_listings_show_again_delete_it_once_at_most(seven):
    made = seven(unread={"g"})
    made.attempt()
    for _ in range(4):
        made.sampler.read(["g"])
        made.attempt()
    assert [op for op, id_ in made.ops() if id_ == "g"] == ["create", "delete", "create"]


def test_it_is_deleted_when_it_is_listed_no_more(seven):
    made = seven(unread={"g"})
    made.attempt()
    for _ in range(2):
        made.sampler.read(["g"])
        made.attempt()
    made.cloud.delete("g")
    made.attempt()
    assert "g" not in made.held()


def test_one_that_can_be_read_again_is_like_the_others(seven):
    unread = {"g"}
    made = seven(unread=unread)
    made.attempt()
    made.sampler.read(["g"])
    made.attempt()
    unread.clear()
    made.sampler.read(["g"])
    made.cloud.delete("g")
    made.clock.time += 10
    made.sampler.read(["g"])
    assert "g" not in made.held()


def test_a_phantom_waits_for_a_listing_soon(seven):
    made = seven(unread={"g"})
    made.attempt()
    made.sampler.read(["g"])
    made.attempt()
    assert not made.sampler.again
    made.sampler.read(["g"])
    assert made.sampler.again


def test_what_can_only_be_listed_and_is_listed_as_two_is_said_to_be_left_out(seven):
    made = seven(Grain, twins={"c"})
    for _ in range(3):
        assert made.attempt() is None
        made.cloud.update("a")
    assert set(made.held()) == set("abdefg")
    said = ["c: toy.grain: listed twice, with different content"]
    assert made.freshness().rejected == Rejected(1, said)
    made.cloud.listing = lambda rows, _: rows
    made.attempt()
    assert set(made.held()) == set("abcdefg")
    assert made.freshness().rejected is None


@pytest.mark.parametrize("kind", [Thing, Pebble])
def test_what_is_listed_as_two_is_as_a_read_says_each_time(seven, kind):
    made = seven(kind, twins={"c"})
    for _ in range(3):
        assert made.attempt() is None
    assert sorted(made.ops()) == [("create", each) for each in "abcdefg"]
