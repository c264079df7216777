"""Nagios by Livestatus: a query language on a socket, answered out of living memory.

Each query has a connection of its own and asks for ``ResponseHeader: fixed16``: a status of
three digits and the length of the answer, so that a cut answer is seen. There is no
authentication: who reaches the socket sees everything.

Source: https://docs.checkmk.com/latest/en/livestatus.html
"""

import socket
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from keystoneauth1.adapter import Adapter
from keystoneauth1.session import Session

from synchronizer.model.errors import ConfigurationError, MalformedError, UnreachableError
from synchronizer.plugins import lenient
from synchronizer.plugins.excerpt import excerpt
from synchronizer.plugins.nagios_rows import TABLES, Table, each_of
from synchronizer.plugins.service import PAGE_BYTES, Answer, Gate, Query, Service, open_gate

TIMEOUT = 60.0
PORT = 6557

HEADER = 16


class Livestatus(Service):
    """Answers ``/hosts`` and ``/hosts/NAME`` out of Livestatus.

    Args:
        url: ``unix:///path`` or ``tcp://host:port``.

    Raises:
        ConfigurationError: *url* is something else.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        gate: Gate = open_gate,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(name, Adapter(Session()), gate=gate, pause=pause, now=now)
        split = urlsplit(url)
        self._path = split.path if split.scheme == "unix" else ""
        self._host = split.hostname if split.scheme == "tcp" else None
        self._port = split.port or PORT
        if not self._path and not self._host:
            raise ConfigurationError(
                f"{name}: {url!r} is no address of Livestatus (unix:///path or tcp://host:port)"
            )

    def _once(
        self, path: str, query: Query, microversion: str | None, allow: Collection[int]
    ) -> Answer:
        del microversion  # there are none
        listing, *key = path.strip("/").split("/")
        table = TABLES[listing]
        lines = _filters(table, [unquote(part) for part in key], query.get("since"))
        asked = self._now()
        rows = self._rows(table, lines)
        if not key:
            found = each_of(rows, table.of_livestatus)
            return Answer(200, msgspec.json.encode({listing: found}), asked)
        if rows:
            one = table.of_livestatus(rows[0])
            return Answer(200, msgspec.json.encode({listing[:-1]: one}), asked)
        if 404 in allow:
            return Answer(404, b"{}", asked)
        raise UnreachableError(f"{self.name}: there is no {path}")

    def _rows(self, table: Table, lines: list[str]) -> list[Sequence[Any]]:
        columns = " ".join(each.column for each in table.fields)
        text = [f"GET {table.name}", f"Columns: {columns}", *lines]
        query = "\n".join([*text, "OutputFormat: json", "ResponseHeader: fixed16", "", ""])
        body = self._ask(query.encode())
        try:
            rows: list[Sequence[Any]] = lenient.decode(body, list[list[Any]])
        except lenient.NO_JSON as error:
            raise MalformedError(
                f"{self.name}: {table.name} is no list of rows ({error})"
            ) from None
        return rows

    def _ask(self, query: bytes) -> bytes:
        """Send a query and return the whole answer, as one call under the governor."""
        with self._gate(self.name) as turn:
            started = time.monotonic()
            size, status = 0, 0
            try:
                with self._connected() as connection:
                    connection.sendall(query)
                    status, length = self._header(_receive(connection, HEADER))
                    body = _receive(connection, length)
                    size = len(body)
            except (OSError, EOFError) as error:
                raise UnreachableError(
                    f"{self.name}: no complete answer ({type(error).__name__})"
                ) from None
            finally:
                took = time.monotonic() - started
                turn.done(seconds=took, size=size, status=status, retry_after=None)
                self._calls += 1
                self._seconds += took
                self._bytes += size
        if status != 200:
            raise MalformedError(
                f"{self.name}: Livestatus answered {status}: {excerpt(body.strip())}"
            )
        return body

    def _connected(self) -> socket.socket:
        if self._host:
            return socket.create_connection((self._host, self._port), TIMEOUT)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(TIMEOUT)
            connection.connect(self._path)
        except OSError:
            connection.close()
            raise
        return connection

    def _header(self, header: bytes) -> tuple[int, int]:
        status, length = header[:3], header[4:15].strip()
        if not status.isdigit() or not length.isdigit():
            raise MalformedError(f"{self.name}: this is no Livestatus: {header!r}")
        if int(length) > PAGE_BYTES:
            raise MalformedError(f"{self.name}: an answer is larger than {PAGE_BYTES >> 20} MiB")
        return int(status), int(length)


def _filters(table: Table, key: list[str], since: Any) -> list[str]:
    """Return the lines that limit a query to one row, or to what changed since an ISO time.

    Raises:
        MalformedError: a name would be a line of its own.
    """
    columns = {each.name: each.column for each in table.fields}
    lines = []
    if key and len(key) != len(table.key):
        raise MalformedError(f"nagios: {'/'.join(key)} names nothing of {table.name}")
    for name, value in zip(table.key, key, strict=False):
        if not value.isprintable():
            raise MalformedError(f"nagios: {value!r} is no name of {table.name}")
        lines.append(f"Filter: {columns[name]} = {value}")
    if since is not None:
        start = int(datetime.fromisoformat(str(since)).timestamp())
        lines.append(f"Filter: last_state_change >= {start}")
    return lines


def _receive(connection: socket.socket, length: int) -> bytes:
    """Receive exactly *length* bytes.

    Raises:
        EOFError: the connection ended before.
    """
    received = bytearray()
    while len(received) < length:
        part = connection.recv(min(length - len(received), 1 << 20))
        if not part:
            raise EOFError
        received += part
    return bytes(received)
