"""The essence of a body: the part of it that counts as state.

A body as the service returns it moves without meaning anything: heartbeats tick, lists
come out of joins and sets in any order, links name whichever host answered. The essence
leaves that out, so that equal essence means *nothing happened*:

* volatile fields are removed (they stay in the body that consumers get, with the value that
  they had at the last change; what is *measured* is not even there),
* lists are sorted, unless their order is declared to matter.

A path is dotted, ``*`` stands for every key or item: ``hosts.*.*.updated_at``. A name
that itself contains a dot is given as a tuple of names.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

Path = str | tuple[str, ...]

RULES = 1
"""The number of this module's rules: another one wherever equal bodies get another digest."""

_canonical = msgspec.json.Encoder(order="deterministic").encode


def canonical(value: Any) -> bytes:
    """Return the canonical JSON of *value*: sorted keys, no spaces, UTF-8."""
    return _canonical(value)


def digest(value: Any) -> bytes:
    """Return the 16-byte BLAKE2b (RFC 7693) of the canonical JSON of an essence."""
    return blake2b(_canonical(value), digest_size=16).digest()


def names(path: Path) -> tuple[str, ...]:
    """Split a path into its names."""
    return tuple(path.split(".")) if isinstance(path, str) else path


def drop(body: Any, path: Sequence[str]) -> None:
    """Remove what *path* names from *body*, in place; a missing field is no error."""
    name, rest = path[0], path[1:]
    if isinstance(body, list):
        if name == "*":
            for item in body:
                drop(item, rest) if rest else None
        return
    if not isinstance(body, dict):
        return
    if not rest:
        if name == "*":
            body.clear()
        else:
            body.pop(name, None)
    elif name == "*":
        for value in body.values():
            drop(value, rest)
    elif name in body:
        drop(body[name], rest)


def take(body: Any, path: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Remove what *path* names from *body*, in place, and yield it by its dotted name."""
    name, rest = path[0], path[1:]
    if isinstance(body, list) and name == "*" and rest:
        for place, item in enumerate(body):
            for inner, value in take(item, rest):
                yield f"{place}.{inner}", value
    if not isinstance(body, dict):
        return
    for key in list(body) if name == "*" else [name] if name in body else []:
        if not rest:
            yield key, body.pop(key)
            continue
        for inner, value in take(body[key], rest):
            yield f"{key}.{inner}", value


def _sort(body: dict[str, Any]) -> None:
    """Sort every list below *body*, in place; this runs once per new entity, so it is lean."""
    for key, value in body.items():
        kind = type(value)
        if kind is dict:
            _sort(value)
        elif kind is list and value:
            body[key] = _sorted(value)


def _sorted(items: list[Any]) -> list[Any]:
    for place, item in enumerate(items):
        kind = type(item)
        if kind is dict:
            _sort(item)
        elif kind is list:
            items[place] = _sorted(item)
    return items if len(items) == 1 else sorted(items, key=_canonical)


def _sort_but(value: Any, path: tuple[str, ...], ordered: frozenset[tuple[str, ...]]) -> Any:
    """Sort every list but those at the *ordered* paths."""
    if isinstance(value, dict):
        return {key: _sort_but(inner, (*path, key), ordered) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    items = [_sort_but(item, (*path, "*"), ordered) for item in value]
    return items if path in ordered else sorted(items, key=_canonical)


def essence_of(volatile: Iterable[Path], ordered: Iterable[Path] = ()) -> Callable[[Any], Any]:
    """Return the function that reduces a decoded body to its essence.

    Args:
        volatile: paths of fields that do not count.
        ordered: paths of lists whose order matters (``dns_nameservers``).

    The function consumes its argument: it may change it in place.
    """
    dropped = [names(path) for path in volatile]
    simple = [path[0] for path in dropped if len(path) == 1 and path[0] != "*"]
    deep = [path for path in dropped if len(path) > 1 or path[0] == "*"]
    kept_order = frozenset(names(path) for path in ordered)

    def essence(body: Any) -> Any:
        for name in simple:
            body.pop(name, None)
        for path in deep:
            drop(body, path)
        if kept_order:
            return _sort_but(body, (), kept_order)
        _sort(body)
        return body

    return essence


def changed_fields(old: Any, new: Any, volatile: Iterable[Path] = ()) -> list[str]:
    """Return the top-level fields in which two bodies differ, sorted.

    Args:
        volatile: paths of fields that do not count; they are dropped from both, in place.
    """
    if not isinstance(old, dict) or not isinstance(new, dict):
        return []
    for path in map(names, volatile):
        drop(old, path)
        drop(new, path)
    missing = object()
    keys = old.keys() | new.keys()
    return sorted(key for key in keys if old.get(key, missing) != new.get(key, missing))
