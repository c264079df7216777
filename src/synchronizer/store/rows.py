"""Many rows written by one statement, at the cost of the driver.

SQLAlchemy prepares each row anew, which costs more than SQLite takes to write it. What it
compiles is used, and the driver is handed the rows themselves: their values are numbers,
texts and bytes, which every driver takes as they are.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa


def execute_many(
    connection: sa.Connection, statement: sa.Insert | sa.Update, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Execute *statement* for each of *rows*, which all have the same keys, two or more."""
    text, names = _compiled(statement, connection.dialect, tuple(rows[0]))
    values: Any = rows if names is None else list(map(itemgetter(*names), rows))
    connection.exec_driver_sql(text, values)


@lru_cache(maxsize=64)
def _compiled(
    statement: sa.Insert | sa.Update, dialect: sa.Dialect, keys: tuple[str, ...]
) -> tuple[str, list[str] | None]:
    """Return a statement as the driver takes it, and the order of its values if they have one."""
    made: Any = statement.compile(dialect=dialect, column_keys=list(keys))
    return str(made), list(made.positiontup) if made.positional else None
