"""``db accept-scope``: the scope of the credentials is another one, and is meant so."""

from argparse import ArgumentParser, Namespace
from fnmatch import fnmatchcase
from typing import Any

from cliff.lister import Lister

from synchronizer.cli.command import ReportsErrors, add_place, settings


class AcceptScope(ReportsErrors, Lister):  # type: ignore[misc]
    """Accept the scope of the credentials as it is now: user, project, roles, endpoint.

    Forgets with which scope the types were sampled last; their next complete sweep begins
    with the one of now. What it cannot see is still deleted under the rules for absences
    only, and held where no control answers. Prints whose scope was forgotten.
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add which store, and what of it."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            "types", metavar="TYPE", nargs="*", help="Such as nova.server or neutron.*; else all."
        )
        parser.add_argument(
            "--store", metavar="URL", help="SQLAlchemy URL; else the configured [store] url."
        )
        add_place(parser)
        return parser

    def take_action(self, parsed_args: Namespace) -> tuple[Any, Any]:
        """Forget the scopes."""
        from synchronizer.sampling.scope import kept  # noqa: PLC0415 - the server's
        from synchronizer.store import open_store  # noqa: PLC0415

        store = open_store(parsed_args.store or settings(self.app_args).store, migrate=False)
        rows = []
        try:
            for each in store.collections():
                place, before = each.collection, kept(each.scope)
                if before is not None and meant(place, parsed_args):
                    store.note(place, scope=None)
                    shown = (before.shown or before.target, before.roles or "", before.endpoint)
                    rows.append((place.type, place.cloud, place.region or "", *shown))
        finally:
            store.close()
        return ("Type", "Cloud", "Region", "Was Scope", "Was Roles", "Was Endpoint"), rows


def meant(place: Any, wanted: Namespace) -> bool:
    """Whether a collection is among the types, and in the place, that a command line names."""
    return (
        (not wanted.types or any(fnmatchcase(place.type, each) for each in wanted.types))
        and wanted.cloud in {None, place.cloud}
        and (wanted.region is None or place.region in {None, wanted.region})
    )
