"""``/v1/types``: what is sampled here and how fresh it is; ``POST …/sweep``: sample it now."""

from typing import cast

import msgspec

from synchronizer.model.clock import iso
from synchronizer.model.errors import AmbiguousError
from synchronizer.model.essence import names
from synchronizer.northbound.http.envelopes import State, TypeItem, Types
from synchronizer.northbound.http.exchange import Exchange, Response
from synchronizer.northbound.http.query import selection_of
from synchronizer.northbound.http.state import AppState
from synchronizer.store.freshness import Freshness


def item(known: Freshness, now: float) -> TypeItem:
    """Return what there is to say of a collection."""
    age = known.age(now)
    return TypeItem(
        type=known.collection.type,
        cloud=known.collection.cloud,
        region=known.collection.region,
        entities=known.entities,
        revision=known.revision,
        sampled_at=None if known.sampled_at is None else iso(known.sampled_at),
        polled_at=None if known.polled_at is None else iso(known.polled_at),
        age=None if age is None else round(age, 3),
        stale_after=known.stale_after,
        stale=known.stale(now),
        state=cast("State", known.state(now)),
        fault=known.fault,
        rejected=known.rejected,
        cost=known.cost,
        volatile=[".".join(names(path)) for path in known.volatile],
        complete=known.complete_at is not None,
        complete_to=None if known.complete_to is None else iso(known.complete_to),
    )


def types(north: AppState, call: Exchange) -> Response:
    """List the entity types, and how fresh each is."""
    head, known = north.standing()
    now = north.clock.now()
    items = [item(each, now) for each in selection_of(call.query).of(known)]
    return Response(msgspec.json.encode(Types(head.revision, items)), head)


async def sweep(north: AppState, call: Exchange) -> Response:
    """Sweep a type now, and answer when it is done."""
    selection = selection_of(call.query, call.of_path("type"))
    meant = selection.of(await north.quick(north.store.collections))
    if len(meant) > 1:
        choices = ", ".join(str(each.collection) for each in meant)
        raise AmbiguousError(f"Name one of {choices} by cloud= and region=.")
    await north.refresh([meant[0].collection], 0.0)
    head, known = await north.quick(north.standing)
    (now_known,) = (each for each in known if each.collection == meant[0].collection)
    return Response(msgspec.json.encode(item(now_known, north.clock.now())), head)
