"""Measurements: what of entities is of use only while it is new, kept beside the log.

There is one line for each entity that has any, replaced by each complete sweep that finds
other values. They have no revision, no history, and nobody is notified of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from synchronizer.store.collections import Collections
from synchronizer.store.commits import DELETE
from synchronizer.store.contract import Measured
from synchronizer.store.engine import Database
from synchronizer.store.tables import measurement as table
from synchronizer.store.tables import record

_CHUNK = 500  # ids in one IN (...): below every database's limit of parameters

_alive = sa.exists().where(
    record.c.collection == table.c.collection,
    record.c.id == table.c.id,
    record.c.superseded.is_(None),
    record.c.op != DELETE,
)


def measure(database: Database, number: int, found: Mapping[str, Mapping[str, Any]]) -> None:
    """Replace the measurements of some entities of a collection; forget those of the dead."""
    ids = list(found)
    with database.writing() as connection:
        for start in range(0, len(ids), _CHUNK):
            some = ids[start : start + _CHUNK]
            connection.execute(
                sa.delete(table).where(table.c.collection == number, table.c.id.in_(some))
            )
            rows = [
                {"collection": number, "id": id_, "measured": msgspec.json.encode(found[id_])}
                for id_ in some
            ]
            connection.execute(sa.insert(table), rows)
        connection.execute(sa.delete(table).where(table.c.collection == number, ~_alive))


def measurements(
    database: Database,
    names: Collections,
    numbers: Sequence[int],
    after: tuple[int, str],
    limit: int,
) -> list[Measured]:
    """Return the measurements of living entities, in order of collection and id."""
    behind, id_ = after
    query = (
        sa.select(table)
        .where(
            table.c.collection.in_(numbers),
            sa.or_(
                table.c.collection > behind,
                sa.and_(table.c.collection == behind, table.c.id > id_),
            ),
            _alive,
        )
        .order_by(table.c.collection, table.c.id)
        .limit(limit)
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return [
        Measured(names.name(row.collection), row.id, row.measured, (row.collection, row.id))
        for row in rows
    ]
