"""The HTTP interface in virtual time: the real application, asked by the real client.

Only the wire is another: an answer's pieces go from one task to the other, a client may be
slow, and a connection may be cut.
"""

import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from typing import Any, cast
from urllib.parse import quote, urlencode

import urllib3
from requests.structures import CaseInsensitiveDict

from synchronizer.client.http import HttpTransport
from synchronizer.model.errors import TransportError
from synchronizer.northbound.http.app import build
from synchronizer.northbound.http.exchange import ABORT, WRITABLE
from synchronizer.northbound.serving.tail import Tail
from synchronizer.store.contract import Store
from synchronizer.testing.simulation.consumers import BOOKMARKS
from synchronizer.testing.simulation.loop import Loop
from synchronizer.testing.simulation.world import Signal, Stop, World
from synchronizer.testing.simulation.world import Watch as Clock

_BUFFER = 2000
"""Bytes that a connection takes before its client reads them."""

_RING = 3000

Message = MutableMapping[str, Any]


class Following(Tail):
    """A tail that is a task and no thread."""

    def __init__(self, world: World, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._world = world
        self._stopping = Stop(world)

    def _start(self, loop: Any) -> None:
        self._world.start("tail", lambda: self._run(loop))

    def _in_loop(self, loop: Any, work: Callable[[], None]) -> None:
        done = Signal()

        def run() -> None:
            work()
            loop.call_soon(lambda: self._world.fire(done))

        loop.call_soon_threadsafe(run)
        self._world.wait(done, 3600.0)


class Server:
    """The application over a store, and all connections to it."""

    def __init__(self, world: World, store: Store, seed: int) -> None:
        self.world = world
        self.loop = Loop(world)
        self.dice = random.Random(f"{seed} http")
        self.connections: list[Connection] = []
        self.slow_until = 0.0
        clock = Clock(world)
        self.app = build(store, bookmark_interval=BOOKMARKS / 4, clock=clock, send_timeout=20.0)
        north = self.app.state.north
        audience = north.audience
        north.tail = Following(
            world, store, clock, audience.grown, audience.foremost, ring_bytes=_RING
        )

    def transport(self, world: World, store: Any, told: list[Any]) -> "OverHttp":
        """Return a way to the store over HTTP."""
        del world, store
        return OverHttp(self, told)

    def end(self) -> None:
        """End everything under way."""
        self.app.state.north.tail.stop()
        self.loop.end()


class Connection:
    """One request on its way, and its answer, as `requests` has it."""

    url = "http://simulation"
    chunked = True
    length_remaining = None

    def __init__(self, server: Server, method: str, path: str, headers: Mapping[str, str]) -> None:
        self.status_code = 0
        self.headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        self._server = server
        self._world = server.world
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._over = self._cut = False
        self._left: Any = None
        self._room: Any = None
        self._news = Signal()
        plain, _, query = path.partition("?")
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": plain,
            "raw_path": plain.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1),
            "headers": [(name.lower().encode(), each.encode()) for name, each in headers.items()],
            "extensions": {
                ABORT: {"abort": self.break_off},
                WRITABLE: {"writable": lambda: self._size < _BUFFER and not self._gone},
            },
        }
        server.connections.append(self)
        answering = cast("Awaitable[None]", server.app(scope, self._receive, self._send))
        self._task = server.loop.create_task(answering)

    # --- the client's side --------------------------------------------------------

    @property
    def raw(self) -> "Connection":
        """Return what is below it: itself."""
        return self

    @property
    def content(self) -> bytes:
        """Return the whole body."""
        return b"".join(self.stream())

    @property
    def text(self) -> str:
        """Return it as text."""
        return self.content.decode()

    def wait_for_head(self) -> None:
        """Return when the status is there."""
        while not self.status_code and not self._cut:
            self._world.wait(self._news, 60.0)
        if not self.status_code:
            raise TransportError("The connection was cut; this simulation says so.")

    def stream(self, _amount: int = 0, **_: Any) -> Iterator[bytes]:
        """Yield pieces as they come."""
        while True:
            if self._server.slow_until > self._world.time:
                self._world.pause(self._server.slow_until - self._world.time)
            if self._cut:
                raise urllib3.exceptions.ProtocolError("the connection was cut")
            if self._pieces:
                piece = self._pieces.popleft()
                self._size -= len(piece)
                self._make_room()
                yield piece
            elif self._over:
                return
            else:
                self._world.wait(self._news, 30.0)

    def shutdown(self) -> None:
        """Break off the reading."""
        self.break_off()

    def close(self) -> None:
        """Hang up."""
        self.break_off()

    def break_off(self) -> None:
        """Cut it, for both sides."""
        self._cut = True
        self._make_room()
        if self._left is not None and not self._left.done():
            self._left.set_result(None)
        if self in self._server.connections:
            self._server.connections.remove(self)
        self._world.fire(self._news)

    # --- the server's side ----------------------------------------------------------

    @property
    def _gone(self) -> bool:
        return self._cut or self._over

    async def _receive(self) -> Message:
        if not self._gone:
            self._left = self._left or self._server.loop.create_future()
            await self._left
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        while self._size >= _BUFFER and not self._gone:
            self._room = self._server.loop.create_future()
            await self._room
        if message["type"] == "http.response.start":
            self.status_code = message["status"]
            for name, value in message["headers"]:
                self.headers[name.decode()] = value.decode()
        elif not self._cut:
            if message.get("body"):
                self._pieces.append(message["body"])
                self._size += len(message["body"])
            if not message.get("more_body"):
                self._over = True
                if self._left is not None and not self._left.done():
                    self._left.set_result(None)
        self._world.fire(self._news)

    def _make_room(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)


class OverHttp(HttpTransport):
    """The real client, whose requests go to the application here."""

    def __init__(self, server: Server, told: list[Any]) -> None:
        super().__init__("http://127.0.0.1")
        self._server = server
        self._told = told

    def get_all(self, *args: Any, **options: Any) -> Any:
        """Get all; what is told afterwards are the differences."""
        answer = super().get_all(*args, **options)
        self._told.append(answer.revision)
        return answer

    def cut(self) -> None:
        """Cut every connection."""
        for each in list(self._server.connections):
            each.break_off()

    def _sent(self, method: str, path: str, options: dict[str, Any]) -> Any:
        server = self._server
        server.world.pause(server.dice.uniform(0.001, 0.2))
        query = urlencode(options["params"], quote_via=quote)
        made = Connection(server, method, f"{path}?{query}", options["headers"])
        made.wait_for_head()
        return made
