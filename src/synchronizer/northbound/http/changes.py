"""``/v1/changes``: what happened after a revision, in pages of whole commits or as a watch."""

from urllib.parse import quote, urlencode

import msgspec

from synchronizer.model.errors import RequestError
from synchronizer.northbound.http.exchange import Exchange, Response
from synchronizer.northbound.http.parameters import DIGEST, LIMIT, MAX_BYTES, SINCE, SNAPSHOT
from synchronizer.northbound.http.state import AppState
from synchronizer.northbound.http.watch import MEDIA, watch
from synchronizer.northbound.http.watch_view import WatchView
from synchronizer.northbound.serving import encoding, statuses
from synchronizer.store.contract import COMMIT_LIMIT


async def changes(north: AppState, call: Exchange) -> Response | None:
    """Return the changes after a revision, or watch them as server-sent events."""
    if call.accepts(MEDIA):
        await watch(north, call)
        return None
    await north.give(call, _page, north, call)
    return None


def _page(north: AppState, call: Exchange) -> Response:
    call.check()
    since = call.query[SINCE]
    if since is None:
        raise RequestError("since is missing; take the revision that a get all answered with.")
    if call.query[SNAPSHOT]:
        raise RequestError(f"snapshot=true is for a watch; ask with Accept: {MEDIA}.")
    known, head = north.store.collections(), north.head()
    view = WatchView(north.store, call.query, call.check)
    limit = min(call.query[LIMIT], COMMIT_LIMIT)
    page = view.page(since, limit, call.query[MAX_BYTES], digest=call.query[DIGEST])
    following = None
    if page.more:
        pairs = [
            *call.query.without("since", "digest"),
            ("since", str(page.revision)),
            ("digest", page.digest.hex()),
        ]
        following = f"{call.path}?{urlencode(pairs, quote_via=quote, safe=',:')}"
    meant = view.selection.of(known)
    body = b'{"revision":%d,"changes":[%b],"next":%b,"collections":%b}' % (
        page.revision,
        encoding.changes(view.seen(page.records), page.commits, view.fields or None),
        msgspec.json.encode(following),
        statuses.listed(meant, page.revision, north.clock.now()),
    )
    head = head._replace(revision=page.revision, digest=page.digest)
    return Response(body, head, headers=((b"vary", b"accept"),))
