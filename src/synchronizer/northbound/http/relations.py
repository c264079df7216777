"""``/v1/entities/{type}/{id}/relations``: what an entity refers to, and what refers to it."""

from collections.abc import Sequence
from itertools import chain, islice
from typing import NamedTuple
from urllib.parse import quote, urlencode

import msgspec

from synchronizer.model.errors import HistoryReplacedError, RevisionCompactedError, UnknownTypeError
from synchronizer.model.relation import Relation
from synchronizer.northbound.http.entity import living, moment
from synchronizer.northbound.http.envelopes import Relations
from synchronizer.northbound.http.exchange import Exchange, Response, completeness
from synchronizer.northbound.http.parameters import DIRECTION, FIELDS, LIMIT, MARKER, TYPE
from synchronizer.northbound.http.state import AppState
from synchronizer.northbound.serving.projection import Projection
from synchronizer.northbound.serving.relation_search import Behind, RelationSearch
from synchronizer.northbound.serving.snapshot_walk import sealed, unsealed
from synchronizer.store.contract import Head
from synchronizer.store.freshness import Freshness


class _Marker(NamedTuple):
    """Behind how many outward relations, or behind which inward one, of which log."""

    epoch: str
    revision: int
    outward: int
    inward: Behind | None
    digest: str


_unpack = msgspec.json.Decoder(_Marker).decode


def relations(north: AppState, call: Exchange) -> Response:
    """List what an entity refers to and what refers to it, at one revision."""
    head, known = north.standing()
    marker = _marker(call.query[MARKER], head)
    head = north.head_at(head, marker.revision if marker else moment(north, call, head))
    revision = head.revision
    if marker is not None and marker.digest != head.digest.hex():
        raise HistoryReplacedError(revision, head.oldest)
    origin, record = living(north, call, known, revision)
    types = frozenset(call.query[TYPE])
    _check(types, origin, known)
    fields = Projection(call.query[FIELDS])
    now = north.clock.now()
    search = RelationSearch(
        north.store,
        north.lines,
        known,
        revision,
        now,
        origin=origin,
        record=record,
        fields=fields,
        check=call.check,
    )
    directions = call.query[DIRECTION]
    given, behind = (marker.outward, marker.inward) if marker else (0, None)
    outward = search.outward(types) if "out" in directions and not behind else iter(())
    inward = search.inward(types, behind) if "in" in directions else iter(())
    limit = call.query[LIMIT]
    found = list(islice(chain(islice(outward, given, None), inward), limit + 1))
    shown = found[:limit]
    following = None
    if len(found) > limit:
        following = _next(
            call, _Marker(head.epoch, revision, given, None, head.digest.hex()), shown
        )
    looked_at = [origin, *(search.referring(types) if "in" in directions else ())]
    complete = completeness([each.status(revision, now) for each in looked_at])
    body = msgspec.json.encode(Relations(revision, shown, following))
    return Response(body, head, revision, headers=complete)


def _marker(text: str | None, head: Head) -> _Marker | None:
    if text is None:
        return None
    marker = unsealed(text, _unpack)
    if marker.epoch != head.epoch:
        raise RevisionCompactedError(marker.revision, head.oldest)
    return marker


def _next(call: Exchange, begun: _Marker, shown: Sequence[Relation]) -> str:
    last = shown[-1]
    if last.direction == "out":
        marker = begun._replace(outward=begun.outward + len(shown))
    else:
        assert last.type is not None
        assert last.id is not None
        behind = Behind(last.cloud, last.region, last.type, last.id, last.path, last.value)
        marker = begun._replace(inward=behind)
    pairs = [*call.query.without("marker", "at"), ("marker", sealed(marker))]
    return f"{call.path}?{urlencode(pairs, quote_via=quote, safe=',:')}"


def _check(types: frozenset[str], origin: Freshness, known: Sequence[Freshness]) -> None:
    """Refuse types that are neither sampled nor referred to."""
    names = {each.collection.type for each in known}
    names |= {target.type for targets in origin.relations.values() for target in targets}
    if unknown := types - names:
        raise UnknownTypeError(
            f"No entity type {', '.join(sorted(unknown))} is sampled or referred to here; "
            f"there is {', '.join(sorted(names))}."
        )
