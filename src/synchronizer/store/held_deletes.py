"""Deletes that wait for an operator: one line for each collection that has some."""

from typing import Any

import msgspec
import sqlalchemy as sa

from synchronizer.model.entity import Collection
from synchronizer.model.errors import HeldChangedError
from synchronizer.store.collections import Collections
from synchronizer.store.contract import Decision, Held
from synchronizer.store.engine import Database
from synchronizer.store.tables import held as table

_ids = msgspec.json.Decoder(tuple[str, ...]).decode


def held(database: Database, names: Collections) -> list[Held]:
    """Return what is held, in order of collection."""
    with database.reading() as connection:
        rows = connection.execute(sa.select(table)).all()
    found = [_held(row, names.name(row.collection)) for row in rows]
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


def decide(
    database: Database,
    names: Collections,
    collection: Collection,
    decision: Decision,
    version: str | None,
) -> bool:
    """Note what an operator decided; return whether anything is held there.

    Raises:
        HeldChangedError: not what has this version.
    """
    mine = table.c.collection == names.number(collection)
    with database.writing() as connection:
        row = connection.execute(sa.select(table).where(mine)).one_or_none()
        if row is None:
            return False
        now = _held(row, collection)
        if version not in {None, now.version}:
            raise HeldChangedError(
                f"{collection}: {len(now.ids)} deletes are held by now, of version {now.version}, "
                f"and not those of version {version}; `synchronizer deletes list` shows all."
            )
        connection.execute(sa.update(table).where(mine).values(decision=decision))
    return True


def _held(row: Any, collection: Collection) -> Held:
    return Held(
        collection=collection,
        ids=_ids(row.ids),
        since=row.since,
        revision=row.revision,
        decision=row.decision,
    )
