"""How long a service wants to be left alone: ``Retry-After`` in every form that is seen.

RFC 9110 has seconds and HTTP dates. Proxies also send fractions, and the time of the day in
seconds since 1970. What cannot be understood still asks for a pause.
"""

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

THROTTLED = (413, 429, 503)
"""Statuses with which a service may ask for patience: Nova's limits answered 413 for years."""

UNSAID = 1.0
"""Seconds to wait where the service does not say how long, in words that make sense."""

_AN_EPOCH = 1e9
"""Nobody asks for 31 years: such a number is a time."""


def wait_asked_for(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that an answer asks to wait; None when it does not ask.

    The result may be infinite: whoever waits has a limit of its own.
    """
    text = headers.get("Retry-After")
    if text is None:
        return None
    seconds = _number(text)
    if seconds is None:
        until = _date(text)
        if until is None:
            return UNSAID
        # Both are by the service's clock, which need not be ours.
        asked_at = _date(headers.get("Date", ""))
        return max(0.0, until - (now if asked_at is None else asked_at))
    if math.isnan(seconds) or seconds < 0:
        return UNSAID
    if _AN_EPOCH <= seconds < 10 * _AN_EPOCH:
        return max(0.0, seconds - now)
    return seconds


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
