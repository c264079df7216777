"""A store that goes back under running samplers: they notice, and begin anew from what it holds."""

import pytest

from synchronizer.model.change import Candidate
from synchronizer.model.essence import canonical, digest
from synchronizer.store import open_store
from synchronizer.testing.backups import Backup
from synchronizer.testing.toy import Grain, Pebble, Thing
from synchronizer.testing.undigested import Undigested


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.sqlite"


@pytest.fixture
def store(path):
    store = open_store(f"sqlite:///{path}")
    yield store
    store.close()


def sweeps_of_a_store_that_goes_back(rig, path, after):
    """Sweep, go back under the sampler, sweep again; return whether the log is the cloud."""
    other = rig.another()
    for number in range(7):
        rig.cloud.create(f"t{number}")
    assert rig.attempt() is None
    backup = Backup(path)
    rig.cloud.update("t1")
    assert rig.attempt() is None
    rig.cloud.create("new")
    rig.cloud.delete("t2")
    for _ in range(2):
        assert rig.attempt() is None
    known = rig.sampler.baseline.revision
    backup.restore()
    assert rig.store.head().revision < known
    for number in range(after):
        # Another process goes on from there, as often as the log had gone on.
        rig.cloud.create(f"x{number}")
        other.read([f"x{number}"])
    for _ in range(2):
        rig.attempt()
    return {id_: body["version"] for id_, body in rig.held().items()} == {
        id_: row["version"] for id_, row in rig.cloud.alive.items()
    }


@pytest.mark.parametrize("kind", [Thing, Grain, Pebble])
@pytest.mark.parametrize("after", [0, 1, 5], ids=["behind", "level", "beyond"])
def test_after_the_store_went_back_a_sweep_brings_what_the_cloud_is(rig, path, kind, after):
    """Wherever the log's new end is, compared with the revision that the sampler knew."""
    rig = rig(kind)
    assert sweeps_of_a_store_that_goes_back(rig, path, after)
    assert rig.fault() is None
    assert rig.store.check() == []


@pytest.mark.parametrize("after", [0, 1, 5], ids=["behind", "level", "beyond"])
def test_without_digests_it_would_never_be_what_the_cloud_is(rig, path, after):
    rig = rig(Grain)
    rig.setup = rig.setup._replace(store=Undigested(rig.store))
    rig.sampler = rig.another()
    assert not sweeps_of_a_store_that_goes_back(rig, path, after)


def test_what_was_asked_for_before_the_store_went_back_is_refused(rig, path):
    """Nobody can say what else was committed after that ticket, now or in the log that is gone."""
    rig = rig()
    rig.cloud.create("a")
    rig.attempt()
    backup = Backup(path)
    rig.cloud.create("b")
    rig.attempt()
    rig.cloud.create("c")

    ticket = rig.sampler.ticket()
    backup.restore()
    rig.cloud.create("d")
    rig.another().read(["d"])
    assert rig.store.head().revision == ticket.revision
    body = rig.cloud.alive["c"]
    told = Candidate(id="c", digest=digest(body), body=canonical(body))
    assert rig.sampler.commit(ticket, [told]) == ("c",)
    rig.attempt()
    assert set(rig.held()) == {"a", "b", "c", "d"}


def test_a_collection_that_another_has_the_number_of_has_a_declaration_of_its_own(rig, path):
    backup = Backup(path)
    first = rig(Thing)
    assert first.attempt() is None
    backup.restore()
    second = rig(Grain)
    assert second.attempt() is None
    assert second.sampler.begun() == 2
    assert first.store.begun(first.collection) == 0
    assert first.store.adopted(first.collection) is None
    assert second.store.adopted(second.collection).declaration == second.resource.declaration


def test_a_collection_that_another_has_the_number_of_gets_nothing_of_ours(rig, path):
    """It was declared in the part of the log that is gone, and so was none of the two since."""
    backup = Backup(path)
    first = rig(Thing)
    first.cloud.create("thing")
    first.attempt()
    backup.restore()
    second = rig(Grain)
    second.cloud.create("grain")
    second.attempt()
    first.store.declare(first.collection, stale_after=60)
    for each in (first, second, first, second):
        each.attempt()
    assert (set(first.held()), set(second.held())) == ({"thing"}, {"grain"})
