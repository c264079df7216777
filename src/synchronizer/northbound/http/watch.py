"""The watch: the log as server-sent events, from any revision on.

The contract:

1. Every change after the revision that the watch began at is sent, once, in order of
   revision; nothing else is (but see 8).
2. ``id:`` stands with the last change of a commit and with bookmarks, and nowhere else, so
   a resume (``Last-Event-ID``, or ``since``) never lands inside a commit.
3. A bookmark with revision R says: everything up to R has been sent.
4. The first bookmark comes when the watch has caught up; after that one comes in each
   *bookmark_interval*, whatever happens meanwhile.
5. With ``snapshot=true`` the entities at one revision come first, as ``event: snapshot``
   without ids, then a bookmark of that revision, then the changes after it.
6. A revision that cannot be gone on from is refused before the stream begins: 410 when it
   is compacted, 416 when it has not been reached. If it is compacted while the watch still
   catches up, the stream ends with ``event: error``.
7. A watcher whose connection takes nothing for *send_timeout*, or that falls so far behind
   that its place leaves the ring, is cut: the stream ends without a bookmark and can be
   resumed. Nobody waits for it.
8. With a filter, a change is sent when the entity passes the filter after it or passed
   before it; so a consumer sees an entity leave.
9. When the server stops, every watch ends, without a bookmark.
10. A bookmark says how collections stand at its revision: the first one of all that are
    watched, later ones of those of which there is news. A collection that nobody samples
    any more turns stale there, by its age alone.
11. Bookmarks and the last change of each commit carry the log's digest. With ``digest`` a
    resume is refused by 410 when the log has another at ``since``: it is of another history,
    as after a restore. When the store goes back during a watch, the watch ends.
12. The first bookmark says what is in every collection that is watched (its content digest
    at the bookmark's revision), later ones what is in those that have changed. With a filter
    or ``fields`` it says what all changes of this stream add up to, as they were sent.

Not promised: that states which came and went between two samples are seen; that an ``id:``
follows every change at once (a commit is up to 1000 changes).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

from synchronizer.model.errors import RequestError, RevisionCompactedError, SynchronizerError
from synchronizer.northbound.http import errors
from synchronizer.northbound.http.exchange import Exchange
from synchronizer.northbound.http.parameters import DIGEST, PAGE_BYTES, SINCE, SNAPSHOT
from synchronizer.northbound.http.state import AppState
from synchronizer.northbound.http.watch_view import WatchView
from synchronizer.northbound.http.watchers import Cut, Watcher
from synchronizer.northbound.serving.encoding import bookmark, passed
from synchronizer.northbound.serving.ring import Chunk, Position, Ring
from synchronizer.northbound.serving.snapshot_walk import walk
from synchronizer.northbound.serving.statuses import encoded
from synchronizer.store.contract import Head
from synchronizer.store.freshness import Freshness

MEDIA = "text/event-stream"

_HEADERS = (
    (b"cache-control", b"no-cache"),
    (b"vary", b"accept"),
    (b"x-accel-buffering", b"no"),
)
_HELLO = b"retry: 1000\n\n"
_COMMENT = b":\n\n"
_PAGE = 500


async def watch(north: AppState, call: Exchange) -> None:
    """Answer with a watch."""
    view = WatchView(north.store, call.query, call.check)
    head, known = await north.quick(north.standing)
    resume = _last_event_id(call)
    with_snapshot = call.query[SNAPSHOT] and resume is None
    since = resume if resume is not None else call.query[SINCE]
    # What the client knows is of the revision that it asked for, not of the last event.
    digest = call.query[DIGEST] if resume is None else None
    if since is None or with_snapshot:
        since, digest = head.revision, head.digest
    # Whatever cannot be answered must show before the status line is out.
    digest = await north.quick(view.begin, since, digest)
    if call.method == "HEAD":
        await call.start(200, MEDIA, head, since, *_HEADERS)
        await call.end()
        return
    await north.tail.follow()
    await call.start(200, MEDIA, head, since, *_HEADERS)
    async with _ending(north, call) as watcher:
        await watcher.send(_HELLO)
        if with_snapshot:
            await _snapshot(north, view, watcher, head, known)
        position = await _catch_up(north, view, watcher, since, digest)
        if position is not None:
            # A task of its own: waking it does not go through every layer of the request.
            await asyncio.create_task(_live(north, view, watcher, position))


def _last_event_id(call: Exchange) -> int | None:
    text = call.header(b"last-event-id")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise RequestError("Last-Event-ID is not a revision; leave it out and give since.")
    return int(text)


@asynccontextmanager
async def _ending(north: AppState, call: Exchange) -> AsyncIterator[Watcher]:
    """Have a watcher, and end its stream the right way whatever happens to it."""
    with north.audience.joined(call) as watcher:
        try:
            yield watcher
        except RevisionCompactedError as error:
            north.audience.cuts["compacted"] += 1
            said = errors.body(error, call.request_id)
            await call.end(b"event: error\ndata: %b\n\n" % said)
        except Cut as error:
            north.audience.cuts[error.why] += 1
            await (call.cut() if error.why == "blocked" else call.end())
        except SynchronizerError:
            north.audience.cuts["store"] += 1
            await call.end()
        except asyncio.CancelledError:
            if watcher.why_cut is None:
                raise
            if watcher.task is not None:
                watcher.task.uncancel()
            north.audience.cuts[watcher.why_cut] += 1
            await call.cut()
        else:
            await call.end()


async def _snapshot(
    north: AppState, view: WatchView, watcher: Watcher, head: Head, known: list[Freshness]
) -> None:
    meant = view.selection.of(known)
    collections = [each.collection for each in meant]

    def events() -> Iterator[list[Chunk]]:
        for records in walk(north.store, collections, head.revision):
            created = [
                each._replace(op="create", previous=None, changed=[], reason=None)
                for each in records
            ]
            yield list(view.chunks(created, name="snapshot"))

    pages = events()
    more = True
    while more and not watcher.over:
        more = await _send(north, watcher, lambda: next(pages, None))
    if not more:
        statuses = encoded(meant, head.revision, north.clock.now())
        held = _held(view, Ring(head, known, 0), -1)
        news = b",".join(statuses.values())
        await watcher.send(bookmark(head.revision, head.digest, news, held))


async def _send(north: AppState, watcher: Watcher, make: Callable[[], list[Chunk] | None]) -> bool:
    """Send chunks, made when there is room for them; return whether there were any to make."""
    async with north.outbound.room() as room:
        if watcher.over:
            return True  # it left while it waited
        chunks = await north.thread(make)
        if chunks is None:
            return False
        north.outbound.settle(room, sum(len(chunk.data) for chunk in chunks))
        for chunk in chunks:
            with room.sending():
                await watcher.send(chunk.data, changes=chunk.changes)
    return True


async def _catch_up(
    north: AppState, view: WatchView, watcher: Watcher, since: int, digest: bytes
) -> Position | None:
    """Send from the store until the ring goes on from there; return the place in it."""
    reached = since

    def chunks() -> list[Chunk]:
        nonlocal reached, digest
        page = view.page(reached, _PAGE, PAGE_BYTES, digest=digest)
        reached, digest = page.revision, page.digest
        return list(view.chunks(page.records, page.commits))

    while not watcher.over:
        ring = north.tail.ring
        position = ring.find(reached, digest)
        if position is not None:
            return position
        if reached > ring.revision:
            # The tail has not come to what the store already said.
            await watcher.wait()
        else:
            await _send(north, watcher, chunks)
        if north.audience.comment_due(watcher):
            await watcher.send(_COMMENT)
    return None


async def _live(north: AppState, view: WatchView, watcher: Watcher, position: Position) -> None:
    audience = north.audience
    while not watcher.over:
        watcher.position = position
        ring = north.tail.ring
        if position.commit < ring.end:
            position = await _advance(north, view, watcher, position)
        elif audience.bookmark_due(watcher) and not north.tail.failing:
            await _bookmark(north, view, watcher, ring.revision, ring.digest)
            watcher.caught_up = True
        elif audience.comment_due(watcher):
            await watcher.send(_COMMENT)
        else:
            position = await watcher.wait_at(position, view.selection if view.plain else None)


async def _advance(
    north: AppState, view: WatchView, watcher: Watcher, position: Position
) -> Position:
    ring, audience = north.tail.ring, north.audience
    if view.plain:
        chunk = ring.take(view.selection, position)
        if chunk is None:
            raise Cut("lapped")
        if chunk.data:
            await watcher.send(chunk.data, changes=chunk.changes)
            if chunk.following.commit < ring.end:
                await asyncio.sleep(0)  # the others have their turn
        return chunk.following
    commit = ring.commit(position.commit)
    if commit is None:
        raise Cut("lapped")
    if view.selection.holds(commit.collection):
        commits = {commit.revision: commit.left}
        await _send(north, watcher, lambda: list(view.chunks(commit.records, commits)))
    if watcher.caught_up and audience.bookmark_due(watcher):
        await _bookmark(north, view, watcher, commit.revision, commit.left.digest)
    return Position(position.commit + 1)


async def _bookmark(
    north: AppState, view: WatchView, watcher: Watcher, revision: int, digest: bytes
) -> None:
    statuses = north.tail.statuses
    # They speak of the ring's end: a place before it has not been sent all that they claim.
    version = statuses.version if revision == north.tail.ring.revision else watcher.statuses
    news = statuses.news(view.selection, watcher.statuses) if version != watcher.statuses else b""
    data = bookmark(revision, digest, news, _held(view, north.tail.ring, watcher.bookmarked))
    await watcher.send_bookmark(data, revision, version)


def _held(view: WatchView, ring: Ring, since: int) -> bytes:
    """Return what is held by now; of the ring's end, to those who see all of a collection."""
    return ring.contents(view.selection, since) if view.plain else passed(view.passed)
