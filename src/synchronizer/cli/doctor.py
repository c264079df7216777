"""``doctor``: is everything there that a synchronizer needs?"""

from argparse import ArgumentParser, Namespace
from functools import partial
from typing import Any

from cliff.lister import Lister

from synchronizer.cli.command import ReportsErrors

_SECONDS = 10.0


class Doctor(ReportsErrors, Lister):  # type: ignore[misc]
    """Check that everything a synchronizer needs works; ends with 1 when something does not."""

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add what is not in the configuration."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("--store", metavar="URL", help="SQLAlchemy URL ([store] url).")
        return parser

    def run(self, parsed_args: Namespace) -> int:
        """Print the table; end with 1 when a check failed."""
        self.failed = False
        return super().run(parsed_args) or int(self.failed)

    def take_action(self, parsed_args: Namespace) -> tuple[Any, Any]:
        """Make every check, also after one that failed."""
        from synchronizer.cli.checks import all_checks  # noqa: PLC0415 - the server's

        # Without credentials: the clouds are checked by themselves.
        opened = partial(self.opened, timeout=_SECONDS)
        rows = list(all_checks(self.app_args, parsed_args.store, opened))
        self.failed = any(row.verdict == "no" for row in rows)
        return ("Check", "OK", "Found", "Remedy"), rows
