"""A TCP proxy that breaks connections at the byte where a test wants them broken.

Nothing of the code under test is replaced: a real client talks to a real server through
a wire that fails as wires do.
"""

import contextlib
import select
import socket
import struct
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_PIECE = 16_384


@dataclass(kw_only=True, slots=True)
class Break:
    """What happens to one connection, counted in bytes that the server has sent on it.

    Attributes:
        cut: reset the connection (RST) after so many bytes.
        truncate: end it in good order (FIN) after so many bytes.
        stall: pass nothing on after so many bytes, and keep it open.
        delay: seconds to wait before each piece.
        duplicate: after so many bytes, send the request to the server once more on a
            second connection, whose answer nobody reads.
        piece: pass on at most so many bytes at once.
    """

    cut: int | None = None
    truncate: int | None = None
    stall: int | None = None
    delay: float = 0.0
    duplicate: int | None = None
    piece: int = _PIECE


@dataclass(eq=False, slots=True)
class _Connection:
    client: socket.socket
    server: socket.socket
    plan: Break
    sent: int = 0
    asked: bytes = b""
    doubles: list[socket.socket] = field(default_factory=list)


class Proxy:
    """Listens on a free port and passes on to *upstream*; owned by a test.

    Every method may be called from any thread.

    Args:
        upstream: host and port of the server; may be set anew.
    """

    def __init__(self, upstream: tuple[str, int]) -> None:
        self.upstream = upstream
        self.connections = 0
        self._plans: list[Break] = []
        self._open: set[_Connection] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._refusing = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    @property
    def url(self) -> str:
        """Where a client finds the server through this proxy."""
        return f"http://127.0.0.1:{self.port}"

    def plan(self, *breaks: Break) -> None:
        """Set what happens to the next connections, one each; later ones are left whole."""
        with self._lock:
            self._plans = list(breaks)

    def refuse(self, refusing: bool = True) -> None:
        """Reset every new connection, as a host without a server does."""
        self._refusing = refusing

    def cut(self) -> None:
        """Reset every open connection now."""
        with self._lock:
            waiting = list(self._open)
        for connection in waiting:
            self._end(connection, reset=True)

    def close(self) -> None:
        """Stop listening and cut what is open."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                plan = self._plans.pop(0) if self._plans else Break()
            try:
                if self._refusing:
                    raise ConnectionRefusedError
                server = socket.create_connection(self.upstream)
            except OSError:
                _reset(client)
                continue
            connection = _Connection(client, server, plan)
            with self._lock:
                self._open.add(connection)
            threading.Thread(
                target=self._carry, args=(connection,), name="proxied", daemon=True
            ).start()

    def _carry(self, connection: _Connection) -> None:
        reset = True
        with contextlib.suppress(OSError, ValueError):
            reset = self._both_ways(connection)
        self._end(connection, reset=reset)

    def _both_ways(self, connection: _Connection) -> bool:
        """Pass bytes on until one side ends or the plan says so; return whether to reset."""
        ends = [connection.client, connection.server]
        while True:
            ready, _, _ = select.select(ends, [], [])
            if connection.client in ready:
                data = connection.client.recv(_PIECE)
                if not data:
                    return False
                connection.asked += data
                connection.server.sendall(data)
            if connection.server in ready:
                data = connection.server.recv(connection.plan.piece)
                if not data:
                    return False
                if not self._pass_on(connection, data):
                    return connection.plan.cut is not None

    def _pass_on(self, connection: _Connection, data: bytes) -> bool:
        plan = connection.plan
        if plan.delay:
            self._closed.wait(plan.delay)
        if plan.duplicate is not None and connection.sent + len(data) > plan.duplicate:
            plan.duplicate = None
            double = socket.create_connection(self.upstream)
            with self._lock:
                if connection not in self._open:
                    double.close()
                    return False
                connection.doubles.append(double)
            double.sendall(connection.asked)
        if plan.stall is not None and connection.sent + len(data) > plan.stall:
            connection.client.sendall(data[: plan.stall - connection.sent])
            connection.client.recv(1)  # until the client gives up
            return False
        limit = plan.cut if plan.cut is not None else plan.truncate
        left = len(data) if limit is None else max(0, limit - connection.sent)
        connection.client.sendall(data[:left])
        connection.sent += len(data[:left])
        return left >= len(data)

    def _end(self, connection: _Connection, *, reset: bool) -> None:
        with self._lock:
            if connection not in self._open:
                return
            self._open.discard(connection)
        for each in (connection.server, *connection.doubles):
            each.close()
        if reset:
            _reset(connection.client)
        else:
            with contextlib.suppress(OSError):
                connection.client.shutdown(socket.SHUT_RDWR)
            connection.client.close()


def _reset(client: socket.socket) -> None:
    """Close with a RST: what was sent and not read yet is lost, as with a dead host."""
    with contextlib.suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.shutdown(socket.SHUT_RD)  # wakes the thread that reads it
    client.close()
