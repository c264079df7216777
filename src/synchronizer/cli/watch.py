"""``entity watch``: changes as they happen, one line each."""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import msgspec
from cliff.command import Command

from synchronizer.cli.columns import name_of, status_of
from synchronizer.cli.command import ReportsErrors, add_place
from synchronizer.cli.output import Shown, encodable, shown
from synchronizer.client.change_stream import following
from synchronizer.client.transport import Bookmark
from synchronizer.model.change import Change
from synchronizer.model.entity import Collection, Entity

Item = Entity | Change

_COLOURS = {"create": "green", "update": "yellow", "delete": "red", "exists": "dim"}


class WatchEntities(ReportsErrors, Command):  # type: ignore[misc]
    """Print changes as they happen, one line each, until Ctrl-C.

    Lost connections are taken up again where they broke. What is stale or has a fault is told
    on standard error, so that a sampler that died does not look like a quiet cloud. With
    -f json each line is a whole change (or, of the snapshot, a whole entity).
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add what to watch and from where."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("types", nargs="*", metavar="TYPE", help="Such as nova.server; or all.")
        add_place(parser)
        start = parser.add_mutually_exclusive_group()
        start.add_argument(
            "--since", type=int, metavar="REVISION", help="Begin after it; else begin now."
        )
        start.add_argument(
            "--snapshot", action="store_true", help="Print all entities first, then what changes."
        )
        parser.add_argument(
            "--max-changes", type=int, metavar="N", help="End after so many changes."
        )
        parser.add_argument(
            "-f", "--format", choices=("text", "json"), default="text", help="json is one a line."
        )
        return parser

    def take_action(self, parsed_args: Namespace) -> int:
        """Follow the log."""
        write = _json if parsed_args.format == "json" else _text(self.app.stdout)
        place = {"cloud": parsed_args.cloud, "region": parsed_args.region}
        transport, since = self.transport, parsed_args.since
        if parsed_args.snapshot:
            with transport.get_all(parsed_args.types, **place) as snapshot:
                since = snapshot.revision
                for entity in snapshot:
                    write(self.app.stdout, entity)
            self.app.stdout.flush()
        items = following(transport, since, parsed_args.types, **place, begun=self._begun)
        for change in islice(_changes(items, self.app.stderr), parsed_args.max_changes):
            write(self.app.stdout, change)
            self.app.stdout.flush()
        return 0

    def _begun(self, revision: int, *, again: bool) -> None:
        """Tell people that it is quiet because nothing happens."""
        if self.app.stdout.isatty():
            words = "Connected again, watching" if again else "Watching"
            self.app.stderr.write(f"{words} from revision {revision}.\n")


def _changes(items: Iterator[Change | Bookmark], errors: Any) -> Iterator[Change]:
    """Yield changes; write to *errors* which collections are not current, and when they are again.

    Else a sampler that died would look like a quiet cloud.
    """
    states: dict[Collection, str] = {}
    for item in items:
        if isinstance(item, Change):
            yield item
            continue
        for each in item.collections:
            before = states.get(each.collection, "current")
            states[each.collection] = each.state
            if each.state != before:
                why = f": {each.fault.title}" if each.fault else ""
                errors.write(f"{each.collection} is {each.state}{why}\n")
                errors.flush()


def _json(out: Any, item: Item) -> None:
    out.write(msgspec.json.encode(item).decode() + "\n")


def _text(out: Any) -> Callable[[Any, Item], None]:
    if not out.isatty():
        return lambda out, item: out.write("  ".join(_words(item)) + "\n") and None
    from rich.console import Console  # noqa: PLC0415 - only where there are colours to see
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=out.stream if isinstance(out, Shown) else out, soft_wrap=True)

    def coloured(_: Any, item: Item) -> None:
        revision, op, type_, id_, *rest = _words(item)
        style = _COLOURS[op.strip()]
        text = "  ".join((f"{type_:18}", f"{id_:36}", *rest))
        when = f"{time.strftime('%H:%M:%S')} {revision:<8}"
        text = encodable(console.file, shown(text))
        console.print(Text.assemble((when, "dim"), (op, style), "  ", text))

    return coloured


def _words(item: Item) -> list[str]:
    op = item.op if isinstance(item, Change) else "exists"
    words = [f"r{item.revision}", f"{op:6}", item.type, item.id]
    words += [word for word in (name_of(item.body), status_of(item.body)) if word]
    if isinstance(item, Change) and item.changed:
        words.append("changed: " + ", ".join(item.changed))
    if isinstance(item, Change) and item.reason:
        words.append(f"({item.reason})")
    return words
