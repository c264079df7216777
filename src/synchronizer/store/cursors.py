"""The sinks of the log: moved by compare-and-set, so that one owner moves each."""

import msgspec
import sqlalchemy as sa

from synchronizer.store.contract import Sink
from synchronizer.store.engine import Database
from synchronizer.store.tables import sink as table

_priors = msgspec.json.Decoder(dict[str, int]).decode


def sinks(database: Database) -> list[Sink]:
    """Return all sinks, in order of name."""
    with database.reading() as connection:
        rows = connection.execute(sa.select(table).order_by(table.c.name)).all()
    return [Sink(name, at, _priors(priors), owner, beat) for name, at, priors, owner, beat in rows]


def move(database: Database, before: Sink | None, after: Sink) -> bool:
    """Replace a sink if nobody else did; return whether that was so."""
    row = after._asdict() | {"priors": msgspec.json.encode(after.priors).decode()}
    with database.writing() as connection:
        held = connection.execute(
            sa.select(table.c.owner, table.c.beat)
            .where(table.c.name == after.name)
            .with_for_update()
        ).first()
        if (None if held is None else tuple(held)) != (before and (before.owner, before.beat)):
            return False
        if before is None:
            connection.execute(sa.insert(table).values(row))
        else:
            connection.execute(sa.update(table).where(table.c.name == after.name).values(row))
    return True
