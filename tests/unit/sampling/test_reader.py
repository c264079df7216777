"""Reads because of hints: in bulk, with a second witness, and what is passed on unread."""

import pytest

from synchronizer.model.errors import MalformedError, UnreachableError, VisibilityLostError
from synchronizer.store.staleness import YOUNG
from synchronizer.testing.toy import Pebble, Thing


@pytest.fixture
def made(rig):
    made = rig(Pebble)
    for number in range(7):
        made.cloud.create(f"t{number}")
    made.sampler.sweep()
    made.cloud.queries.clear()
    return made


def bulk(made):
    return [query["id"] for query in made.cloud.queries if "id" in query]


class TestBelief:
    @pytest.mark.parametrize("kind", [Thing, Pebble])
    def test_none_is_believed_while_another_can_be_read(self, rig, kind):
        made = rig(kind)
        for id_ in ("a", "b", "c"):
            made.cloud.create(id_)
        made.sampler.sweep()
        made.cloud.delete("b")
        made.sampler.read(["b"])
        assert made.ops()[3:] == [("delete", "b")]

    def test_none_for_everything_is_left_to_a_sweep_that_sees_the_lost_role(self, toy):
        toy.cloud.single = lambda row: {**row, "status": "DELETED"}
        toy.sampler.read(["t0"])
        assert toy.sampler.hurry
        toy.cloud.hidden = {"t0"}
        assert toy.attempt() is VisibilityLostError
        assert toy.ops()[5:] == []

    def test_an_empty_bulk_answer_deletes_nothing(self, made):
        made.cloud.listing = lambda rows, query: []
        made.sampler.read(["t0", "t1"])
        assert made.sampler.hurry
        assert made.ops()[7:] == []

    def test_all_that_were_known_may_be_gone_at_once(self, toy):
        for id_ in list(toy.cloud.alive):
            toy.cloud.delete(id_)
        toy.cloud.create("t9")
        toy.sampler.read(["t0"])
        assert toy.attempt() is None
        assert set(toy.held()) == {"t0", "t1", "t2", "t3", "t4", "t9"}
        assert toy.attempt() is None
        assert set(toy.held()) == {"t9"}

    def test_the_last_of_its_type_is_left_to_two_sweeps(self, rig):
        made = rig(Thing)
        made.cloud.create("only")
        made.sampler.sweep()
        made.cloud.delete("only")
        made.sampler.read(["only"])
        assert made.sampler.hurry
        assert made.ops()[1:] == []
        made.attempt()
        assert made.ops()[1:] == []
        made.attempt()
        assert made.ops()[1:] == [("delete", "only")]

    @pytest.fixture
    def last(self, rig):
        """The only pebble, which is gone, and a thing of the same service."""
        other = rig(Thing)
        other.cloud.create("6f1c2d3e-0000-4000-8000-000000000001")
        other.sampler.sweep()
        made = rig(Pebble, others=lambda than: [other.sampler] if than.type == "toy.pebble" else [])
        made.other = other.cloud
        made.cloud.create("only")
        made.sampler.sweep()
        made.clock.time += 60
        made.cloud.delete("only")
        return made

    def test_the_last_of_its_type_is_gone_while_another_type_can_be_read(self, last):
        last.sampler.read(["only"])
        assert last.ops()[1:] == [("delete", "only")]
        assert not last.sampler.hurry

    @pytest.mark.parametrize("answer", [{"status": "DELETED"}, {"id": None}])
    def test_the_last_of_its_type_stays_while_no_other_type_can_be_read(self, last, answer):
        last.other.single = lambda row: {**row, **answer}
        last.sampler.read(["only"])
        assert last.ops()[1:] == []
        assert last.sampler.hurry

    def test_of_a_type_that_had_many_another_type_is_no_witness(self, last):
        for number in range(11):
            last.cloud.create(f"t{number}")
        last.sampler.sweep()
        before = last.ops()
        last.cloud.listing = lambda rows, query: []
        last.sampler.read([f"t{number}" for number in range(11)])
        assert last.ops() == before
        assert last.sampler.hurry

    def test_a_lost_role_is_no_deletion_of_the_last_of_its_type(self, last):
        last.roles = "reader"
        with pytest.raises(VisibilityLostError):
            last.sampler.read(["only"])
        assert last.ops()[1:] == []

    def test_one_that_was_never_known_is_no_deletion_and_needs_no_witness(self, toy):
        calls = toy.cloud.calls
        assert toy.sampler.read(["never"]) == {"never"}
        assert toy.cloud.calls - calls == 1
        assert toy.ops()[5:] == []


