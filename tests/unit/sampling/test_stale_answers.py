"""What goes back in time is read again a little later, and then believed whatever it is."""

from uuid import uuid4

import pytest

from synchronizer.store.staleness import LAG, YOUNG, Known, is_older
from synchronizer.testing.toy import Grain, Pebble, Thing


@pytest.fixture
def made(rig):
    made = rig(Pebble)
    made.store._clock = made.clock
    for number in range(4):
        made.cloud.create(f"t{number}")
    made.sampler.sweep()
    made.clock.time += 60
    return made


def old_state(made, id_):
    """Change an entity, sample it, and let a listing show its former state from then on."""
    former = dict(made.cloud.alive[id_])
    made.cloud.update(id_)
    made.sampler.sweep()
    made.cloud.listing = lambda rows, query: [former if r["id"] == id_ else r for r in rows]
    return former


def read_due(made, seconds):
    made.clock.time += seconds
    due = made.sampler.doubts.take(made.clock.time)
    made.sampler.read(due.ids)
    return due.ids


class TestOlder:
    @pytest.mark.parametrize("kind", ["sweep", "poll"])
    def test_an_older_state_is_not_published(self, made, kind):
        old_state(made, "t1")
        before = made.ops()
        assert made.attempt(kind) is None
        assert made.ops() == before
        made.cloud.listing = lambda rows, query: rows
        assert read_due(made, LAG) == ["t1"]
        assert made.ops() == before

    def test_one_that_stays_is_believed(self, made):
        """A database that was restored goes back for good."""
        former = old_state(made, "t1")
        made.sampler.sweep()
        read_due(made, LAG)
        assert made.ops()[-2:] == [("update", "t1")] * 2
        assert made.held()["t1"]["version"] == former["version"]

    def test_too_early_a_second_look_decides_nothing(self, made):
        old_state(made, "t1")
        before = made.ops()
        made.sampler.sweep()
        made.sampler.read(["t1"])
        read_due(made, LAG - 1)
        made.sampler.sweep()
        assert made.ops() == before

    def test_a_replica_that_lags_twice_is_not_believed_the_second_time(self, made):
        former = old_state(made, "t1")
        before = made.ops()
        made.sampler.sweep()
        made.cloud.listing = lambda rows, query: rows
        read_due(made, LAG)
        made.cloud.listing = lambda rows, query: [former if r["id"] == "t1" else r for r in rows]
        made.sampler.sweep()
        assert made.ops() == before

    def test_a_state_without_a_stamp_is_from_before_the_first_update(self, made):
        """Cinder and Heat show null until then."""
        made.cloud.alive["t1"]["version"] = None
        made.sampler.sweep()
        made.clock.time += 60
        old_state(made, "t1")
        before = made.ops()
        made.sampler.sweep()
        assert made.ops() == before
        made.cloud.listing = lambda rows, query: rows
        assert read_due(made, LAG) == ["t1"]
        assert made.ops() == before

    def test_what_is_not_older_is_published_at_once(self, made):
        for _ in range(3):
            made.cloud.update("t1")
            made.sampler.sweep()
        assert made.ops()[4:] == [("update", "t1")] * 3

    def test_without_a_stamp_nothing_is_older(self, rig):
        made = rig(Grain)
        made.cloud.create("t1")
        old_state(made, "t1")
        made.sampler.sweep()
        assert made.ops()[-1] == ("update", "t1")
        assert not made.sampler.doubts


class TestGone:
    def test_the_dead_do_not_rise_in_a_replica_that_has_them_still(self, made):
        ghost = dict(made.cloud.alive["t1"])
        made.cloud.delete("t1")
        made.sampler.sweep()
        assert made.ops()[-1] == ("delete", "t1")
        made.cloud.listing = lambda rows, query: [*rows, ghost] if "t0" in str(rows) else rows
        made.sampler.sweep()
        read_due(made, LAG)
        assert made.ops()[-1] == ("delete", "t1")

    def test_the_dead_that_were_never_updated_do_not_rise_either(self, made):
        made.cloud.alive["t1"]["version"] = None
        made.sampler.sweep()
        ghost = dict(made.cloud.alive["t1"])
        made.cloud.delete("t1")
        made.sampler.sweep()
        made.cloud.listing = lambda rows, query: [*rows, ghost] if "t0" in str(rows) else rows
        made.sampler.sweep()
        made.cloud.listing = lambda rows, query: rows
        assert read_due(made, LAG) == ["t1"]
        assert made.ops()[-1] == ("delete", "t1")

    def test_one_that_lives_again_is_believed(self, made):
        ghost = dict(made.cloud.alive["t1"])
        made.cloud.delete("t1")
        made.sampler.sweep()
        made.cloud.alive["t1"] = ghost
        made.sampler.sweep()
        assert made.ops()[-1] == ("delete", "t1")
        read_due(made, LAG)
        assert made.ops()[-1] == ("create", "t1")

    @pytest.mark.parametrize("kind", ["sweep", "poll"])
    def test_one_that_a_replica_does_not_know_yet_is_not_deleted(self, made, kind):
        made.cloud.create("t9")
        made.sampler.sweep()
        made.cloud.listing = lambda rows, query: [r for r in rows if r["id"] != "t9"]
        getattr(made.sampler, kind)()
        assert "t9" in made.held()
        made.cloud.listing = lambda rows, query: rows
        assert read_due(made, YOUNG) == ["t9"]
        assert "t9" in made.held()

    def test_one_that_was_taken_up_and_deleted_at_once_is_deleted_a_moment_later(self, made):
        made.cloud.create("t9")
        made.sampler.sweep()
        made.cloud.delete("t9")
        made.sampler.sweep()
        read_due(made, YOUNG)
        assert made.ops()[-1] == ("delete", "t9")


