"""Two releases on one store: the newer counts, nothing is told of it, and the older stands back."""

import msgspec
import pytest

from synchronizer.model.errors import OlderDeclarationError
from synchronizer.plugins.plugin import Paging
from synchronizer.sampling.sampler import Sampler
from synchronizer.testing.toy import Thing


class Old(Thing):
    """A thing as the older release declares it."""

    plugin = "toy"
    release = "1.0"


class New(Old):
    """The same type in the newer release: progress is no state any more."""

    release = "1.1"
    volatile = ("heartbeat", "progress")


@pytest.fixture
def made(rig):
    made = rig(Old)
    for number in range(8):
        made.cloud.create(f"t{number}")
        made.cloud.alive[f"t{number}"]["progress"] = number
    assert made.attempt() is None
    return made


def sampler_of(made, kind):
    return Sampler(made.collection, kind(), made.cloud, made.setup)


def test_a_newer_release_tells_of_nothing(made):
    newer = sampler_of(made, New)
    before = made.store.head()
    assert made.attempt(sampler=newer) is None
    assert made.store.head() == before
    assert made.store.check() == []
    made.cloud.alive["t1"]["progress"] = 99
    assert made.attempt(sampler=newer) is None
    assert made.store.head() == before
    made.cloud.update("t1")
    assert made.attempt(sampler=newer) is None
    assert made.ops()[8:] == [("update", "t1")]


@pytest.mark.parametrize("kind", ["sweep", "poll", "read"])
def test_an_older_one_stands_back(made, kind):
    assert made.attempt(sampler=sampler_of(made, New)) is None
    made.cloud.update("t1")
    with pytest.raises(OlderDeclarationError, match=r"1\.1 declares .* this one, 1\.0"):
        made.sampler.read(["t1"]) if kind == "read" else getattr(made.sampler, kind)()
    assert len(made.ops()) == 8


def test_what_an_older_one_had_under_way_is_refused(made):
    newer = sampler_of(made, New)
    made.cloud.update("t1")
    made.cloud.during = newer.begun
    with pytest.raises(OlderDeclarationError):
        made.sampler.sweep()
    assert len(made.ops()) == 8


def test_an_older_one_goes_on_when_the_newer_has_left(made):
    newer = sampler_of(made, New)
    assert made.attempt(sampler=newer) is None
    before = made.store.head()
    made.clock.time += made.freshness().stale_after
    assert made.attempt() is None
    assert made.store.head() == before
    made.cloud.alive["t1"]["progress"] = 99
    assert made.attempt() is None
    assert made.ops()[8:] == [("update", "t1")]
    # And the newer, when it is back.
    assert made.attempt(sampler=newer) is None
    made.cloud.alive["t1"]["progress"] = 100
    assert made.attempt(sampler=newer) is None
    assert len(made.ops()) == 9
    assert made.store.check() == []


def test_two_newer_ones_agree(made):
    one, other = sampler_of(made, New), sampler_of(made, New)
    for sampler in (one, other, one, other):
        assert made.attempt(sampler=sampler) is None
    assert len(made.ops()) == 8


def test_in_one_release_the_one_that_started_later_counts(made):
    class Edited(New):
        release = Old.release

    edited = sampler_of(made, Edited)
    assert made.attempt(sampler=edited) is None
    assert made.attempt() is OlderDeclarationError
    assert made.attempt(sampler=edited) is None
    assert len(made.ops()) == 8


@pytest.mark.parametrize("of", [{"secret": ("password", "progress")}, {"measured": ("progress",)}])
def test_what_is_not_shown_any_more_is_not_kept(made, of):
    """A secret, or a measurement: the bodies themselves are others, which is told once."""
    other = sampler_of(made, type("Other", (New,), of))
    for _ in range(2):
        assert made.attempt(sampler=other) is None
        assert {body.get("progress") for body in made.held().values()} in ({"***"}, {None})
        assert len(made.ops()) == 16


def test_a_store_of_before_is_taken_as_it_is(made):
    with made.store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE collection SET declaration = NULL")
    before = made.store.head()
    assert made.attempt(sampler=made.another()) is None
    assert made.store.head() == before
    assert made.store.adopted(made.collection).declaration == made.resource.declaration


DIFFERENT = {
    "volatile": ("heartbeat", "more"),
    "ordered": ("tags",),
    "secret": (),
    "only_single": ("more",),
    "measured": ("more",),
    "microversion": ("2.1", "2.90"),
    "query": {"all_tenants": "1"},
    "id": ("id", "more"),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_makes_a_state_makes_another_declaration(name):
    other = type("Other", (Old,), {name: DIFFERENT[name]})
    assert other().declaration != Old().declaration


@pytest.mark.parametrize("more", [{"limit": 5}, {"paging": Paging.OFFSET}, {"sweep": 60.0}])
def test_how_it_is_looked_at_does_not(more):
    other = type("Other", (Old,), more)
    assert other().declaration == Old().declaration
    assert type("Other", (Old,), {"release": "9"})().declaration.release == "9"
    assert other().declaration.fingerprint == Old().declaration.fingerprint


def test_a_shape_by_code_is_another_one_in_each_release():
    def shape(self, item, parent=None):
        return super(Old, self).shape(item, parent)

    first, second = (type("Other", (Old,), {"shape": shape, "release": r}) for r in ("1", "2"))
    assert first().declaration.fingerprint != second().declaration.fingerprint


def test_the_order_of_volatile_fields_is_none():
    one, other = (type("Other", (Old,), {"volatile": order}) for order in (("a", "b"), ("b", "a")))
    assert one().declaration == other().declaration
    assert msgspec.json.encode(one().declaration)
