"""``serve``: the synchronizer itself, in the foreground."""

from argparse import ArgumentParser, Namespace
from functools import partial
from typing import Any

from cliff.command import Command

from synchronizer.cli.command import ReportsErrors, settings


class Serve(ReportsErrors, Command):  # type: ignore[misc]
    """Run a synchronizer in the foreground until SIGTERM or Ctrl-C.

    SIGHUP reads the configuration again.
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add what is most often set by hand; everything else is in the configuration."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("--host", help="Address of the HTTP API ([api] host).")
        parser.add_argument("--port", type=int, help="Its port; 0 takes a free one ([api] port).")
        parser.add_argument("--store", metavar="URL", help="SQLAlchemy URL ([store] url).")
        return parser

    def take_action(self, parsed_args: Namespace) -> int:
        """Serve."""
        from synchronizer.service.serve import serve  # noqa: PLC0415 - the server's dependencies

        given: dict[str, dict[str, Any]] = {
            "api": {"host": parsed_args.host, "port": parsed_args.port},
            "store": {"url": parsed_args.store},
        }
        overrides = {
            group: {name: value for name, value in values.items() if value is not None}
            for group, values in given.items()
        }
        return serve(partial(settings, self.app_args, **overrides), self.app_args.log_file)
