"""``entity list``, ``show`` and ``history``."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from itertools import islice
from typing import Any

from cliff.lister import Lister
from cliff.show import ShowOne

from synchronizer.cli.columns import (
    ENTITY,
    ENTITY_LONG,
    HISTORY,
    TELLING,
    cell,
    entity_row,
    entity_row_long,
    fields_row,
    history_row,
    machine,
    relation_cell,
    whole,
)
from synchronizer.cli.command import ReportsErrors, add_moment, add_place
from synchronizer.cli.type_columns import columns_of
from synchronizer.client.transport import Transport
from synchronizer.model.change import Change
from synchronizer.model.entity import Entity
from synchronizer.model.errors import RequestError, UnknownEntityError
from synchronizer.model.relation import Relation

_FILTER = "body."
_INCOMPLETE = (
    "Not complete yet: the first sweep of a type has not ended, see `synchronizer type list`.\n"
)


class ListEntities(ReportsErrors, Lister):  # type: ignore[misc]
    """Get all entities of some types, as they were at one revision.

    With --long and -f json each entity is given whole, body and all.
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add what to list."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument("types", nargs="+", metavar="TYPE", help="Such as nova.server.")
        add_place(parser)
        add_moment(parser)
        parser.add_argument(
            "--max-age",
            type=float,
            metavar="SECONDS",
            help="Sample first unless that was done within so many seconds; 0 always does.",
        )
        parser.add_argument(
            "--filter",
            action="append",
            default=[],
            metavar="body.PATH=VALUE",
            help="Only those with this value in the body (body.status=ACTIVE); may be repeated.",
        )
        parser.add_argument(
            "--complete",
            action="store_true",
            help="Fail unless each type was completely sampled once.",
        )
        parser.add_argument("--limit", type=_count, metavar="N", help="At most so many.")
        parser.add_argument(
            "--fields",
            type=_paths,
            metavar="PATH,…",
            help="These fields of the body as columns (name,flavor.ram,project_id).",
        )
        parser.add_argument(
            "--long", action="store_true", help="More columns, those of the type too."
        )
        return parser

    def take_action(self, parsed_args: Namespace) -> tuple[Any, Any]:
        """Get all."""
        with self.transport.get_all(
            parsed_args.types,
            cloud=parsed_args.cloud,
            region=parsed_args.region,
            at=parsed_args.at,
            max_age=parsed_args.max_age,
            where=_filters(parsed_args.filter),
            complete=parsed_args.complete,
        ) as snapshot:
            if snapshot.complete is False:
                self.app.stderr.write(_INCOMPLETE)
            entities = list(islice(snapshot, parsed_args.limit))
        if paths := parsed_args.fields:
            plain = machine(parsed_args)
            return ("Type", "ID", *paths), [
                (each.type, each.id, *fields_row(each, paths, plain=plain)) for each in entities
            ]
        if parsed_args.long and machine(parsed_args):
            return Entity.__struct_fields__, [tuple(whole(each).values()) for each in entities]
        if parsed_args.long:
            paths = columns_of({each.type for each in entities})
            rows = [(*entity_row_long(e), *fields_row(e, paths, plain=False)) for e in entities]
            return (*ENTITY_LONG, *paths), rows
        return ENTITY, map(entity_row, entities)


class ShowEntity(ReportsErrors, ShowOne):  # type: ignore[misc]
    """Show one entity; -f json gives it whole.

    With --relations also what it refers to, by the field that does (out.image.id), and what
    refers to it (in.neutron.port.device_id), all as they were at the entity's moment.
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add which one."""
        parser: ArgumentParser = super().get_parser(prog_name)
        _add_one(parser)
        add_moment(parser)
        parser.add_argument(
            "--relations",
            action="store_true",
            help="Also the entities that it refers to, and those that refer to it.",
        )
        return parser

    def take_action(self, parsed_args: Namespace) -> tuple[Any, Any]:
        """Read it."""
        transport, type_ = self.transport, parsed_args.type
        place = {"cloud": parsed_args.cloud, "region": parsed_args.region}
        id_ = _id_of(transport, parsed_args, place)
        related = None
        if parsed_args.relations:
            related = transport.relations(type_, id_, parsed_args.at, fields=TELLING, **place)
        # Whatever is committed meanwhile: both are of one revision.
        at = related.revision if related else parsed_args.at
        entity = transport.entity(type_, id_, at, **place)
        fields = whole(entity)
        if not machine(parsed_args) and isinstance(entity.body, dict):
            body = fields.pop("body")
            prefix = "body_" if parsed_args.formatter == "shell" else _FILTER
            fields |= {f"{prefix}{name}": cell(value) for name, value in body.items()}
        if related:
            fields |= _shown(related.relations, entity, parsed_args)
        return tuple(fields), tuple(fields.values())


