"""From "not listed" to "deleted": never without a second witness."""

import pytest

from synchronizer.model.errors import MassDeleteHeldError, UnreachableError, VisibilityLostError
from synchronizer.sampling.deletion import APART
from synchronizer.testing.toy import Grain, Pebble, Thing


class Unrecorded(Thing):
    """A thing without a service's record of its deletion."""

    since = None
    gone = None


def filled(made, number):
    for each in range(number):
        made.cloud.create(f"t{each:03d}")
    made.sampler.sweep()
    return made


def unreachable(_row):
    """Answer no read."""
    raise UnreachableError("it answered 500")


def noted(made, monkeypatch):
    """Return the codes of all faults that are noted from now on."""
    codes = []
    note = made.store.note

    def listening(collection, **fields):
        if fields.get("fault") is not None:
            codes.append(fields["fault"].code)
        note(collection, **fields)

    monkeypatch.setattr(made.store, "note", listening)
    return codes


HELD = MassDeleteHeldError.code


class TestByRead:
    def test_what_is_read_is_not_deleted(self, toy):
        toy.cloud.hidden = {"t1", "t2"}
        for _ in range(3):
            assert toy.attempt() is None
        assert len(toy.held()) == 5
        assert len(toy.ops()) == 5

    def test_what_is_read_differently_is_updated(self, toy):
        toy.cloud.hidden = {"t1"}
        toy.cloud.update("t1")
        toy.sampler.sweep()
        assert toy.ops()[5:] == [("update", "t1")]

    def test_what_answers_404_is_deleted_and_says_why(self, toy):
        toy.cloud.delete("t1")
        toy.sampler.sweep()
        assert toy.reasons() == {"t1": "read answered 404"}

    def test_what_cannot_be_asked_is_not_deleted(self, toy):
        toy.cloud.delete("t1")
        calls = toy.cloud.calls

        def refuse():
            if toy.cloud.calls - calls > 2:
                raise UnreachableError("toy: no complete answer")

        toy.cloud.during = refuse
        assert toy.attempt() is UnreachableError
        assert "t1" in toy.held()

    def test_a_service_that_answers_404_to_everything_is_not_believed(self, toy):
        toy.cloud.hidden = {"t1"}
        real = toy.cloud._answer
        toy.cloud._answer = lambda path, query: (
            real(path, query) if path == "/things" else (404, b'{"itemNotFound": {}}')
        )
        assert toy.attempt() is VisibilityLostError
        assert "t1" in toy.held()
        assert toy.ops()[5:] == []

    def test_the_last_one_is_deleted_by_the_second_sweep(self, rig):
        made = filled(rig(), 1)
        made.cloud.delete("t000")
        assert made.attempt() is None
        assert set(made.held()) == {"t000"}
        assert made.attempt() is None
        assert made.held() == {}

    def test_what_another_committed_meanwhile_is_not_absent(self, toy):
        """It was created after the page that would have shown it."""
        other = toy.another()

        def meanwhile():
            toy.cloud.during = lambda: None
            toy.cloud.create("a-new-one")
            other.read(["a-new-one"])

        toy.cloud.during = meanwhile
        calls = toy.cloud.calls
        toy.sampler.sweep()
        assert "a-new-one" in toy.held()
        assert toy.cloud.calls - calls == 4


class TestByRecord:
    def test_from_nine_on_one_walk_over_the_deleted_confirms_all(self, rig):
        made = filled(rig(), 30)
        for number in range(9):
            made.cloud.delete(f"t{number:03d}")
        reads = []
        made.cloud.single = lambda row: reads.append(row) or row
        assert made.attempt() is None
        assert len(made.held()) == 21
        assert set(made.reasons().values()) == {"its service lists it as deleted"}
        assert reads == []
        deletes = {r.revision for r in made.store.changes(0).records if r.op == "delete"}
        assert len(deletes) == 1

    def test_up_to_eight_are_read(self, rig):
        made = filled(rig(), 30)
        for number in range(8):
            made.cloud.delete(f"t{number:03d}")
        made.sampler.sweep()
        assert set(made.reasons().values()) == {"read answered 404"}

    def test_what_the_record_does_not_have_is_read(self, rig):
        """Purged rows are in no record; rows that the listing hid are alive."""
        made = filled(rig(), 30)
        for number in range(12):
            made.cloud.delete(f"t{number:03d}")
        for number in range(3):
            del made.cloud.dead[f"t{number:03d}"]
        made.cloud.hidden = {"t020", "t021"}
        assert made.attempt() is None
        assert set(made.held()) == {f"t{number:03d}" for number in range(12, 30)}
        assert sorted(made.reasons().values()) == [
            *["its service lists it as deleted"] * 9,
            *["read answered 404"] * 3,
        ]

    def test_a_record_that_breaks_off_deletes_nothing(self, rig):
        made = filled(rig(), 30)
        for number in range(12):
            made.cloud.delete(f"t{number:03d}")

        def listing(rows, query):
            if "changes-since" in query and "marker" in query:
                raise UnreachableError("toy: no complete answer")
            return rows

        made.cloud.listing = listing
        assert made.attempt() is UnreachableError
        assert len(made.held()) == 30

    def test_the_record_is_asked_from_well_before_the_last_sweep(self, rig):
        made = filled(rig(), 30)
        made.clock.time += 86_400
        for number in range(9):
            made.cloud.delete(f"t{number:03d}")
        made.sampler.sweep()
        (since,) = {q["changes-since"] for q in made.cloud.queries if "changes-since" in q}
        assert since == "2027-01-15T07:00:00Z"