class TestBulk:
    def test_many_are_read_in_one_call(self, made):
        for id_ in ("t1", "t2", "t3"):
            made.cloud.update(id_)
        made.cloud.delete("t4")
        same = made.sampler.read(["t1", "t2", "t3", "t4", "t5"])
        assert bulk(made) == [["t1", "t2", "t3", "t4", "t5"]]
        assert same == {"t5"}
        assert made.ops()[7:] == [
            ("update", "t1"),
            ("update", "t2"),
            ("update", "t3"),
            ("delete", "t4"),
        ]

    def test_more_than_fit_into_an_address_take_more_calls(self, made):
        made.sampler.read([f"x{number}" for number in range(120)])
        assert [len(ids) for ids in bulk(made)] == [50, 50, 20]

    def test_what_one_answer_does_not_hold_is_asked_for_again(self, made):
        """An operator may limit the rows of an answer (Neutron's pagination_max_limit)."""
        made.cloud.limit_unasked(2)
        made.cloud.delete("t4")
        made.sampler.read([f"t{number}" for number in range(7)])
        assert made.ops()[7:] == [("delete", "t4")]
        assert [len(ids) for ids in bulk(made)] == [7, 5, 3]

    def test_an_empty_answer_that_announces_more_is_malformed(self, made):
        made.cloud.limit_unasked(0)
        with pytest.raises(MalformedError, match="empty page"):
            made.sampler.read(["t1", "t2"])
        assert made.ops()[7:] == []

    def test_an_answer_about_others_is_malformed(self, made):
        """Ids in other letters would look like deletions."""
        made.cloud.listing = lambda rows, query: [{**row, "id": row["id"].upper()} for row in rows]
        with pytest.raises(MalformedError, match="holds T1, which was not asked for"):
            made.sampler.read(["t1", "t2"])
        assert made.ops()[7:] == []


class TestWhole:
    def told(self, made, id_, **changed):
        """A notification with the whole entity, as its service would send it now."""
        made.cloud.update(id_)
        return {id_: {**made.cloud.alive[id_], **changed}}

    def test_a_newer_one_of_the_same_shape_is_passed_on_unread(self, made):
        calls = made.cloud.calls
        made.sampler.read(["t1"], self.told(made, "t1"))
        assert made.cloud.calls == calls
        assert made.held()["t1"] == {**made.cloud.alive["t1"], "password": "***"}

    def test_an_older_one_is_read(self, made):
        whole = self.told(made, "t1")
        made.cloud.update("t1")
        made.sampler.read(["t1"])
        made.sampler.read(["t1"], whole)
        assert made.held()["t1"]["version"] == made.cloud.alive["t1"]["version"]
        assert made.ops()[7:] == [("update", "t1")]
        assert len(bulk(made)) == 2

    def test_one_that_is_in_flux_is_read(self, made):
        made.sampler.read(["t1"], self.told(made, "t1", status="BUILD"))
        assert bulk(made) == [["t1"]]
        assert made.held()["t1"]["status"] == "ACTIVE"

    def test_one_that_a_listing_has_shown_in_another_version_is_read(self, made):
        """Which was no change, so the log does not show it."""
        whole = self.told(made, "t1")
        made.resource.essence = lambda item: item["id"]
        made.sampler.sweep()
        made.sampler.read(["t1"], whole)
        assert bulk(made) == [["t1"]]

    def test_after_a_sweep_of_another_it_is_read(self, made):
        made.another().sweep()
        made.sampler.read(["t1"], self.told(made, "t1"))
        assert bulk(made) == [["t1"]]
        made.sampler.sweep()
        made.cloud.queries.clear()
        made.sampler.read(["t1"], self.told(made, "t1"))
        assert bulk(made) == []

    def test_one_of_another_shape_is_read(self, made):
        """A tenant's own request is told without the fields that only admins see."""
        whole = self.told(made, "t1")
        del whole["t1"]["status"]
        made.sampler.read(["t1"], whole)
        assert bulk(made) == [["t1"]]
        assert made.held()["t1"]["status"] == "ACTIVE"

    @pytest.mark.parametrize("version", ["9", None, [1], {"a": 1}, True])
    def test_one_whose_version_is_no_number_is_read(self, made, version):
        made.sampler.read(["t1"], self.told(made, "t1", version=version))
        assert bulk(made) == [["t1"]]
        assert made.held()["t1"]["version"] == made.cloud.alive["t1"]["version"]

    def test_one_that_is_not_known_yet_is_read(self, made):
        made.cloud.create("t9")
        made.sampler.read(["t9"], {"t9": dict(made.cloud.alive["t9"])})
        assert bulk(made) == [["t9"]]

    def test_one_that_is_dead_does_not_rise(self, made):
        whole = self.told(made, "t1")
        made.cloud.delete("t1")
        made.sampler.read(["t1"])
        made.sampler.read(["t1"], whole)
        assert made.ops()[7:] == [("delete", "t1")]

    def test_its_outline_is_known_from_then_on(self, made):
        made.sampler.poll()
        made.sampler.read(["t1"], self.told(made, "t1"))
        made.cloud.queries.clear()
        made.sampler.poll()
        assert bulk(made) == []


def test_many_that_get_no_answer_are_not_asked_for_in_parts(made):
    def fail():
        raise UnreachableError("no")

    made.cloud.during = fail
    calls = made.cloud.calls
    with pytest.raises(UnreachableError):
        made.sampler.read(["t1", "t2", "t3"])
    assert made.cloud.calls - calls == 1
    assert sorted(made.sampler.doubts.take(made.clock.time + YOUNG).ids) == ["t1", "t2", "t3"]


@pytest.mark.parametrize("error", [UnreachableError("no"), MalformedError("no")])
def test_a_read_that_fails_loses_no_hint(made, error):
    def fail():
        raise error

    made.cloud.during = fail
    with pytest.raises(type(error)):
        made.sampler.read(["t1", "t2"])
    made.clock.time += YOUNG
    assert sorted(made.sampler.doubts.take(made.clock.time).ids) == ["t1", "t2"]
