"""``demo``: a demo cloud that changes, a synchronizer over it, and each change as it arrives."""

import os
from argparse import ArgumentParser, Namespace

from cliff.command import Command

from synchronizer.cli.command import ReportsErrors


class Demonstrate(ReportsErrors, Command):  # type: ignore[misc]
    """Run a demo cloud and a synchronizer over it, and print each change, until Ctrl-C.

    Needs no OpenStack. At the end the servers of a mirror are compared with the cloud's:
    exit code 0 when they are equal.
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add the options; their defaults may stand in the environment."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            "--seconds",
            type=float,
            default=float(os.environ.get("DEMO_SECONDS") or 0),
            help="End by itself after so many seconds; 0 runs until Ctrl-C (DEMO_SECONDS).",
        )
        parser.add_argument(
            "--servers",
            type=int,
            default=int(os.environ.get("DEMO_SERVERS") or 200),
            help="How many servers the demo cloud begins with (DEMO_SERVERS; %(default)s).",
        )
        parser.add_argument(
            "--port",
            type=int,
            default=int(os.environ.get("DEMO_PORT") or 8989),
            help="Port of the HTTP API; a free one if it is taken (DEMO_PORT; %(default)s).",
        )
        return parser

    def take_action(self, parsed_args: Namespace) -> int:
        """Demonstrate."""
        from synchronizer.cli.demonstration import demonstrate  # noqa: PLC0415 - the extra demo

        return demonstrate(
            seconds=parsed_args.seconds, servers=parsed_args.servers, port=parsed_args.port
        )
