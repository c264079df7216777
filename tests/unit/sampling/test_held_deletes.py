"""Nothing dies without a control: what is held, by what it is let go, and what an operator says."""

from uuid import uuid4

import pytest

from synchronizer.model.errors import (
    DeleteHeldError,
    HeldChangedError,
    MassDeleteHeldError,
    SampleError,
    VisibilityLostError,
)
from synchronizer.sampling.held_deletes import CONFIRMED
from synchronizer.testing.toy import Grain, Pebble, Thing
from synchronizer.testing.unfixed import AsksForNoControl

KINDS = [Thing, Grain, Pebble]
MINE = {"target": "project:mine"}


def filled(made, number, **fields):
    ids = [str(uuid4()) for _ in range(number)]
    for id_ in ids:
        made.cloud.create(id_)
        made.cloud.alive[id_] |= fields
    assert made.attempt() is None
    return ids


def deletes(made):
    return [id_ for op, id_ in made.ops() if op == "delete"]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request):
    return request.param


@pytest.fixture
def emptied(rig, kind):
    """Forty entities of which the service knows nothing any more."""
    made = rig(kind)
    filled(made, 40)
    made.lost = dict(made.cloud.alive)
    made.cloud.alive.clear()
    return made


class TestAnEmptiedService:
    def test_it_deletes_nothing_however_often_it_is_asked(self, emptied):
        outcomes = {emptied.attempt() for _ in range(5)}
        assert outcomes == {None}
        assert deletes(emptied) == []
        assert emptied.fault() == DeleteHeldError.code
        (held,) = emptied.store.held()
        assert set(held.ids) == emptied.lost.keys()
        assert held.decision == ""

    def test_it_is_sampled_and_not_known_up_to_now(self, emptied):
        before = emptied.freshness()
        emptied.cloud.version += 5  # by which it has the time
        for _ in range(3):
            emptied.attempt()
        after = emptied.freshness()
        assert after.sampled_at > before.sampled_at
        assert after.complete_to == before.complete_to
        emptied.cloud.alive |= emptied.lost
        emptied.attempt()
        assert emptied.freshness().complete_to > before.complete_to

    def test_the_fault_names_the_command_that_decides(self, emptied):
        emptied.attempt()
        said = emptied.freshness().fault.detail
        assert "40 of 40" in said
        (held,) = emptied.store.held()
        command = f"deletes confirm {emptied.resource.type} --version {held.version}"
        assert f"`synchronizer {command}`" in said

    def test_what_it_registers_anew_vouches_for_nothing(self, emptied):
        for _ in range(4):
            emptied.cloud.create(str(uuid4()))
            emptied.attempt()
        assert deletes(emptied) == []
        assert len(emptied.held()) == 44

    def test_nor_does_it_after_a_restart(self, emptied):
        for _ in range(4):
            emptied.cloud.create(str(uuid4()))
            emptied.attempt(sampler=emptied.another())
        assert deletes(emptied) == []

    def test_hints_and_polls_delete_nothing_either(self, emptied):
        for _ in range(3):
            emptied.attempt("poll")
            emptied.sampler.read(list(emptied.lost)[:15])
            emptied.clock.time += 60
        assert deletes(emptied) == []
        assert emptied.sampler.hurry or emptied.sampler.again

    def test_once_it_is_whole_again_nothing_is_left_of_it(self, emptied):
        emptied.attempt()
        emptied.cloud.alive = dict(emptied.lost)
        assert emptied.attempt() is None
        assert emptied.fault() is None
        assert emptied.store.held() == []
        assert len(emptied.ops()) == 40

    def test_what_is_listed_again_is_not_held_any_more(self, emptied):
        emptied.attempt()
        back = dict(list(emptied.lost.items())[:15])
        emptied.cloud.hidden = set()
        emptied.cloud.alive = dict(back)
        emptied.attempt()
        emptied.attempt()
        held = {id_ for each in emptied.store.held() for id_ in each.ids}
        assert not held & back.keys()
        assert set(emptied.held()) >= back.keys()


