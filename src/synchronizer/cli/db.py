"""``db upgrade``, ``db backup`` and ``db new-epoch``: the store as a whole."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from cliff.command import Command

from synchronizer.cli.command import ReportsErrors, settings


class Upgrade(ReportsErrors, Command):  # type: ignore[misc]
    """Bring the store's schema up to date; safe to run at any time and more than once."""

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add which store."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            "--store", metavar="URL", help="SQLAlchemy URL; else the configured [store] url."
        )
        return parser

    def take_action(self, parsed_args: Namespace) -> int:
        """Apply what is missing."""
        from synchronizer.store.engine import Database  # noqa: PLC0415 - the server's
        from synchronizer.store.migrations.upgrade import upgrade  # noqa: PLC0415

        database = Database(parsed_args.store or settings(self.app_args).store)
        try:
            self.app.stdout.write(f"{database.shown} has schema {upgrade(database)}\n")
        finally:
            database.close()
        return 0


class Backup(ReportsErrors, Command):  # type: ignore[misc]
    """Copy the store, as it is at one moment, into a new file; whoever uses it goes on.

    For a store in an SQLite file; PostgreSQL and MariaDB have tools of their own.
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add which store, and where to."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("file", metavar="FILE", type=Path, help="The new file; mode 0600.")
        parser.add_argument(
            "--store", metavar="URL", help="SQLAlchemy URL; else the configured [store] url."
        )
        return parser

    def take_action(self, parsed_args: Namespace) -> int:
        """Copy it."""
        from synchronizer.store.backup import copy  # noqa: PLC0415 - the server's
        from synchronizer.store.engine import Database  # noqa: PLC0415
        from synchronizer.store.migrations.upgrade import ensure_current  # noqa: PLC0415

        database = Database(parsed_args.store or settings(self.app_args).store)
        try:
            ensure_current(database)
            size = copy(database, parsed_args.file)
            self.app.stdout.write(f"{parsed_args.file} holds {database.shown} ({size} bytes)\n")
        finally:
            database.close()
        return 0


class NewEpoch(ReportsErrors, Command):  # type: ignore[misc]
    """Give the log another name, so that every consumer gets all again.

    For a store that was restored from a backup: run it before anything uses the store.
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add which store."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            "--store", metavar="URL", help="SQLAlchemy URL; else the configured [store] url."
        )
        return parser

    def take_action(self, parsed_args: Namespace) -> int:
        """Name it anew."""
        from synchronizer.store.engine import Database  # noqa: PLC0415 - the server's
        from synchronizer.store.epoch import name_anew  # noqa: PLC0415
        from synchronizer.store.migrations.upgrade import ensure_current  # noqa: PLC0415

        database = Database(parsed_args.store or settings(self.app_args).store)
        try:
            ensure_current(database)
            self.app.stdout.write(f"{database.shown} has epoch {name_anew(database)}\n")
        finally:
            database.close()
        return 0
