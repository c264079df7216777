"""Whoever demands a sweep gets what the cloud has, or an error that says that it does not."""

from synchronizer.model.errors import IncompleteSweepError, UnreachableError
from synchronizer.sampling.deletion import APART
from synchronizer.sampling.on_demand import sweep_now
from synchronizer.testing.toy import Grain


def filled(rig):
    made = rig(Grain)
    for number in range(3):
        made.cloud.create(f"t{number}")
    assert made.attempt() is None
    return made


def demand(made):
    """Sweep as a process of its own does; return what was said, and for how long it rested."""
    rests = []

    def rest(seconds):
        rests.append(seconds)
        made.clock.time += seconds

    outcome = sweep_now({made.collection: made.another()}, rest)
    return outcome[str(made.collection)], rests


def test_what_is_known_at_once_needs_no_rest(rig):
    made = filled(rig)
    made.cloud.update("t1")
    assert demand(made) == ("", [])
    assert made.ops()[3:] == [("update", "t1")]


def test_what_can_only_be_listed_and_is_missing_is_listed_again(rig):
    made = filled(rig)
    made.cloud.delete("t1")
    assert demand(made) == ("", [APART])
    assert made.ops()[3:] == [("delete", "t1")]


def another_begins(made, times):
    """Let another sweep begin while an answer is on its way, so often."""
    left = [made.collection] * times
    made.cloud.during = lambda: left and made.store.note(left.pop(), begun=1)


def test_what_was_refused_is_listed_again(rig):
    made = filled(rig)
    made.cloud.update("t1")
    another_begins(made, 1)
    assert demand(made) == ("", [APART])
    assert made.ops()[3:] == [("update", "t1")]


def test_what_is_refused_again_is_an_error(rig):
    made = filled(rig)
    made.cloud.update("t1")
    another_begins(made, 9)
    said, rests = demand(made)
    assert said.startswith(IncompleteSweepError.code)
    assert rests == [APART]
    assert len(made.ops()) == 3


def test_a_sweep_that_fails_is_not_tried_again(rig):
    made = filled(rig)

    def refuse():
        raise UnreachableError("it answered 503")

    made.cloud.during = refuse
    said, rests = demand(made)
    assert said.startswith(UnreachableError.code)
    assert rests == []
    assert made.fault() == UnreachableError.code
