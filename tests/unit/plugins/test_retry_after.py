"""``Retry-After`` in every form that services and proxies send."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synchronizer.plugins.retry_after import UNSAID, wait_asked_for

NOW = 1_796_072_000.0
DATE = "Mon, 30 Nov 2026 20:53:20 GMT"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("86400", 86400.0),
        (DATE, 0.0),
        ("Mon, 30 Nov 2026 20:55:20 GMT", 120.0),
        ("Monday, 30-Nov-26 20:55:20 GMT", 120.0),
        ("Mon, 30 Nov 2020 20:55:20 GMT", 0.0),
        ("1796072065", 65.0),
        ("1796072065.5", 65.5),
        ("1796000000", 0.0),
        ("nan", UNSAID),
        ("-3", UNSAID),
        ("-inf", UNSAID),
        ("", UNSAID),
        ("soon", UNSAID),
        ("7 seconds", UNSAID),
        ("Mon, 99 Nov 2026 20:55:20 GMT", UNSAID),
        ("inf", math.inf),
        ("1e18", 1e18),
        ("1e400", math.inf),
    ],
)
def test_each_form_is_understood(text, seconds):
    assert wait_asked_for({"Retry-After": text, "Date": DATE}, NOW) == pytest.approx(seconds)


def test_who_does_not_ask_is_not_waited_for():
    assert wait_asked_for({}, NOW) is None


def test_a_date_without_the_service_s_own_is_reckoned_from_ours():
    said = {"Retry-After": "Mon, 30 Nov 2026 20:55:20 GMT"}
    assert wait_asked_for(said, NOW + 20) == pytest.approx(100.0)


@settings(max_examples=100, deadline=None)
@given(st.text() | st.floats().map(str) | st.integers().map(str))
def test_whatever_it_says_there_is_a_wait(text):
    wait = wait_asked_for({"Retry-After": text}, NOW)
    assert wait is not None
    assert wait >= 0
