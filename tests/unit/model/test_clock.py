"""Time as text and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synchronizer.model.clock import SystemClock, iso, seconds

light = settings(max_examples=50, deadline=None)


@light
@given(st.integers(0, 4_000_000_000_000_000))
def test_a_time_survives_the_way_to_text_and_back(microseconds):
    assert seconds(iso(microseconds / 1e6)) == pytest.approx(microseconds / 1e6, abs=2e-6)


@light
@given(st.lists(st.integers(0, 4_000_000_000_000_000), min_size=2, max_size=2))
def test_times_as_text_order_as_times(moments):
    one, other = sorted(moments)
    assert iso(one / 1e6) <= iso(other / 1e6)


def test_a_time_is_written_in_utc_with_microseconds():
    assert iso(1_800_000_000.25) == "2027-01-15T08:00:00.250000Z"


def test_a_time_without_a_zone_is_utc():
    assert seconds("2027-01-15T08:00:00") == seconds("2027-01-15T09:00:00+01:00") == 1_800_000_000


def test_a_date_alone_is_its_first_moment():
    assert seconds("1970-01-02") == 86_400


@pytest.mark.parametrize("text", ["", "now", "2027-13-01", "1800000000.5x", "2027-01-15T25:00Z"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        seconds(text)


def test_the_systems_clock_never_goes_back():
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()
    assert clock.now() > 1_700_000_000