class TestAnOperatorDecides:
    def test_what_is_confirmed_is_deleted_by_the_next_sweep(self, emptied):
        emptied.attempt()
        assert emptied.store.decide(emptied.collection, "confirmed")
        assert emptied.attempt() is None
        assert emptied.held() == {}
        assert set(emptied.reasons().values()) == {CONFIRMED}
        assert emptied.store.held() == []
        assert emptied.fault() is None

    def test_another_process_hears_of_it(self, emptied):
        emptied.attempt()
        emptied.store.decide(emptied.collection, "confirmed")
        assert emptied.attempt(sampler=emptied.another()) is None
        assert emptied.held() == {}

    def test_only_what_was_held_is_confirmed(self, emptied):
        one = str(uuid4())
        emptied.cloud.create(one)
        emptied.attempt()
        emptied.store.decide(emptied.collection, "confirmed")
        emptied.cloud.delete(one)
        emptied.attempt()
        assert set(emptied.held()) == {one}

    def test_what_went_since_the_operator_looked_is_not_confirmed_with_it(self, emptied):
        """More went between `deletes list` and `deletes confirm`: it is a new question."""
        one = str(uuid4())
        emptied.cloud.create(one)
        emptied.attempt()
        (seen,) = emptied.store.held()
        del emptied.cloud.alive[one]
        for _ in range(2):
            emptied.attempt()
        with pytest.raises(HeldChangedError, match="deletes list"):
            emptied.store.decide(emptied.collection, "confirmed", seen.version)
        emptied.attempt()
        assert one in emptied.held()

    def test_what_came_back_in_between_is_not_deleted(self, emptied):
        emptied.attempt()
        emptied.store.decide(emptied.collection, "confirmed")
        (back, body), *_ = emptied.lost.items()
        emptied.cloud.alive[back] = body
        emptied.attempt()
        assert set(emptied.held()) == {back}

    def test_what_is_rejected_stays_and_the_fault_says_why(self, emptied):
        emptied.attempt()
        emptied.store.decide(emptied.collection, "rejected")
        for _ in range(3):
            emptied.attempt()
        assert deletes(emptied) == []
        assert emptied.fault() == VisibilityLostError.code
        assert not emptied.sampler.again
        emptied.cloud.alive = dict(emptied.lost)
        assert emptied.attempt() is None
        assert emptied.fault() is None
        assert emptied.store.held() == []

    def test_more_than_was_rejected_is_a_new_question(self, emptied):
        emptied.attempt()
        (held,) = emptied.store.held()
        fewer = held.ids[:30]
        emptied.store.hold(emptied.collection, _with(held, ids=fewer, decision="rejected"))
        emptied.attempt()
        (held,) = emptied.store.held()
        assert (len(held.ids), held.decision) == (40, "")


def _with(held, **changed):
    fields = {name: getattr(held, name) for name in held.__struct_fields__}
    return type(held)(**fields | changed)


class TestTrueDeletions:
    def test_of_most_goes_through_while_another_answers(self, rig, kind):
        made = rig(kind)
        ids = filled(made, 40)
        for id_ in ids[:39]:
            made.cloud.delete(id_)
        for _ in range(2):
            made.attempt()
        assert set(made.held()) == {ids[39]}
        assert made.fault() is None

    def test_of_all_goes_through_while_another_type_answers(self, rig, kind):
        other = rig(type("other", (Thing,), {"name": "other"}))
        filled(other, 1)
        made = rig(kind, others=lambda _: [other.sampler])
        for id_ in filled(made, 40):
            made.cloud.delete(id_)
        for _ in range(2):
            assert made.attempt() is None
        assert made.held() == {}
        assert made.fault() is None

    def test_of_all_goes_through_where_the_service_keeps_a_record(self, rig):
        made = rig(Thing)
        for id_ in filled(made, 40):
            made.cloud.delete(id_)
        assert made.attempt() is None
        assert made.held() == {}

    @pytest.mark.parametrize("number", [1, 10])
    def test_of_a_few_takes_two_sweeps(self, rig, number):
        made = rig(Pebble)
        for id_ in filled(made, number):
            made.cloud.delete(id_)
        made.attempt()
        assert len(made.held()) == number
        made.attempt()
        assert made.held() == {}


class TestAWholeService:
    """Each type has few, and all go at once."""

    @pytest.fixture
    def service(self, rig):
        rigs = []

        def others(than):
            return [each.sampler for each in rigs if each.collection != than]

        kinds = [type(name, (Thing,), {"name": name}) for name in "abc"]
        rigs += [rig(kind, others=others) for kind in kinds]
        for made in rigs:
            filled(made, 8)
        for made in rigs:  # each knows of the others' from its second sweep on
            assert made.attempt() is None
        return rigs

    def test_it_is_held_though_each_type_lost_little(self, service):
        for made in service:
            made.cloud.alive.clear()
        for _ in range(4):
            for made in service:
                made.attempt()
        assert [deletes(made) for made in service] == [[]] * 3
        assert {made.fault() for made in service} == {DeleteHeldError.code}

    def test_so_it_is_where_the_other_type_can_only_be_listed(self, rig):
        """Nobody can ask for its entities: what it holds is at stake all the same."""
        other = rig(Grain)
        filled(other, 13)
        made = rig(Thing, others=lambda _: [other.sampler])
        filled(made, 3)
        assert made.attempt() is None
        made.cloud.alive.clear()
        for _ in range(4):
            made.attempt()
        assert deletes(made) == []
        assert made.fault() == DeleteHeldError.code

    def test_while_one_type_answers_the_others_may_go(self, service):
        for made in service[1:]:
            made.cloud.alive.clear()
        for made in service:
            assert made.attempt() is None
        assert [len(made.held()) for made in service] == [8, 0, 0]

    def test_an_id_that_every_deployment_has_is_no_control(self, rig):
        other = rig(type("zone", (Thing,), {"name": "zone"}))
        other.cloud.create("nova")
        other.attempt()
        made = rig(Pebble, others=lambda _: [other.sampler])
        filled(made, 40)
        made.cloud.alive.clear()
        for _ in range(3):
            made.attempt()
        assert deletes(made) == []

    def test_a_type_that_fails_is_no_control(self, rig):
        other = rig(type("other", (Thing,), {"name": "other"}))
        filled(other, 1)
        other.cloud.single = lambda row: {"id": None}
        made = rig(Pebble, others=lambda _: [other.sampler])
        filled(made, 40)
        made.cloud.alive.clear()
        assert issubclass(made.attempt(), SampleError)
        assert deletes(made) == []


