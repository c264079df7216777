"""A copy of a store while it is in use."""

import os
import sqlite3
from pathlib import Path

from synchronizer.model.errors import RequestError, StoreUnusableError
from synchronizer.store.database_errors import full
from synchronizer.store.engine import Database


def copy(database: Database, target: Path) -> int:
    """Copy the store as it is at one moment into a new file of its owner's; return its bytes.

    It is SQLite's online backup (https://www.sqlite.org/backup.html): whoever writes meanwhile
    goes on, and nothing of it is torn. The file appears when it is whole.

    Raises:
        RequestError: the store is no SQLite file, or *target* exists.
        StoreUnusableError, StoreFullError: *target* cannot be written.
    """
    source = database.engine.url.database
    if not database.sqlite or not source:
        raise RequestError(
            f"{database.shown} is backed up by its database's own tools, in one transaction: "
            "pg_dump, or mariadb-dump --single-transaction."
        )
    if target.exists():
        raise RequestError(f"{target} exists; name another file, or move it away.")
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with sqlite3.connect(source) as here, sqlite3.connect(part) as there:
            here.backup(there)
        here.close()
        there.close()
        part.rename(target)
    except OSError as error:
        raise StoreUnusableError(f"{target} cannot be written ({error.strerror}).") from None
    except sqlite3.OperationalError as error:
        part.unlink(missing_ok=True)
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise full(str(target), str(error)) from None
        raise StoreUnusableError(f"{target} cannot be written ({error}).") from None
    return target.stat().st_size
