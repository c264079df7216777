"""Envelopes around bodies, as bytes: a stored body is JSON already and is never re-made.

What every entity of a commit has in common is encoded once; a line is then a few pieces
of bytes, and a page one join over all of them. A line is one line whatever the service
sent: newlines in JSON stand between tokens only and become spaces.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from synchronizer.model.change import Change
from synchronizer.model.clock import iso
from synchronizer.model.digests import digest_of
from synchronizer.model.entity import Collection
from synchronizer.model.status import ContentDigest
from synchronizer.store.contract import Committed, Record

_encode = msgspec.json.Encoder().encode

Reduce = Callable[[bytes], bytes]

_OPEN = b',"digest":null,"body":null}'


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


def change_head(record: Record, log: bytes | None = None) -> bytes:
    """Return a Change envelope up to its body; the body and ``}`` complete it.

    Args:
        log: the digest of the log behind the record's commit, when it ends with this one.
    """
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
    # These two are the last fields, and null here.
    head = _encode(envelope).removesuffix(_OPEN)
    return head + (b',"body":' if log is None else b',"digest":"%b","body":' % log.hex().encode())


def changes(
    records: Sequence[Record],
    commits: Mapping[int, Committed] = {},
    reduce: Reduce | None = None,
) -> bytes:
    """Return Change envelopes, separated by commas; commits that end among them are *commits*."""
    return b",".join(
        b"%b%b}"
        % (
            change_head(each, log_behind(records, place, commits)),
            each.body if reduce is None else reduce(each.body),
        )
        for place, each in enumerate(records)
    )


def log_behind(
    records: Sequence[Record], place: int, commits: Mapping[int, Committed]
) -> bytes | None:
    """Return the log's digest behind a record that ends its commit, None for another."""
    revision = records[place].revision
    following = records[place + 1 : place + 2]
    if revision not in commits or (following and following[0].revision == revision):
        return None
    return commits[revision].digest


def event(name: str, record: Record, log: bytes | None = None) -> list[bytes]:
    """Return a change as the pieces of a server-sent event.

    Args:
        log: the log's digest behind its commit, which ends with it: a resume may begin
            there, so it gets the ``id:``.
    """
    return [
        b"event: %b\ndata: %b" % (name.encode(), change_head(record, log)),
        flat(record.body),
        b"}\n\n" if log is None else b"}\nid: %d\n\n" % record.revision,
    ]


def bookmark(revision: int, digest: bytes, collections: bytes, held: bytes) -> bytes:
    """Return the server-sent event that says: you have everything up to *revision*.

    Args:
        digest: of the log at *revision*.
        collections: how those stand of which there is news, as JSON without the brackets.
        held: `contents` of some collections, or `passed`.
    """
    data = b'{"revision":%d,"digest":"%b","collections":[%b],%b}' % (
        revision,
        digest.hex().encode(),
        collections,
        held,
    )
    return b"event: bookmark\ndata: %b\nid: %d\n\n" % (data, revision)


def contents(digests: Iterable[ContentDigest]) -> bytes:
    """Return the field of a bookmark that says what is in some collections."""
    return b'"contents":' + _encode(list(digests))


def passed(total: int) -> bytes:
    """Return the field of a bookmark that says what the changes of a stream add up to."""
    return b'"passed":"%b"' % digest_of(total).hex().encode()


def _entity_head(collection: Collection) -> bytes:
    cloud, region, type_ = (_encode(name) for name in collection)
    return b'{"cloud":%b,"region":%b,"type":%b,"id":' % (cloud, region, type_)
