"""The governor: how hard we lean on each service.

Per service, at most so many calls a second and so many at a time. When the service says
that it suffers (429, 503, or answers that take several times as long as usual) the rate
is halved, down to a sixteenth; each good answer gives a little of it back. A Retry-After
closes the gate for as long as it says.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.errors import ThrottledError
from synchronizer.plugins.service import Turn

_SLOWEST = 1 / 16
_RECOVERY = 1.05
_SLOW = 4.0
"""An answer that takes so many times the usual is a sign of suffering."""
_SMOOTHING = 0.05
_PATIENCE = 30.0
"""The longest Retry-After, in seconds, that a caller waits for inside the gate."""


class Governor:
    """Gates for all services of one process; thread-safe.

    Args:
        calls_per_second: for each service.
        in_flight: calls at a time for each service.
        sleep: waits some seconds.
    """

    def __init__(
        self,
        *,
        calls_per_second: float,
        in_flight: int,
        sleep: Callable[[float], None],
        clock: Clock | None = None,
    ) -> None:
        self._calls_per_second = calls_per_second
        self._in_flight = in_flight
        self._sleep = sleep
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._lanes: dict[str, _Lane] = {}

    @contextmanager
    def gate(self, service: str) -> Iterator[Turn]:
        """Wait for permission to make one call to *service*."""
        with self._lock:
            lane = self._lanes.get(service)
            if lane is None:
                lane = self._lanes[service] = _Lane(self._calls_per_second, self._in_flight)
        with lane.slots:
            with self._lock:
                now = self._clock.monotonic()
                shut = lane.closed_until - now
                wait = 0.0 if shut > _PATIENCE else lane.reserve(now)
            if shut > _PATIENCE:
                # No call goes out before the service wants one, and nobody sleeps for it.
                raise ThrottledError(
                    f"{service} asked for no calls for another {shut:.0f} s; "
                    "lower calls_per_second",
                    retry_after=shut,
                )
            if wait > 0:
                self._sleep(wait)
            yield _Told(lane, self._lock, self._clock)

    def rate(self, service: str) -> float:
        """Return the calls per second that *service* gets now."""
        with self._lock:
            lane = self._lanes.get(service)
            return self._calls_per_second * (lane.share if lane else 1.0)


class _Lane:
    def __init__(self, calls_per_second: float, in_flight: int) -> None:
        self.slots = threading.BoundedSemaphore(in_flight)
        self.share = 1.0
        self.usual: float | None = None
        self._interval = 1.0 / calls_per_second
        self._next = 0.0
        self.closed_until = 0.0

    def reserve(self, now: float) -> float:
        """Take the next place in time; return the seconds until then."""
        at = max(now, self._next, self.closed_until)
        self._next = at + self._interval / self.share
        return at - now

    def close_until(self, when: float) -> None:
        self.closed_until = max(self.closed_until, when)


class _Told(Turn):
    def __init__(self, lane: _Lane, lock: threading.Lock, clock: Clock) -> None:
        self._lane = lane
        self._lock = lock
        self._clock = clock

    def done(self, *, seconds: float, size: int, status: int, retry_after: float | None) -> None:
        lane = self._lane
        with self._lock:
            if retry_after is not None and status in (429, 503):
                lane.close_until(self._clock.monotonic() + retry_after)
            usual = lane.usual
            suffering = status in (429, 503) or status == 0
            # Per byte, a large page may take longer than a single read without any trouble.
            pace = seconds / (1.0 + size / 65536)
            if usual is not None and pace > _SLOW * usual and seconds > 0.5:
                suffering = True
            if suffering:
                lane.share = max(_SLOWEST, lane.share / 2)
            else:
                lane.share = min(1.0, lane.share * _RECOVERY)
            if status == 200:
                # Slow answers count too: a service that stays slow is usual after a while.
                lane.usual = pace if usual is None else usual + _SMOOTHING * (pace - usual)
