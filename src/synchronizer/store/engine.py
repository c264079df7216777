"""The database below the store: connections, transactions, and its errors in our words."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.errors import (
    StoreDamagedError,
    StoreError,
    StoreReplacedError,
    StoreUnusableError,
)
from synchronizer.store.database_errors import ROOM, cause_of, free_bytes, full
from synchronizer.store.file_mode import make_folder, make_private
from synchronizer.store.tables import collection, head, record
from synchronizer.store.write_attempts import WriteAttempts

_BUSY_SECONDS = 30
_FRESH_SECONDS = 2


class Database:
    """Hands out transactions; the one place that knows which database it is.

    Args:
        anew: forget what became of earlier attempts to write.

    Attributes:
        shown: the URL without its password.
        folder: of the file, where it is one.
        attempts: what became of the attempts to write.
    """

    def __init__(self, url: str, *, clock: Clock | None = None, anew: bool = False) -> None:
        try:
            parsed = sa.make_url(url)
        except sa.exc.ArgumentError as error:
            raise StoreUnusableError(
                f"The store's URL cannot be read ({error}); "
                "write sqlite:////var/lib/synchronizer/store.sqlite or postgresql+psycopg://…"
            ) from None
        self._clock = clock or SystemClock()
        self._file: tuple[str, os.stat_result] | None = None
        self.shown = parsed.render_as_string(hide_password=True)
        self.sqlite = parsed.get_backend_name() == "sqlite"
        file = None
        if self.sqlite and parsed.database and not parsed.database.startswith(("file:", ":")):
            file = Path(parsed.database)
            make_folder(file.parent)
        patience = float(str(parsed.query.get("timeout", _BUSY_SECONDS)))
        self.engine = _engine(
            parsed,
            # Readers and writers of one process each have their connection.
            poolclass=sa.QueuePool,
            pool_size=8,
            max_overflow=32,
            pool_pre_ping=not self.sqlite,
            **(_sqlite_options(parsed, file, patience) if self.sqlite else {}),
        )
        # A new connection has read nothing yet; what others have cached may be gone from the disk.
        self._fresh = (
            self.engine
            if file is None
            else sa.create_engine(
                parsed, poolclass=sa.NullPool, connect_args={"timeout": _FRESH_SECONDS}
            )
        )
        self.folder = None if file is None else str(file.parent)
        self.attempts = WriteAttempts(None if file is None else f"{file}-writes", anew=anew)
        if self.sqlite:
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "connect", self._remember_file)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one consistent state and writes nothing."""
        self._ensure_file()
        with self._translated(), self.engine.connect() as connection:
            if not self.sqlite:
                # PostgreSQL would show each statement what was committed before it.
                connection.execution_options(isolation_level="REPEATABLE READ")
            with self._transaction(connection, "BEGIN DEFERRED"):
                yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that may write; on SQLite it owns the one write lock from its start."""
        try:
            self._ensure_file()
        except StoreReplacedError as error:
            self.attempts.failed(error)
            raise
        with (
            self._translated(writes=True),
            self.engine.connect() as connection,
            self._transaction(connection, "BEGIN IMMEDIATE"),
        ):
            yield connection
        self.attempts.succeeded(self._clock.now())

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
        self.attempts.close()

    def examine(self) -> None:
        """See that the file can be read, past every cache, and that there is room to write.

        Raises:
            StoreError: it cannot, or the last write failed.
        """
        self._ensure_file()
        if self._file is not None:
            self._examine_file(self._file[0])
        with self._translated(), self._fresh.connect() as connection:
            for order in (record.c.position, record.c.position.desc()):
                connection.execute(sa.select(record.c.body).order_by(order).limit(1)).all()
            for table in (head, collection):
                connection.execute(sa.select(table)).all()
        trouble = self.attempts.known().trouble
        if trouble is not None:
            raise trouble

    @contextmanager
    def _transaction(self, connection: sa.Connection, begin: str) -> Iterator[None]:
        """Begin on SQLite by our own word: an event for it would cost with each statement."""
        with connection.begin():
            if self.sqlite:
                driver: Any = connection.connection.driver_connection
                try:
                    driver.execute(begin)
                except sqlite3.Error as error:
                    raise sa.exc.DBAPIError(begin, None, error) from error
            yield

    def _examine_file(self, path: str) -> None:
        free = free_bytes(str(Path(path).parent))
        if free is not None and free < ROOM:
            raise full(self.shown, f"{free >> 10} KiB are left")
        with self.reading() as connection:
            pages, size = (
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("page_count", "page_size")
            )
            # What is not in the file yet is in the log beside it; as long as we read, both stay.
            files = (Path(path), Path(f"{path}-wal"))
            missing = pages * size - sum(each.stat().st_size for each in files if each.exists())
        if missing > 0:
            error = StoreDamagedError(
                f"{self.shown} was cut off: {missing} bytes of it are missing; stop every "
                "synchronizer that uses it, and restore it from a backup."
            )
            self.attempts.failed(error, count=False)
            raise error

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
    def _translated(self, *, writes: bool = False) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            cause = cause_of(error, self.shown, self.folder)
            if not isinstance(error, sa.exc.IntegrityError) and (writes or _lasts(cause)):
                self.attempts.failed(cause, count=writes)
            raise cause from error


def _lasts(cause: StoreError) -> bool:
    return isinstance(cause, StoreDamagedError)


def _engine(url: sa.URL, **options: Any) -> sa.Engine:
    try:
        return sa.create_engine(url, **options)
    except (sa.exc.NoSuchModuleError, ImportError) as error:
        raise StoreUnusableError(
            f"No driver for the store's database {url.drivername} is installed ({error}); "
            "install it, or write sqlite:////var/lib/synchronizer/store.sqlite."
        ) from None


def _prepare_sqlite(connection, _record) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    connection.isolation_level = None  # transactions begin when we say so, see _transaction
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # an acknowledged commit is on disk
        "foreign_keys=ON",
        "cache_size=-16000",
        "journal_size_limit=67108864",  # a long reader must not leave a log that stays large
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_options(url: sa.URL, file: Path | None, patience: float) -> dict[str, Any]:
    """Return options of an engine whose connections are made by us: the file is private first."""
    given, options = url.get_dialect()().create_connect_args(url)
    named: dict[str, Any] = {**options, "timeout": patience, "check_same_thread": False}

    def connect() -> Any:
        if file is not None:
            make_private(file)
        return sqlite3.connect(given[0], **named)

    return {"creator": connect}