class TestWhoeverLooks:
    """What the record holds is known to every process, and after a restart."""

    @pytest.mark.parametrize("kind", ["sweep", "read"])
    def test_an_older_state_is_not_published_by_another_sampler(self, made, kind):
        former = old_state(made, "t1")
        made.cloud.single = lambda row: former
        before = made.ops()
        other = made.another()
        other.sweep() if kind == "sweep" else other.read(["t1"])
        assert made.ops() == before
        assert "t1" in other.doubts

    def test_a_stamp_that_fell_for_good_is_believed_by_another_sampler_too(self, made):
        former = old_state(made, "t1")
        other = made.another()
        other.sweep()
        made.clock.time += LAG
        other.read(other.doubts.take(made.clock.time).ids)
        assert made.held()["t1"]["version"] == former["version"]

    def test_seen_as_known_in_a_listing_it_is_doubted_anew(self, made):
        former = old_state(made, "t1")
        old = made.cloud.listing
        made.sampler.sweep()
        made.cloud.listing = lambda rows, query: rows
        made.sampler.sweep()
        made.cloud.listing = old
        made.clock.time += LAG
        made.sampler.sweep()
        assert made.held()["t1"]["version"] > former["version"]

    def test_its_own_service_told_of_the_delete_so_it_is_not_too_new(self, made):
        id_ = str(uuid4())
        made.cloud.create(id_)
        made.sampler.sweep()
        made.cloud.delete(id_)
        made.sampler.farewells.tell([id_])
        made.sampler.read([id_])
        assert made.ops()[-1] == ("delete", id_)

    def test_its_service_lists_them_as_deleted_so_they_are_not_too_new(self, rig):
        made = rig(Thing)
        made.store._clock = made.clock
        for number in range(12):
            made.cloud.create(f"t{number:02}")
        made.sampler.sweep()
        for number in range(9):
            made.cloud.delete(f"t{number:02}")
        made.sampler.sweep()
        assert set(made.reasons().values()) == {"its service lists it as deleted"}
        assert len(made.held()) == 3

    def test_what_a_store_of_before_holds_has_no_stamp_and_is_believed(self, made):
        made.cloud.update("t1")
        with made.store._database.writing() as connection:
            connection.exec_driver_sql("UPDATE record SET stamp = NULL")
        made.sampler.sweep()
        assert made.ops()[-1] == ("update", "t1")


STAMPS = [
    ("1", "2", True),
    ("2", "2", False),
    ("3", "2", False),
    ("null", "2", True),
    ("2", "null", False),
    ("null", "null", False),
    ('"2026-01-01T00:00:00"', '"2026-01-01T00:00:01"', True),
    ('"2026-01-01T00:00:00"', "5", False),
    ('"2026-01-01T00:00:00Z"', '"2026-01-01T00:00:00.710000Z"', True),
    ('"2026-01-01T00:00:00.710000Z"', '"2026-01-01T00:00:00.7Z"', False),
    ('"2026-01-01T00:00:00+00:00"', '"2026-01-01T00:00:00Z"', False),
    ('"2026-01-01T00:00:00Z"', '"2026-01-01T00:00:00"', False),
    ('"2026-01-01T10:00:01+00:00"', '"2026-01-01T12:00:00+02:00"', False),
    ('"9"', '"10"', True),
    ('"10"', '"9"', False),
    ('"a"', '"b"', True),
    (None, "2", False),
    ("2", None, False),
]


@pytest.mark.parametrize(("stamp", "known", "older"), STAMPS)
def test_a_lower_stamp_is_older_and_none_is_the_lowest(stamp, known, older):
    assert is_older(stamp, Known(1, alive=True, stamp=known)) is older


@pytest.mark.parametrize("stamp", ["1", "2", "null"])
def test_a_tombstones_own_stamp_is_no_news(stamp):
    assert is_older(stamp, Known(1, alive=False, stamp="2"))
    assert not is_older("3", Known(1, alive=False, stamp="2"))
