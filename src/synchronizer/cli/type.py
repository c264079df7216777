"""``type list``: what is sampled, how fresh it is or what it costs; or everything that could be."""

import inspect
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from cliff.lister import Lister

from synchronizer.cli.columns import Row, machine
from synchronizer.cli.command import LOG, ReportsErrors, add_place
from synchronizer.client.transport import EntityType
from synchronizer.model.cost import Spent
from synchronizer.model.errors import UnknownEntityError

_SAMPLED = ("Type", "Cloud", "Region", "Entities", "Revision", "Age", "State", "Fault")
_COST = (
    *("Type", "Cloud", "Region", "Entities", "Cycle Calls", "Cycle Seconds", "Cycle Bytes"),
    *("Calls", "Seconds", "Bytes"),
)
_KNOWN = ("Type", "Plugin", "Default", "Summary")


class ListTypes(ReportsErrors, Lister):  # type: ignore[misc]
    """List entity types and how fresh they are.

    With --cost, what sampling each type costs its service: requests, the seconds that they
    took and the bytes that they brought. A cycle is the time from the end of one complete
    sweep to the end of the next; the last three columns count since the store began.

    With --all, every type that the installed plugins know: no synchronizer is asked. Those that
    are not sampled by default are sampled where [sampling] types names them.
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add --cost and --all."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            "types", nargs="*", metavar="TYPE", help="Such as nova.server or 'nova.*'; or all."
        )
        add_place(parser)
        view = parser.add_mutually_exclusive_group()
        view.add_argument("--cost", action="store_true", help="What sampling them costs.")
        view.add_argument("--all", action="store_true", help="All that the installed plugins know.")
        return parser

    def take_action(self, parsed_args: Namespace) -> tuple[Any, Any]:
        """Ask the synchronizer, or the plugins."""
        patterns = parsed_args.types or ["*"]
        if parsed_args.all:
            return _KNOWN, [row for row in known() if _match(row[0], patterns)]
        plain = machine(parsed_args)
        found = [
            each
            for each in self.transport.types()
            if _match(each.type, patterns)
            and parsed_args.cloud in {None, each.cloud}
            and parsed_args.region in {None, each.region}
        ]
        if parsed_args.types and not found:
            raise UnknownEntityError(
                f"No entity type {' or '.join(patterns)} is sampled there; "
                "`type list` shows those that are, --all those that could be."
            )
        if parsed_args.cost:
            return _COST, [_cost_row(each, plain=plain) for each in found]
        return _SAMPLED, [_row(each, plain=plain) for each in found]


def _match(type_: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(type_, pattern) for pattern in patterns)


def known() -> Iterator[Row]:
    """Yield every type of the installed plugins, with a line about it."""
    from synchronizer.plugins import load, names  # noqa: PLC0415 - plugins are only for --all

    for name in names():
        try:
            declared = load(name).declared()
        except Exception as error:  # noqa: BLE001 - whatever a foreign module raises
            LOG.error("plugin %s cannot be imported: %s", name, error)
            continue
        for resource in declared:
            about = getattr(resource, "summary", None) or inspect.getdoc(type(resource)) or ""
            default = "yes" if resource.default else "no"
            yield resource.type, name, default, about.partition("\n")[0]


def _row(each: EntityType, *, plain: bool) -> Row:
    age: Any = each.age
    if not plain:
        age = "" if age is None else f"{age:.0f} s"
    fault = each.fault.detail or each.fault.title if each.fault else ""
    if each.rejected and not fault:
        fault = f"{each.rejected.count} records left out: {'; '.join(each.rejected.examples)}"
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


def _cost_row(each: EntityType, *, plain: bool) -> Row:
    cycle, total = each.cost.cycle, each.cost.total
    return (
        each.type,
        each.cloud,
        each.region if plain else each.region or "",
        each.entities,
        *((None if plain else "",) * 3 if cycle is None else _spent(cycle)),
        *_spent(total),
    )


def _spent(spent: Spent) -> Row:
    return (spent.calls, round(spent.seconds, 3), spent.bytes)
