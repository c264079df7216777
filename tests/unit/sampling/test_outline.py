"""Polls by outline: what they find, what they ask for, and what they leave to a sweep."""

import pytest

from synchronizer.testing.toy import Pebble


@pytest.fixture
def made(rig):
    made = rig(Pebble, outline=100.0, notified=lambda: True)
    for number in range(7):
        made.cloud.create(f"t{number}")
    made.sampler.sweep()
    made.cloud.queries.clear()
    return made


def fields(made):
    """Return what each listing since the last look asked for."""
    asked = [("fields" in query, query.get("status"), query.get("id")) for query in made.queries]
    made.queries.clear()
    return asked


class TestWhole:
    def test_an_unchanged_cloud_is_not_read(self, made):
        made.sampler.poll()
        assert all(whole for whole, _, _ in fields(made.cloud))
        assert made.ops()[7:] == []

    def test_what_has_another_version_is_read_in_one_call(self, made):
        for id_ in ("t1", "t3", "t5"):
            made.cloud.update(id_)
        made.sampler.poll()
        assert [ids for _, _, ids in fields(made.cloud) if ids] == [["t1", "t3", "t5"]]
        assert made.held()["t3"]["version"] == made.cloud.alive["t3"]["version"]
        assert sorted(made.ops()[7:]) == [("update", "t1"), ("update", "t3"), ("update", "t5")]

    def test_a_new_one_is_taken_up_and_known_from_then_on(self, made):
        made.cloud.create("t9")
        made.sampler.poll()
        made.clock.time += 200
        made.cloud.queries.clear()
        made.sampler.poll()
        assert made.ops()[7:] == [("create", "t9")]
        assert not [ids for _, _, ids in fields(made.cloud) if ids]

    def test_one_that_is_not_listed_is_deleted_only_when_its_read_finds_none(self, made):
        made.cloud.delete("t2")
        made.cloud.hidden = {"t4"}
        made.sampler.poll()
        assert made.ops()[7:] == [("delete", "t2")]
        assert made.reasons()["t2"] == "no pebble is listed by its id"

    def test_many_absences_are_left_to_a_sweep(self, rig):
        made = rig(Pebble)
        for number in range(40):
            made.cloud.create(f"t{number:02}")
        made.sampler.sweep()
        made.cloud.hidden = set(list(made.cloud.alive)[:20])
        made.sampler.poll()
        assert made.sampler.hurry
        assert made.ops()[40:] == []

    def test_before_the_first_sweep_nothing_is_asked(self, rig):
        made = rig(Pebble)
        made.cloud.create("t0")
        made.sampler.poll()
        assert made.cloud.calls == 0

    def test_a_row_that_another_sampler_committed_is_looked_at_once(self, made):
        other = made.another()
        other.sweep()
        made.cloud.update("t1")
        other.poll()
        made.cloud.queries.clear()
        made.sampler.poll()
        assert [ids for _, _, ids in fields(made.cloud) if ids] == [["t1"]]
        made.clock.time += 200
        made.sampler.poll()
        assert not [ids for _, _, ids in fields(made.cloud) if ids]
        assert made.ops()[7:] == [("update", "t1")]

    @pytest.mark.parametrize("odd", [7, None, {}, {"id": None}, {"id": "x" * 701}])
    def test_an_odd_item_harms_no_other(self, made, odd):
        made.cloud.update("t0")
        made.cloud.listing = lambda rows, query: rows if "id" in query else [*rows, odd]
        assert made.attempt("poll") is None
        assert made.ops()[7:] == [("update", "t0")]


class TestFlux:
    def test_while_notifications_come_only_what_is_in_flux_is_listed(self, made):
        made.sampler.poll()
        made.cloud.queries.clear()
        made.sampler.poll()
        assert [status for _, status, ids in fields(made.cloud) if not ids] == [("BUILD",)]

    def test_without_notifications_every_poll_is_whole(self, rig):
        made = rig(Pebble, outline=100.0, notified=lambda: False)
        made.cloud.create("t0")
        made.sampler.sweep()
        made.sampler.poll()
        made.cloud.queries.clear()
        made.sampler.poll()
        assert {status for _, status, _ in fields(made.cloud)} == {None}

    def test_what_comes_into_flux_and_leaves_it_is_seen(self, made):
        made.sampler.poll()
        made.cloud.alive["t1"]["status"] = "BUILD"
        made.cloud.update("t1")
        made.sampler.poll()
        assert made.held()["t1"]["status"] == "BUILD"
        made.cloud.alive["t1"]["status"] = "ACTIVE"
        made.cloud.update("t1")
        made.sampler.poll()
        assert made.held()["t1"]["status"] == "ACTIVE"
        assert made.ops()[7:] == [("update", "t1"), ("update", "t1")]

    def test_what_changes_outside_of_it_is_found_by_the_next_whole_outline(self, made):
        made.sampler.poll()
        made.cloud.update("t1")
        made.sampler.poll()
        assert made.ops()[7:] == []
        made.clock.time += 101
        made.sampler.poll()
        assert made.ops()[7:] == [("update", "t1")]
