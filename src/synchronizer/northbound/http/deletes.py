"""``/v1/deletes``: what is absent and held, because nothing proves that it was deleted."""

import contextlib

import msgspec

from synchronizer.model.clock import iso
from synchronizer.model.errors import AmbiguousError, NothingHeldError, SampleError
from synchronizer.northbound.http.envelopes import Deletes, HeldDelete, TypeItem
from synchronizer.northbound.http.exchange import Exchange, Response
from synchronizer.northbound.http.parameters import VERSION
from synchronizer.northbound.http.query import selection_of
from synchronizer.northbound.http.state import AppState
from synchronizer.northbound.http.types import item
from synchronizer.store.contract import Decision, Held

_SHOWN = 100


def deletes(north: AppState, call: Exchange) -> Response:
    """List the deletes that are held until an operator decides."""
    head, known = north.standing()
    meant = {each.collection for each in selection_of(call.query).of(known)}
    found = [_item(each) for each in north.store.held() if each.collection in meant]
    return Response(msgspec.json.encode(Deletes(head.revision, found)), head)


async def confirm(north: AppState, call: Exchange) -> Response:
    """Confirm the held deletes of a type: the entities are gone. It is swept, where possible."""
    held = await north.thread(_decide, north, call, "confirmed")
    with contextlib.suppress(SampleError):  # then the next sweep deletes, or its fault says why
        await north.refresh([held.collection], 0.0)
    return await north.thread(_now, north, held)


async def reject(north: AppState, call: Exchange) -> Response:
    """Reject the held deletes of a type: the entities live, and stay."""
    held = await north.thread(_decide, north, call, "rejected")
    return await north.thread(_now, north, held)


def _decide(north: AppState, call: Exchange, decision: Decision) -> Held:
    selection = selection_of(call.query, call.of_path("type"))
    meant = {each.collection for each in selection.of(north.store.collections())}
    held = [each for each in north.store.held() if each.collection in meant]
    if len(held) > 1:
        choices = ", ".join(str(each.collection) for each in held)
        raise AmbiguousError(f"Name one of {choices} by cloud= and region=.")
    if not held or not north.store.decide(held[0].collection, decision, call.query[VERSION]):
        raise NothingHeldError(
            f"No deletes of {call.of_path('type')} are held; `deletes list` shows all that are."
        )
    return held[0]


def _now(north: AppState, held: Held) -> Response:
    head, known = north.standing()
    now: TypeItem = next(
        item(each, north.clock.now()) for each in known if each.collection == held.collection
    )
    return Response(msgspec.json.encode(now), head)


def _item(held: Held) -> HeldDelete:
    return HeldDelete(
        type=held.collection.type,
        cloud=held.collection.cloud,
        region=held.collection.region,
        entities=len(held.ids),
        since=iso(held.since),
        decision=held.decision or None,
        version=held.version,
        ids=list(held.ids[:_SHOWN]),
    )
