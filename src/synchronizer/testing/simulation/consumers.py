"""Mirrors that remember all that they were told, and what that must have been.

ordered, unique
    between two listings, revisions never go down and no change is told twice.
reliable, atomic
    a mirror holds what the log has at the mirror's revision, whole commits and nothing else.
joinable
    what was told, applied in its order to an empty dict, is what is held.
resumable or told Gone
    after cuts, compaction and a store that was put back, the mirror ends as the store is.
bookmarked
    an open watch is told where the log stands at least once in each interval.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from synchronizer.client.mirror import Mirror
from synchronizer.client.mirror_state import Key
from synchronizer.client.transport import Snapshot, Transport
from synchronizer.model.backoff import Backoff
from synchronizer.model.entity import Collection
from synchronizer.model.errors import RevisionAheadError, RevisionCompactedError
from synchronizer.testing.direct import DirectTransport
from synchronizer.testing.simulation.judge import Judge
from synchronizer.testing.simulation.store import Watched
from synchronizer.testing.simulation.world import Watch as Clock
from synchronizer.testing.simulation.world import World

if TYPE_CHECKING:
    from synchronizer.model.change import Change

BOOKMARKS = 60.0
_GRACE = 1.5


class SteadyBackoff(Backoff):
    """Half of the longest delay, always."""

    def next(self) -> float:
        """Return the seconds to wait now."""
        bound, self._bound = self._bound, min(self._most, self._bound * 2)
        return bound / 2


class Pausing(Mirror):
    """A mirror that is a task and no thread."""

    def __init__(self, world: World, transport: Transport, **more: Any) -> None:
        self._world = world
        super().__init__(transport, **more)

    def _start(self, name: str) -> threading.Thread:
        self._world.start(name, self._run)
        return threading.current_thread()

    def _rest(self, seconds: float) -> None:
        self._world.pause(seconds)


class Way(Transport, Protocol):
    """A way to the log that may be cut."""

    def cut(self) -> None:
        """Cut all connections."""


class Noting(DirectTransport):
    """The way to the store, which may be cut; it notes when all was got."""

    def __init__(self, world: World, store: Any, told: list[Any]) -> None:
        super().__init__(store, bookmarks=BOOKMARKS, glance=BOOKMARKS, clock=Clock(world))
        self._told = told

    def get_all(self, *args: Any, **options: Any) -> Snapshot:
        """Get all; what is told afterwards are the differences."""
        answer = super().get_all(*args, **options)
        self._told.append(answer.revision)
        return answer


class Consumer:
    """One mirror, all that it told, and what must be true of it.

    Args:
        types: that it mirrors; none for all.
        way: makes the transport.
    """

    def __init__(
        self,
        world: World,
        store: Watched,
        judge: Judge,
        name: str,
        types: tuple[str, ...] = (),
        way: Callable[[World, Any, list[Any]], Way] = Noting,
    ) -> None:
        self.name = name
        self._disturbed = 0.0
        self._told: list[Change | int] = []
        self._world = world
        self._store = store
        self._judge = judge
        self._types = types
        self.transport = way(world, store, self._told)
        self.mirror = Pausing(
            world,
            self.transport,
            types=types,
            on_change=self._told.append,
            backoff=SteadyBackoff(),
            clock=Clock(world),
        )

    def cut(self) -> None:
        """Cut its connection."""
        self.disturb()
        self.transport.cut()

    def disturb(self, seconds: float = 0.0) -> None:
        """Take in that it cannot be as it should be until some seconds from now."""
        self._disturbed = max(self._disturbed, self._world.time + seconds)

    def look(self) -> None:
        """Check what it holds while everything goes on."""
        mirror = self.mirror
        if not mirror.synced or self._world.time - self._disturbed < 2 * BOOKMARKS:
            return
        if mirror.lag is None or mirror.lag > BOOKMARKS + _GRACE:
            self._judge.found("bookmarked", f"{self.name} was told nothing for {mirror.lag} s")
        self._compare(mirror.revision)

    def end(self) -> None:
        """Check what it holds when all is over, and what it was told on the way."""
        head = self._store.head().revision
        if self.mirror.revision != head:
            said = f"{self.name} is at {self.mirror.revision}, the log at {head}"
            self._judge.found("resumable", f"{said}: {self.mirror.fault}")
        else:
            self._compare(head)
        self._replay()

    # --- inside ----------------------------------------------------------

    def _compare(self, revision: int) -> None:
        found = {key: (each.revision, each.body) for key, each in self.mirror.items()}
        try:
            wanted = self._snapshot(revision)
        except (RevisionCompactedError, RevisionAheadError):
            return
        if found != wanted:
            wrong = sorted(
                {key[3] for key in found.keys() ^ wanted.keys()}
                | {key[3] for key in found.keys() & wanted.keys() if found[key] != wanted[key]}
            )
            self._judge.found(
                "reliable", f"{self.name} at {revision} differs from the log in {wrong}"
            )

    def _snapshot(self, revision: int) -> dict[Key, tuple[int, Any]]:
        meant = [
            each.collection
            for each in self._store.collections()
            if not self._types or each.collection.type in self._types
        ]
        return {
            _key(record.collection, record.id): (record.revision, msgspec.json.decode(record.body))
            for page in self._store.snapshot(meant, revision)
            for record in page
        }

    def _replay(self) -> None:
        """Apply what was told; *ordered* and *unique* hold from one listing to the next."""
        state: dict[Key, Any] = {}
        reached, seen = 0, set[tuple[Key, int]]()
        for each in self._told:
            if isinstance(each, int):
                reached, seen = 0, set()
                continue
            key = Key(each.cloud, each.region, each.type, each.id)
            if each.revision < reached:
                self._judge.found("ordered", f"{self.name}: {each.revision} behind {reached}")
            if (key, each.revision) in seen:
                self._judge.found("unique", f"{self.name} was told {each.revision} twice")
            reached = each.revision
            seen.add((key, each.revision))
            if each.op == "delete":
                state.pop(key, None)
            else:
                state[key] = each.body
        if state != {key: each.body for key, each in self.mirror.items()}:
            self._judge.found("joinable", f"{self.name} holds other than it told")


def _key(collection: Collection, id_: str) -> Key:
    return Key(collection.cloud, collection.region, collection.type, id_)
