"""``type list``: what is sampled and how fresh it is, or everything that could be."""

import inspect
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

from cliff.lister import Lister

from synchronizer.cli.columns import Row, machine
from synchronizer.cli.command import Told
from synchronizer.client.transport import EntityType

_SAMPLED = ("Type", "Cloud", "Region", "Entities", "Revision", "Age", "State", "Fault")
_KNOWN = ("Type", "Plugin", "Summary")


class ListTypes(Told, Lister):  # type: ignore[misc]
    """List entity types and how fresh they are.

    With --all, every type that the installed plugins know: no synchronizer is asked.
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add --all."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            "--all", action="store_true", help="All that the installed plugins know."
        )
        return parser

    def take_action(self, parsed_args: Namespace) -> tuple[Any, Any]:
        """Ask the synchronizer, or the plugins."""
        if parsed_args.all:
            return _KNOWN, known()
        plain = machine(parsed_args)
        return _SAMPLED, [_row(each, plain=plain) for each in self.transport.types()]


def known() -> Iterator[Row]:
    """Yield every type of the installed plugins, with a line about it."""
    from synchronizer.plugins import installed  # noqa: PLC0415 - plugins are only for --all

    for name, plugin in installed().items():
        for resource in plugin.declared():
            about = getattr(resource, "summary", None) or inspect.getdoc(type(resource)) or ""
            yield resource.type, name, about.partition("\n")[0]


def _row(each: EntityType, *, plain: bool) -> Row:
    age: Any = each.age
    if not plain:
        age = "" if age is None else f"{age:.0f} s"
    fault = each.fault.detail or each.fault.title if each.fault else ""
    return (
        each.type,
        each.cloud,
        each.region if plain else each.region or "",
        each.entities,
        each.revision,
        age,
        each.state,
        fault,
    )