class TestAPolicyThatWasEdited:
    """Only what belongs to the credentials' own project is still shown, and can be read."""

    @pytest.fixture
    def made(self, rig, kind):
        made = rig(kind)
        made.as_whom = dict(MINE)
        made.own = filled(made, 20, project_id="mine")
        made.shared = filled(made, 5, project_id="theirs", shared=True)
        made.foreign = filled(made, 40, project_id="theirs")
        return made

    def hide(self, made, number):
        for id_ in made.foreign[:number]:
            del made.cloud.alive[id_]

    def test_what_is_seen_as_its_owner_vouches_for_nobody_elses(self, made):
        self.hide(made, 40)
        for _ in range(4):
            made.attempt()
        assert deletes(made) == []
        assert made.fault() == DeleteHeldError.code

    def test_one_of_another_project_does(self, made):
        self.hide(made, 39)
        for _ in range(2):
            made.attempt()
        assert sorted(deletes(made)) == sorted(made.foreign[:39])
        assert made.fault() is None

    def test_ones_own_vouch_for_ones_own(self, made):
        for id_ in made.own[1:]:
            del made.cloud.alive[id_]
        for _ in range(2):
            made.attempt()
        assert sorted(deletes(made)) == sorted(made.own[1:])


def test_without_controls_it_would_be_emptied(rig, kind):
    made = rig(kind, sampling=AsksForNoControl)
    filled(made, 40)
    made.cloud.alive.clear()
    for _ in range(2):
        made.attempt()
    assert len(deletes(made)) == 40


def test_a_mass_that_nothing_vouches_for_is_not_read_one_by_one(rig):
    made = rig(Thing)
    filled(made, 500)
    made.cloud.alive.clear()
    calls = made.cloud.calls
    made.attempt()
    assert made.cloud.calls - calls < 60
    assert deletes(made) == []


def test_a_mass_that_only_the_listing_hides_is_read(rig):
    made = rig(Thing)
    ids = filled(made, 120)
    made.cloud.hidden = set(ids)
    assert made.attempt() is None
    assert made.fault() is None
    assert made.store.held() == []


def test_the_first_fault_of_a_mass_is_that_it_is_being_confirmed(emptied, monkeypatch):
    codes = []
    note = emptied.store.note

    def listening(collection, **fields):
        if fields.get("fault") is not None:
            codes.append(fields["fault"].code)
        note(collection, **fields)

    monkeypatch.setattr(emptied.store, "note", listening)
    emptied.attempt()
    assert codes == [MassDeleteHeldError.code, DeleteHeldError.code]


def test_what_is_known_since_the_last_sweep_is_at_stake_as_well(rig):
    def others(_):
        return [neighbour.sampler]

    made, neighbour = rig(Thing, others=others), rig(Pebble)
    for each, many in ((made, 3), (neighbour, 9)):
        filled(each, many)
    for each in (made, neighbour):
        each.cloud.alive = {}
    for _ in range(3):
        assert made.attempt() is None
    assert made.fault() == DeleteHeldError.code
    assert deletes(made) == []


def test_two_processes_that_delete_what_was_confirmed_delete_it_once(emptied):
    """The sweep of one is under way while the other begins and ends one."""
    other = emptied.another()
    emptied.attempt()
    emptied.attempt(sampler=other)
    (held,) = emptied.store.held()
    for _ in range(2):
        assert emptied.store.decide(emptied.collection, "confirmed", held.version)
    steps = [lambda: emptied.attempt(sampler=other)]
    emptied.cloud.during = lambda: steps.pop()() if steps else None
    emptied.attempt()
    assert sorted(deletes(emptied)) == sorted(held.ids)
    assert emptied.store.held() == []
    assert emptied.attempt() is None
    assert emptied.fault() is None
