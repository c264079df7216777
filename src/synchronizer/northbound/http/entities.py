"""``/v1/entities``: get all, over any types, at one revision; in pages or as one stream.

The stream is made piece by piece in a thread, a few pieces ahead of the client; its memory
is that of those pieces, and a client that does not read stops it.
"""

import asyncio
from collections.abc import Iterator
from itertools import accumulate, islice
from typing import NamedTuple
from urllib.parse import quote, urlencode

import msgspec

from synchronizer.model.entity import Collection
from synchronizer.model.errors import (
    IncompleteError,
    RevisionAheadError,
    RevisionCompactedError,
    SynchronizerError,
)
from synchronizer.model.status import CollectionStatus, all_complete
from synchronizer.northbound.http.etag import etag, matches
from synchronizer.northbound.http.exchange import Exchange, Header, Response, completeness
from synchronizer.northbound.http.outbound import Room
from synchronizer.northbound.http.parameters import (
    AT,
    COMPLETE,
    FIELDS,
    LIMIT,
    MARKER,
    MAX_AGE,
    MAX_BYTES,
)
from synchronizer.northbound.http.query import selection_of
from synchronizer.northbound.http.state import AppState
from synchronizer.northbound.serving.encoding import entity_parts
from synchronizer.northbound.serving.filters import BodyFilter
from synchronizer.northbound.serving.page_cache import PIECE
from synchronizer.northbound.serving.projection import Projection
from synchronizer.northbound.serving.snapshot_walk import Marker, walk
from synchronizer.store.contract import Head, Record

NDJSON = "application/x-ndjson"

_GROUP = 4
_AHEAD = 2
"""Groups that a stream holds: one that is sent, and one that is made."""


class _All(NamedTuple):
    """What a get all is about, settled."""

    head: Head
    revision: int
    statuses: list[CollectionStatus]
    stale: dict[Collection, bool]
    behind: Marker | None
    where: BodyFilter
    fields: Projection | None
    tag: bytes

    @property
    def headers(self) -> tuple[Header, ...]:
        tag = (b"etag", self.tag)
        complete = completeness(self.statuses)
        return ((b"vary", b"accept"), (b"cache-control", b"no-cache"), *complete, tag)


async def entities(north: AppState, call: Exchange) -> Response | None:
    """Get all entities of some types at one revision."""
    max_age = call.query[MAX_AGE]
    if max_age is not None and call.query[MARKER] is None:
        known = await north.quick(north.store.collections)
        await north.refresh(
            [each.collection for each in selection_of(call.query).of(known)], max_age
        )
    lines = call.accepts(NDJSON)
    settled = await north.thread(_settle, north, call, lines=lines)
    if matches(call.header(b"if-none-match"), settled.tag):
        return Response(b"", settled.head, settled.revision, 304, headers=settled.headers)
    if lines:
        async with north.outbound.room(_AHEAD * _GROUP * PIECE) as room:
            await _stream(north, call, settled, room)
        return None
    await north.give(call, _page, north, call, settled)
    return None


def _settle(north: AppState, call: Exchange, *, lines: bool) -> _All:
    call.check()
    query = call.query
    head, known = north.standing()
    meant = selection_of(query).of(known)
    at, text = query[AT], query[MARKER]
    behind = None if text is None else Marker.unpack(text, head)
    if behind is not None:
        at = behind.revision
    elif isinstance(at, float):
        at = north.store.revision_at(at)
    if at is not None and at < head.oldest:
        raise RevisionCompactedError(at, head.oldest)
    if at is not None and at > head.revision:
        raise RevisionAheadError(at, head.revision)
    revision = head.revision if at is None else at
    head = north.head_at(head, revision)
    if behind is not None:
        behind.check(head)
    shape = (sorted(query.without("max_age")), lines)
    now = north.clock.now()
    statuses = [each.status(revision, now) for each in meant]
    if query[COMPLETE]:
        _demand_complete(statuses, revision)
    return _All(
        head,
        revision,
        statuses,
        {each.collection: each.stale(now) for each in meant},
        behind,
        BodyFilter(query.filters),
        Projection(query[FIELDS]) if query[FIELDS] else None,
        etag(head, meant, now, at, shape),
    )


