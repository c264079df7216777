"""Bringing a store to this program's schema, and refusing one that is newer."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from synchronizer.model.errors import StoreUnusableError
from synchronizer.store.engine import Database


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _refuse_newer(database: Database, connection: sa.Connection) -> tuple[str | None, str]:
    script = ScriptDirectory.from_config(_config())
    wanted = script.get_current_head() or ""
    found = MigrationContext.configure(connection).get_current_revision()
    known = {step.revision for step in script.walk_revisions()}
    if found is not None and found not in known:
        raise StoreUnusableError(
            f"{database.shown} has schema {found}, newer than this program ({wanted}); "
            "upgrade the program, or give it another store."
        )
    return found, wanted


def upgrade(database: Database) -> str:
    """Apply the missing steps in one transaction; return the schema's version.

    Raises:
        StoreUnusableError: the schema is newer than this program.
    """
    with database.reading() as connection:
        found, wanted = _refuse_newer(database, connection)
    if found != wanted:
        with database.writing() as connection:
            _refuse_newer(database, connection)  # another process may have been faster
            command.upgrade(_config(connection), "head")
    return wanted


def ensure_current(database: Database) -> None:
    """Refuse a store whose schema is not this program's.

    Raises:
        StoreUnusableError: the schema is older or newer.
    """
    with database.reading() as connection:
        found, wanted = _refuse_newer(database, connection)
    if found != wanted:
        raise StoreUnusableError(
            f"{database.shown} has schema {found or 'none'}, this program needs {wanted}; "
            "run `synchronizer db upgrade`."
        )
