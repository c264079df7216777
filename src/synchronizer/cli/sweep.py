"""``sweep``: look at a type now, do not wait for its turn."""

from argparse import ArgumentParser, Namespace
from typing import Any

from cliff.show import ShowOne

from synchronizer.cli.command import ReportsErrors, add_place


class Sweep(ReportsErrors, ShowOne):  # type: ignore[misc]
    """Sweep an entity type now; returns when what it found is in the store."""

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add which type."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("type", metavar="TYPE", help="Such as nova.server.")
        add_place(parser)
        return parser

    def take_action(self, parsed_args: Namespace) -> tuple[Any, Any]:
        """Sweep, and tell how the type stands."""
        now = self.transport.sweep(
            parsed_args.type, cloud=parsed_args.cloud, region=parsed_args.region
        )
        shown = ("type", "cloud", "region", "entities", "revision", "sampled_at", "state")
        return shown, tuple(getattr(now, name) for name in shown)
