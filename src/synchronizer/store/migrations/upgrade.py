"""Bringing a store to this program's schema, and refusing one that is newer.

Versions are numbers with leading zeros, so they order as text. alembic is imported only
when there is something to do: every process opens the store, one upgrades it.
"""

from pathlib import Path

import sqlalchemy as sa

from synchronizer.model.errors import StoreUnusableError
from synchronizer.store.engine import Database

SCHEMA = "0016"
"""The schema that this program reads and writes: the newest step's number."""


def upgrade(database: Database) -> str:
    """Apply the missing steps in one transaction; return the schema's version.

    Raises:
        StoreUnusableError: the schema is newer than this program.
    """
    with database.reading() as connection:
        found = _version(database, connection)
    if found != SCHEMA:
        from alembic import command  # noqa: PLC0415
        from alembic.config import Config  # noqa: PLC0415

        with database.writing() as connection:
            if _version(database, connection) != SCHEMA:  # another process may have been faster
                config = Config()
                folder = str(Path(__file__).parent).replace("%", "%%")
                config.set_main_option("script_location", folder)
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    return SCHEMA


def ensure_current(database: Database) -> None:
    """Refuse a store whose schema is not this program's.

    Raises:
        StoreUnusableError: the schema is older or newer.
    """
    with database.reading() as connection:
        found = _version(database, connection)
    if found != SCHEMA:
        raise StoreUnusableError(
            f"{database.shown} has schema {found or 'none'}, this program needs {SCHEMA}; "
            "run `synchronizer db upgrade`."
        )


def _version(database: Database, connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if found is not None and found > SCHEMA:
        raise StoreUnusableError(
            f"{database.shown} has schema {found}, newer than this program ({SCHEMA}); "
            "upgrade the program, or give it another store."
        )
    return found
