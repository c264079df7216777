"""How many notifications were heard, written to the store now and then, for `/metrics`."""

import logging
import threading
from typing import Protocol

from synchronizer.model.errors import StoreError
from synchronizer.sampling.notifications.listener import Counts
from synchronizer.store.contract import Store

log = logging.getLogger(__name__)

EVERY = 10.0
"""Seconds between two writes."""


class Counted(Protocol):
    """Whoever counts notifications."""

    def counts(self) -> Counts:
        """Return what was heard so far."""


class NotificationCounters:
    """Adds what a listener heard to the store's counters, from a thread of its own."""

    def __init__(self, store: Store, cloud: str, plugin: str, listener: Counted) -> None:
        self._store = store
        self._place = cloud, plugin
        self._listener = listener
        self._told = (0, 0, 0)

    def start(self, stop: threading.Event, every: float = EVERY) -> None:
        """Write until *stop* is set."""

        def run() -> None:
            while not stop.wait(every):
                self.write()

        threading.Thread(target=run, name="heard", daemon=True).start()

    def write(self) -> None:
        """Write what came since the last time."""
        now = self._listener.counts()
        heard = (now.received, now.hinted, now.malformed)
        received, hinted, malformed = (
            each - before for each, before in zip(heard, self._told, strict=True)
        )
        if not received:
            return
        ignored = received - hinted - malformed
        try:
            self._store.count(*self._place, hinted=hinted, ignored=ignored, malformed=malformed)
        except StoreError as error:
            log.warning("what was heard is not counted yet: %s", error)
            return
        self._told = heard
