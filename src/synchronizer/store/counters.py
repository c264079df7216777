"""Counters of what concerns a plugin of a cloud as a whole, added up over all processes."""

from collections.abc import Mapping

import sqlalchemy as sa

from synchronizer.store.contract import Counter
from synchronizer.store.engine import Database
from synchronizer.store.tables import counter as table


def count(database: Database, cloud: str, plugin: str, added: Mapping[str, int]) -> None:
    """Add to counters, in one transaction."""
    with database.writing() as connection:
        for name, value in added.items():
            where = sa.and_(table.c.cloud == cloud, table.c.plugin == plugin, table.c.name == name)
            change = sa.update(table).where(where).values(value=table.c.value + value)
            if not connection.execute(change).rowcount:
                row = {"cloud": cloud, "plugin": plugin, "name": name, "value": value}
                connection.execute(sa.insert(table).values(row))


def counters(database: Database) -> list[Counter]:
    """Return all of them, in order of name."""
    query = sa.select(table).order_by(table.c.cloud, table.c.plugin, table.c.name)
    with database.reading() as connection:
        return [Counter(*row) for row in connection.execute(query).all()]
