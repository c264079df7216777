"""The essence of a body: the part of it that counts as state.

A body as the service returns it moves without meaning anything: heartbeats tick, lists
come out of joins and sets in any order, links name whichever host answered. The essence
leaves that out, so that equal essence means *nothing happened*:

* volatile fields are removed (they stay in the body that consumers get),
* lists are sorted, unless their order is declared to matter.

A path is dotted, ``*`` stands for every key or item: ``hosts.*.*.updated_at``. A name
that itself contains a dot is given as a tuple of names.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

Path = str | tuple[str, ...]

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


def _sorted(value: Any, path: tuple[str, ...], ordered: frozenset[tuple[str, ...]]) -> Any:
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, (dict, list)):
                value[key] = _sorted(inner, (*path, key), ordered)
        return value
    items = [
        _sorted(item, (*path, "*"), ordered) if isinstance(item, (dict, list)) else item
        for item in value
    ]
    if len(items) > 1 and path not in ordered:
        items.sort(key=_canonical)
    return items


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
        return _sorted(body, (), kept_order)

    return essence


def changed_fields(old: Any, new: Any) -> list[str]:
    """Return the top-level fields in which two bodies differ, sorted."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return []
    missing = object()
    keys = old.keys() | new.keys()
    return sorted(key for key in keys if old.get(key, missing) != new.get(key, missing))
