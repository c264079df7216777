"""What clocks broke once: it is kept now, and broken when its rule is taken out."""

from math import inf

import pytest

from synchronizer.model.errors import BeforeLogError
from synchronizer.store import SqlStore, freshness, timestamps
from synchronizer.store.freshness import Freshness
from synchronizer.store.queries import Queries
from synchronizer.store.timestamps import Stamp
from synchronizer.testing.store import SERVERS, upsert

DAY = 86400.0
START = 1_800_000_000.0


class Clock:
    def __init__(self):
        self.time = START

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


def put(store, clock, at, value):
    clock.time = START + at
    head = store.head().revision
    store.commit(SERVERS, head, [upsert("a", v=value)], sampled_at=clock.time)


def a_time_names_one_place(store, clock):
    for at in (100, 200, -3600, 300):
        put(store, clock, at, at)
    return store.revision_at(START + 150) == 1


def history_outlives_a_clock_that_is_a_day_ahead(store, clock):
    for at in (1, 2, 3):
        put(store, clock, at, at)
    clock.time = START + 2 * DAY
    store.compact(DAY)
    return store.head().oldest == 0


def history_ends_though_a_clock_was_years_ahead(store, clock):
    put(store, clock, 3650 * DAY, 0)
    for hour in range(30):
        put(store, clock, hour * 3600, hour)
    store.compact(DAY)
    return store.head().oldest > 0


def before_the_log_is_gone(store, clock):
    put(store, clock, 10, 1)
    try:
        return store.revision_at(START - 1) is None
    except BeforeLogError:
        return True


def an_age_does_not_hide(store, clock):
    put(store, clock, 10, 1)
    store.note(SERVERS, sampled_at=clock.time)
    clock.time -= 3600
    (known,) = store.collections()
    return known.state(clock.time) == "stale"


def part_of_a_sweep_is_not_complete(store, clock):
    put(store, clock, 10, 1)
    put(store, clock, 20, 2)
    store.note(SERVERS, sampled_at=clock.time)
    (known,) = store.collections()
    return [known.status(at, clock.time).complete for at in (1, 2)] == [False, True]


def trusting(before, now):
    return Stamp(now, now, now)


def waiting(before, now):
    """As it is, without the way out after a clock that ran ahead."""
    if before is None:
        return Stamp(now, now, 0.0)
    passed = min(max(0.0, now - before.committed_at), timestamps.GAP)
    return Stamp(max(now, before.committed_at), now, before.elapsed + passed)


def to_zero(reading, when):
    try:
        return REVISION_AT(reading, when)
    except BeforeLogError:
        return 0


REVISION_AT = Queries.revision_at

RULES = [
    (a_time_names_one_place, (timestamps, "stamped", trusting)),
    (history_outlives_a_clock_that_is_a_day_ahead, (timestamps, "GAP", inf)),
    (history_ends_though_a_clock_was_years_ahead, (timestamps, "stamped", waiting)),
    (before_the_log_is_gone, (Queries, "revision_at", to_zero)),
    (an_age_does_not_hide, (freshness, "SKEW", inf)),
    (
        part_of_a_sweep_is_not_complete,
        (Freshness, "complete", lambda known, at: known.complete_at is not None),
    ),
]


@pytest.mark.parametrize(("kept", "rule"), RULES, ids=[kept.__name__ for kept, _ in RULES])
def test_it_is_kept(store, clock, kept, rule):
    assert kept(store, clock)


@pytest.mark.parametrize(("kept", "rule"), RULES, ids=[kept.__name__ for kept, _ in RULES])
def test_it_is_broken_without_its_rule(store, clock, monkeypatch, kept, rule):
    monkeypatch.setattr(*rule)
    assert not kept(store, clock)
