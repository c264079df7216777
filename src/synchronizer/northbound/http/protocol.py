"""HTTP/1.1 by httptools, within limits: a connection costs what a client of ours may need.

uvicorn buffers a request's head without bound, and waits for it without end. Here a head
has a size and a time, a closed connection lets nothing linger, and when there are too many
connections the one that has asked for nothing for longest makes room.
"""

from itertools import count
from typing import Any, NamedTuple
from uuid import uuid4

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from synchronizer.northbound.http import errors
from synchronizer.northbound.http.exchange import ABORT, WRITABLE

_PIECE = 4096
_asking = count()


class Limits(NamedTuple):
    """What one connection may take.

    Attributes:
        head_bytes: of a request's line and headers.
        headers: how many of these.
        head_seconds: until a head is complete, from the connection or its first byte on.
        linger_seconds: for what is left to send when the connection is closed.
        pipelined: requests that wait for the one before them.
        connections: at a time, over all clients.
    """

    head_bytes: int = 65_536
    headers: int = 100
    head_seconds: float = 10.0
    linger_seconds: float = 30.0
    pipelined: int = 16
    connections: int = 4096


class _RefusedError(Exception):
    """Ends the parsing of what is refused."""


class Protocol(HttpToolsProtocol):
    """One connection; lets the application drop it when it takes nothing.

    Attributes:
        asked: grows with each request, over all connections.
    """

    def __init__(self, *args: Any, limits: Limits, **more: Any) -> None:
        super().__init__(*args, **more)
        self.asked = next(_asking)
        self._limits = limits
        self._head_since: float | None = self.loop.time()
        self._closing_since: float | None = None
        self._head_bytes = 0
        self._in_body = False
        self._refused = False
        self._running: RequestResponseCycle | None = None

    def review(self, now: float) -> None:
        """Drop the connection when its time is over; called now and then."""
        if self.transport.is_closing():
            self._closing_since = self._closing_since or now
            if now - self._closing_since > self._limits.linger_seconds:
                self.transport.abort()
        elif self._head_since is not None and now - self._head_since > self._limits.head_seconds:
            self.transport.abort()

    @property
    def idle(self) -> bool:
        """Whether it waits for no answer."""
        return self._running is None or self._running.response_complete

    def connection_made(self, transport: Any) -> None:
        """Take the connection, and let another one go when there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            alive = [each for each in self._all() if not each.transport.is_closing()]
            idle = [each for each in alive if each.idle]  # at least this one
            min(idle, key=lambda each: each.asked).transport.abort()

    def _all(self) -> list["Protocol"]:
        return list(self.connections)  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request under way too when another waits behind it."""
        running = self._running
        self.pipeline.clear()
        super().connection_lost(exc)
        if running is not None and not running.response_complete:
            running.disconnected = True
            running.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Take what came, a head in small pieces so that its size is known in time."""
        if self._head_since is None and self.idle:
            self._head_since = self.loop.time()  # also for what nobody reads any more
        while data and not self._in_body and not self._refused:
            piece, data = data[:_PIECE], data[_PIECE:]
            self._head_bytes += len(piece)
            super().data_received(piece)
            if self._head_bytes > self._limits.head_bytes and not self._in_body:
                self._refuse()
        if data and not self._refused:
            super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin a request's head."""
        super().on_message_begin()
        self._head_since = self.loop.time()
        self.scope["extensions"] = {
            ABORT: {"abort": self.transport.abort},
            WRITABLE: {"writable": self._writable},
        }

    def on_headers_complete(self) -> None:
        """Begin to answer a request."""
        limits = self._limits
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > limits.head_bytes or len(self.headers) > limits.headers:
            self._refuse()
        if len(self.pipeline) >= limits.pipelined:
            self._refused = True
            self.transport.abort()
        if self._refused:
            raise _RefusedError
        self._head_since = None
        self._in_body = True
        self.asked = next(_asking)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request, its body included."""
        self._in_body = False
        self._head_bytes = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, once."""
        if not self._refused:
            self._refused = True
            super().send_400_response(msg)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _refuse(self) -> None:
        """Answer 431, where no other answer is under way."""
        self._refused = True
        if not self.idle:
            self.transport.abort()
            return
        error = errors.HeaderError(
            f"A request's line and headers have at most {self._limits.head_bytes} bytes and "
            f"{self._limits.headers} headers here; send less."
        )
        body = errors.body(error, f"req-{uuid4()}")
        self.transport.write(
            b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
            b"content-type: application/json\r\nconnection: close\r\n"
            b"content-length: %d\r\n\r\n%b" % (len(body), body)
        )
        self.transport.close()

    def _writable(self) -> bool:
        return not (self.flow.write_paused or self.transport.is_closing())
