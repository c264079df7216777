"""What is due when, over a clock of our own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synchronizer.model.entity import Collection
from synchronizer.sampling.schedule import Job, Schedule

light = settings(max_examples=50, deadline=None)
SWEEP, POLL, ALL = frozenset({"sweep"}), frozenset({"poll"}), frozenset({"sweep", "poll", "read"})


def job(name, kind="sweep"):
    return Job(Collection("c", "r", name), kind)


A, B, P = job("a"), job("b"), job("a", "poll")


def test_nothing_is_due_before_its_time():
    schedule = Schedule()
    schedule.add(A, 600, first=10)
    assert schedule.take(9.9, ALL) is None
    assert schedule.next_due(ALL) == 10
    assert schedule.take(10, ALL) == A


def test_a_job_runs_once_at_a_time():
    schedule = Schedule()
    schedule.add(A, 600, first=0)
    assert schedule.take(0, ALL) == A
    assert schedule.take(10_000, ALL) is None
    assert schedule.next_due(ALL) is None


def test_those_who_work_for_some_collections_leave_the_others_alone():
    schedule = Schedule()
    schedule.add(A, 600, first=0)
    schedule.add(B, 600, first=5)

    def only_b(collection):
        return collection == B.collection

    assert schedule.take(1, ALL, only_b) is None
    assert schedule.next_due(ALL, only_b) == 5
    assert schedule.take(5, ALL, only_b) == B
    assert schedule.take(5, ALL) == A


def test_the_longest_due_goes_first_and_equals_in_their_order():
    schedule = Schedule()
    schedule.add(A, 600, first=5)
    schedule.add(B, 600, first=5)
    schedule.add(P, 15, first=3)
    assert [schedule.take(9, ALL) for _ in range(3)] == [P, A, B]


def test_a_lane_takes_only_its_kinds():
    schedule = Schedule()
    schedule.add(A, 600, first=0)
    schedule.add(P, 15, first=1)
    assert schedule.take(5, POLL) == P
    assert schedule.next_due(POLL) is None
    assert schedule.take(5, SWEEP) == A


@light
@given(st.integers(0, 10**6), st.floats(1, 10_000), st.floats(0, 10**6))
def test_a_good_run_is_followed_by_the_interval_or_a_tenth_less(seed, interval, now):
    schedule = Schedule(seed)
    schedule.add(A, interval, first=now)
    schedule.take(now, ALL)
    schedule.done(A, now, failed=False)
    wait = schedule.next_due(ALL) - now
    assert 0.899 * interval <= wait <= 1.001 * interval


def test_a_poll_is_given_a_tenth_of_the_time_but_one_slow_answer_is_no_slow_service():
    schedule = Schedule()
    schedule.add(P, 15, first=0)
    waits, now = [], 0.0
    for took in (7, 0.2, 7, 7, 0.2):
        now = schedule.next_due(ALL)
        schedule.take(now, ALL)
        schedule.done(P, now, failed=False, took=took)
        waits.append(schedule.next_due(ALL) - now)
    assert [wait > 15 for wait in waits] == [False, False, False, True, False]
    assert waits[3] == pytest.approx(63)


def test_jitter_spreads_what_began_together():
    schedule = Schedule(1)
    jobs = [job(str(number)) for number in range(20)]
    for each in jobs:
        schedule.add(each, 100, first=0)
        schedule.take(0, ALL)
        schedule.done(each, 0, failed=False)
    dues = {round(line.due, 6) for line in schedule._lines.values()}
    assert len(dues) == 20


def test_failures_come_again_sooner_and_then_ever_later():
    schedule = Schedule()
    schedule.add(A, 60, first=0)
    waits = []
    now = 0.0
    for _ in range(40):
        assert schedule.take(now, ALL) == A
        schedule.done(A, now, failed=True)
        waits.append(schedule.next_due(ALL) - now)
        now = schedule.next_due(ALL)
    assert waits[:6] == [2, 4, 8, 16, 32, 60]
    assert set(waits[6:]) == {60}


def test_a_success_forgets_the_failures():
    schedule = Schedule()
    schedule.add(A, 60, first=0)
    for failed in (True, True, False, True):
        now = schedule.next_due(ALL)
        schedule.take(now, ALL)
        schedule.done(A, now, failed=failed)
    assert schedule.next_due(ALL) - now == pytest.approx(2)


def test_hastening_brings_forward_and_never_puts_off():
    schedule = Schedule()
    schedule.add(A, 600, first=100)
    schedule.hasten(A, 50)
    assert schedule.next_due(ALL) == 50
    schedule.hasten(A, 70)
    assert schedule.next_due(ALL) == 50
    schedule.hasten(B, 1)
    assert schedule.next_due(ALL) == 50


def test_what_is_hastened_twice_while_it_runs_comes_at_the_earlier_of_the_two():
    schedule = Schedule()
    schedule.add(A, 600, first=0)
    schedule.take(0, ALL)
    schedule.hasten(A, 20)
    schedule.hasten(A, 40)
    schedule.done(A, 10, failed=False)
    assert schedule.next_due(ALL) == 20


def test_a_dropped_collection_is_never_due_again():
    schedule = Schedule()
    for each in (A, P, B):
        schedule.add(each, 1, first=0)
    assert schedule.take(0, SWEEP) == A
    schedule.drop(A.collection)
    schedule.done(A, 1, failed=False)
    assert schedule.take(100, ALL) == B
    assert schedule.take(100, ALL) is None


@light
@given(
    st.lists(st.floats(1, 50), min_size=1, max_size=5),
    st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=60),
)
def test_over_time_every_job_gets_its_turns(intervals, steps):
    """Whatever fails and however long a run takes, no job waits beyond its interval for long."""
    schedule = Schedule(7)
    jobs = [job(str(number)) for number in range(len(intervals))]
    for each, interval in zip(jobs, intervals, strict=True):
        schedule.add(each, interval, first=0)
    now, last = 0.0, dict.fromkeys(jobs, 0.0)
    for takes, failed in steps:
        taken = schedule.take(now, ALL)
        if taken is None:
            now = max(now, schedule.next_due(ALL))
            continue
        last[taken] = now
        now += takes
        schedule.done(taken, now, failed=failed)
    longest = max((takes for takes, _ in steps), default=0.0)
    slack = (len(jobs) + 1) * longest
    for each, interval in zip(jobs, intervals, strict=True):
        assert now - last[each] <= 1.05 * interval + slack + 1e-6
