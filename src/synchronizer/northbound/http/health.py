"""``/healthcheck``: alive; with ``detailed``, ready."""

import msgspec

from synchronizer.model.errors import SynchronizerError
from synchronizer.northbound.http.envelopes import Health
from synchronizer.northbound.http.exchange import Exchange, Response
from synchronizer.northbound.http.parameters import DETAILED
from synchronizer.northbound.http.state import AppState


async def health(north: AppState, call: Exchange) -> Response:
    """Say whether this process lives, or (detailed) whether it can answer requests."""
    if not call.query[DETAILED]:
        return Response(_encode(Health("OK")), north.last_head)
    return await north.quick(_ready, north)


def _ready(north: AppState) -> Response:
    try:
        north.store.examine()
        head, known = north.standing()
    except SynchronizerError as error:
        unready = Health("UNAVAILABLE", f"{error.title}: {error}")
        return Response(_encode(unready), north.last_head, status=503)
    now = north.clock.now()
    stale = sum(each.stale(now) for each in known)
    return Response(_encode(Health("OK", "OK", len(known), stale)), head)


def _encode(health: Health) -> bytes:
    shown = {
        name: value for name, value in msgspec.structs.asdict(health).items() if value is not None
    }
    return msgspec.json.encode(shown)
