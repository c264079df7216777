"""The lines of a collection as NDJSON, kept compressed from one get all to the next.

Most of a cloud does not change between two listings, and what costs most in a listing is
to fetch and unpack each body again. So the lines are kept in blocks of some 256 KB, ten
times smaller than they are. The next get all, at a later revision, learns from the log
which blocks hold an entity that has changed since, re-reads only those, and what was
added behind the last one.

1. What is yielded for a revision is what the store's snapshot at that revision is.
2. No more than *most* bytes are kept, whatever the store holds (twice that while new ones
   are made): the first blocks of a collection that is too large, the rest is read each time.
3. Nothing is kept that was not asked for, and nothing of a stream that was broken off.
"""

import mmap
import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import zstandard

from synchronizer.model.entity import Collection
from synchronizer.model.errors import RevisionAheadError, RevisionCompactedError
from synchronizer.northbound.serving.encoding import entity_parts
from synchronizer.store.contract import Record, Store

LINES_BYTES = 24 * 1024 * 1024
PIECE = 262_144
"""Bytes of lines that are sent, and kept, together."""

_LEVEL = 1
_CHANGES = 2000
_SLACK = 256  # an envelope


class Block(NamedTuple):
    """The lines of all entities up to a position, and from which revisions those are.

    *start* and *end* are where its frame lies on the shelf.
    """

    first: int
    last: int
    position: int
    entities: int
    start: int
    end: int


class Arena:
    """Memory for frames, apart from the heap, which they would leave full of holes.

    Filled by one thread, then read by any. What is not filled is not there.
    """

    def __init__(self, room: int) -> None:
        self._memory = mmap.mmap(-1, max(room, mmap.PAGESIZE))
        self._room = room
        self.used = 0
        self.blocks: list[Block] = []

    def put(self, block: Block, frame: bytes | memoryview) -> None:
        """Take a block in; one that does not fit closes the shelf."""
        end = self.used + len(frame)
        if end > self._room:
            self._room = 0
            return
        self._memory[self.used : end] = frame
        self.blocks.append(block._replace(start=self.used, end=end))
        self.used = end

    def frame(self, block: Block) -> memoryview:
        """Return the frame of a block of this shelf."""
        return memoryview(self._memory)[block.start : block.end]


class _Kept(NamedTuple):
    revision: int
    digest: bytes
    stale: bool
    shelf: Arena


class PageCache:
    """Used from many threads; each iteration of `of` belongs to one at a time."""

    def __init__(self, store: Store, most: int = LINES_BYTES, *, piece: int = PIECE) -> None:
        self._store = store
        self._piece = piece
        self._most = most
        self._kept: dict[Collection, _Kept] = {}
        self._lock = threading.Lock()

    def of(self, collection: Collection, at: int, *, stale: bool) -> Iterator[bytes]:
        """Yield the lines of a collection at revision *at*, in pieces.

        Raises:
            RevisionCompactedError, RevisionAheadError
        """
        digest = self._digest(at)
        kept = self._ours(collection)
        if kept is not None and kept.revision > at:
            # As it was earlier: read it, and keep what is newer.
            for _, lines in self._read(collection, at, 0, stale=stale):
                yield lines
            return
        changed = self._changed(kept, collection, at, stale=stale)
        if kept is None or changed is None:
            kept, changed = _Kept(at, digest, stale, Arena(0)), None
        same = changed is not None and not changed
        shelf = kept.shelf if same else Arena(self._room(collection))
        touched = sorted({each.previous for each in changed or () if each.previous is not None})
        unpack = zstandard.ZstdDecompressor().decompress
        position = 0
        for block in kept.shelf.blocks:
            if _within(touched, block):
                for anew, lines in self._read(collection, at, position, block, stale=stale):
                    shelf.put(anew._replace(position=block.position), _packed(lines))
                    yield lines
            else:
                frame = kept.shelf.frame(block)
                if not same:
                    shelf.put(block, frame)
                yield unpack(frame)
            position = block.position
        for block, lines in self._read(collection, at, position, stale=stale):
            if not same:
                shelf.put(block, _packed(lines))
            yield lines
        self._keep(collection, _Kept(at, digest, stale, shelf))

    def _digest(self, at: int) -> bytes:
        head = self._store.head()
        return head.digest if head.revision == at else self._store.digest(at)

    def _ours(self, collection: Collection) -> _Kept | None:
        """Return what is kept of a collection; it is let go when it is of another history."""
        kept = self._kept.get(collection)
        if kept is None:
            return None
        try:
            if self._digest(kept.revision) == kept.digest:
                return kept
        except RevisionCompactedError:
            return kept  # `_changed` finds out
        except RevisionAheadError:
            pass
        with self._lock:
            if self._kept.get(collection) is kept:
                del self._kept[collection]
        return None

    def _changed(
        self, kept: _Kept | None, collection: Collection, at: int, *, stale: bool
    ) -> list[Record] | None:
        """Return the changes since the lines were kept; None when they are of no use."""
        if kept is None or kept.stale != stale:
            return None
        if kept.revision == at:
            return []
        try:
            page = self._store.changes(
                kept.revision, [collection], limit=_CHANGES, digest=kept.digest
            )
        except RevisionCompactedError:
            return None
        return page.records if page.revision >= at else None

    def _read(
        self,
        collection: Collection,
        at: int,
        after: int,
        block: Block | None = None,
        *,
        stale: bool,
    ) -> Iterator[tuple[Block, bytes]]:
        """Yield what lies behind *after* (up to the end of *block*), a piece at a time."""
        limit = None if block is None else block.entities
        for page in self._store.snapshot([collection], at, after=after, limit=limit):
            inside = page if block is None else [r for r in page if r.position <= block.position]
            start = size = 0
            for end, record in enumerate(inside, start=1):
                size += len(record.body) + _SLACK
                if size >= self._piece or end == len(inside):
                    first, lines = inside[start], entity_parts(inside[start:end], stale, b"\n")
                    yield (
                        Block(first.revision, record.revision, record.position, end - start, 0, 0),
                        b"".join(lines),
                    )
                    start, size = end, 0

    def _room(self, collection: Collection) -> int:
        with self._lock:
            others = sum(k.shelf.used for each, k in self._kept.items() if each != collection)
        return self._most - others

    def _keep(self, collection: Collection, kept: _Kept) -> None:
        with self._lock:
            now = self._kept.get(collection)
            if now is None or now.revision <= kept.revision:
                self._kept[collection] = kept


def _packed(lines: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=_LEVEL).compress(lines)


def _within(touched: Sequence[int], block: Block) -> bool:
    place = bisect_left(touched, block.first)
    return place < len(touched) and touched[place] <= block.last
