"""The epoch: the log's name, which every answer carries."""

import uuid

import sqlalchemy as sa

from synchronizer.store.engine import Database
from synchronizer.store.tables import head


def name_anew(database: Database) -> str:
    """Give the log another epoch; return it.

    Whoever holds a revision of the log as it was called before gets all again.
    """
    epoch = uuid.uuid4().hex
    with database.writing() as connection:
        connection.execute(sa.update(head).values(epoch=epoch))
    return epoch
