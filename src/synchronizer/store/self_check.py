"""Whether the store is as it was written.

Each record must fit its seal, what lives in a collection must add up to the collection's
content digest, and each commit must lead to the log digest that it left. A whole check reads
everything; a partial one goes on where the one before it stopped, so that checks now and then
come to everything in time, at a cost that is known.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa
import zstandard

from synchronizer.model.digests import NOTHING, digest_of, element, number
from synchronizer.model.entity import Collection
from synchronizer.model.errors import StoreDamagedError
from synchronizer.store.bodies import Bodies
from synchronizer.store.commits import DELETE
from synchronizer.store.contract import Damage
from synchronizer.store.engine import Database
from synchronizer.store.log_digest import Entry, digest_at, element_in, log_digest, sealed
from synchronizer.store.tables import collection as collection_table
from synchronizer.store.tables import commits, first_position, head, record, revision_of

log = logging.getLogger(__name__)

_PAGE = 1000
_ALL = 1 << 62


class SelfCheck:
    """Goes through the store; used by one thread at a time."""

    def __init__(self, database: Database, bodies: Bodies) -> None:
        self._database = database
        self._bodies = bodies
        self._position = 0  # behind which records are looked at next
        self._collection = 0
        self._revision = 0

    def check(self, records: int | None = None) -> list[Damage]:
        """Return what is not as it was written.

        Args:
            records: about so many are looked at; None for all.
        """
        if records is None:
            self._position = self._collection = self._revision = 0
        found = [
            *self._records(records or _ALL),
            *self._collections(records or _ALL),
            *self._commits(records or _ALL),
        ]
        for each in found:
            log.error("the store is damaged: %s: %s", *each)
        if found:
            self._database.attempts.failed(
                StoreDamagedError(
                    f"{self._database.shown} is damaged ({found[0].place}: {found[0].found}); run "
                    "`synchronizer doctor` for all of it, and restore it from a backup."
                ),
                count=False,
            )
        return found

    def _records(self, most: int) -> Iterator[Damage]:
        columns = (
            record.c.position,
            record.c.collection,
            record.c.id,
            record.c.digest,
            record.c.dictionary,
            record.c.body,
            record.c.seal,
        )
        query = sa.select(*columns).order_by(record.c.position)
        while most > 0:
            size = min(most, _PAGE)
            with self._database.reading() as connection:
                named = _named(connection)
                rows = connection.execute(
                    query.where(record.c.position > self._position).limit(size)
                ).all()
            for row in rows:
                if not self._fits(row, named):
                    yield Damage(
                        f"revision {revision_of(row.position)}, "
                        f"{named.get(row.collection, 'no collection')}, id {row.id!r}",
                        "id, body or digest is not what was committed",
                    )
            most -= size
            self._position = rows[-1].position if len(rows) == size else 0
            if not self._position:
                return

    def _fits(self, row: Any, named: dict[int, Collection]) -> bool:
        if row.collection not in named:
            return False
        try:
            (body,) = self._bodies.decompress(row.dictionary, [row.body])
        except (zstandard.ZstdError, sa.exc.NoResultFound):
            return False
        found = element(named[row.collection], row.id, revision_of(row.position), body)
        return bool(row.seal == sealed(found, row.digest))

    def _collections(self, most: int) -> Iterator[Damage]:
        with self._database.reading() as connection:
            waiting = sorted(each for each in _named(connection) if each > self._collection)
        for chosen in waiting:
            with self._database.reading() as connection:
                row = connection.execute(
                    sa.select(collection_table).where(collection_table.c.id == chosen)
                ).one()
                seals = connection.execution_options(yield_per=_PAGE).execute(
                    sa.select(record.c.seal).where(
                        record.c.collection == chosen,
                        record.c.superseded.is_(None),
                        record.c.op != DELETE,
                    )
                )
                count, total = _added(seals.scalars())
            self._collection = chosen
            most -= 1 + count
            if (count, digest_of(total)) != (row.entities, row.content or NOTHING):
                yield Damage(
                    str(Collection(row.cloud, row.region or None, row.type)),
                    f"{count} entities that do not add up to its content digest "
                    f"(of {row.entities} entities)",
                )
            if most <= 0:
                return
        self._collection = 0

    def _commits(self, most: int) -> Iterator[Damage]:
        while most > 0:
            with self._database.reading() as connection:
                oldest, newest, last = connection.execute(
                    sa.select(head.c.oldest, head.c.revision, head.c.digest)
                ).one()
                start = max(self._revision, oldest)
                if start >= newest:
                    if start == newest and last not in {None, digest_at(connection, newest)}:
                        yield Damage("head", f"its digest is not that of revision {newest}")
                    self._revision = 0
                    return
                rows = _entries(connection, start, min(most, _PAGE))
                before, left = digest_at(connection, start), _left(connection, start, rows)
            known = start
            for revision, group in rows:
                found = log_digest(before, revision, group)
                if revision != known + 1 or found != left.get(revision):
                    yield Damage(f"revision {revision}", "its records do not lead to its digest")
                known, before = revision, left.get(revision, found)
                most -= len(group)
            if not rows:
                yield Damage(f"revision {start + 1}", "it has no records")
                known = start + 1
            self._revision = known


def _named(connection: sa.Connection) -> dict[int, Collection]:
    table = collection_table.c
    query = sa.select(table.id, table.cloud, table.region, table.type)
    return {row[0]: Collection(row[1], row[2] or None, row[3]) for row in connection.execute(query)}


def _added(seals: Iterable[bytes]) -> tuple[int, int]:
    count = total = 0
    for seal in seals:
        total += number(element_in(seal))
        count += 1
    return count, total


def _entries(connection: sa.Connection, start: int, most: int) -> list[tuple[int, list[Entry]]]:
    """Return whole commits behind revision *start*, about so many records of them."""
    columns = [record.c[name] for name in Entry._fields]
    query = sa.select(record.c.position, *columns).order_by(record.c.position)
    behind = query.where(record.c.position >= first_position(start + 1))
    rows: Sequence[Any] = connection.execute(behind.limit(most)).all()
    if len(rows) == most:
        # The last commit may go on.
        end = first_position(revision_of(rows[-1][0]) + 1)
        more = query.where(record.c.position > rows[-1][0], record.c.position < end)
        rows = [*rows, *connection.execute(more)]
    return [
        (revision, [Entry(*row[1:]) for row in group])
        for revision, group in groupby(rows, key=lambda row: revision_of(row[0]))
    ]


def _left(
    connection: sa.Connection, start: int, rows: list[tuple[int, list[Entry]]]
) -> dict[int, bytes]:
    if not rows:
        return {}
    query = sa.select(commits.c.revision, commits.c.digest).where(
        commits.c.revision > start, commits.c.revision <= rows[-1][0]
    )
    return {revision: digest or NOTHING for revision, digest in connection.execute(query)}
