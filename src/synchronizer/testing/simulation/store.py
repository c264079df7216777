"""A store in memory, watched: the real one, whose waiting is virtual and whose work is seen."""

import sqlite3
from collections.abc import Callable, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from synchronizer.model.change import Candidate, Commit
from synchronizer.model.entity import Collection
from synchronizer.store import open_store
from synchronizer.store.sql import SqlStore
from synchronizer.testing.simulation.world import Signal, Watch, World

_number = count()


@cache
def _empty() -> sqlite3.Connection:
    """Return a store as the migrations leave it: made once, copied by each run."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "empty.sqlite")
        open_store(f"sqlite:///{path}").close()
        connection = sqlite3.connect(path)
        try:
            return _copied(connection)
        finally:
            connection.close()


class Watched:
    """The store of one run: `SqlStore`, but for what waits.

    Args:
        committed: called behind each commit with what was offered and what became of it.
        noted: called behind each note.

    Attributes:
        clock: of the store's machine.
    """

    def __init__(
        self,
        world: World,
        *,
        committed: Callable[[Collection, Sequence[Candidate], Commit], None],
        noted: Callable[[Collection, dict[str, Any]], None],
    ) -> None:
        self.clock = Watch(world)
        self._world = world
        self._committed = committed
        self._noted = noted
        self._moved = Signal()
        place = f"file:simulation{next(_number)}?mode=memory&cache=shared"
        self._keeper = sqlite3.connect(place, uri=True)
        _empty().backup(self._keeper)
        self._store = SqlStore(f"sqlite:///{place}&uri=true", clock=self.clock, migrate=False)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def commit(
        self,
        collection: Collection,
        ticket: Any,
        candidates: Sequence[Candidate],
        **more: Any,
    ) -> Commit:
        """Commit, and let everybody know who waits."""
        done = self._store.commit(collection, ticket, candidates, **more)
        self._committed(collection, candidates, done)
        if done.revision is not None:
            self._world.fire(self._moved)
        return done

    def note(self, collection: Collection, **fields: Any) -> None:
        """Note how fresh a collection is."""
        self._store.note(collection, **fields)
        self._noted(collection, fields)

    def wait(self, revision: int, timeout: float) -> int:
        """Let the task wait until the log is past a revision."""
        newest = self._store.head().revision
        if newest <= revision:
            self._world.wait(self._moved, timeout)
            newest = self._store.head().revision
        return newest

    def backup(self) -> sqlite3.Connection:
        """Return the whole store as it is now."""
        return _copied(self._keeper)

    def restore(self, before: sqlite3.Connection) -> None:
        """Put the store back to what it was, below everybody who uses it."""
        before.backup(self._keeper)
        self._world.fire(self._moved)

    def close(self) -> None:
        """Release it."""
        self._store.close()
        self._keeper.close()


def _copied(source: sqlite3.Connection) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:")
    source.backup(copy)
    return copy
