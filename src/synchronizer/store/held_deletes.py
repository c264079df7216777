"""Deletes that wait for an operator: one line for each collection that has some."""

import msgspec
import sqlalchemy as sa

from synchronizer.store.collections import Collections
from synchronizer.store.contract import Decision, Held
from synchronizer.store.engine import Database
from synchronizer.store.tables import held as table

_ids = msgspec.json.Decoder(tuple[str, ...]).decode


def held(database: Database, names: Collections) -> list[Held]:
    """Return what is held, in order of collection."""
    with database.reading() as connection:
        rows = connection.execute(sa.select(table)).all()
    found = [
        Held(
            collection=names.name(row.collection),
            ids=_ids(row.ids),
            since=row.since,
            revision=row.revision,
            decision=row.decision,
        )
        for row in rows
    ]
    return sorted(found, key=lambda each: str(each.collection))


def hold(database: Database, number: int, what: Held | None) -> None:
    """Replace what is held of a collection; None holds nothing any more."""
    with database.writing() as connection:
        connection.execute(sa.delete(table).where(table.c.collection == number))
        if what is not None:
            connection.execute(
                sa.insert(table).values(
                    collection=number,
                    since=what.since,
                    revision=what.revision,
                    decision=what.decision,
                    ids=msgspec.json.encode(what.ids),
                )
            )


def decide(database: Database, number: int, decision: Decision) -> bool:
    """Note what an operator decided; return whether anything is held there."""
    with database.writing() as connection:
        done = connection.execute(
            sa.update(table).where(table.c.collection == number).values(decision=decision)
        )
    return bool(done.rowcount)
