"""What is forgotten, and what is not."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchronizer.model.errors import BeforeLogError
from synchronizer.store import SqlStore
from synchronizer.store.freshness import Freshness
from synchronizer.store.timestamps import GAP, stamped
from synchronizer.testing.store import SERVERS, gone, state, upsert


class Clock:
    """Time that stands still until told."""

    def __init__(self):
        self.time = 1000.0

    def now(self):
        return self.time

    def monotonic(self):
        return self.time


DAY = 86400.0


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


def test_a_time_before_the_log_or_its_history_is_gone(store, clock):
    put(store, clock, upsert("a", v=1))
    put(store, clock, upsert("a", v=2))
    assert store.revision_at(1015.0) == 1
    assert store.revision_at(1005.0) == 0  # the log was there, and empty
    with pytest.raises(BeforeLogError, match="goes back to 1970-01-01T00:16:40"):
        store.revision_at(999.0)
    store.compact(history=0)
    with pytest.raises(BeforeLogError, match="goes back to 1970-01-01T00:17:00"):
        store.revision_at(1015.0)


def test_revisions_go_on_after_everything_was_forgotten(store, clock):
    put(store, clock, upsert("a"))
    put(store, clock, gone("a"))
    clock.time += 100
    store.compact(history=0)
    assert put(store, clock, upsert("a")) == 3


def test_commit_times_do_not_go_back_with_the_clock(store, clock):
    put(store, clock, upsert("a", v=1))  # at 1010
    clock.time = 500.0
    put(store, clock, upsert("a", v=2))  # at 510, it says
    clock.time = 1090.0
    put(store, clock, upsert("a", v=3))  # at 1100
    assert [store.revision_at(when) for when in (1009.0, 1050.0, 1100.0)] == [0, 2, 3]


def test_a_clock_that_runs_ahead_once_does_not_forget_the_history(store, clock):
    for number in range(5):
        put(store, clock, upsert("a", v=number))
    right = clock.time
    clock.time = right + 3650 * DAY
    assert store.compact(history=DAY) == 0  # wrong while nothing is committed
    put(store, clock, upsert("a", v="wrong"))
    assert store.compact(history=DAY) == 0  # wrong when something is
    clock.time = right
    put(store, clock, upsert("a", v="right"))
    assert store.compact(history=DAY) == 0
    assert store.head().oldest == 0
    for _ in range(49):  # a day of half hours later it is forgotten, long before that clock
        clock.time += 1800
        put(store, clock, upsert("a", v=clock.time))
    store.compact(history=DAY)
    assert store.head().oldest > 6


def test_two_processes_whose_clocks_differ_forget_as_late_as_one(store, clock):
    start = clock.time
    for minute in range(120):
        clock.time = start + minute * 60 + (7200 if minute % 2 else 0)
        put(store, clock, upsert("a", v=minute))
    assert store.compact(history=DAY) == 0
    assert store.compact(history=60 * 60) < 120


@given(st.lists(st.integers(0, 10**10), min_size=1))
def test_whatever_clocks_say_stamps_go_up_and_no_gap_counts_for_more(readings):
    stamps = [stamped(None, readings[0])]
    for each in readings[1:]:
        stamps.append(stamped(stamps[-1], each))
    for before, after in pairwise(stamps):
        assert after.committed_at >= before.committed_at
        assert 0 <= after.elapsed - before.elapsed <= GAP
        if after.clock >= before.committed_at:
            assert after.committed_at == after.clock


def test_an_age_does_not_hide_behind_a_clock_that_was_set_back():
    known = Freshness(collection=SERVERS, sampled_at=10_000.0, stale_after=600.0)
    assert (known.age(10_001.0), known.state(10_001.0)) == (1.0, "current")
    assert (known.age(9_990.0), known.state(9_990.0)) == (0.0, "current")  # clocks differ
    assert (known.age(6_400.0), known.state(6_400.0)) == (None, "stale")
