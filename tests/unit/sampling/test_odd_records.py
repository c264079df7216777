"""One odd record harms only itself: the others are taken, and it is counted, named and kept."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synchronizer.model.errors import MalformedError, UnreachableError
from synchronizer.plugins import lenient
from synchronizer.plugins.service import Answer
from synchronizer.sampling import items
from synchronizer.testing.toy import Grain, Pebble, Thing

LONG = "x" * 701
UNNAMED = [7, None, "t1", [], {}, {"id": None}, {"id": ["t1"]}, {"id": True}, {"version": 1}]
NAMED = [{"id": LONG}, {"id": "a\0b"}]


def spoilt(made, spoil):
    """Let the bytes of every answer pass through a function."""
    get = made.cloud.get

    def spoiling(path, query, **more):
        answer = get(path, query, **more)
        return Answer(answer.status, spoil(answer.body), answer.date)

    made.cloud.get = spoiling


class TestWhatIsRepaired:
    @pytest.mark.parametrize(
        ("written", "read"),
        [
            (b"NaN", None),
            (b"Infinity", None),
            (b"-Infinity", None),
            (b"1e999", None),
            (b"-1.5E+400", None),
            (b'[NaN, "NaN", 1, -Infinity]', [None, "NaN", 1, None]),
            (rb'"a\ud800b"', "a\N{REPLACEMENT CHARACTER}b"),
            (rb'"\udc00\ud83d\ude00"', "\N{REPLACEMENT CHARACTER}\N{GRINNING FACE}"),
            (rb'"\\ud800 \" \ud800"', '\\ud800 " \N{REPLACEMENT CHARACTER}'),
            (b'"a\xffb"', "a\N{REPLACEMENT CHARACTER}b"),
            (b'"NaN \xe9"', "NaN \N{REPLACEMENT CHARACTER}"),
        ],
    )
    @pytest.mark.parametrize("kind", [Thing, Grain, Pebble])
    def test_the_record_is_taken_and_is_no_change_the_next_time(self, rig, kind, written, read):
        made = rig(kind)
        for number in range(5):
            made.cloud.create(f"t{number}")
        made.cloud.alive["t3"]["odd"] = "HERE"
        spoilt(made, lambda body: body.replace(b'"HERE"', written))
        assert made.attempt() is None
        assert made.held()["t3"]["odd"] == read
        assert len(made.held()) == 5
        assert made.freshness().rejected is None
        before = made.ops()
        made.sampler.pages.clear()
        assert made.attempt() is None
        assert made.attempt(sampler=made.another()) is None
        assert made.ops() == before

    def test_a_byte_order_mark_is_left_out(self, toy):
        toy.cloud.update("t0")
        spoilt(toy, lambda body: b"\xef\xbb\xbf" + body)
        assert toy.attempt() is None
        assert toy.held()["t0"]["version"] == 6

    def test_it_is_repaired_in_single_reads_too(self, toy):
        toy.cloud.alive["t3"]["odd"] = "HERE"
        toy.cloud.update("t3")
        spoilt(toy, lambda body: b"\xef\xbb\xbf" + body.replace(b'"HERE"', b"NaN"))
        toy.sampler.read(["t3"])
        assert toy.held()["t3"]["odd"] is None

    @pytest.mark.parametrize("body", [b'{"things": [', b"<html>", b"", b'{"things": [{]}'])
    def test_what_is_no_json_at_all_is_a_fault(self, toy, body):
        before = toy.held()
        spoilt(toy, lambda _: body)
        assert toy.attempt() is MalformedError
        assert toy.held() == before

    @settings(max_examples=60, deadline=None)
    @given(st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists))
    def test_what_is_well_is_left_as_it_is(self, value):
        body = msgspec.json.encode(value)
        assert lenient.repaired(body) == body


class TestWhatIsRejected:
    @pytest.mark.parametrize("odd", [*UNNAMED, *NAMED])
    @pytest.mark.parametrize("kind", [Thing, Grain, Pebble])
    @pytest.mark.parametrize("place", [0, 2, 4])
    def test_the_others_are_taken_and_nothing_is_deleted(self, rig, kind, odd, place):
        """The odd one stands where ``t2`` was."""
        made = rig(kind)
        for number in range(5):
            made.cloud.create(f"t{number}")
        made.sampler.sweep()
        made.cloud.hidden.add("t2")
        for number in (0, 4):
            made.cloud.update(f"t{number}")

        def listing(rows, query):
            later = "marker" in query or "id" in query
            return rows if later else [*rows[:place], odd, *rows[place:]]

        made.cloud.listing = listing
        for _ in range(3):
            assert made.attempt() is None
        assert set(made.held()) == {"t0", "t1", "t2", "t3", "t4"}
        assert all(made.held()[id_] == made.cloud.alive[id_] | HIDDEN for id_ in ("t0", "t4"))
        known = made.freshness()
        assert known.rejected.count == 1
        assert known.state(made.clock.time) == "current"
        made.cloud.listing = lambda rows, query: rows
        made.cloud.hidden.clear()
        assert made.attempt() is None
        assert made.freshness().rejected is None

    @pytest.mark.parametrize("odd", NAMED)
    def test_one_that_has_an_id_is_named(self, toy, odd):
        toy.cloud.listing = lambda rows, query: rows if "marker" in query else [odd, *rows]
        assert toy.attempt() is None
        (example,) = toy.freshness().rejected.examples[:1]
        assert repr(odd["id"][:40]) in example

    def test_what_can_be_read_alone_is_still_deleted(self, toy):
        toy.cloud.delete("t1")
        toy.cloud.listing = lambda rows, query: [None, *rows]
        assert toy.attempt() is None
        assert "t1" not in toy.held()

    def test_what_cannot_lives_on_while_it_may_be_the_odd_one(self, rig):
        made = rig(Grain)
        for number in range(4):
            made.cloud.create(f"t{number}")
        made.sampler.sweep()
        made.cloud.delete("t1")
        made.cloud.listing = lambda rows, query: [None, *rows]
        for _ in range(4):
            assert made.attempt() is None
        assert "t1" in made.held()
        made.cloud.listing = lambda rows, query: rows
        for _ in range(3):
            made.attempt()
        assert "t1" not in made.held()

    @pytest.mark.parametrize("kind", [Thing, Grain, Pebble])
    def test_one_that_is_too_large_is_named_and_kept(self, rig, kind, monkeypatch):
        monkeypatch.setattr(items, "ITEM_BYTES", 1000)
        made = rig(kind)
        for number in range(5):
            made.cloud.create(f"t{number}")
        made.sampler.sweep()
        made.cloud.alive["t2"]["padding"] = "x" * 2000
        made.cloud.update("t4")
        for _ in range(3):
            assert made.attempt() is None
        assert len(made.held()) == 5
        assert made.held()["t4"]["version"] == 6
        assert made.freshness().rejected.examples[0].startswith("t2: ")

    @pytest.mark.parametrize("odd", [None, {}, {"id": LONG}])
    @pytest.mark.parametrize("kind", [Thing, Pebble])
    def test_one_that_is_odd_in_a_read_as_well_is_kept(self, rig, kind, odd):
        made = rig(kind)
        for number in range(5):
            made.cloud.create(f"t{number}")
        made.sampler.sweep()

        def listing(rows, query):
            return [odd if row["id"] == "t2" else row for row in rows]

        made.cloud.listing = listing
        made.cloud.single = lambda row: odd if row["id"] == "t2" else row
        made.cloud.delete("t3")
        assert made.attempt() is None
        assert set(made.held()) == {"t0", "t1", "t2", "t4"}
        assert made.freshness().rejected.count >= 1

    def test_a_listing_of_nothing_else_is_a_fault(self, toy):
        """Then it is no odd record: it is another API."""
        before = toy.held()
        toy.cloud.listing = lambda rows, query: [{"uuid": row["id"]} for row in rows]
        assert toy.attempt() is MalformedError
        assert toy.held() == before

    def test_a_service_that_fails_is_no_odd_record(self, toy):
        toy.cloud.hidden.add("t1")

        def single(_row):
            raise UnreachableError("it answered 500")

        toy.cloud.single = single
        assert toy.attempt() is UnreachableError

    def test_no_more_than_a_few_are_told_of_one_by_one(self, toy):
        toy.cloud.listing = lambda rows, query: [*[None] * 50, *rows]
        assert toy.attempt() is None
        rejected = toy.freshness().rejected
        assert rejected.count == 150  # on each of three pages
        assert len(rejected.examples) == 5


HIDDEN = {"password": "***"}
