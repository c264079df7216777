"""What is forgotten, and what is not."""

import pytest

from synchronizer.model.errors import RevisionCompactedError
from synchronizer.store import SqlStore
from synchronizer.testing.store import SERVERS, gone, state, upsert


class Clock:
    """Time that stands still until told."""

    def __init__(self):
        self.time = 1000.0

    def now(self):
        return self.time

    def monotonic(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    store = SqlStore(f"sqlite:///{tmp_path}/store.sqlite", clock=clock)
    store.declare(SERVERS, stale_after=60)
    yield store
    store.close()


def put(store, clock, *candidates):
    clock.time += 10
    return store.commit(SERVERS, store.head().revision, candidates, sampled_at=clock.time).revision


def test_only_what_is_older_than_the_history_goes(store, clock):
    put(store, clock, upsert("a", v=1))  # at 1010
    put(store, clock, upsert("a", v=2))  # at 1020
    put(store, clock, upsert("a", v=3))  # at 1030
    assert store.compact(history=5) == 1  # at 1025: the version superseded at 1020
    assert store.head().oldest == 2
    assert [r.revision for r in store.history(SERVERS, "a")] == [2, 3]


def test_what_lives_is_never_forgotten(store, clock):
    put(store, clock, upsert("a"))
    clock.time += 10**6
    assert store.compact(history=0) == 0
    assert list(state(store, 1, [SERVERS])) == [(SERVERS, "a")]


def test_a_tombstone_is_kept_as_long_as_the_history(store, clock):
    put(store, clock, upsert("a"))
    put(store, clock, gone("a"))
    assert store.compact(history=5) == 0
    assert [r.op for r in store.history(SERVERS, "a")] == ["create", "delete"]
    clock.time += 100
    assert store.compact(history=5) == 2
    assert store.history(SERVERS, "a") == []


def test_a_time_before_the_history_is_gone(store, clock):
    put(store, clock, upsert("a", v=1))
    put(store, clock, upsert("a", v=2))
    assert store.revision_at(1015.0) == 1
    assert store.revision_at(5.0) == 0
    store.compact(history=0)
    with pytest.raises(RevisionCompactedError):
        store.revision_at(1015.0)


def test_revisions_go_on_after_everything_was_forgotten(store, clock):
    put(store, clock, upsert("a"))
    put(store, clock, gone("a"))
    clock.time += 100
    store.compact(history=0)
    assert put(store, clock, upsert("a")) == 3
