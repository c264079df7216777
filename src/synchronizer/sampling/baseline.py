"""The baseline: what the sampler knows of each entity of a collection, a hundred bytes each.

For every live entity: id, revision, digest, and a hash of the raw bytes that the service
last sent for it. Rows lie in arrays in order of arrival and never move (until the dead
are cleared away between sweeps), so a page of a listing can remember its rows. Two sorted
orders over the rows find them by id and by raw hash, a whole page at a time.

The raw hash is only a filter: equal bytes are the same state, so they need no decoding.
Whenever the store says that an entity changed, its raw hash is forgotten, and so is the
mark of its outline, for types that are polled by one.

Owned by one collection's sampler, which locks it.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from synchronizer.model.entity import Collection
    from synchronizer.store.contract import Head, Store, Version, VersionsPage

Rows = npt.NDArray[np.int32]

_GONE = -1
_ID_WIDTH = 36  # a UUID; longer ids widen the array
_WORDS = 2  # a 16-byte digest is two words


class Baseline:
    """Ids with revision, digest and raw hash, as of `head`.

    Args:
        outlined: keep a mark of each entity's outline, too.
    """

    def __init__(self, *, outlined: bool = False) -> None:
        self._outlined = outlined
        self.head: Head | None = None
        self.generation = 0
        self.replaced = 0
        self._reload = False
        self._size = 0
        self._ids = np.zeros(0, f"S{_ID_WIDTH}")
        self._revisions = np.zeros(0, np.int64)
        self._digests = np.zeros((0, _WORDS), np.uint64)
        self._raw = [np.zeros(0, np.uint64), np.zeros(0, np.uint64)]
        self._marks = np.zeros(0, np.uint64)
        self._by_id = np.zeros(0, np.int32)
        self._fresh: dict[bytes, int] = {}
        # Raw hashes sorted as they were when the sweep began; what changed since is
        # merely not found by its raw hash, and decoded.
        self._sorted_raw = np.zeros(0, np.uint64)
        self._by_raw: Rows = np.zeros(0, np.int32)
        self._raw_moved = False

    def __len__(self) -> int:
        """Return the number of live entities."""
        return int(np.count_nonzero(self._revisions[: self._size] > 0))

    @property
    def revision(self) -> int:
        """The revision of `head`; 0 before the first."""
        return 0 if self.head is None else self.head.revision

    @property
    def rows(self) -> int:
        """How many rows there are, live or not: the length of a mask over rows."""
        return self._size

    # --- following the store ----------------------------------------------

    def reload(self) -> None:
        """Let the next `catch_up` read all anew: the log's digests are others."""
        self._reload = True

    def catch_up(self, store: "Store", collection: "Collection") -> int:
        """Apply what was committed since, by anyone; return the revision: the ticket."""
        head = store.head()
        known = None if self._reload else self.head
        if known is None or head._replace(oldest=known.oldest) != known:
            unseen = self._revisions[: self._size] > 0
            for page in store.versions(collection, known):
                self._take(page, unseen)
                head = page.head
            self.replaced += page.replaced
            if page.anew and self.head is not None:
                self._bury(unseen)
                self.generation += 1  # pages remember revisions, which may be another log's
            self.head, self._reload = head, False
        return head.revision

    def _take(self, page: "VersionsPage", unseen: npt.NDArray[np.bool_]) -> None:
        if page.anew and self._size == 0:
            self._load(page.versions)
            return
        self._apply(page.versions)
        if page.anew:
            rows = self.find([version.id for version in page.versions])
            unseen[rows[rows < len(unseen)]] = False

    def _apply(self, versions: "Sequence[Version]") -> None:
        rows = self.find([version.id for version in versions])
        for version, found in zip(versions, rows.tolist(), strict=True):
            id_ = version.id.encode()
            # Perhaps added by an earlier version of this very batch.
            row = found if found >= 0 else self._fresh.get(id_, _GONE)
            if not version.digest:
                if row >= 0:
                    self._revisions[row] = _GONE
                    self._forget_raw(row)
                continue
            if row < 0:
                row = self._append(id_)
            elif self._revisions[row] == version.revision and self.same(row, version.digest):
                continue  # a listing anew tells of it, and nothing has happened
            self._revisions[row] = version.revision
            self._digests[row] = np.frombuffer(version.digest, np.uint64)
            self._forget_raw(row)
        if len(self._fresh) > max(4096, self._size // 4):
            self._sort_ids()

    def _load(self, versions: "Sequence[Version]") -> None:
        """Take a first batch at once: no entity is twice in it, and none is dead."""
        ids = np.array([version.id.encode() for version in versions])
        self._size = len(ids)
        self._ids = ids if ids.dtype.itemsize >= _ID_WIDTH else ids.astype(f"S{_ID_WIDTH}")
        self._revisions = np.array([version.revision for version in versions], np.int64)
        digests = b"".join([version.digest for version in versions])
        self._digests = np.frombuffer(digests, np.uint64).reshape(-1, _WORDS).copy()
        self._raw = [np.zeros(self._size, np.uint64) for _ in range(_WORDS)]
        if self._outlined:
            self._marks = np.zeros(self._size, np.uint64)
        self._sort_ids()

    def _bury(self, dead: npt.NDArray[np.bool_]) -> None:
        """Count as dead what a listing anew did not hold: its tombstone was never seen."""
        for row in np.flatnonzero(dead).tolist():
            self._revisions[row] = _GONE
            self._forget_raw(row)

    def _forget_raw(self, row: int) -> None:
        self._raw[0][row] = self._raw[1][row] = 0
        if self._outlined:
            self._marks[row] = 0

    def _append(self, id_: bytes) -> int:
        row = self._size
        if row == len(self._ids):
            room = max(1024, row + row // 4)
            self._ids = _grown(self._ids, room)
            self._revisions = _grown(self._revisions, room)
            self._digests = _grown(self._digests, room)
            self._raw = [_grown(each, room) for each in self._raw]
            if self._outlined:
                self._marks = _grown(self._marks, room)
        if len(id_) > self._ids.dtype.itemsize:
            self._ids = self._ids.astype(f"S{len(id_) + 16}")
        self._ids[row] = id_
        self._size = row + 1
        self._fresh[id_] = row
        return row

    def _sort_ids(self) -> None:
        self._by_id = np.argsort(self._ids[: self._size], kind="stable").astype(np.int32)
        self._fresh = {}

    # --- looking up -------------------------------------------------------

    def find(self, ids: Sequence[str]) -> Rows:
        """Return the row of each id, -1 where there is none (dead rows are found too)."""
        encoded = [id_.encode() for id_ in ids]
        found = np.full(len(encoded), _GONE, np.int32)
        if len(self._by_id) and encoded:
            wanted = np.array(encoded)
            if wanted.dtype.itemsize < self._ids.dtype.itemsize:
                wanted = wanted.astype(self._ids.dtype)
            places = np.searchsorted(self._ids[: len(self._by_id)], wanted, sorter=self._by_id)
            rows = self._by_id[np.minimum(places, len(self._by_id) - 1)]
            hits = self._ids[rows] == wanted
            found[hits] = rows[hits]
        if self._fresh:
            for place, id_ in enumerate(encoded):
                if found[place] < 0:
                    found[place] = self._fresh.get(id_, _GONE)
        return found

    def match(self, raw: npt.NDArray[np.uint64]) -> Rows:
        """Return the live row that was last seen with each raw hash, -1 where none was."""
        found = np.full(len(raw), _GONE, np.int32)
        if not len(self._by_raw) or not len(raw):
            return found
        first = np.ascontiguousarray(raw[:, 0])
        places = np.searchsorted(self._sorted_raw, first)
        rows = self._by_raw[np.minimum(places, len(self._by_raw) - 1)]
        hits = (
            (self._raw[0][rows] == first)
            & (self._raw[1][rows] == raw[:, 1])
            & (self._revisions[rows] > 0)
        )
        found[hits] = rows[hits]
        return found

    def lives(self, row: int) -> bool:
        """Whether a row is of a live entity."""
        return row >= 0 and bool(self._revisions[row] > 0)

    def same(self, row: int, digest: bytes) -> bool:
        """Whether the live entity of a row has this digest."""
        return bool(
            row >= 0
            and self._revisions[row] > 0
            and (self._digests[row] == np.frombuffer(digest, np.uint64)).all()
        )

    def remember_raw(self, rows: Rows, raw: npt.NDArray[np.uint64]) -> None:
        """Note the raw hashes of entities whose digest was just found equal."""
        self._raw[0][rows] = raw[:, 0]
        self._raw[1][rows] = raw[:, 1]
        self._raw_moved = True

    def agree(self, rows: Rows, digests: Sequence[bytes]) -> npt.NDArray[np.bool_]:
        """Return which rows are of a live entity with just this digest."""
        agreed = np.zeros(len(rows), np.bool_)
        if self._size:
            words = np.frombuffer(b"".join(digests), np.uint64).reshape(-1, _WORDS)
            agreed |= (rows >= 0) & (self._revisions[rows] > 0)
            agreed &= (self._digests[rows] == words).all(axis=1)
        return agreed

    def mark(self, rows: Rows, marks: npt.NDArray[np.uint64]) -> None:
        """Remember the outlines with which the entities of rows were last seen."""
        if self._outlined:
            self._marks[rows] = marks

    def moved(self, rows: Rows, marks: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        """Tell for each row whether it is not live, or its outline is another one now."""
        known = np.maximum(rows, 0)
        if not self._size:
            return np.ones(len(rows), np.bool_)
        dead = (rows < 0) | (self._revisions[known] <= 0)
        differs: npt.NDArray[np.bool_] = dead | (self._marks[known] != marks)
        return differs

    def some_live(
        self, number: int, without: "frozenset[str] | set[str]", *, upto: int | None = None
    ) -> list[str]:
        """Return a few ids of live entities, spread over all, none of *without*.

        Args:
            upto: only those that were last committed at or before this revision.
        """
        revisions = self._revisions[: self._size]
        newest = self.revision if upto is None else upto
        rows = np.flatnonzero((revisions > 0) & (revisions <= newest))
        if not len(rows):
            return []
        spread = np.unique(np.linspace(0, len(rows) - 1, number + len(without)).astype(int))
        found = self.ids_of(rows[spread].astype(np.int32))
        return [id_ for id_ in found if id_ not in without][:number]

    def holds(self, rows: Rows, raw: npt.NDArray[np.uint64]) -> bool:
        """Whether each row's entity was last seen with just this raw hash."""
        if not len(rows) or rows.min() < 0:
            return False
        same = (self._raw[0][rows] == raw[:, 0]) & (self._raw[1][rows] == raw[:, 1])
        return bool(same.all())

    def newest(self, rows: Rows) -> int:
        """Return the highest revision among rows; beyond any when one of them is dead."""
        if not len(rows):
            return 0
        revisions = self._revisions[rows]
        if revisions.min() < 0:
            return int(np.iinfo(np.int64).max)
        return int(revisions.max())

    def absent(self, seen: npt.NDArray[np.bool_], ticket: int) -> list[str]:
        """Return ids that are live, were committed at or before *ticket*, and not seen."""
        revisions = self._revisions[: self._size]
        mask = (revisions > 0) & (revisions <= ticket)
        mask[: len(seen)] &= ~seen[: self._size]
        return [id_.decode() for id_ in self._ids[: self._size][mask].tolist()]

    def ids(self) -> Iterable[str]:
        """Yield the ids of all live entities."""
        for start in range(0, self._size, 4096):
            part = slice(start, min(start + 4096, self._size))
            for id_ in self._ids[part][self._revisions[part] > 0].tolist():
                yield id_.decode()

    def ids_of(self, rows: Rows) -> list[str]:
        """Return the ids of rows."""
        return [id_.decode() for id_ in self._ids[rows].tolist()]

    def settle(self) -> None:
        """Between sweeps: sort what is new and clear dead rows away when they are many."""
        live = self._revisions[: self._size] > 0
        dead = self._size - int(np.count_nonzero(live))
        if dead > max(4096, self._size // 4):
            self._ids = self._ids[: self._size][live]
            self._revisions = self._revisions[: self._size][live]
            self._digests = self._digests[: self._size][live]
            self._raw = [each[: self._size][live] for each in self._raw]
            if self._outlined:
                self._marks = self._marks[: self._size][live]
            self._size = len(self._ids)
            self.generation += 1  # row numbers from before mean nothing now
            self._raw_moved = True
            self._sort_ids()
        elif self._fresh:
            self._sort_ids()
        if self._raw_moved:
            self._by_raw = np.argsort(self._raw[0][: self._size]).astype(np.int32)
            self._sorted_raw = self._raw[0][self._by_raw]
            self._raw_moved = False


def _grown(old: npt.NDArray, room: int) -> npt.NDArray:  # type: ignore[type-arg]
    new = np.zeros((room, *old.shape[1:]), old.dtype)
    new[: len(old)] = old
    return new
