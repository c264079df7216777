"""The cloud's clock: what its services believe the time is, which a fault may shift."""

import time
from datetime import UTC, datetime
from email.utils import formatdate


class CloudClock:
    """One clock for the Date header and for every timestamp in a body.

    ``offset`` is in seconds; the fault *clock* sets it. The mutation log does not follow:
    it is written for tests, which live in true time.
    """

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        """Return the epoch seconds the cloud believes in."""
        return time.time() + self.offset

    def date(self) -> str:
        """Return the value of the HTTP Date header."""
        return formatdate(self.now(), usegmt=True)


def stamp(seconds: float) -> str:
    """Return *seconds* the way Nova shows created and updated: to the second, with a Z."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_stamp(seconds: float) -> str:
    """Return *seconds* as services and migrations show it: microseconds, no zone."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S.000000")


def identity_stamp(seconds: float) -> str:
    """Return *seconds* as Keystone shows it: microseconds and a Z."""
    return micro_stamp(seconds) + "Z"


def parse(text: str) -> float:
    """Return the epoch seconds of an ISO 8601 time, in UTC unless it says otherwise.

    Raises:
        ValueError: *text* is not such a time.
    """
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
