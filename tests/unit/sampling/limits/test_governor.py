"""The governor: never faster, never more at a time, and slower when it hurts."""

import threading
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synchronizer.model.errors import SampleError, ThrottledError
from synchronizer.sampling.limits.folder import LimitsFolder
from synchronizer.sampling.limits.governor import Governor

light = settings(max_examples=60, deadline=None)


class Time:
    """A clock that moves only by sleeping on it."""

    def __init__(self):
        self.at = 1000.0
        self.slept = []
        self.anyone = threading.Event()  # sleeps

    def now(self):
        return self.at

    def monotonic(self):
        return self.at

    def sleep(self, seconds):
        assert seconds > 0
        self.slept.append(seconds)
        self.at += seconds
        self.anyone.set()


def governed(rate=20.0, in_flight=4):
    time = Time()
    return Governor(calls_per_second=rate, in_flight=in_flight, sleep=time.sleep, clock=time), time


def call(governor, *, service="s", status=200, seconds=0.01, size=1000, retry_after=None):
    with governor.gate(service) as turn:
        turn.done(seconds=seconds, size=size, status=status, retry_after=retry_after)


def test_calls_are_spaced_by_the_rate():
    governor, time = governed(rate=10)
    begun = []
    for _ in range(5):
        with governor.gate("s"):
            begun.append(time.at)
    assert begun == pytest.approx([1000.0, 1000.1, 1000.2, 1000.3, 1000.4])


def test_idle_time_is_not_saved_up():
    governor, time = governed(rate=10)
    call(governor)
    time.at += 100
    begun = []
    for _ in range(3):
        with governor.gate("s"):
            begun.append(round(time.at, 6))
    assert begun == [1100.0, 1100.1, 1100.2]


def test_services_do_not_wait_for_each_other():
    governor, time = governed(rate=1)
    for service in "abc":
        call(governor, service=service)
    assert time.slept == []


