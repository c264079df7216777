"""What goes back in time is read again a little later, and then believed whatever it is."""

import pytest

from synchronizer.sampling.recent import LAG, YOUNG
from synchronizer.testing.toy import Grain, Pebble


@pytest.fixture
def made(rig):
    made = rig(Pebble)
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


def test_only_the_last_ones_are_remembered(made, monkeypatch):
    monkeypatch.setattr("synchronizer.sampling.recent._MOST", 2)
    for id_ in ("t1", "t2", "t3"):
        made.cloud.update(id_)
        made.sampler.sweep()
    assert list(made.sampler.recent._seen) == ["t2", "t3"]
