"""uvicorn, told where to listen and how to stop while watches are open.

A watch never ends by itself, so a server that waits for its open answers would wait for
ever. This one ends the watches first; whatever else is still open has three seconds.
"""

import asyncio
import ipaddress
import resource
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn

from synchronizer.model.errors import ConfigurationError
from synchronizer.northbound.http.app import Application
from synchronizer.northbound.http.protocol import Limits, Protocol

_GRACE = 3
_KEEP_ALIVE = 65
_BACKLOG = 2048
_TICKS = 5
"""Tenths of a second between two looks at the connections."""
_OTHER_FILES = 256
"""Descriptors that are not connections: the store's, and those of runs on demand."""


class HttpServer(uvicorn.Server):
    """Serves one application on one address of this machine.

    Args:
        port: 0 takes a free one.
        ready: called with the real port when connections are accepted.
        stop: the server stops within a moment of its being set.
        limits: what a connection may take; else as much as there are descriptors.

    Raises:
        ConfigurationError: the address is not of this machine alone, or taken.
    """

    def __init__(
        self,
        app: Application,
        host: str,
        port: int,
        *,
        ready: Callable[[int], None],
        stop: threading.Event | None = None,
        limits: Limits | None = None,
    ) -> None:
        protocol: Any = partial(Protocol, limits=limits or Limits(connections=connections_most()))
        super().__init__(
            uvicorn.Config(
                app,
                http=protocol,
                ws="none",
                loop="uvloop",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                backlog=_BACKLOG,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=_GRACE,
            )
        )
        self._app = app
        self._ready = ready
        self._stop = stop or threading.Event()
        self._socket = _bound(host, port)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, on uvloop, until told to stop; signals do that in the main thread."""
        super().run(sockets)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, on the running loop, until told to stop."""
        await super().serve(sockets or [self._socket])

    def stop(self) -> None:
        """Stop within five seconds; may be called from any thread."""
        self._stop.set()

    async def on_tick(self, counter: int) -> bool:
        """Look, ten times a second, whether to stop, and at connections more rarely."""
        if counter % _TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                connection.review(now)  # type: ignore[union-attr]
        return await super().on_tick(counter) or self._stop.is_set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        await super().startup(sockets)
        if self.started:
            self._ready(self._socket.getsockname()[1])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the watches, then everything else."""
        self._app.state.stop()
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()


async def serve(
    app: Application,
    host: str,
    port: int,
    *,
    ready: Callable[[int], None],
    stop: threading.Event | None = None,
) -> None:
    """Serve *app* until SIGTERM, SIGINT or *stop*; ``uvloop.run`` makes it fastest.

    Args:
        port: 0 takes a free one.
        ready: called with the real port when connections are accepted.
        stop: the server stops within a moment of its being set.

    Raises:
        ConfigurationError: the address is not of this machine alone, or taken.
    """
    await HttpServer(app, host, port, ready=ready, stop=stop).serve()


def connections_most() -> int:
    """Return how many connections there are descriptors for."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, files - min(_OTHER_FILES, files // 2))


def _bound(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError, OverflowError) as error:
        raise ConfigurationError(f"{host}:{port} is no address to listen on: {error}.") from None
    for *_, address in found:
        if not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback:
            raise ConfigurationError(
                f"Authentication is not configured, so only this machine may ask: listen on "
                f"127.0.0.1 or ::1, not on {host}."
            )
    family, kind, protocol, _, address = found[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise ConfigurationError(
            f"Cannot listen on {host}:{port} ({error.strerror}); free it or choose another port."
        ) from None
    return bound
