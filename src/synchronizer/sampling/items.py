"""A page of a listing, taken apart as little as possible.

Three filters, each a lot cheaper than the next step (figures in docs/explanation):

1. A page whose bytes hash as a page of the last sweep, and whose entities nobody
   committed since, is known as a whole.
2. Of other pages, an item whose bytes hash as last time is known.
3. Only what is left is decoded, redacted, and reduced to its essence.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from synchronizer.model.errors import MalformedError
from synchronizer.model.essence import digest
from synchronizer.plugins import ids, lenient
from synchronizer.plugins.pagination import TAIL
from synchronizer.plugins.plugin import Paging, Resource

ITEM_BYTES = 16 << 20
"""The largest single item that is believed."""

WRONG_SHAPE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a plugin's own code trips over when an item is not what the API promises."""

_dumps = msgspec.json.Encoder().encode
_NULL = msgspec.Raw(b"null")
_NOTHING = (_NULL, msgspec.Raw(b'""'))


class Item(msgspec.Struct, frozen=True):
    """One decoded item: id, digest of its essence, redacted body; the raw item's place.

    *mark* stands for its outline (see `mark_of`), 0 for a type without one; *stamp* is
    what tells whether it is older than another state, None if nothing does; *measured* is
    what was taken out of the body.
    """

    id: str
    digest: bytes
    body: bytes
    place: int
    gone: bool = False
    partial: bool = False
    unlisted: bool = False
    witnessed: bool = True
    mark: int = 0
    stamp: str | int | None = None
    measured: dict[str, Any] = {}


class _Link(msgspec.Struct):
    rel: str = ""


def raw_items(resource: Resource, body: bytes) -> tuple[list[msgspec.Raw], bool]:
    """Split an answer into its raw items without building objects.

    Returns:
        The items, and whether the service announces a next page.

    Raises:
        MalformedError: not JSON, or not the shape that the API promises.
    """
    try:
        if not resource.key:
            return lenient.decode(body, list[msgspec.Raw]), False
        shell = lenient.decode(body, dict[str, msgspec.Raw])
        items = shell.get(resource.key)
        if items is None:
            raise MalformedError(f"{resource.type}: the answer has no {resource.key}")
        if resource.lone:
            return [items], False
        more = _announces_more(shell, resource.key)
        cut = shell.get("truncated") == msgspec.Raw(b"true")
        if cut and (resource.paging is Paging.NONE or not more):
            # Keystone's list_limit: cut, and there is no way to get the rest. (Where there
            # are pages, it is only what Keystone says of every page but the last.)
            raise MalformedError(
                f"{resource.type}: the service cut the listing (truncated); raise its list_limit"
            )
        return lenient.decode(items, list[msgspec.Raw]), more
    except lenient.NO_JSON as error:
        raise MalformedError(
            f"{resource.type}: the answer is not the JSON that the API promises ({error})"
        ) from None


def _announces_more(shell: dict[str, msgspec.Raw], key: str) -> bool:
    if links := shell.get(f"{key}_links"):
        listed = msgspec.json.decode(links, type=list[_Link] | None)
        return any(link.rel == "next" for link in listed or ())
    if links := shell.get("links"):
        found = msgspec.json.decode(links, type=list[_Link] | dict[str, Any] | None)
        if isinstance(found, list):
            return any(link.rel == "next" for link in found)
        return bool(found and found.get("next"))
    return shell.get("next", _NULL) not in _NOTHING


def hashes(raw: Sequence[msgspec.Raw], parent: str | None) -> npt.NDArray[np.uint64]:
    """Return the first 16 bytes of the SHA-256 of each item, as rows of two words.

    SHA-256 because processors do it in hardware: a third of BLAKE2b's time here. The
    parent counts, because two parents may list children that look alike.
    """
    if parent is None:
        joined = b"".join([sha256(item).digest() for item in raw])
    else:
        prefix = parent.encode() + b"\0"
        joined = b"".join([sha256(prefix + bytes(item)).digest() for item in raw])
    return np.frombuffer(joined, np.uint64).reshape(-1, 4)[:, :2]


