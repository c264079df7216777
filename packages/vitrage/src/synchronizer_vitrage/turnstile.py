"""One entity at a time goes from us to Vitrage, and each later one bears no earlier date.

Vitrage orders what it is told by a date in whole seconds, compared as text, and an entity's
date is moved by its neighbours, too: a port that is handed over advances its server's. What
was dated before and arrives after is dropped, as late. With several threads handing over
that happens to good news. So a date is given only together with the right to go through,
and the next one waits until Vitrage has processed what went before.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from synchronizer.model.clock import Clock, SystemClock, iso


class Turnstile:
    """Lets one through at a time. Shared by all drivers of a process."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._last = ""

    @contextmanager
    def passing(self) -> Iterator[str]:
        """Hold the others up meanwhile; give the date to bear, also when a clock was set back."""
        with self._lock:
            self._last = max(self._last, iso(self._clock.now())[:19] + "Z")
            yield self._last


TURNSTILE = Turnstile()