def _demand_complete(statuses: list[CollectionStatus], at: int) -> None:
    if not all_complete(statuses):
        missing = ", ".join(str(each.collection) for each in statuses if not each.complete)
        raise IncompleteError(
            f"Not completely sampled by revision {at}: {missing or 'anything'}; "
            "ask again later, or without `complete` for what is known."
        )


def _matching(
    north: AppState, call: Exchange, settled: _All, limit: int | None
) -> Iterator[list[Record]]:
    where = settled.where
    pages = walk(
        north.store,
        list(settled.stale),
        settled.revision,
        settled.behind,
        # How many pass a filter is not known before.
        None if where else limit,
    )
    for page in pages:
        call.check()
        yield [each for each in page if where(each.body)] if where else page


def _page(north: AppState, call: Exchange, settled: _All) -> Response:
    call.check()
    limit = call.query[LIMIT]
    found: list[Record] = []
    for page in _matching(north, call, settled, limit + 1):
        found += page
        fitting = _fitting(found, call.query[MAX_BYTES])
        if fitting < len(found):
            limit = min(limit, fitting)
        if len(found) > limit:
            break
    shown = found[:limit]
    following = None
    if len(found) > limit:
        last = shown[-1]
        head = settled.head
        marker = Marker(
            head.epoch, head.revision, last.collection, last.position, head.digest.hex()
        )
        pairs = [*call.query.without("marker", "max_age", "at"), ("marker", marker.pack())]
        following = f"{call.path}?{urlencode(pairs, quote_via=quote, safe=',:')}"
    parts: list[bytes] = []
    start = 0
    for end in range(1, len(shown) + 1):
        if end == len(shown) or shown[end].collection != shown[start].collection:
            stale = settled.stale[shown[start].collection]
            parts += entity_parts(shown[start:end], stale, b",", settled.fields)
            start = end
    if parts:
        parts[-1] = b"}"
    body = b'{"revision":%d,"entities":[%b],"next":%b,"complete":%b,"collections":%b}' % (
        settled.revision,
        b"".join(parts),
        msgspec.json.encode(following),
        msgspec.json.encode(all_complete(settled.statuses)),
        msgspec.json.encode(settled.statuses),
    )
    return Response(body, settled.head, settled.revision, headers=settled.headers)


def _fitting(found: list[Record], most: int | None) -> int:
    """Return how many from the first on are no larger together than *most*; at least one."""
    if most is None:
        return len(found)
    sizes = accumulate(len(each.body) for each in found)
    return max(1, sum(1 for size in sizes if size <= most))


def _pieces(north: AppState, call: Exchange, settled: _All) -> Iterator[list[bytes]]:
    """Yield what to send, in groups of pieces: one group is made while one is sent."""
    chosen = settled.where or settled.fields
    pieces = _chosen(north, call, settled) if chosen else _all(north, settled)
    while group := list(islice(pieces, _GROUP)):
        yield group


def _all(north: AppState, settled: _All) -> Iterator[bytes]:
    for collection, stale in settled.stale.items():
        yield from north.lines.of(collection, settled.revision, stale=stale)


def _chosen(north: AppState, call: Exchange, settled: _All) -> Iterator[bytes]:
    for page in _matching(north, call, settled, None):
        if page:
            stale = settled.stale[page[0].collection]
            yield b"".join(entity_parts(page, stale, b"\n", settled.fields))


async def _stream(north: AppState, call: Exchange, settled: _All, room: Room) -> None:
    call.check()
    pages = _pieces(north, call, settled)
    # What cannot be answered at all must show before the status line is out.
    page = await north.thread(next, pages, None)
    await call.start(200, NDJSON, settled.head, settled.revision, *settled.headers)
    if call.method == "HEAD":
        await call.end()
        return
    try:
        while page is not None and not call.left:
            ahead = asyncio.ensure_future(north.thread(next, pages, None))
            try:
                for piece in page:
                    with room.sending():
                        async with asyncio.timeout(north.send_timeout):
                            await call.write(piece)
            except BaseException:
                # The generator is at work in a thread; nobody may leave before it rests.
                await asyncio.wait([ahead])
                ahead.exception()
                raise
            page = await ahead
        if not call.left:
            await call.end()
    except SynchronizerError:
        # Compacted meanwhile: an end that was not sent says that it is not complete.
        await call.cut()
