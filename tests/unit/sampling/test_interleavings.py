"""Interleavings of a sweep with what an operator, a restore or another process does meanwhile."""

from uuid import uuid4

import pytest

from synchronizer.cli.purge import purge
from synchronizer.model.errors import IncompleteSweepError, RequestError
from synchronizer.store import open_store
from synchronizer.store.epoch import name_anew
from synchronizer.testing.backups import Backup
from synchronizer.testing.toy import Pebble, Thing
from synchronizer.testing.unfixed import ConcludesRegardless


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.sqlite"


@pytest.fixture
def store(path):
    store = open_store(f"sqlite:///{path}")
    yield store
    store.close()


def once(*steps):
    """Run one step a call, then nothing."""
    left = list(steps)
    return lambda: left.pop(0)() if left else None


def nothing():
    pass


class Interrupted:
    """A store in which something happens just before the first commits; all else is the store's."""

    def __init__(self, store, *steps):
        self._store, self._step = store, once(*steps)

    def __getattr__(self, name):
        return getattr(self._store, name)

    def commit(self, *given, **more):
        self._step()
        return self._store.commit(*given, **more)


def claimed(rig):
    """Return when the last sweep began that claims to have left nothing out."""
    return rig.freshness().sampled_at


def test_a_sweep_over_which_the_store_went_back_claims_nothing(rig, path):
    rig = rig(Thing)
    rig.cloud.create("old")
    assert rig.attempt() is None
    backup, before = Backup(path), claimed(rig)
    rig.cloud.create("new")
    # The listing's second page is empty; behind the first the store goes back.
    rig.cloud.during = once(nothing, backup.restore)
    rig.attempt()
    assert set(rig.held()) == {"old"}
    assert claimed(rig) == before
    rig.attempt()
    assert set(rig.held()) == {"old", "new"}


def test_a_sweep_over_which_its_collection_was_purged_claims_nothing(rig):
    rig = rig(Thing)
    rig.cloud.create("t1")
    assert rig.attempt() is None
    rig.cloud.during = once(nothing, lambda: purge(rig.store, rig.freshness()))
    rig.attempt()
    assert rig.held() == {}
    assert claimed(rig) is None
    rig.attempt()
    assert set(rig.held()) == {"t1"}


def over_a_restore(rig, path):
    rig.cloud.create("old")
    assert rig.attempt() is None
    backup, before = Backup(path), claimed(rig)
    rig.cloud.create("new")
    rig.cloud.during = once(nothing, backup.restore)
    rig.attempt()
    return claimed(rig) == before


def over_a_purge(rig, _path):
    rig.cloud.create("t1")
    assert rig.attempt() is None
    rig.cloud.during = once(nothing, lambda: purge(rig.store, rig.freshness()))
    rig.attempt()
    return claimed(rig) is None


def over_a_later_sweep(rig, _path):
    rig.cloud.create("t1")
    assert rig.attempt() is None
    other, claims = rig.another(), []

    def meanwhile():
        rig.attempt(sampler=other)
        claims.append(claimed(rig))

    rig.cloud.during = once(nothing, meanwhile)
    rig.attempt()
    return claims == [claimed(rig)]


@pytest.mark.parametrize("over", [over_a_restore, over_a_purge, over_a_later_sweep])
def test_without_the_rule_each_would_claim_too_much(rig, path, over):
    assert not over(rig(Thing, sampling=ConcludesRegardless), path)


@pytest.mark.parametrize("over", [over_a_restore, over_a_purge, over_a_later_sweep])
def test_with_the_rule_none_does(rig, path, over):
    assert over(rig(Thing), path)


def test_what_was_committed_while_it_was_purged_is_purged_too(rig):
    rig = rig(Thing)
    rig.cloud.create("t1")
    rig.cloud.create("t2")
    assert rig.attempt() is None

    def meanwhile():
        rig.cloud.update("t1")
        rig.cloud.create("t3")
        rig.sampler.read(["t1", "t3"])

    assert purge(Interrupted(rig.store, meanwhile), rig.freshness()) == 3
    assert rig.held() == {}