def test_many_threads_together_keep_the_rate():
    """Each thread's place in time is noted instead of slept for."""
    time = Time()
    places, lock = [], threading.Lock()

    def sleep(seconds):
        with lock:
            places.append(1000.0 + seconds)

    governor = Governor(calls_per_second=50, in_flight=64, sleep=sleep, clock=time)
    threads = [
        threading.Thread(target=lambda: [call(governor) for _ in range(20)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    places = [1000.0, *sorted(places)]
    assert len(places) == 160
    gaps = [b - a for a, b in pairwise(places)]
    assert min(gaps) > 0.0199
    assert places[-1] == pytest.approx(1000.0 + 159 / 50)


@pytest.mark.parametrize("in_flight", [1, 3])
def test_never_more_at_a_time_whatever_the_threads(in_flight):
    governor = Governor(calls_per_second=1e6, in_flight=in_flight, sleep=lambda _: None)
    inside, most, lock = [0], [0], threading.Lock()
    full = threading.Event()

    def work():
        with governor.gate("s"):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                if inside[0] == in_flight:
                    full.set()
            full.wait(10)
            with lock:
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most[0] == in_flight


def test_a_call_that_breaks_gives_its_place_back():
    governor, _ = governed(in_flight=1)
    for _ in range(3):
        with pytest.raises(OSError, match="cut"), governor.gate("s"):
            raise OSError("cut")
    call(governor)


@pytest.mark.parametrize("status", [429, 503, 0])
def test_a_sign_of_suffering_halves_the_rate_down_to_a_sixteenth(status):
    governor, _ = governed(rate=16)
    rates = []
    for _ in range(6):
        call(governor, status=status)
        rates.append(governor.rate("s"))
    assert rates == [8, 4, 2, 1, 1, 1]
    assert governor.rate("other") == 16


@pytest.mark.parametrize("status", [200, 404, 403, 500])
def test_other_answers_do_not(status):
    governor, _ = governed()
    call(governor, status=status)
    assert governor.rate("s") == 20


def test_good_answers_give_the_rate_back_little_by_little():
    governor, _ = governed(rate=16)
    for _ in range(4):
        call(governor, status=429)
    rates = []
    for _ in range(60):
        call(governor)
        rates.append(governor.rate("s"))
    assert rates == sorted(rates)
    assert rates[0] == pytest.approx(1.05)
    assert rates[-1] == 16


def test_an_answer_several_times_slower_than_usual_halves_the_rate():
    governor, _ = governed()
    for _ in range(20):
        call(governor, seconds=0.2)
    call(governor, seconds=0.7)
    assert governor.rate("s") == 20
    call(governor, seconds=1.0)
    assert governor.rate("s") == 10


def test_a_quick_service_is_not_slow_below_half_a_second():
    governor, _ = governed()
    for _ in range(20):
        call(governor, seconds=0.005)
    call(governor, seconds=0.4)
    assert governor.rate("s") == 20


def test_a_large_answer_may_take_longer():
    governor, _ = governed()
    for _ in range(20):
        call(governor, seconds=0.05, size=1000)
    call(governor, seconds=2.0, size=4_000_000)
    assert governor.rate("s") == 20


def test_a_lower_rate_spaces_calls_wider():
    governor, time = governed(rate=10)
    call(governor, status=429)
    call(governor, status=429)
    time.at += 100
    begun = []
    for _ in range(3):
        with governor.gate("s"):
            begun.append(time.at)
    assert [b - a for a, b in pairwise(begun)] == pytest.approx([0.4, 0.4])


class TestRetryAfter:
    @pytest.mark.parametrize("status", [429, 503])
    def test_it_closes_the_gate_for_as_long_as_it_says(self, status):
        governor, time = governed()
        call(governor, status=status, retry_after=7.0)
        closed = time.at + 7
        with governor.gate("s"):
            assert time.at >= closed

    def test_of_other_answers_it_is_not_meant(self):
        governor, time = governed()
        call(governor, status=200, retry_after=7.0)
        time.at += 1
        call(governor)
        assert time.slept == []

    def test_the_longest_of_several_counts(self):
        governor, time = governed()
        with governor.gate("s") as one, governor.gate("s") as other:
            closed = time.at + 20
            one.done(seconds=0.1, size=1, status=429, retry_after=20.0)
            other.done(seconds=0.1, size=1, status=429, retry_after=2.0)
        with governor.gate("s"):
            assert time.at >= closed

    def test_exactly_half_a_minute_is_waited_for(self):
        governor, time = governed()
        call(governor, status=429, retry_after=30.0)
        call(governor)
        assert time.slept == [30.0]

    def test_beyond_it_no_call_goes_out_and_nobody_sleeps(self):
        governor, time = governed()
        call(governor, status=429, retry_after=100.0)
        for _ in range(3):
            with pytest.raises(ThrottledError, match="no calls for another") as caught:
                call(governor)
        assert caught.value.retry_after == pytest.approx(100.0)
        assert time.slept == []
        call(governor, service="other")
        time.at += 75
        call(governor)
        assert sum(time.slept) == pytest.approx(25.0)

    def test_a_refused_call_gives_its_place_back(self):
        governor, time = governed(in_flight=1)
        call(governor, status=429, retry_after=31.0)
        for _ in range(3):
            with pytest.raises(ThrottledError):
                call(governor)
        time.at += 32
        call(governor)


class TestAsleepInTheGate:
    """What happens to a caller whose place in time is still to come."""

    @staticmethod
    def told_while_asleep(retry_after):
        """Let a caller sleep for its place, and another be told to wait meanwhile."""
        time = Time()

        def sleep(seconds):
            time.sleep(seconds)
            if len(time.slept) == 1:
                first.done(seconds=0.1, size=1, status=429, retry_after=retry_after)

        governor = Governor(calls_per_second=1, in_flight=4, sleep=sleep, clock=time)
        with governor.gate("s") as first, governor.gate("s"):
            return time

    def test_it_sleeps_longer_when_another_is_told_to_wait(self):
        assert self.told_while_asleep(7.0).slept == [1.0, 7.0]

    def test_it_is_refused_when_that_is_too_long(self):
        with pytest.raises(ThrottledError, match="another 31 s"):
            self.told_while_asleep(31.0)


class TestOneFolder:
    """Governors of several processes are like one; here each is an object with the folder."""

    @pytest.fixture
    def time(self):
        return Time()

    @pytest.fixture
    def pair(self, tmp_path, time):
        return [
            Governor(
                calls_per_second=10, in_flight=2, sleep=time.sleep, clock=time, folder=str(tmp_path)
            )
            for _ in range(2)
        ]

    def test_they_space_their_calls_together(self, pair, time):
        begun = []
        for governor in pair * 3:
            with governor.gate("s"):
                begun.append(time.at)
        assert [b - a for a, b in pairwise(begun)] == pytest.approx([0.1] * 5)

    def test_one_has_no_slot_while_the_other_has_them_all(self, pair, time):
        one, other = pair
        with one.gate("s"), one.gate("s"):
            time.anyone.clear()
            waiting = threading.Thread(target=call, args=(other,))
            waiting.start()
            assert time.anyone.wait(10)
            assert waiting.is_alive()
        waiting.join(10)
        assert not waiting.is_alive()

    def test_a_sign_of_suffering_seen_by_one_slows_the_other(self, pair):
        one, other = pair
        call(one, status=503)
        assert other.rate("s") == 5
        for _ in range(15):
            call(other)
        assert one.rate("s") == 10

    def test_what_is_usual_is_known_to_all(self, pair):
        one, other = pair
        for _ in range(20):
            call(one, seconds=0.2)
        call(other, seconds=1.0)
        assert one.rate("s") == 5

    def test_a_name_may_hold_anything(self, pair):
        one, other = pair
        name = "a/../" * 100 + "\0é"
        call(one, service=name, status=503)
        assert other.rate(name) == 5

    def test_files_that_somebody_cleaned_away_come_back(self, pair, tmp_path):
        one, other = pair
        call(one)
        for file in tmp_path.iterdir():
            file.unlink()
        call(one)
        call(other, status=503)
        assert one.rate("s") == 5

    def test_a_folder_that_is_gone_is_a_fault_with_its_remedy(self, pair, tmp_path):
        tmp_path.rename(tmp_path.with_name("elsewhere"))
        with pytest.raises(SampleError, match="restart the synchronizer"):
            call(pair[0])


outcomes = st.fixed_dictionaries(
    {
        "status": st.sampled_from([200, 200, 200, 404, 429, 500, 503, 0]),
        "seconds": st.floats(0, 5),
        "size": st.integers(0, 10**6),
        "retry_after": st.none() | st.floats(0, 60),
    }
)


@light
@given(
    st.floats(0.1, 100),
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(0, 2), st.floats(0, 3), outcomes), min_size=1, max_size=40),
)
def test_whatever_a_service_says_it_is_never_asked_faster_or_sooner(rate, processes, steps):
    """By any number of governors over one folder."""
    time, shared = Time(), LimitsFolder()
    governors = [
        Governor(
            calls_per_second=rate, in_flight=4, sleep=time.sleep, clock=time, folder=shared.path
        )
        for _ in range(processes)
    ]
    last, closed = 0.0, 0.0
    for who, idle, outcome in steps:
        time.at += idle
        try:
            with governors[who % processes].gate("s") as turn:
                assert time.at - last >= 1 / rate - 1e-6
                assert time.at >= closed - 1e-6
                last = time.at
                turn.done(**outcome)
        except ThrottledError:
            assert closed - time.at > 30
            continue
        if outcome["retry_after"] is not None and outcome["status"] in (429, 503):
            closed = max(closed, time.at + outcome["retry_after"])
        rates = {governor.rate("s") for governor in governors}
        assert len(rates) == 1
        assert rate / 16 - 1e-9 <= rates.pop() <= rate
        assert max(time.slept, default=0) <= 30 + 16 / rate + 1e-6


@pytest.mark.parametrize("wait", [601.0, 1e18, float("inf")])
def test_a_gate_is_closed_for_one_sweep_interval_at_most(wait):
    governor, time = governed()
    call(governor, status=503, retry_after=wait)
    with pytest.raises(ThrottledError, match="another 600 s"):
        call(governor)
    time.at += 601
    call(governor)


def test_a_413_with_retry_after_closes_it_too():
    governor, _ = governed()
    call(governor, status=413, retry_after=60.0)
    with pytest.raises(ThrottledError):
        call(governor)
    assert governor.rate("s") == 10.0


def test_an_operator_opens_a_gate():
    governor, _ = governed()
    for service in "st":
        call(governor, service=service, status=503, retry_after=100.0)
    governor.open("s")
    call(governor)
    with pytest.raises(ThrottledError):
        call(governor, service="t")


def test_an_operator_opens_all_gates_of_an_instance():
    folder = LimitsFolder()
    governor = Governor(
        calls_per_second=20.0, in_flight=4, sleep=lambda _: None, folder=folder.path
    )
    for service in ("s", "cloud/r/compute"):
        call(governor, service=service, status=503, retry_after=100.0)
    folder.open_gates()
    for service in ("s", "cloud/r/compute"):
        call(governor, service=service)
    folder.remove()
