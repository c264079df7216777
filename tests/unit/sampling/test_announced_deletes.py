"""A service's word that it deleted an entity: it may be late, and is no witness of its own."""

from uuid import UUID

import pytest
from tests.unit.sampling.conftest import Clock

from synchronizer.sampling.announced_deletes import _MOST, REMEMBERED, AnnouncedDeletes
from synchronizer.store.staleness import LAG
from synchronizer.testing.toy import Pebble, Thing

UNIQUE = "0b2f5c1e-7d3a-4c55-9a3e-2f6f0c9d8e71"


@pytest.fixture(params=[Pebble, Thing])
def made(rig, request):
    """Two entities that are read in bulk or one by one, and no others."""
    made = rig(request.param)
    made.store._clock = made.clock
    made.cloud.create("t0")
    made.cloud.create("t1")
    made.sampler.sweep()
    made.clock.time += 60
    return made


def ops(made):
    return made.ops()[2:]


def silence(made):
    """Let the service answer as if it had nothing."""
    made.cloud.alive = {}


def young(made, id_):
    """Create an entity that a replica which lags may not know yet."""
    made.cloud.create(id_)
    made.sampler.sweep()


def test_an_id_that_is_used_again_outlives_a_late_farewell_while_its_service_is_silent(made):
    made.cloud.delete("t1")
    made.cloud.create("t1")
    made.sampler.sweep()
    made.clock.time += 60
    alive = made.cloud.alive
    before = made.held()
    silence(made)
    for each in ("t0", "t1"):
        made.sampler.farewells.tell([each])
        made.sampler.read([each])
    assert made.held() == before
    assert made.sampler.hurry, "a sweep decides"
    made.cloud.alive = alive
    made.sampler.sweep()
    assert made.held() == before


def test_a_control_may_have_answered_when_the_service_was_back(made):
    alive = dict(made.cloud.alive)
    silence(made)

    def back():
        made.cloud.alive = alive

    made.cloud.during = back
    made.sampler.farewells.tell(["t1"])
    made.sampler.read(["t1"])
    assert ops(made) == []


def test_what_was_told_to_be_deleted_is_not_too_young_to_be_gone(made):
    young(made, UNIQUE)
    made.cloud.delete(UNIQUE)
    made.sampler.farewells.tell([UNIQUE])
    made.sampler.read([UNIQUE])
    assert made.ops()[-1] == ("delete", UNIQUE)


def test_a_name_may_be_used_again_by_the_time_that_its_deletion_is_told(made):
    """The word is of the one before it, and a replica does not know the new one yet."""
    young(made, "name")
    made.sampler.farewells.tell(["name"])
    alive = made.cloud.alive.pop("name")
    made.sampler.read(["name"])
    assert made.ops()[-1] == ("create", "name")
    made.cloud.alive["name"] = alive
    made.clock.time += LAG
    made.sampler.read(made.sampler.doubts.take(made.clock.time).ids)
    assert made.ops()[-1] == ("create", "name")


def test_what_was_seen_since_it_was_told_is(made):
    made.sampler.farewells.tell([UNIQUE])
    made.clock.time += 1
    young(made, UNIQUE)
    made.cloud.delete(UNIQUE)
    made.sampler.read([UNIQUE])
    assert made.ops()[-1] == ("create", UNIQUE)
    made.clock.time += LAG
    made.sampler.read(made.sampler.doubts.take(made.clock.time).ids)
    assert made.ops()[-1] == ("delete", UNIQUE)


def test_an_old_word_does_not_count(made):
    made.sampler.farewells.tell([UNIQUE])
    made.clock.time += REMEMBERED
    assert made.sampler.farewells.among([UNIQUE]) == set()


def test_no_more_than_so_many_are_remembered():
    farewells = AnnouncedDeletes(Clock())
    ids = [str(UUID(int=number)) for number in range(_MOST + 2)]
    farewells.tell(ids)
    assert farewells.among([*ids[:3], ids[-1]]) == {ids[2], ids[-1]}