class TestGuard:
    @pytest.mark.parametrize(
        ("living", "deleted", "guard", "held"),
        [
            (40, 10, 0.2, False),  # ten are never many
            (40, 11, 0.2, True),
            (100, 20, 0.2, False),  # exactly the fraction
            (100, 21, 0.2, True),
            (100, 10, 0.1, False),
            (100, 11, 0.1, True),
            (100, 100, 1.0, False),
            (20, 11, 0.0, True),
        ],
    )
    def test_more_than_the_fraction_and_more_than_ten_are_held(
        self, rig, monkeypatch, living, deleted, guard, held
    ):
        made = filled(rig(delete_guard=guard), living)
        for number in range(deleted):
            made.cloud.delete(f"t{number:03d}")
        codes = noted(made, monkeypatch)
        assert made.attempt() is None
        assert (HELD in codes) == held
        assert len(made.held()) == living - deleted
        assert made.fault() is None

    def test_what_is_held_is_told_before_it_is_confirmed(self, rig):
        made = filled(rig(Unrecorded), 30)
        told = []
        made.cloud.single = lambda row: told.append(made.fault()) or row
        made.cloud.hidden = set(list(made.cloud.alive)[:15])
        assert made.attempt() is None
        assert told == [HELD] * 15
        assert len(made.held()) == 30
        assert made.fault() is None


class TestTwice:
    @pytest.fixture
    def grains(self, rig):
        return filled(rig(Grain), 30)

    def test_one_absence_is_none_and_two_in_a_row_are_a_deletion(self, grains):
        grains.cloud.delete("t000")
        assert grains.attempt() is None
        assert "t000" in grains.held()
        assert grains.sampler.again
        assert grains.attempt() is None
        assert grains.reasons() == {"t000": "absent from two complete sweeps"}
        assert not grains.sampler.again

    def test_what_comes_back_in_between_begins_anew(self, grains):
        for hidden in ({"t000"}, set(), {"t000"}, set(), {"t000"}):
            grains.cloud.hidden = hidden
            assert grains.attempt() is None
        assert "t000" in grains.held()

    def test_each_has_its_own_two(self, grains):
        grains.cloud.hidden = {"t000"}
        grains.attempt()
        grains.cloud.hidden = {"t001"}
        grains.attempt()
        assert len(grains.held()) == 30
        grains.cloud.hidden = {"t001", "t002"}
        grains.attempt()
        assert "t001" not in grains.held()
        assert "t002" in grains.held()

    def test_a_sweep_that_failed_is_no_witness(self, grains):
        grains.cloud.hidden = {"t000"}
        grains.attempt()

        def refuse():
            raise UnreachableError("toy: no complete answer")

        grains.cloud.during = refuse
        grains.attempt()
        assert "t000" in grains.held()

    def test_two_sweeps_right_behind_each_other_are_one_witness(self, grains):
        grains.cloud.hidden = {"t000"}
        for _ in range(5):
            grains.sampler.sweep()
            grains.clock.time += APART / 6
        assert "t000" in grains.held()
        assert grains.sampler.again
        grains.clock.time += APART / 6
        grains.sampler.sweep()
        assert "t000" not in grains.held()

    def test_a_sweep_that_failed_is_a_witness_that_what_it_showed_lives(self, rig):
        made = filled(rig(), 3)
        made.cloud.create("eu/1")  # cannot be read one by one
        made.sampler.sweep()
        made.cloud.hidden = {"eu/1"}
        made.attempt()
        made.cloud.hidden = {"t000"}
        made.cloud.single = unreachable
        assert made.attempt() is UnreachableError
        made.cloud.single = lambda row: row
        made.cloud.hidden = {"eu/1"}
        made.attempt()
        assert "eu/1" in made.held()

    def test_a_restart_forgets_the_first_witness(self, grains):
        grains.cloud.hidden = {"t000"}
        grains.attempt()
        grains.attempt(sampler=grains.another())
        assert "t000" in grains.held()

    def test_a_mass_delete_is_a_fault_until_the_second_sweep(self, grains):
        for number in range(11):
            grains.cloud.delete(f"t{number:03d}")
        assert grains.attempt() is None
        assert grains.fault() == HELD
        assert len(grains.held()) == 30
        assert grains.attempt() is None
        assert grains.fault() is None
        assert len(grains.held()) == 19


