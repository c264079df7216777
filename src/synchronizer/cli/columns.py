"""Entities and changes as people and scripts want to see them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from synchronizer.model.change import Change
from synchronizer.model.entity import Entity
from synchronizer.model.essence import names
from synchronizer.model.relation import Relation

Row = tuple[Any, ...]

ENTITY = ("Type", "ID", "Name", "Status", "Revision", "Sampled At")
ENTITY_LONG = ("Cloud", "Region", *ENTITY, "Stale")
CHANGE = ("Revision", "Op", "Type", "ID", "Name", "Changed", "Reason", "Sampled At")
HISTORY = ("Revision", "Op", "Previous", "Changed", "Reason", "Sampled At")

_NAMES = ("name", "display_name", "hypervisor_hostname", "host", "hostname")
_STATES = ("status", "state", "stack_status", "provisioning_status")

TELLING = (*_NAMES, *_STATES, "enabled")
"""The fields of a body that `name_of` and `status_of` look at."""


def machine(parsed_args: Any) -> bool:
    """Whether the output is for a program, so that nested values may stay what they are."""
    return parsed_args.formatter in {"json", "yaml"}


def name_of(body: Any) -> str:
    """Return what people call the entity."""
    return _first(body, _NAMES)


def status_of(body: Any) -> str:
    """Return its status; Keystone's say only whether they are enabled."""
    found = _first(body, _STATES)
    if not found and isinstance(body, dict) and isinstance(body.get("enabled"), bool):
        return "enabled" if body["enabled"] else "disabled"
    return found


def entity_row(entity: Entity) -> Row:
    """Return the cells of ENTITY."""
    return (
        entity.type,
        entity.id,
        name_of(entity.body),
        status_of(entity.body),
        entity.revision,
        entity.sampled_at,
    )


def entity_row_long(entity: Entity) -> Row:
    """Return the cells of ENTITY_LONG."""
    return (entity.cloud, entity.region or "", *entity_row(entity), entity.stale)


def fields_row(entity: Entity, paths: Sequence[str], *, plain: bool) -> Row:
    """Return some fields of the body, by their dotted paths.

    Args:
        plain: as they are, for a program.
    """
    found = [field(entity.body, names(path)) for path in paths]
    return tuple(found if plain else map(cell, found))


def change_row(change: Change) -> Row:
    """Return the cells of CHANGE."""
    return (
        change.revision,
        change.op,
        change.type,
        change.id,
        name_of(change.body),
        ", ".join(change.changed),
        change.reason or "",
        change.sampled_at,
    )


def history_row(change: Change) -> Row:
    """Return the cells of HISTORY."""
    return (
        change.revision,
        change.op,
        "" if change.previous is None else change.previous,
        ", ".join(change.changed),
        change.reason or "",
        change.sampled_at,
    )


def relation_cell(relation: Relation, region: str | None) -> str:
    """Return a related entity as a line of text.

    Args:
        region: of the entity that was asked for; another one is named.
    """
    parts = [
        relation.type or "?",
        relation.id or relation.value,
        name_of(relation.body),
        status_of(relation.body),
    ]
    if relation.region not in (None, region):
        parts.append(f"in {relation.region}")
    if relation.exists is None:
        parts.append("(not sampled)")
    elif not relation.exists:
        gone = relation.revision is not None
        parts.append(f"(deleted at revision {relation.revision})" if gone else "(does not exist)")
    return " ".join(part for part in parts if part)


def whole(value: Entity | Change | Relation) -> dict[str, Any]:
    """Return the envelope as it goes over the wire, body and all."""
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found


def cell(value: Any) -> Any:
    """Return a value of a body as text in a table."""
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()
    return "" if value is None else value


def field(body: Any, path: Sequence[str]) -> Any:
    """Return what *path* leads to; None where it leads nowhere."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _first(body: Any, names: tuple[str, ...]) -> str:
    if not isinstance(body, dict):
        return ""
    return next((str(body[name]) for name in names if body.get(name)), "")
