"""Glances: what a sampler asks before every request, mostly to find that nothing moved.

On SQLite a counter in shared memory tells for a thousandth of a query's cost whether anybody
committed since the last look; until then the last answer holds. Elsewhere each is a query.
"""

import threading
from collections.abc import Callable, Hashable
from contextlib import ExitStack
from typing import Any, TypeVar

import sqlalchemy as sa

from synchronizer.store.engine import Database

T = TypeVar("T")


class Probes:
    """Remembers answers for as long as nobody commits; thread-safe.

    Args:
        closing: takes up what must be closed with the store.
    """

    def __init__(self, database: Database, closing: ExitStack) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._stamp = closing.enter_context(database.stamps())
        self._at: int | None = None
        self._known: dict[Hashable, Any] = {}

    def get(self, name: Hashable, read: Callable[[sa.Connection], T]) -> T:
        """Return what *read* returns, or returned since the last commit of anyone."""
        with self._lock:
            stamp = self._stamp()
            if stamp is None or stamp != self._at:
                self._at = stamp
                self._known.clear()
            if name not in self._known:
                with self._database.reading() as connection:
                    self._known[name] = read(connection)
            found: T = self._known[name]
            return found
