"""Envelopes around bodies, as bytes: a stored body is JSON already and is never re-made.

What every entity of a commit has in common is encoded once; a line is then a few pieces
of bytes, and a page one join over all of them. A line is one line whatever the service
sent: newlines in JSON stand between tokens only and become spaces.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from synchronizer.model.change import Change
from synchronizer.model.clock import iso
from synchronizer.model.entity import Collection
from synchronizer.store.contract import Record

_encode = msgspec.json.Encoder().encode

Reduce = Callable[[bytes], bytes]


def flat(body: bytes) -> bytes:
    """Return *body* without line ends."""
    if b"\n" in body or b"\r" in body:
        return body.replace(b"\r", b" ").replace(b"\n", b" ")
    return body


def entity_parts(
    records: Iterable[Record], stale: bool, separator: bytes, reduce: Reduce | None = None
) -> list[bytes]:
    """Return the Entity envelopes of *records* as pieces, each followed by *separator*.

    The records are of one collection, as a page of `Store.snapshot` is.
    """
    parts: list[bytes] = []
    collection: Collection | None = None
    seen: tuple[int, float] | None = None
    head = middle = b""
    tail = b"}" + separator
    for where, id_, revision, _, _, sampled_at, _, _, body, _ in records:
        if where is not collection:
            collection, head = where, _entity_head(where)
        if seen != (revision, sampled_at):
            seen = (revision, sampled_at)
            middle = b',"revision":%d,"sampled_at":"%b","stale":%b,"body":' % (
                revision,
                iso(sampled_at).encode(),
                b"true" if stale else b"false",
            )
        parts += (head, _encode(id_), middle, flat(body if reduce is None else reduce(body)), tail)
    return parts


def entity(record: Record, stale: bool) -> bytes:
    """Return one Entity envelope."""
    return b"".join(entity_parts([record], stale, b""))


def change_head(record: Record) -> bytes:
    """Return a Change envelope up to its body; the body and ``}`` complete it."""
    collection = record.collection
    envelope = Change(
        op=record.op,
        cloud=collection.cloud,
        region=collection.region,
        type=collection.type,
        id=record.id,
        revision=record.revision,
        previous=record.previous,
        sampled_at=iso(record.sampled_at),
        changed=record.changed,
        reason=record.reason,
    )
    # The body is the last field, and null here.
    return _encode(envelope).removesuffix(b"null}")


def changes(records: Sequence[Record], reduce: Reduce | None = None) -> bytes:
    """Return Change envelopes, separated by commas."""
    return b",".join(
        b"%b%b}" % (change_head(each), each.body if reduce is None else reduce(each.body))
        for each in records
    )


def event(name: str, record: Record, *, last: bool, reduce: Reduce | None = None) -> list[bytes]:
    """Return a change as the pieces of a server-sent event.

    Args:
        last: it ends its commit, so a resume may begin behind it: it gets the ``id:``.
    """
    body = record.body if reduce is None else reduce(record.body)
    return [
        b"event: %b\ndata: %b" % (name.encode(), change_head(record)),
        flat(body),
        b"}\nid: %d\n\n" % record.revision if last else b"}\n\n",
    ]


def bookmark(revision: int, collections: bytes) -> bytes:
    """Return the server-sent event that says: you have everything up to *revision*.

    Args:
        collections: how those stand of which there is news, as JSON without the brackets.
    """
    return b'event: bookmark\ndata: {"revision":%d,"collections":[%b]}\nid: %d\n\n' % (
        revision,
        collections,
        revision,
    )


def _entity_head(collection: Collection) -> bytes:
    cloud, region, type_ = (_encode(name) for name in collection)
    return b'{"cloud":%b,"region":%b,"type":%b,"id":' % (cloud, region, type_)