class ShowHistory(ReportsErrors, Lister):  # type: ignore[misc]
    """List the kept versions of one entity, oldest first.

    With --long and -f json each version is given whole, body and all.
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add which one."""
        parser: ArgumentParser = super().get_parser(prog_name)
        _add_one(parser)
        parser.add_argument("--long", action="store_true", help="Whole versions (with -f json).")
        return parser

    def take_action(self, parsed_args: Namespace) -> tuple[Any, Any]:
        """Read its versions."""
        transport = self.transport
        place = {"cloud": parsed_args.cloud, "region": parsed_args.region}
        id_ = _id_of(transport, parsed_args, place)
        versions = transport.history(parsed_args.type, id_, **place)
        if parsed_args.long and machine(parsed_args):
            return Change.__struct_fields__, [tuple(whole(each).values()) for each in versions]
        return HISTORY, map(history_row, versions)


def _add_one(parser: ArgumentParser) -> None:
    parser.add_argument("type", metavar="TYPE", help="Such as nova.server.")
    parser.add_argument("id", metavar="ID|NAME", help="The service's own id, or a name.")
    add_place(parser)


def _id_of(transport: Transport, parsed_args: Namespace, place: dict[str, Any]) -> str:
    """Return the id of the entity that is meant: an id goes before a name.

    Raises:
        RequestError: several have that name.
    """
    given, at = str(parsed_args.id), getattr(parsed_args, "at", None)
    try:
        transport.history(parsed_args.type, given, **place)
    except UnknownEntityError:
        where = [("name", given)]
        with transport.get_all([parsed_args.type], at=at, where=where, **place) as named:
            ids = sorted({each.id for each in named})
        if len(ids) > 1:
            raise RequestError(
                f"Several have the name {given!r}: {', '.join(ids)}; give the id of one."
            ) from None
        return ids[0] if ids else given
    return given


def _shown(relations: list[Relation], entity: Entity, parsed_args: Namespace) -> dict[str, Any]:
    """Return relations as fields: whole for programs, a line each for people."""
    if machine(parsed_args) or parsed_args.formatter == "shell":
        found = [whole(each) for each in relations]
        return {"relations": found if machine(parsed_args) else cell(found)}
    lines: dict[str, list[str]] = {}
    for each in relations:
        source = f"{each.type}." if each.direction == "in" else ""
        line = relation_cell(each, entity.region)
        lines.setdefault(f"{each.direction}.{source}{each.path}", []).append(line)
    return {name: "\n".join(found) for name, found in lines.items()}


def _paths(text: str) -> list[str]:
    """Return dotted paths, written with or without ``body.`` before them."""
    paths = [each.strip().removeprefix(_FILTER) for each in text.split(",")]
    if not all(part for path in paths for part in path.split(".")):
        raise ArgumentTypeError(f"{text} is no list of fields such as name,flavor.ram")
    return paths


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"{text} is no number of 1 or more")
    return int(text)


def _filters(texts: list[str]) -> list[tuple[str, str]]:
    found = []
    for text in texts:
        path, equals, value = text.partition("=")
        if not equals or not path.startswith(_FILTER) or path == _FILTER:
            raise RequestError(f"--filter {text} is not body.PATH=VALUE, as in body.status=ACTIVE.")
        found.append((path.removeprefix(_FILTER), value))
    return found
