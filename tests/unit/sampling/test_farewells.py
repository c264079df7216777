"""A service's word that it deleted an entity is a second witness, and never the only one."""

import pytest
from tests.unit.sampling.conftest import Clock

from synchronizer.sampling.farewells import _MOST, REMEMBERED, Farewells
from synchronizer.testing.toy import Pebble


@pytest.fixture
def made(rig):
    """Two entities that are read by a listing by id, and no others."""
    made = rig(Pebble)
    made.cloud.create("t0")
    made.cloud.create("t1")
    made.sampler.sweep()
    made.clock.time += 60
    return made


def ops(made):
    return made.ops()[2:]


def test_the_last_of_a_type_is_deleted_at_once_where_its_service_told_so(made):
    for id_ in ("t0", "t1"):
        made.cloud.delete(id_)
        made.sampler.farewells.tell([id_])
        made.sampler.read([id_])
    assert ops(made) == [("delete", "t0"), ("delete", "t1")]
    assert made.reasons()["t1"] == "no pebble is listed by its id"
    assert not made.sampler.hurry


def test_what_is_listed_lives_whatever_was_told(made):
    made.sampler.farewells.tell(["t0", "t1"])
    made.sampler.read(["t0", "t1"])
    assert ops(made) == []


def test_for_others_that_are_not_listed_either_it_is_no_witness(made):
    made.cloud.listing = lambda rows, query: []
    made.sampler.farewells.tell(["t0"])
    made.sampler.read(["t0", "t1"])
    assert ops(made) == [("delete", "t0")]
    assert made.sampler.hurry, "a sweep decides on the other"


def test_an_old_word_does_not_count(made):
    made.sampler.farewells.tell(["t0", "t1"])
    made.clock.time += REMEMBERED
    made.cloud.listing = lambda rows, query: []
    made.sampler.read(["t0", "t1"])
    assert ops(made) == []
    assert made.sampler.hurry


def test_no_more_than_so_many_are_remembered():
    farewells = Farewells(Clock())
    farewells.tell(map(str, range(_MOST + 2)))
    assert farewells.among(["0", "1", "2", str(_MOST + 1)]) == {"2", str(_MOST + 1)}