class TestAnEmptyListingById:
    """Where the read is a listing too, whatever empties the one empties the other."""

    @pytest.fixture
    def pebbles(self, rig):
        return filled(rig(Pebble), 3)

    def test_it_is_no_witness_when_nothing_else_is_listed(self, pebbles):
        pebbles.cloud.listing = lambda rows, query: []
        assert pebbles.attempt() is None
        assert len(pebbles.held()) == 3
        assert pebbles.sampler.again
        pebbles.cloud.listing = lambda rows, query: rows
        assert pebbles.attempt() is None
        assert len(pebbles.held()) == 3

    def test_the_last_ones_are_deleted_by_the_second_sweep(self, pebbles):
        for id_ in list(pebbles.cloud.alive):
            pebbles.cloud.delete(id_)
        assert pebbles.attempt() is None
        assert pebbles.attempt() is None
        assert pebbles.held() == {}

    def test_it_is_one_while_another_is_listed(self, pebbles):
        pebbles.cloud.delete("t000")
        assert pebbles.attempt() is None
        assert pebbles.reasons() == {"t000": "no pebble is listed by its id"}


def test_what_another_takes_up_during_the_second_sweep_is_not_deleted(rig):
    grains = filled(rig(Grain), 5)
    grains.cloud.hidden = {"t000"}
    grains.attempt()
    other = grains.another()

    def found():
        grains.cloud.during = lambda: None
        grains.cloud.hidden = set()
        grains.cloud.update("t000")
        other.sweep()

    grains.cloud.during = found
    grains.attempt()
    assert "t000" in grains.held()


class TestIdsWithASlash:
    """A service takes ``%2F`` for a separator: its 404 is no proof for such an id."""

    def test_such_an_id_is_never_read_and_needs_two_sweeps(self, rig):
        made = filled(rig(), 3)
        made.cloud.create("eu/1")
        made.sampler.sweep()
        made.cloud.hidden = {"eu/1"}
        made.attempt()
        assert "eu/1" in made.held()
        made.attempt()
        assert made.reasons() == {"eu/1": "absent from two complete sweeps"}

    def test_beside_others_that_are_read(self, rig):
        made = filled(rig(), 3)
        made.cloud.create("eu/1")
        made.sampler.sweep()
        made.cloud.delete("eu/1")
        made.cloud.delete("t000")
        made.attempt()
        assert set(made.held()) == {"eu/1", "t001", "t002"}
        made.attempt()
        assert set(made.held()) == {"t001", "t002"}


class TestWhatIsRefused:
    """Another sweep began while the absent were asked for: each is looked at again."""

    @staticmethod
    def behind_the_listing(made):
        """Let another sweep begin once something else than the listing is asked for."""
        get = made.cloud.get

        def begin(path, query, **more):
            if path != "/things" or "changes-since" in query:
                made.store.note(made.collection, begun=1)
            return get(path, query, **more)

        made.cloud.get = begin

    @staticmethod
    def doubted(made):
        return sorted(made.sampler.doubts.take(made.clock.time).ids)

    def test_gone_by_a_read(self, toy):
        toy.cloud.delete("t1")
        self.behind_the_listing(toy)
        assert toy.attempt() is None
        assert "t1" in toy.held()
        assert self.doubted(toy) == ["t1"]

    def test_gone_by_its_services_record(self, rig):
        made = filled(rig(), 40)
        gone = [f"t{number:03d}" for number in range(9)]
        for id_ in gone:
            made.cloud.delete(id_)
        self.behind_the_listing(made)
        assert made.attempt() is None
        assert len(made.held()) == 40
        assert self.doubted(made) == gone

    def test_changed_and_not_listed(self, toy):
        toy.cloud.hidden = {"t1"}
        toy.cloud.update("t1")
        self.behind_the_listing(toy)
        assert toy.attempt() is None
        assert len(toy.ops()) == 5
        assert self.doubted(toy) == ["t1"]
