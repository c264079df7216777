"""What one watch sees of a commit: its collections, its filter, its fields.

An entity that leaves the filter is seen leaving: the change that took it out is sent. To
know that, the version before is looked up, and only when a field that the filter names is
among those that changed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from synchronizer.model.digests import element, number
from synchronizer.northbound.http.parameters import FIELDS
from synchronizer.northbound.http.query import Query, selection_of
from synchronizer.northbound.serving.encoding import event, log_behind
from synchronizer.northbound.serving.filters import BodyFilter
from synchronizer.northbound.serving.projection import Projection
from synchronizer.northbound.serving.ring import CHUNK, Chunk, Position
from synchronizer.store.contract import ChangesPage, Committed, Record, Store

_NOWHERE = Position(0)


class WatchView:
    """The eyes of one request. Its methods block on the store: call them from a thread.

    Args:
        check: called on the way; raises when the work is of no use any more.

    Attributes:
        passed: the sum of all changes seen, each as it was shown; with filter or fields only.

    Raises (from every method):
        RevisionCompactedError, RevisionAheadError, UnknownTypeError, RequestError
    """

    def __init__(self, store: Store, query: Query, check: Callable[[], None]) -> None:
        self._check = check
        self.selection = selection_of(query)
        self.where = BodyFilter(query.filters)
        self.fields = Projection(query[FIELDS])
        self._store = store
        self.passed = 0

    @property
    def plain(self) -> bool:
        """Whether it sees changes just as they are."""
        return not self.where and not self.fields

    def begin(self, since: int, digest: bytes | None) -> bytes:
        """Return the log's digest at *since*; raise what a page after it would."""
        if not self.selection.everything:
            self.selection.of(self._store.collections())
        self._store.changes(since, [], limit=1, digest=digest)
        return self._store.digest(since)

    def page(
        self, since: int, limit: int, most: int | None = None, *, digest: bytes | None = None
    ) -> ChangesPage:
        """Return whole commits after *since*, of the collections that are meant.

        Args:
            most: bytes of bodies; a first commit that is larger comes all the same.
            digest: what the log's must be at *since*.
        """
        page = self._page(since, limit, digest)
        return page if most is None else _cut(page, most)

    def _page(self, since: int, limit: int, digest: bytes | None) -> ChangesPage:
        if self.selection.everything:
            return self._store.changes(since, None, limit=limit, digest=digest)
        meant = [each.collection for each in self.selection.of(self._store.collections())]
        while True:
            page = self._store.changes(since, meant, limit=limit, digest=digest)
            # One that came up in between may have commits that this page claims to hold.
            again = [each.collection for each in self.selection.of(self._store.collections())]
            if again == meant:
                return page
            meant = again

    def seen(self, records: Sequence[Record]) -> Sequence[Record]:
        """Return those changes that pass, or whose entity passed before them."""
        if not self.where:
            return records
        return [each for each in records if self._sees(each)]

    def chunks(
        self,
        records: Sequence[Record],
        commits: Mapping[int, Committed] = {},
        name: str | None = None,
    ) -> Iterator[Chunk]:
        """Yield what is seen of whole commits as events, in chunks.

        Args:
            commits: what those commits left; without it the events carry no ids.
            name: of the events, instead of the operation's.
        """
        seen = self.seen(records)
        parts: list[bytes] = []
        size = count = 0
        for place, each in enumerate(seen):
            shown = each
            if self.fields:
                shown = each._replace(body=self.fields(each.body))
            if not self.plain:
                self.passed += number(element(each.collection, each.id, each.revision, shown.body))
            pieces = event(name or each.op, shown, log_behind(seen, place, commits))
            parts += pieces
            size += sum(map(len, pieces))
            count += 1
            if size >= CHUNK:
                yield Chunk(b"".join(parts), _NOWHERE, count)
                parts, size, count = [], 0, 0
        if parts:
            yield Chunk(b"".join(parts), _NOWHERE, count)

    def _sees(self, record: Record) -> bool:
        self._check()
        return self.where(record.body) or self._passed_before(record)

    def _passed_before(self, record: Record) -> bool:
        if record.op != "update" or not self.where.touches(record.changed):
            return False
        before = self._store.entity(record.collection, record.id, record.revision - 1)
        return before is not None and before.op != "delete" and self.where(before.body)


def _cut(page: ChangesPage, most: int) -> ChangesPage:
    """Return the first commits of a page, as many as hold no more bytes than *most*."""
    size = 0
    for place, record in enumerate(page.records):
        size += len(record.body)
        first = page.records[0].revision
        if size > most and record.revision > first:
            kept = [each for each in page.records[:place] if each.revision < record.revision]
            revision = kept[-1].revision
            return page._replace(
                revision=revision,
                records=kept,
                more=True,
                digest=page.commits[revision].digest,
            )
    return page
