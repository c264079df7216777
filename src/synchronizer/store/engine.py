"""The database below the store: connections, transactions, and its errors in our words."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from synchronizer.model.errors import (
    StoreError,
    StoreFullError,
    StoreReplacedError,
    StoreUnusableError,
)
from synchronizer.store.private import make_folder, make_private

_BUSY_SECONDS = 30


class Database:
    """Hands out transactions; the one place that knows which database it is."""

    def __init__(self, url: str) -> None:
        try:
            parsed = sa.make_url(url)
        except sa.exc.ArgumentError as error:
            raise StoreUnusableError(
                f"The store's URL cannot be read ({error}); "
                "write sqlite:////var/lib/synchronizer/store.sqlite or postgresql+psycopg://…"
            ) from None
        self._file: tuple[str, os.stat_result] | None = None
        self.shown = parsed.render_as_string(hide_password=True)
        self.sqlite = parsed.get_backend_name() == "sqlite"
        file = None
        if self.sqlite and parsed.database and not parsed.database.startswith(("file:", ":")):
            file = Path(parsed.database)
            make_folder(file.parent)
        self.engine = _engine(
            parsed,
            # Readers and writers of one process each have their connection.
            poolclass=sa.QueuePool,
            pool_size=8,
            max_overflow=32,
            pool_pre_ping=not self.sqlite,
            **(
                {"connect_args": {"timeout": _BUSY_SECONDS, "check_same_thread": False}}
                if self.sqlite
                else {}
            ),
        )
        if file is not None:
            sa.event.listen(self.engine, "do_connect", lambda *_: make_private(file))
        if self.sqlite:
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "connect", self._remember_file)
            sa.event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one consistent state and writes nothing."""
        self._ensure_file()
        with self._translated(), self.engine.connect() as connection:
            if not self.sqlite:
                # PostgreSQL would show each statement what was committed before it.
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that may write; on SQLite it owns the one write lock from its start."""
        self._ensure_file()
        with self._translated(), self.engine.connect() as connection:
            # execution_options changes the connection in place.
            connection.execution_options(immediate=True)
            with connection.begin():
                yield connection

    @contextmanager
    def stamps(self) -> Iterator[Callable[[], int | None]]:
        """A function that tells by another number that somebody committed.

        On SQLite that is a counter in shared memory, a thousandth of a query's cost; other
        databases have none, and it always returns None.
        """
        if not self.sqlite:
            yield lambda: None
            return
        raw = self.engine.raw_connection()
        try:
            cursor = raw.cursor()

            def stamp() -> int:
                self._ensure_file()
                return int(cursor.execute("PRAGMA data_version").fetchone()[0])

            yield stamp
        finally:
            raw.close()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _remember_file(self, connection, _record) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        if self._file is None:
            path = connection.execute("PRAGMA database_list").fetchone()[2]
            if path:  # it is not in memory
                self._file = (path, Path(path).stat())

    def _ensure_file(self) -> None:
        """Refuse to go on with a file that has left its place: what is written is lost.

        Raises:
            StoreReplacedError
        """
        if self._file is None:
            return
        path, known = self._file
        try:
            now = os.stat(path)  # noqa: PTH116 - this runs with each transaction
        except OSError:
            now = None
        if now is None or (now.st_ino, now.st_dev) != (known.st_ino, known.st_dev):
            raise StoreReplacedError(
                f"The file {path} was {'replaced' if now else 'removed'} while it was open; "
                "put it back, or stop every synchronizer that uses it and start again. After a "
                "restore from a backup run `synchronizer db new-epoch` before."
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise self._in_our_words(error) from error

    def _in_our_words(self, error: sa.exc.DBAPIError) -> StoreError:
        said = str(error.orig)
        low = said.lower()
        if "disk is full" in low or "no space" in low or "disk i/o error" in low:
            return StoreFullError(
                f"No space to write {self.shown} ({said}); free some. Nothing was lost."
            )
        if "malformed" in low or "not a database" in low or "corrupt" in low:
            return StoreUnusableError(
                f"{self.shown} is damaged or not a store ({said}); restore it from a backup, or "
                "move it away to start from an empty one."
            )
        if "unable to open" in low or "readonly" in low:
            return StoreUnusableError(
                f"{self.shown} cannot be opened for writing ({said}); check folder and permissions."
            )
        if "no such table" in low:
            return StoreUnusableError(
                f"{self.shown} has no tables of a store; run `synchronizer db upgrade`."
            )
        return StoreError(f"{self.shown}: {said}")


def _engine(url: sa.URL, **options: Any) -> sa.Engine:
    try:
        return sa.create_engine(url, **options)
    except (sa.exc.NoSuchModuleError, ImportError) as error:
        raise StoreUnusableError(
            f"No driver for the store's database {url.drivername} is installed ({error}); "
            "install it, or write sqlite:////var/lib/synchronizer/store.sqlite."
        ) from None


def _prepare_sqlite(connection, _record) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    connection.isolation_level = None  # transactions begin when we say so, see _begin_sqlite
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # an acknowledged commit is on disk
        "foreign_keys=ON",
        "cache_size=-16000",
        "journal_size_limit=67108864",  # a long reader must not leave a log that stays large
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN DEFERRED")
