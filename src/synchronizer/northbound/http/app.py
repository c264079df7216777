"""The HTTP door as one ASGI application over a store.

It samples nothing and knows no plugin: whoever builds it passes in what does. It may be
served by any ASGI server; `synchronizer.northbound.http.server` is the one that ends the
watches when it stops.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from inspect import iscoroutinefunction
from typing import Any

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.errors import RequestError, SynchronizerError
from synchronizer.northbound.http import errors
from synchronizer.northbound.http.discovery import Discovery
from synchronizer.northbound.http.exchange import SEND_TIMEOUT, Exchange, LeftError, Response
from synchronizer.northbound.http.metrics import registry as registry_of
from synchronizer.northbound.http.openapi import description
from synchronizer.northbound.http.origins import OriginCheck, check_not_simple
from synchronizer.northbound.http.outbound import OUTBOUND_BYTES
from synchronizer.northbound.http.query import Query, selection_of
from synchronizer.northbound.http.routes import JSON, OPERATIONS, Endpoint, Operation
from synchronizer.northbound.http.state import AppState, Refresh
from synchronizer.northbound.http.watchers import Cut, Watchers
from synchronizer.northbound.serving.page_cache import LINES_BYTES
from synchronizer.northbound.serving.tail import RING_BYTES
from synchronizer.store.contract import Store

_log = logging.getLogger(__name__)
_CALL = "synchronizer.call"
_LEFT = 499
"""As proxies count a client that did not wait."""


class Application(Starlette):
    """Routes, and one wrapper around them that answers every error.

    ``state.stop()`` ends all watches at once, from any thread; the lifespan's end does
    too.
    """

    def build_middleware_stack(self) -> ASGIApp:
        """Return the router in our own wrapper: a stream's pieces pass no other layer."""
        inner: ASGIApp = self.router
        for each in reversed(self.user_middleware):
            inner = each.cls(inner, *each.args, **each.kwargs)
        return _Answering(inner, self.state.north, self.state.callers)


class _Answering:
    """Gives every request its id, and every error its answer."""

    def __init__(self, app: ASGIApp, north: AppState, callers: OriginCheck) -> None:
        self._app = app
        self._north = north
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Routes see the path as it was written: a "/" inside an id stays "%2F" there.
        raw = scope.get("raw_path") or scope["path"].encode()
        scope["path"] = raw.partition(b"?")[0].decode("latin-1")
        scope[_CALL] = call = Exchange(scope, receive, send, self._north.send_timeout)
        try:
            self._callers.check(call)
            await self._app(scope, receive, send)
        except LeftError:
            call.status = _LEFT
        except (Cut, TimeoutError):
            self._north.audience.cuts["blocked"] += 1
            await call.cut()
        except Exception as error:  # noqa: BLE001  a process edge: counted, logged, answered
            await self._refuse(call, error)
        self._north.answered[call.method, call.route, call.status] += 1

    async def _refuse(self, call: Exchange, error: Exception) -> None:
        known = errors.ours(error, call.method)
        if known is None:
            _log.error("%s %s %s failed", call.request_id, call.method, call.path, exc_info=error)
            known = errors.InternalError("An internal error; the log has it under the request id.")
        if call.started:
            await call.cut()
            return
        head = self._north.last_head
        try:
            head = await self._north.quick(self._north.head)
        except SynchronizerError as unreadable:
            _log.warning("%s the store's head cannot be read: %s", call.request_id, unreadable)
        body = errors.body(known, call.request_id)
        more = tuple(errors.headers(known))
        await call.give(Response(body, head, status=known.status, headers=more))


class _Endpoint:
    """A route's end: reads the query, does the work, gives the answer."""

    def __init__(self, door: Operation, north: AppState) -> None:
        self._door = door
        self._north = north

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        call: Exchange = scope[_CALL]
        door = self._door
        call.route = door.path
        if door.method == "POST":
            check_not_simple(call)
        call.query = Query(call.query_string, door.parameters, filters=door.filters)
        leaving = asyncio.create_task(call.see_off())
        try:
            answer = await self._answer(door, call)
            if answer is not None:
                await call.give(answer)
        except RequestError as error:
            await self._north.quick(self._check, error, call)
            raise
        finally:
            leaving.cancel()

    async def _answer(self, door: Operation, call: Exchange) -> Response | None:
        work: Any = door.work
        if iscoroutinefunction(work):
            answer: Response | None = await work(self._north, call)
            return answer
        if door.quick:
            return await self._north.quick(self._unless_left, work, call)
        await self._north.give(call, self._unless_left, work, call)
        return None

    def _check(self, error: RequestError, call: Exchange) -> None:
        known = [each.collection for each in self._north.store.collections()]
        self._north.discovery.check(error, selection_of(call.query, *call.types), known)

    def _unless_left(self, work: Endpoint, call: Exchange) -> Any:
        call.check()  # it may have waited for a thread
        return work(self._north, call)


def build(
    store: Store,
    *,
    refresh: Refresh | None = None,
    samplers: Iterable[tuple[str, str]] = (),
    bookmark_interval: float = 10.0,
    send_timeout: float = SEND_TIMEOUT,
    ring_bytes: int = RING_BYTES,
    lines_bytes: int = LINES_BYTES,
    outbound_bytes: int = OUTBOUND_BYTES,
    allowed_hosts: Sequence[str] = (),
    registry: CollectorRegistry | None = None,
    clock: Clock | None = None,
) -> Application:
    """Return the application over *store*; the store stays its opener's to close.

    Args:
        refresh: samples what is older than an age; without it ``max_age`` and sweeps are
            answered with 503.
        samplers: the cloud and the plugin of each sampler of the service: what they have not
            discovered yet is answered with 503 at first, not with 404.
        bookmark_interval: seconds after which an idle watch gets a bookmark.
        send_timeout: seconds after which a client that takes nothing is cut.
        ring_bytes: memory for the newest commits, shared by all watchers.
        lines_bytes: memory for the lines of get alls, compressed, kept for the next ones.
        outbound_bytes: memory for what is made for clients and not yet taken by them.
        allowed_hosts: names of this service besides those of loopback.
        registry: more metrics for `/metrics`.
        clock: for ages and intervals.
    """
    clock = clock or SystemClock()
    audience = Watchers(clock, bookmark_interval=bookmark_interval, send_timeout=send_timeout)
    north = AppState(
        store,
        refresh,
        clock,
        audience,
        Discovery(samplers, clock),
        ring_bytes=ring_bytes,
        lines_bytes=lines_bytes,
        outbound_bytes=outbound_bytes,
        send_timeout=send_timeout,
    )
    north.registry = registry_of(north, registry)
    doors = list(OPERATIONS)
    doors.append(Operation("GET", "/openapi.json", description(doors), {JSON: None}, quick=True))
    loops: list[asyncio.AbstractEventLoop] = []

    def stop() -> None:
        north.tail.stop()
        for loop in loops:
            loop.call_soon_threadsafe(audience.stop)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        loops.append(asyncio.get_running_loop())
        try:
            yield
        finally:
            loops.clear()
            audience.stop()
            await asyncio.to_thread(north.tail.join)
            north.close()

    app = Application(
        routes=[Route(door.path, _Endpoint(door, north), methods=[door.method]) for door in doors],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.north = north
    app.state.callers = OriginCheck(allowed_hosts)
    app.state.stop = stop
    return app
