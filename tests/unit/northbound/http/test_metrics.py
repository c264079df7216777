"""What a scrape says of the sinks that the log is handed on to."""

import pytest

from synchronizer.northbound.http.app import build
from synchronizer.store import open_store
from synchronizer.store.contract import Held, Sink
from synchronizer.testing.writing import SERVERS, declare, write


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    declare(store)
    yield store
    store.close()


@pytest.fixture
def scraped(store):
    registry = build(store).state.north.registry

    def value(name, **labels):
        return registry.get_sample_value(name, labels)

    return value


def test_a_log_that_is_handed_on_to_nobody_has_no_such_sample(scraped):
    assert scraped("synchronizer_revision") == 0.0
    assert scraped("synchronizer_sink_revision", sink="bus") is None


def test_each_sink_says_how_far_it_has_come(store, scraped):
    write(store, {"1": {"n": 1}})
    sink = Sink("bus", 1, {"nova.server": 1}, "somebody", 0)
    assert store.move(None, sink)
    assert store.move(None, Sink("other", 0, {}, "somebody else", 0))
    write(store, {"1": {"n": 2}})
    assert scraped("synchronizer_sink_revision", sink="bus") == 1.0
    assert scraped("synchronizer_sink_revision", sink="other") == 0.0
    assert scraped("synchronizer_revision") - scraped("synchronizer_sink_revision", sink="bus") == 1
    assert store.move(sink, sink._replace(revision=2, beat=1))
    assert scraped("synchronizer_sink_revision", sink="bus") == 2.0


def test_no_sink_is_ahead_of_the_revision_of_its_scrape(store, scraped, monkeypatch):
    """Whatever is committed and handed on between two reads of one scrape."""
    sink = Sink("bus", 0, {}, "somebody", 0)
    assert store.move(None, sink)
    read = store.sinks

    def sinks():
        found = read()
        revision = write(store, {"1": {"n": 1}})
        assert store.move(sink, sink._replace(revision=revision, beat=1))
        return found

    monkeypatch.setattr(store, "sinks", sinks)
    registry = build(store).state.north.registry
    families = {each.name: each for each in registry.collect()}
    (said,) = families["synchronizer_sink_revision"].samples
    assert said.value <= families["synchronizer_revision"].samples[0].value


def test_held_deletes_are_counted(store, scraped):
    place = {"cloud": SERVERS.cloud, "region": SERVERS.region, "type": SERVERS.type}
    assert scraped("synchronizer_held_deletes", **place) is None
    store.hold(SERVERS, Held(collection=SERVERS, ids=("a", "b"), since=0.0, revision=0))
    assert scraped("synchronizer_held_deletes", **place) == 2.0
