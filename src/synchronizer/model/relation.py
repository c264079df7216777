"""Relations: which fields of a body refer to other entities.

A resource declares them: a path in its bodies, and what stands there.

* ``"cinder.volume"``: the id of an entity of that type,
* ``"nova.hypervisor#hypervisor_hostname"``: the value of a field of such an entity,
* a tuple of these: one of them, nobody can say beforehand which.

A path is dotted, ``*`` stands for every item of a list or key of an object, in the fields
of targets too. A reference is a text that is not empty, or a whole number; anything else at
the end of a path refers to nothing. References stay within their cloud (`reached`).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from synchronizer.model.entity import Collection
from synchronizer.model.errors import ConfigurationError
from synchronizer.model.essence import names

Direction = Literal["out", "in"]

DIRECTIONS: tuple[Direction, ...] = ("out", "in")

_REMEDY = "let the plugin declare a dotted path and a type, type#field, or a tuple of these."

Declared = Mapping[str, str | tuple[str, ...]]
"""Path to what it refers to, as a resource declares it."""


class Target(NamedTuple):
    """What a path refers to: a type, by its id or (*field*) by the value at a path."""

    type: str
    field: str | None = None


Relations = Mapping[str, tuple[Target, ...]]
"""Path to its targets."""


class Reference(NamedTuple):
    """One value that refers to an entity of one of *targets*."""

    path: str
    value: str
    targets: tuple[Target, ...]


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """One entity that another is related to, as both were at one revision.

    Attributes:
        direction: ``out``: a field of the entity that was asked for refers to this one;
            ``in``: a field of this one refers to the entity that was asked for.
        path: of that field, as declared; ``*`` stands for any item or key.
        value: what the field holds.
        type: of the related entity; null when nothing is found that several types might have.
        id: its id; null when nothing is found by another field's value.
        cloud: of the related entity.
        region: its region; null for Keystone's entities, and when nothing is found.
        exists: false: there is none; null: nobody knows, because such a type has not been
            completely sampled.
        revision: the commit that brought this version of the related entity, or that deleted
            it; null when it has never been seen.
        stale: its type has not been completely sampled within its declared age.
        body: the fields of its body that were asked for; null when none were.
    """

    direction: Direction
    path: str
    value: str
    type: str | None
    id: str | None
    cloud: str
    region: str | None = None
    exists: bool | None = None
    revision: int | None = None
    stale: bool = False
    body: Any = None


class Related(NamedTuple):
    """Everything that an entity is related to, at *revision*."""

    revision: int
    relations: list[Relation]


def parsed(declared: Declared) -> dict[str, tuple[Target, ...]]:
    """Return a declaration with its targets parsed, in order of path.

    Raises:
        ConfigurationError: a path or a target is not one.
    """
    found = {}
    for path, to in sorted(declared.items()):
        texts = (to,) if isinstance(to, str) else tuple(to)
        if not all(names(path)) or not texts:
            raise ConfigurationError(f"Relation {path!r} is {to!r}: {_REMEDY}")
        found[path] = tuple(map(_target, texts))
    return found


def values(body: Any, path: str) -> Iterator[str]:
    """Yield the references at *path*, as text, in the order of the body."""
    for value in _at(body, names(path)):
        if isinstance(value, str):
            if value:
                yield value
        elif isinstance(value, int) and not isinstance(value, bool):
            yield str(value)


def references(body: Any, relations: Relations) -> list[Reference]:
    """Return what a body refers to: each value once a path, in order of path and body."""
    return [
        Reference(path, value, targets)
        for path, targets in sorted(relations.items())
        for value in dict.fromkeys(values(body, path))
    ]


def reached(origin: Collection, type_: str, known: Iterable[Collection]) -> list[Collection]:
    """Return the collections of a type that references in *origin* may lead to.

    Those of its region and those without one; entities without a region refer to every
    region. Where the type has no collection in that region, its service is shared with
    another one (several regions with one endpoint are sampled once), so all are looked at.
    """
    inside = [each for each in known if each.type == type_ and each.cloud == origin.cloud]
    near = [each for each in inside if origin.region is None or each.region == origin.region]
    return [each for each in inside if each in near or each.region is None] if near else inside


def _target(text: str) -> Target:
    type_, mark, field = text.partition("#")
    if not type_ or (mark and not all(names(field))):
        raise ConfigurationError(f"A relation refers to {text!r}: {_REMEDY}")
    return Target(type_, field or None)


def _at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield value
        return
    name, rest = path[0], path[1:]
    if isinstance(value, dict):
        inner = list(value.values()) if name == "*" else [value[name]] if name in value else []
    else:
        inner = value if isinstance(value, list) and name == "*" else []
    for each in inner:
        yield from _at(each, rest)
