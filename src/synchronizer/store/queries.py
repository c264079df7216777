"""Reading the log: snapshots, changes, history and what a baseline needs.

A read is many short transactions, never a long one, so a slow reader keeps nothing from
being cleaned up. That is safe because a revision never changes; each step checks that
it has not been compacted meanwhile.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec
import sqlalchemy as sa

from synchronizer.model.clock import iso
from synchronizer.model.digests import NOTHING
from synchronizer.model.errors import (
    BeforeLogError,
    HistoryReplacedError,
    RevisionAheadError,
    RevisionCompactedError,
)
from synchronizer.store.bodies import Bodies
from synchronizer.store.collections import Collections
from synchronizer.store.commits import DELETE, OF_NUMBER
from synchronizer.store.contract import ChangesPage, Committed, Head, Record, Version, VersionsPage
from synchronizer.store.engine import Database
from synchronizer.store.freshness import Freshness
from synchronizer.store.log_digest import digest_at
from synchronizer.store.tables import (
    ID_CHUNK,
    commits,
    first_position,
    head,
    record,
    revision_of,
)

PAGE = 500
_VERSIONS_PAGE = 5000

_COLUMNS = (
    record.c.position,
    record.c.collection,
    record.c.id,
    record.c.op,
    record.c.previous,
    record.c.sampled_at,
    record.c.changed,
    record.c.reason,
    record.c.dictionary,
    record.c.body,
)

# Statements that run all the time are made once: making one costs more than running it.
_HEAD = sa.select(head.c.revision, head.c.oldest, head.c.epoch, head.c.digest)
_AFTER = (
    sa.select(*_COLUMNS)
    .where(record.c.position >= sa.bindparam("start"))
    .order_by(record.c.position)
    .limit(sa.bindparam("most"))
)
_AFTER_OF_SOME = _AFTER.where(record.c.collection.in_(sa.bindparam("numbers", expanding=True)))
_COMMITTED = sa.select(commits.c.revision, commits.c.digest, commits.c.content).where(
    commits.c.revision.in_(sa.bindparam("revisions", expanding=True))
)
_VERSIONS = (
    sa.select(record.c.position, record.c.id, record.c.op, record.c.digest)
    .where(
        record.c.collection == sa.bindparam("number"),
        record.c.position > sa.bindparam("after"),
    )
    .order_by(record.c.position)
    .limit(_VERSIONS_PAGE)
)
_LIVING = _VERSIONS.where(record.c.superseded.is_(None), record.c.op != DELETE)
_NEWEST = (
    sa.select(*_COLUMNS)
    .where(record.c.collection == sa.bindparam("number"), record.c.id == sa.bindparam("id"))
    .order_by(record.c.position.desc())
    .limit(1)
)
_AT = _NEWEST.where(record.c.position < sa.bindparam("end"))
_SNAPSHOT = (
    sa.select(*_COLUMNS)
    .where(
        record.c.collection == sa.bindparam("number"),
        record.c.position > sa.bindparam("after"),
        record.c.position < sa.bindparam("end"),
        sa.or_(record.c.superseded.is_(None), record.c.superseded > sa.bindparam("at")),
        record.c.op != DELETE,
    )
    .order_by(record.c.position)
    .limit(sa.bindparam("page"))
)


_SEEN = sa.select(record.c.id, record.c.position).where(
    record.c.collection == sa.bindparam("number"),
    record.c.id.in_(sa.bindparam("ids", expanding=True)),
    record.c.op != DELETE,
)
_TICKETS = sa.select(commits.c.revision, commits.c.ticket).where(
    commits.c.revision.in_(sa.bindparam("revisions", expanding=True)),
    commits.c.ticket.is_not(None),
)


class Queries:
    """All queries of the log."""

    def __init__(self, database: Database, names: Collections, bodies: Bodies) -> None:
        self._database = database
        self._names = names
        self._bodies = bodies

    def head(self, connection: sa.Connection) -> Head:
        """Return where the log stands, as this transaction sees it."""
        row = connection.execute(_HEAD).one()
        return Head(row.revision, row.oldest, row.epoch, row.digest or NOTHING)

    def holds(self, connection: sa.Connection, now: Head, known: Head) -> bool:
        """Whether *known* was a head of the log whose head is *now*."""
        if known.epoch != now.epoch or known.revision > now.revision:
            return False
        return digest_at(connection, known.revision) == known.digest

    def goes_on(self, connection: sa.Connection, before: Head, now: Head) -> bool:
        """Whether the log is that of an earlier head; what is compacted of it counts as such."""
        if now.epoch == before.epoch and before.revision < now.oldest:
            return True
        return self.holds(connection, now, before)

    def standing(self) -> tuple[Head, list[Freshness]]:
        """Return the head and the collections, of one instant."""
        with self._database.reading() as connection:
            return self.head(connection), self._names.freshness(connection)

    def digest_at(self, revision: int) -> bytes:
        """Return the log's digest at a revision."""
        with self._database.reading() as connection:
            self.within(connection, revision)
            return digest_at(connection, revision)

    def within(self, connection: sa.Connection, revision: int) -> Head:
        """Return the head, or raise when *revision* is compacted or not reached."""
        now = self.head(connection)
        if revision < now.oldest:
            raise RevisionCompactedError(revision, now.oldest)
        if revision > now.revision:
            raise RevisionAheadError(revision, now.revision)
        return now

    def snapshot(
        self, numbers: Sequence[int], at: int, after: int, limit: int | None
    ) -> Iterator[list[Record]]:
        """Yield pages of the records that were live at revision *at*."""
        as_of = {"at": at, "end": first_position(at + 1)}
        for number in sorted(numbers):
            behind = after if number == min(numbers) else 0
            while limit is None or limit > 0:
                page = PAGE if limit is None else min(PAGE, limit)
                with self._database.reading() as connection:
                    self.within(connection, at)
                    some = {"number": number, "after": behind, "page": page, **as_of}
                    rows = connection.execute(_SNAPSHOT, some).fetchall()
                if rows:
                    behind = rows[-1][0]
                    limit = None if limit is None else limit - len(rows)
                    yield self._records(rows)
                if len(rows) < page:
                    break

    def changes(
        self, since: int, numbers: Sequence[int] | None, limit: int, digest: bytes | None
    ) -> ChangesPage:
        """Return whole commits behind *since*, where the log must have *digest*."""
        with self._database.reading() as connection:
            now = self.within(connection, since)
            newest = now.revision
            if digest not in {None, digest_at(connection, since)}:
                raise HistoryReplacedError(since, now.oldest)
            start = first_position(since + 1)
            some = {} if numbers is None else {"numbers": numbers}
            query = _AFTER if numbers is None else _AFTER_OF_SOME
            most = {"start": start, "most": limit + 1, **some}
            rows = connection.execute(query, most).fetchall()
            upto = newest
            if len(rows) > limit:
                # Stop before the commit that does not fit; one that is larger than the
                # limit goes out whole all the same.
                cut = revision_of(rows[limit][0])
                first = revision_of(rows[0][0])
                if cut > first:
                    rows = [row for row in rows if revision_of(row[0]) < cut]
                    upto = cut - 1
                else:
                    whole = query.where(record.c.position < first_position(first + 1)).limit(None)
                    rows = connection.execute(whole, {"start": start, **some}).fetchall()
                    upto = first
            revisions = list(dict.fromkeys(revision_of(row[0]) for row in rows))
            left = self._committed(connection, revisions)
            log = now.digest if upto == newest else digest_at(connection, upto)
        return ChangesPage(upto, self._records(rows), upto < newest, log, left)

    def _committed(
        self, connection: sa.Connection, revisions: Sequence[int]
    ) -> dict[int, Committed]:
        found = {}
        for start in range(0, len(revisions), PAGE):
            some = {"revisions": revisions[start : start + PAGE]}
            for revision, log, content in connection.execute(_COMMITTED, some):
                found[revision] = Committed(log or NOTHING, content or NOTHING)
        return found

    def entity(self, number: int, id_: str, at: int | None) -> Record | None:
        """Return the version of one entity that was valid at *at* (None: newest)."""
        with self._database.reading() as connection:
            one = {"number": number, "id": id_}
            if at is None:
                rows = connection.execute(_NEWEST, one).fetchall()
            else:
                self.within(connection, at)
                rows = connection.execute(_AT, {**one, "end": first_position(at + 1)}).fetchall()
        return self._records(rows)[0] if rows else None

    def known_before(self, number: int, ids: Sequence[str]) -> int | None:
        """Return the least of the newest tickets by which entities were seen; None if unknown."""
        newest: dict[str, int] = {}
        with self._database.reading() as connection:
            for start in range(0, len(ids), ID_CHUNK):
                some = {"number": number, "ids": ids[start : start + ID_CHUNK]}
                seen = [(id_, revision_of(at)) for id_, at in connection.execute(_SEEN, some)]
                tickets = dict[int, int]()
                revisions = sorted({revision for _, revision in seen})
                for first in range(0, len(revisions), ID_CHUNK):
                    some = {"revisions": revisions[first : first + ID_CHUNK]}
                    tickets.update(
                        (row.revision, row.ticket) for row in connection.execute(_TICKETS, some)
                    )
                for id_, revision in seen:
                    if revision in tickets:
                        newest[id_] = max(newest.get(id_, 0), tickets[revision])
        return min(newest.values()) if newest and newest.keys() >= set(ids) else None

    def history(self, number: int, id_: str) -> list[Record]:
        """Return every kept version of one entity, oldest first."""
        query = sa.select(*_COLUMNS).where(record.c.collection == number, record.c.id == id_)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(record.c.position)).fetchall()
        return self._records(rows)

    def versions(self, number: int, since: Head | None) -> Iterator[VersionsPage]:
        """Yield ids, revisions and digests, all of one instant."""
        # One transaction, so that nothing is compacted or committed between two pages.
        with self._database.reading() as connection:
            now = self.head(connection)
            anew = (
                since is None
                or since.revision == 0
                or since.revision < now.oldest
                or not self.holds(connection, now, since)
            )
            replaced = since is not None and not self.goes_on(connection, since, now)
            query = _LIVING if anew else _VERSIONS
            after = first_position(0 if anew or since is None else since.revision + 1) - 1
            while True:
                rows = connection.execute(query, {"number": number, "after": after}).fetchall()
                yield VersionsPage(
                    now,
                    anew,
                    [
                        Version(id_, revision_of(position), b"" if op == DELETE else digest)
                        for position, id_, op, digest in rows
                    ],
                    replaced,
                )
                if len(rows) < _VERSIONS_PAGE:
                    return
                after = rows[-1][0]

    def revision_at(self, when: float) -> int:
        """Return the newest revision committed at or before *when*."""
        with self._database.reading() as connection:
            found = connection.execute(
                sa.select(sa.func.max(commits.c.revision)).where(commits.c.committed_at <= when)
            ).scalar()
            began_at, oldest = connection.execute(sa.select(head.c.began_at, head.c.oldest)).one()
            if found is not None:
                return int(found)
            if oldest:
                began_at = connection.execute(
                    sa.select(sa.func.min(commits.c.committed_at))
                ).scalar()
        if oldest or when < began_at:
            raise BeforeLogError(
                f"Nothing is known of {iso(when)}: the log goes back to {iso(began_at)}. "
                "Ask for a later time, or leave it out for what is known now."
            )
        return 0  # it was there, and nothing had been seen yet

    def _records(self, rows: Sequence[Any]) -> list[Record]:
        records: list[Record] = []
        for chosen, group in groupby(rows, key=_dictionary):
            same = list(group)
            texts = self._bodies.decompress(chosen, [row[9] for row in same])
            for row, body in zip(same, texts, strict=True):
                position, number, id_, op, previous, sampled_at, changed, reason, _, _ = row
                records.append(
                    Record(
                        self._names.name(number),
                        id_,
                        revision_of(position),
                        OF_NUMBER[op],
                        previous,
                        sampled_at,
                        msgspec.json.decode(changed, type=list[str]) if changed else [],
                        reason,
                        body,
                        position,
                    )
                )
        return records


def _dictionary(row: Any) -> Any:
    return row[8]
