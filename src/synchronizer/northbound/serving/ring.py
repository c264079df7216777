"""The newest commits in memory, encoded once for all who watch, bounded in bytes.

Owned by the event loop. A place in it is a `Position`: the commit's number (counted from
when this process began to watch) and the change within it.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from synchronizer.model.entity import Collection
from synchronizer.model.status import content_of
from synchronizer.northbound.serving.encoding import contents, event
from synchronizer.northbound.serving.selection import Selection
from synchronizer.store.contract import Committed, Head, Record
from synchronizer.store.freshness import Freshness

CHUNK = 65_536
"""Bytes after which a chunk ends: what one slow watcher can keep in its socket's buffer."""

_CHUNKS_KEPT = 8 * 1024 * 1024
_PIECES = 3  # that `event` makes of a change


class Position(NamedTuple):
    """The next change to send."""

    commit: int
    ordinal: int = 0


class Chunk(NamedTuple):
    """Events ready to send, and where the next one begins."""

    data: bytes
    following: Position
    changes: int


class Logged(NamedTuple):
    """One commit. The store makes commits of one collection only, so it is wanted or not."""

    revision: int
    collection: Collection
    records: list[Record]
    left: Committed
    pieces: list[bytes]
    size: int


def logged(records: Sequence[Record], commits: Mapping[int, Committed]) -> list[Logged]:
    """Return whole commits, encoded."""
    found: list[Logged] = []
    for revision, group in groupby(records, key=attrgetter("revision")):
        inside = list(group)
        left = commits[revision]
        pieces: list[bytes] = []
        for each in inside:
            pieces += event(each.op, each, left.digest if each is inside[-1] else None)
        size = sum(map(len, pieces))
        found.append(Logged(revision, inside[0].collection, inside, left, pieces, size))
    return found


class Ring:
    """The commits after revision *base*, up to *revision*.

    Args:
        head: where it begins, empty.
        known: the collections as they are there.
        most: bytes to keep.

    Attributes:
        digest: of the log at *revision*.
    """

    def __init__(self, head: Head, known: Sequence[Freshness], most: int) -> None:
        self.base = self.revision = head.revision
        self.epoch = head.epoch
        self.digest = self._base_digest = head.digest
        self.end = 0
        self._contents = {each.collection: (each.revision, each.content) for each in known}
        self._told: dict[tuple[Selection, int], bytes] = {}
        self._first = 0
        self._most = most
        self._size = 0
        self._commits: dict[int, Logged] = {}
        self._chunks: OrderedDict[tuple[Hashable, Position], Chunk] = OrderedDict()
        self._chunk_bytes = 0

    def append(self, commits: Sequence[Logged], revision: int, digest: bytes) -> None:
        """Take in the next commits: everything up to *revision*, where the log has *digest*."""
        self._told.clear()
        self.digest = digest
        for each in commits:
            self._contents[each.collection] = (each.revision, each.left.content)
            self._commits[self.end] = each
            self.end += 1
            self._size += each.size
        self.revision = revision
        while self._size > self._most and self._first < self.end - 1:
            dropped = self._commits.pop(self._first)
            self._first += 1
            self._size -= dropped.size
            self.base, self._base_digest = dropped.revision, dropped.left.digest

    def skip(self, number: int) -> None:
        """Count commits from *number* on; only while it is empty."""
        self._first = self.end = number

    def find(self, since: int, digest: bytes) -> Position | None:
        """Return the place behind revision *since* of the log with *digest*; None without."""
        if not self.base <= since <= self.revision:
            return None
        numbers = range(self._first, self.end)
        behind = bisect_right(numbers, since, key=lambda n: self._commits[n].revision)
        number = self._first + behind
        before = self._commits[number - 1].left.digest if behind else self._base_digest
        return Position(number) if digest == before else None

    def contents(self, selection: Selection, since: int) -> bytes:
        """Return what is at the ring's end in the collections that have changed after *since*."""
        key = (selection, since)
        if key not in self._told:
            self._told[key] = contents(
                content_of(collection, content)
                for collection, (revision, content) in self._contents.items()
                if revision > since and selection.holds(collection)
            )
        return self._told[key]

    def commit(self, number: int) -> Logged | None:
        """Return a commit; None when it has left the ring."""
        return self._commits.get(number)

    def backlog(self, number: int) -> int:
        """Return roughly how many bytes lie from commit *number* on."""
        kept = self.end - self._first
        return self._size * (self.end - number) // kept if kept else 0

    def take(self, selection: Selection, position: Position) -> Chunk | None:
        """Return the next events of *selection*; None when its place has left the ring.

        Those who stand at one place and select the same share one chunk.
        """
        key = (selection, position)
        chunk = self._chunks.get(key)
        if chunk is None:
            chunk = self._joined(selection, position)
            if chunk is not None:
                self._keep(key, chunk)
        return chunk

    def _joined(self, selection: Selection, position: Position) -> Chunk | None:
        number, ordinal = position
        parts: list[bytes] = []
        size = count = 0
        while number < self.end and size < CHUNK:
            each = self._commits.get(number)
            if each is None:
                return None
            if selection.holds(each.collection):
                while ordinal < len(each.records) and size < CHUNK:
                    pieces = each.pieces[ordinal * _PIECES : (ordinal + 1) * _PIECES]
                    parts += pieces
                    size += sum(map(len, pieces))
                    ordinal += 1
                    count += 1
                if ordinal < len(each.records):
                    break
            number, ordinal = number + 1, 0
        return Chunk(b"".join(parts), Position(number, ordinal), count)

    def _keep(self, key: tuple[Hashable, Position], chunk: Chunk) -> None:
        self._chunks[key] = chunk
        self._chunk_bytes += len(chunk.data)
        while self._chunk_bytes > _CHUNKS_KEPT:
            _, dropped = self._chunks.popitem(last=False)
            self._chunk_bytes -= len(dropped.data)