def test_what_is_sampled_all_the_time_is_not_purged_by_halves(rig):
    """Its scope stays, so that whoever samples it deletes under no other."""
    rig = rig(Thing)
    rig.cloud.create("t1")
    assert rig.attempt() is None

    def meanwhile():
        rig.cloud.update("t1")
        rig.sampler.read(["t1"])

    with pytest.raises(RequestError, match="brings them back"):
        purge(Interrupted(rig.store, *[meanwhile] * 9), rig.freshness())
    assert rig.freshness().scope is not None


def test_a_sweep_that_ends_behind_a_later_one_takes_back_nothing_that_it_claimed(rig):
    rig = rig(Thing)
    rig.cloud.create("t1")
    assert rig.attempt() is None
    other, claims = rig.another(), []

    def meanwhile():
        assert rig.attempt(sampler=other) is None
        claims.append(claimed(rig))

    rig.cloud.during = once(nothing, meanwhile)
    assert rig.attempt() is None
    assert claims == [claimed(rig)]


def test_a_sweep_that_is_wanted_while_one_runs_comes_after_it(rig):
    """A read finds the only entity gone, and nothing that could vouch for it."""
    rig = rig(Thing)
    rig.cloud.create("t1")
    assert rig.attempt() is None

    def meanwhile():
        del rig.cloud.alive["t1"]
        rig.sampler.read(["t1"])
        assert rig.sampler.hurry

    rig.cloud.during = once(meanwhile)
    assert rig.attempt() is None
    assert set(rig.held()) == {"t1"}
    assert rig.sampler.hurry


def test_a_sweep_over_which_history_was_compacted_is_as_good_as_any(rig):
    rig = rig(Thing)
    rig.cloud.create("t1")
    assert rig.attempt() is None
    other = rig.another()

    def meanwhile():
        rig.cloud.update("t1")
        other.read(["t1"])
        assert rig.store.compact(0.0) == 1

    rig.cloud.during = once(nothing, meanwhile)
    before = claimed(rig)
    assert rig.attempt() is None
    assert claimed(rig) > before


def test_a_sweep_over_which_the_log_was_named_anew_is_made_again(rig):
    """The sampler cannot tell the new name of a log from another log."""
    rig = rig(Thing)
    rig.cloud.create("t1")
    assert rig.attempt() is None
    rig.cloud.during = once(nothing, lambda: name_anew(rig.store._database))
    assert rig.attempt() is IncompleteSweepError
    assert rig.attempt() is None
    assert rig.fault() is None
    assert rig.ops() == [("create", "t1")]


@pytest.fixture
def fresh(rig):
    """A type that was swept once: what that found was not known before it."""
    made = rig(Thing)
    made.stays = made.cloud.create(str(uuid4()))
    assert made.attempt() is None
    return made


def test_what_was_known_before_an_entity_came_may_vouch_when_it_goes(fresh):
    """Else whatever came and went soon after a start would be held for want of a control."""
    came = fresh.cloud.create(str(uuid4()))
    fresh.sampler.read([came])
    del fresh.cloud.alive[came]
    fresh.sampler.read([came])
    assert set(fresh.held()) == {fresh.stays}


def test_what_came_after_it_was_last_seen_may_not(fresh):
    """A service that lost what it had registers itself anew."""
    came = fresh.cloud.create(str(uuid4()))
    fresh.sampler.read([came])
    before = set(fresh.held())
    fresh.cloud.alive.clear()
    anew = fresh.cloud.create(str(uuid4()))
    fresh.sampler.read([anew])
    for id_ in before:
        fresh.sampler.read([id_])
    assert set(fresh.held()) == {*before, anew}


def test_what_was_told_late_says_nothing_of_what_was_known_then(rig):
    """The entity was gone by then, and what is there now has come since."""
    made = rig(Pebble)
    made.cloud.create("first")
    gone = made.cloud.create(str(uuid4()))
    for _ in range(2):
        assert made.attempt() is None
    late = dict(made.cloud.alive[gone], version=made.cloud.version + 1)
    made.cloud.alive.clear()
    anew = made.cloud.create(str(uuid4()))
    made.sampler.read([anew])
    made.sampler.read([gone], {gone: late})
    assert made.held()[gone]["version"] == late["version"]
    made.sampler.read([gone])
    assert gone in made.held()
