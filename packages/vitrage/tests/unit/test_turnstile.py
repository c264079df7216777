import threading

from synchronizer_vitrage.turnstile import Turnstile


class Clock:
    def __init__(self, *moments):
        self._moments = list(moments)

    def now(self):
        return self._moments.pop(0)

    def monotonic(self):
        raise AssertionError("dates are of the wall")


def test_the_date_is_in_whole_seconds_as_vitrage_compares_it():
    with Turnstile(Clock(0.999)).passing() as date:
        assert date == "1970-01-01T00:00:00Z"


def test_no_date_is_earlier_than_the_one_before_though_the_clock_goes_back():
    turnstile = Turnstile(Clock(5, 2, 9))
    dates = []
    for _ in range(3):
        with turnstile.passing() as date:
            dates.append(date)
    assert dates == ["1970-01-01T00:00:05Z", "1970-01-01T00:00:05Z", "1970-01-01T00:00:09Z"]


def test_the_next_one_waits_until_the_one_before_is_through():
    turnstile = Turnstile()
    began, passed = threading.Event(), threading.Event()

    def follow():
        began.set()
        with turnstile.passing():
            passed.set()

    with turnstile.passing():
        thread = threading.Thread(target=follow)
        thread.start()
        assert began.wait(5)
        assert not passed.wait(0.1)
    assert passed.wait(5)
    thread.join()


def test_an_abandoned_passage_is_free_again():
    turnstile = Turnstile()

    def passage():
        with turnstile.passing():
            yield 1

    left = passage()
    assert next(left) == 1
    left.close()
    with turnstile.passing() as date:
        assert date
