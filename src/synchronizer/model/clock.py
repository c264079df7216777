"""Time is passed in: a Clock for durations and for the wall, so that tests can own both."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the synchronizer needs to know of time."""

    def now(self) -> float:
        """Return seconds since the epoch: shown to people, orders nothing."""

    def monotonic(self) -> float:
        """Return seconds that never go back: intervals and time-outs."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()


def iso(seconds: float) -> str:
    """Return *seconds* since the epoch as ISO 8601 in UTC with microseconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds(text: str) -> float:
    """Return the epoch seconds of an ISO 8601 time (UTC unless it says otherwise).

    Raises:
        ValueError: *text* is not such a time.
    """
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
