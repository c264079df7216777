"""Replies that fit into messages: pages bounded by bytes, compressed when both sides agree.

A walk over changes may be cut inside a commit, which HTTP never does: a thousand large
entities would be too much for one message. Its marker says so: after which revision, and
how many changes of what follows were given.

What is too large all the same (one entity beyond `PIECE`) comes in pieces.
"""

import base64
import hashlib
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec
import zstandard

from synchronizer.model.errors import RequestError
from synchronizer.northbound.rpc.in_process import Reply
from synchronizer.northbound.serving.snapshot_walk import sealed, unsealed

PAGE_BYTES = 1 << 20
PACKED = 8
"""A page that is compressed holds so many times as much, and is mostly smaller all the same."""
PIECE = 8 << 20
"""Bytes of one piece; in base64 it is below the 16 MiB that RabbitMQ takes."""

_LEVEL = 1
_encode = msgspec.json.Encoder().encode


class Place(NamedTuple):
    """Behind which revision of which log, and how many changes to skip there."""

    since: int
    skip: int = 0
    digest: str | None = None


_place = msgspec.json.Decoder(Place).decode


class _Entities(msgspec.Struct):
    revision: int
    entities: msgspec.Raw
    next: str | None
    complete: bool
    collections: msgspec.Raw


class _Relations(msgspec.Struct):
    revision: int
    relations: msgspec.Raw
    next: str | None


class _Changes(msgspec.Struct):
    revision: int
    changes: list[msgspec.Raw]
    next: str | None
    collections: msgspec.Raw


_entities = msgspec.json.Decoder(_Entities).decode
_changes = msgspec.json.Decoder(_Changes).decode
_relations = msgspec.json.Decoder(_Relations).decode


def entities(given: Reply) -> bytes:
    """Return the reply of get_all: the page of HTTP, with a marker instead of a link."""
    page = _entities(given.body)
    return (
        b'{"revision":%d,"epoch":%b,"digest":%b,"entities":%b,"next":%b,"complete":%b,'
        b'"collections":%b}'
    ) % (
        page.revision,
        _encode(given.epoch),
        _encode(given.digest),
        bytes(page.entities),
        _encode(_marker(page.next)),
        _encode(page.complete),
        bytes(page.collections),
    )


def relations(given: Reply) -> bytes:
    """Return the reply of get_relations: the page of HTTP, with a marker instead of a link."""
    page = _relations(given.body)
    return b'{"revision":%d,"epoch":%b,"relations":%b,"next":%b}' % (
        page.revision,
        _encode(given.epoch),
        bytes(page.relations),
        _encode(_marker(page.next)),
    )


def whole(given: Reply) -> bytes:
    """Return any other reply: the answer of HTTP, with the epoch of its log."""
    return b'{"epoch":%b,%b' % (_encode(given.epoch), given.body[1:])


def changes(given: Reply, begin: Place, most: int) -> bytes:
    """Return the reply of get_changes: the page behind *begin*.

    Its revision is that up to which, with this page, all was given.
    """
    page = _changes(given.body)
    since, skip, known = begin
    shown: list[bytes] = []
    size, revision, digest = 0, page.revision, given.digest
    following = sealed((revision, 0, digest)) if page.next else None
    for each in page.changes[skip:]:
        raw = bytes(each)
        size += len(raw)
        if shown and size > most:
            revision, digest = since, known
            following = sealed((since, skip + len(shown), known))
            break
        shown.append(raw)
    # How they stand at the end of a whole page says too much of a part of it.
    statuses = b"[]" if revision < page.revision else bytes(page.collections)
    return b'{"revision":%d,"epoch":%b,"digest":%b,"changes":[%b],"next":%b,"collections":%b}' % (
        revision,
        _encode(given.epoch),
        _encode(digest),
        b",".join(shown),
        _encode(following),
        statuses,
    )


def place(marker: str) -> Place:
    """Read a marker of get_changes.

    Raises:
        RequestError: it is none.
    """
    found = unsealed(marker, _place)
    if min(found.since, found.skip) < 0:
        raise RequestError("marker is not one that `next` gave; start the walk anew.")
    return found


def reply(body: bytes, *, packed: bool, part: int) -> Any:
    """Return what goes over the bus for a reply's JSON.

    Args:
        packed: the caller takes zstd.
        part: which piece, if it must come in pieces.
    """
    if packed and not part:  # that a piece is asked for says that it does not help
        frame = zstandard.ZstdCompressor(level=_LEVEL).compress(body)
        if len(frame) <= PIECE:
            return {"zstd": base64.b64encode(frame).decode()}
    if len(body) > PIECE:
        parts = -(-len(body) // PIECE)
        piece = body[part * PIECE : (part + 1) * PIECE]
        return {
            "parts": parts,
            "part": part,
            "piece": base64.b64encode(piece).decode(),
            "sha256": hashlib.sha256(body).hexdigest(),  # tells whether all are of one reply
        }
    return msgspec.json.decode(body)


def _marker(link: str | None) -> str | None:
    return None if link is None else parse_qs(urlsplit(link).query)["marker"][0]
