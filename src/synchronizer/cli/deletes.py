"""``deletes``: what is absent without proof, and what an operator says about it."""

from argparse import ArgumentParser, Namespace
from typing import Any

from cliff.lister import Lister
from cliff.show import ShowOne

from synchronizer.cli.columns import machine
from synchronizer.cli.command import ReportsErrors, add_place


class ListDeletes(ReportsErrors, Lister):  # type: ignore[misc]
    """List the deletes that are held until an operator decides.

    Their entities are listed no more and reads of them answer 404, but nothing else that
    was known answers either: perhaps the service lost its database, or hides them.
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add --long."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("--long", action="store_true", help="With the ids, up to a hundred.")
        return parser

    def take_action(self, parsed_args: Namespace) -> tuple[Any, Any]:
        """Ask the synchronizer."""
        plain = machine(parsed_args)
        names: tuple[str, ...] = ("Type", "Cloud", "Region", "Entities", "Since", "Decision")
        names = (*names, "Version")
        rows: list[tuple[Any, ...]] = []
        for each in self.transport.deletes():
            place = (each.type, each.cloud, each.region)
            shown = (*place, each.entities, each.since, each.decision, each.version)
            row = shown if plain else tuple("" if value is None else value for value in shown)
            ids = (each.ids if plain else "\n".join(each.ids),) if parsed_args.long else ()
            rows.append((*row, *ids))
        return (*names, "IDs") if parsed_args.long else names, rows


class _Decide(ReportsErrors, ShowOne):  # type: ignore[misc]
    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add which type."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("type", metavar="TYPE", help="Such as nova.server.")
        parser.add_argument(
            "--version",
            dest="held",
            metavar="VERSION",
            help="Only if what is held has this version, as `deletes list` shows it.",
        )
        add_place(parser)
        return parser

    def take_action(self, parsed_args: Namespace) -> tuple[Any, Any]:
        """Decide, and tell how the type stands."""
        now = self.decide(
            parsed_args.type,
            cloud=parsed_args.cloud,
            region=parsed_args.region,
            version=parsed_args.held,
        )
        shown = ("type", "cloud", "region", "entities", "revision", "sampled_at", "state")
        return shown, tuple(getattr(now, name) for name in shown)

    def decide(self, type_: str, **meant: str | None) -> Any:
        """Tell the synchronizer."""
        raise NotImplementedError


class ConfirmDeletes(_Decide):
    """Confirm the held deletes of a type: the entities are gone.

    The type is swept, and what is still absent then is deleted.
    """

    def decide(self, type_: str, **meant: str | None) -> Any:
        """Confirm them."""
        return self.transport.confirm_deletes(type_, **meant)


class RejectDeletes(_Decide):
    """Reject the held deletes of a type: the entities live, and stay.

    The fault of the type stays until they are seen again.
    """

    def decide(self, type_: str, **meant: str | None) -> Any:
        """Reject them."""
        return self.transport.reject_deletes(type_, **meant)
