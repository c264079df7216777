"""The governor: how hard an instance leans on each service.

Per service, at most so many calls a second and so many at a time, by all processes that
are given the same folder. When the service says that it suffers (429, 503, or answers that
take several times as long as usual) the rate is halved, down to a sixteenth; each good
answer gives a little of it back. A Retry-After closes the gate for as long as it says, also
to those who already wait in it; but no longer than an interval between two sweeps, and
an operator may open it.
"""

import logging
import math
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.errors import ThrottledError
from synchronizer.plugins.retry_after import THROTTLED
from synchronizer.plugins.service import Turn
from synchronizer.sampling.limits.folder import LimitsFolder
from synchronizer.sampling.limits.shared_state import ServiceState

log = logging.getLogger(__name__)

_SLOWEST = 1 / 16
_RECOVERY = 1.05
_SLOW = 4.0
"""An answer that takes so many times the usual is a sign of suffering."""
_SMOOTHING = 0.05
_PATIENCE = 30.0
"""The longest Retry-After, in seconds, that a caller waits for inside the gate."""
CLOSED_MOST = 600.0
"""The longest, in seconds, that a service is left alone because it asked for it."""
_NAP = 0.01
"""Seconds between two looks for a free slot. Whoever looks first has it: a read has the same
chance as the next page of a sweep."""


class Governor:
    """Gates for all services; thread-safe.

    Args:
        calls_per_second: for each service.
        in_flight: calls at a time for each service.
        sleep: waits some seconds.
        closed_most: seconds that a Retry-After closes a gate at most.
        folder: where the processes of an instance share what they know; without one the
            limits hold for this governor alone.
    """

    def __init__(
        self,
        *,
        calls_per_second: float,
        in_flight: int,
        sleep: Callable[[float], None],
        closed_most: float = CLOSED_MOST,
        clock: Clock | None = None,
        folder: str = "",
    ) -> None:
        self._closed_most = closed_most
        self._calls_per_second = calls_per_second
        self._in_flight = in_flight
        self._sleep = sleep
        self._clock = clock or SystemClock()
        self._own = None if folder else LimitsFolder()
        self._folder = Path(self._own.path if self._own else folder)
        self._lock = threading.Lock()
        self._states: dict[str, ServiceState] = {}

    @contextmanager
    def gate(self, service: str) -> Iterator[Turn]:
        """Wait for permission to make one call to *service*.

        Raises:
            ThrottledError: the service wants no call for longer than anybody should sleep.
        """
        state = self._state(service)
        while (slot := state.take_slot(self._in_flight)) is None:
            self._sleep(_NAP)
        try:
            self._wait(service, state)
            yield _Told(service, state, self._clock, self._closed_most)
        finally:
            os.close(slot)

    def open(self, service: str) -> None:
        """Let calls to *service* go out again, whatever it asked for."""
        with self._state(service).pace() as pace:
            pace.open()

    def rate(self, service: str) -> float:
        """Return the calls per second that *service* gets now."""
        with self._state(service).pace() as pace:
            return self._calls_per_second * pace.share

    def _state(self, service: str) -> ServiceState:
        with self._lock:
            state = self._states.get(service)
            if state is None:
                state = self._states[service] = ServiceState(self._folder, service)
            return state

    def _wait(self, service: str, state: ServiceState) -> None:
        """Sleep until a place in time of our own; later when the gate is closed meanwhile."""
        place: float | None = None
        while True:
            with state.pace() as pace:
                now = self._clock.monotonic()
                shut = pace.closed_until - now
                if shut > _PATIENCE:
                    # No call goes out before the service wants one, and nobody sleeps for it.
                    raise ThrottledError(
                        f"{service} asked for no calls for another {shut:.0f} s; lower "
                        "calls_per_second, or sweep a type of it now to ask it nevertheless",
                        retry_after=shut,
                    )
                if place is not None and place >= pace.closed_until:
                    return
                place = pace.reserve(now, 1.0 / self._calls_per_second)
            if place <= now:
                return
            self._sleep(place - now)


class _Told(Turn):
    def __init__(self, service: str, state: ServiceState, clock: Clock, closed_most: float) -> None:
        self._service = service
        self._state = state
        self._clock = clock
        self._closed_most = closed_most

    def done(self, *, seconds: float, size: int, status: int, retry_after: float | None) -> None:
        with self._state.pace() as pace:
            before = pace.share
            asked = retry_after is not None and status in THROTTLED
            if retry_after is not None and asked:
                until = self._clock.monotonic() + min(retry_after, self._closed_most)
                pace.closed_until = max(pace.closed_until, until)
            suffering = asked or status in (0, 429, 503)
            # Per byte, a large page may take longer than a single read without any trouble.
            took = seconds / (1.0 + size / 65536)
            known = not math.isnan(pace.usual)
            if known and took > _SLOW * pace.usual and seconds > 0.5:
                suffering = True
            if suffering:
                pace.share = max(_SLOWEST, pace.share / 2)
            else:
                pace.share = min(1.0, pace.share * _RECOVERY)
            if status == 200:
                # Slow answers count too: a service that stays slow is usual after a while.
                pace.usual = pace.usual + _SMOOTHING * (took - pace.usual) if known else took
            after = pace.share
        if after < before == 1.0:
            log.warning(
                "%s suffers (%s, %.1f s): fewer calls to it", self._service, status, seconds
            )
        elif before < after == 1.0:
            log.info("%s is well again: as many calls to it as configured", self._service)
