"""Reads the log behind a sink's cursor and tells it to the bus.

1. What is told is in the store already, and the cursor moves on only after the broker has
   confirmed: a crash at any point repeats at most the last windows and loses nothing.
2. On each topic revisions go up; a commit's messages follow each other.
3. After each window comes a bookmark of all topics. In each interval there is one more,
   and one on each topic, whether or not anything happens.
4. A broker that is down or slow is waited for; meanwhile nothing is kept but the cursor.
5. When the log does not reach back to the cursor any more, the next messages go on from
   now: their *prior* shows everybody that something is missing.
"""

import logging
import threading
from collections.abc import Callable

from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.errors import StoreError, TransportError
from synchronizer.northbound.relay.leadership import Leadership
from synchronizer.northbound.relay.session import LeaderSession, Publisher
from synchronizer.store.contract import Store

log = logging.getLogger(__name__)

WINDOW = 500
_PAUSE_FIRST, _PAUSE_MOST = 0.2, 10.0


class Relay:
    """Tells one sink, from `run` on until it is told to stop. Used by one thread.

    Args:
        window: about so many changes are told before the cursor moves on.
        bookmark_interval: seconds between bookmarks on each topic.
        beat: called whenever work moves on, so that a watchdog sees life.

    Attributes:
        told: changes that were handed to the bus and confirmed.
    """

    def __init__(
        self,
        store: Store,
        publisher: Publisher,
        lead: Leadership,
        *,
        window: int = WINDOW,
        bookmark_interval: float = 10.0,
        clock: Clock | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self.told = 0
        self._store = store
        self._publisher = publisher
        self._lead = lead
        self._window = window
        self._interval = bookmark_interval
        self._clock = clock or SystemClock()
        self._beat = beat

    def run(self, stop: threading.Event) -> None:
        """Tell until *stop*, whatever the bus and the store do."""
        pause = _PAUSE_FIRST
        while not stop.is_set():
            before = self.told
            try:
                self._take_turn(stop)
            except (TransportError, StoreError) as error:
                log.warning("%s", error)
                self._publisher.close()
                pause = _PAUSE_FIRST if self.told > before else min(_PAUSE_MOST, pause * 2)
                stop.wait(pause)
        self._publisher.close()

    def _take_turn(self, stop: threading.Event) -> None:
        """Wait until the sink is ours, and tell until it is another's."""
        self._beat()
        sink = self._lead.taken(stop, self._beat)
        if sink is None:
            return
        turn = LeaderSession(
            self._store,
            self._publisher,
            self._lead,
            sink,
            window=self._window,
            interval=self._interval,
            clock=self._clock,
        )
        told = self.told
        while not stop.is_set():
            self._beat()
            going_on = turn.step()
            self.told = told + turn.told
            if not going_on:
                return
