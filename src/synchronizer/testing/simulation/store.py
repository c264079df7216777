"""A store in memory, watched: the real one, whose waiting is virtual and whose work is seen."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import make_url

from synchronizer.model.change import Candidate, Commit
from synchronizer.model.entity import Collection
from synchronizer.store import open_store
from synchronizer.store.sql import SqlStore
from synchronizer.testing.simulation.world import Signal, Watch, World

_number = count()

_GLANCES = {
    "head",
    "begun",
    "adopted",
    "collections",
    "standing",
    "held",
    "digest",
    "sinks",
    "changes",
}
"""What is read all the time, mostly to find that nothing moved."""

_COST = {"calls", "call_seconds", "call_bytes"}
"""What nobody here decides by, so that it may be read late."""

_CHANGED = {
    "commit": {"head", "collections", "standing", "digest", "changes"},
    "begin": {"collections", "standing", "begun"},
    "note": {"collections", "standing"},
    "hold": {"held"},
    "decide": {"held"},
    "move": {"sinks"},
    "compact": _GLANCES - {"sinks"},
}
"""What of it is other behind a call; behind any that is not named here, all."""

_READS = {"versions", "snapshot", "entity", "history", "revision_at", "known_before"}


_compiled: dict[Any, Any] = {}
"""All statements, compiled for `_dialect`."""

_dialect = make_url("sqlite://").get_dialect()()


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
        self._known = defaultdict[str, dict[tuple[Any, ...], Any]](dict)
        place = f"file:simulation{next(_number)}?mode=memory&cache=shared"
        self._keeper = sqlite3.connect(place, uri=True)
        _empty().backup(self._keeper)
        self._store = SqlStore(f"sqlite:///{place}&uri=true", clock=self.clock, migrate=False)
        self._share_statements()

    def __getattr__(self, name: str) -> Any:
        # Nobody else writes, so what was read last holds until we do.
        found = getattr(self._store, name)
        if name in _GLANCES:
            found = self._remembering(name, found)
            self.__dict__[name] = found
        elif name not in _READS:
            self._forget(name)
        return found

    def _share_statements(self) -> None:
        """Let all runs compile each statement once: that would be a fifth of their time."""
        engine = self._store._database.engine  # noqa: SLF001 - nothing else says which it is
        engine.dialect = _dialect
        engine.update_execution_options(compiled_cache=_compiled)

    def _remembering(self, name: str, read: Callable[..., Any]) -> Callable[..., Any]:
        known = self._known[name] = {}

        def remember(*given: Any, **named: Any) -> Any:
            key = (*(tuple(each) if isinstance(each, list) else each for each in given),)
            key += (*named.items(),)
            if key not in known:
                known[key] = read(*given, **named)
            return known[key]

        return remember

    def _forget(self, call: str) -> None:
        for name in _CHANGED.get(call, _GLANCES):
            self._known[name].clear()

    def commit(
        self,
        collection: Collection,
        ticket: Any,
        candidates: Sequence[Candidate],
        **more: Any,
    ) -> Commit:
        """Commit, and let everybody know who waits."""
        self._forget("commit")
        done = self._store.commit(collection, ticket, candidates, **more)
        self._committed(collection, candidates, done)
        if done.revision is not None:
            self._world.fire(self._moved)
        return done

    def note(self, collection: Collection, **fields: Any) -> None:
        """Note how fresh a collection is."""
        if "begun" in fields:
            self._forget("begin")
        elif fields.keys() - _COST:
            self._forget("note")
        self._store.note(collection, **fields)
        self._noted(collection, fields)

    def conclude(
        self, collection: Collection, sweep: int, log: Sequence[tuple[int, bytes]], **fields: Any
    ) -> bool:
        """Note the end of a sweep."""
        self._forget("note")
        done: bool = self._store.conclude(collection, sweep, log, **fields)
        if done:
            self._noted(collection, fields)
        return done

    def wait(self, revision: int, timeout: float) -> int:
        """Let the task wait until the log is past a revision."""
        newest: int = self.head().revision
        if newest <= revision:
            self._world.wait(self._moved, timeout)
            newest = self.head().revision
        return newest

    def backup(self) -> sqlite3.Connection:
        """Return the whole store as it is now."""
        return _copied(self._keeper)

    def restore(self, before: sqlite3.Connection) -> None:
        """Put the store back to what it was, below everybody who uses it."""
        self._forget("restore")
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