def decode(resource: Resource, raw: msgspec.Raw, place: int, parent: str | None) -> Item:
    """Decode one raw item all the way to its digest.

    Raises:
        MalformedError: not an object, no id, or too large.
    """
    return examine(resource, as_object(resource, raw), place, parent)


def examine(resource: Resource, item: dict[str, Any], place: int, parent: str | None) -> Item:
    """Bring a decoded item to id, digest and redacted body."""
    gone, partial = resource.is_gone(item), resource.is_partial(item)
    unlisted = resource.is_unlisted(item)
    try:
        shaped = resource.shape(item, parent)
        witnessed = all(name in shaped for name in resource.witness)
        id_ = resource.identify(shaped)
        mark = mark_of(resource, shaped)
        stamp = shaped.get(resource.stamp or resource.version)
        resource.redact(shaped)
        measured = resource.measure(shaped)
        body = _dumps(shaped)
        return Item(
            id_,
            digest(resource.essence(shaped)),
            body,
            place,
            gone=gone,
            partial=partial,
            unlisted=unlisted,
            witnessed=witnessed,
            mark=mark,
            stamp=stamp if isinstance(stamp, str | int) else None,
            measured=measured,
        )
    except WRONG_SHAPE as error:
        raise MalformedError(
            f"{resource.type}: an item has the wrong shape ({type(error).__name__})"
        ) from None


def mark_of(resource: Resource, item: Mapping[str, Any]) -> int:
    """Return 64 bits that stand for an item's outline, without its id; 0 if it has none."""
    if not resource.outline:
        return 0
    values = [item.get(name) for name in resource.outline[1:]]
    return int.from_bytes(sha256(_dumps(values)).digest()[:8], "little") or 1


def tail_of(resource: Resource, raw: Sequence[msgspec.Raw], *, more: bool = False) -> list[str]:
    """Return the markers of a page's last items; empty where nothing follows for certain.

    Args:
        more: whether the service announces a next page.

    Raises:
        MalformedError: items that are well otherwise have no marker.
    """
    if resource.paging is Paging.NONE and not more:
        return []
    tail: list[str] = []
    for item in reversed(raw):
        marker = _marker(resource, item)
        if marker:
            tail.insert(0, marker)
        if len(tail) == TAIL:
            break
    if not tail and any(named(resource, item, None) for item in raw):
        raise MalformedError(f"{resource.type}: no item has a {resource.marker} to go on from")
    return tail


def _marker(resource: Resource, raw: msgspec.Raw) -> str:
    """Return what a walk can go on from behind an item; empty where it has nothing such."""
    try:
        value = as_object(resource, raw)
    except MalformedError:
        return ""
    if resource.unwrap:
        inner = value.get(resource.unwrap)
        value = inner if isinstance(inner, dict) else {}
    marker = value.get(resource.marker, "")
    usable = isinstance(marker, str | int) and not isinstance(marker, bool)
    return str(marker) if usable and ids.UNREADABLE not in str(marker) else ""


def as_object(resource: Resource, raw: msgspec.Raw) -> dict[str, Any]:
    """Decode an item that may not be too large.

    Raises:
        MalformedError: it is, or it is no object.
    """
    if len(memoryview(raw)) > ITEM_BYTES:
        raise MalformedError(f"{resource.type}: an item is larger than {ITEM_BYTES >> 20} MiB")
    try:
        item = lenient.decode(raw)
    except lenient.NO_JSON as error:
        raise MalformedError(f"{resource.type}: an item is not JSON ({error})") from None
    if not isinstance(item, dict):
        raise MalformedError(f"{resource.type}: an item is not an object")
    return item


def named(resource: Resource, raw: msgspec.Raw, parent: str | None) -> str | None:
    """Return the id of an item that is malformed otherwise, if it can be told."""
    try:
        shell = lenient.decode(raw, dict[str, msgspec.Raw])
        wanted = {path.split(".")[0] if isinstance(path, str) else path[0] for path in resource.id}
        parts = {name: lenient.decode(shell[name]) for name in wanted if name in shell}
        return resource.identify(resource.shape(parts, parent))
    except (MalformedError, *lenient.NO_JSON, *WRONG_SHAPE):
        return None
