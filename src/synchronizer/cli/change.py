"""``change list``: the log after a revision."""

from argparse import ArgumentParser, Namespace
from typing import Any

from cliff.lister import Lister

from synchronizer.cli.columns import CHANGE, change_row, machine, whole
from synchronizer.cli.command import ReportsErrors, add_place
from synchronizer.model.change import Change

_PAGE = 1000


class ListChanges(ReportsErrors, Lister):  # type: ignore[misc]
    """List the changes after a revision, oldest first.

    With --long and -f json each change is given whole, body and all.
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add from where."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("types", nargs="*", metavar="TYPE", help="Such as nova.server; or all.")
        parser.add_argument(
            "--since", type=int, required=True, metavar="REVISION", help="Those after it."
        )
        parser.add_argument(
            "--limit", type=int, metavar="N", help="At most so many, and the rest of a commit."
        )
        add_place(parser)
        parser.add_argument("--long", action="store_true", help="Whole changes (with -f json).")
        return parser

    def take_action(self, parsed_args: Namespace) -> tuple[Any, Any]:
        """Read page after page."""
        transport, since, digest, more = self.transport, parsed_args.since, None, True
        changes: list[Change] = []
        while more and (parsed_args.limit is None or len(changes) < parsed_args.limit):
            left = _PAGE if parsed_args.limit is None else parsed_args.limit - len(changes)
            page = transport.changes(
                since,
                parsed_args.types,
                min(_PAGE, left),
                cloud=parsed_args.cloud,
                region=parsed_args.region,
                digest=digest,
            )
            since, digest, more = page.revision, page.digest, page.more
            changes += page.changes
        if parsed_args.long and machine(parsed_args):
            return Change.__struct_fields__, [tuple(whole(each).values()) for each in changes]
        return CHANGE, map(change_row, changes)
