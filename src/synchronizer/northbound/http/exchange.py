"""One request under way: what was asked, and the way to answer it."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple
from urllib.parse import unquote
from uuid import uuid4

from synchronizer.model.status import CollectionStatus, all_complete, oldest
from synchronizer.northbound.http.query import Query
from synchronizer.store.contract import Head

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
Header = tuple[bytes, bytes]

SEND_TIMEOUT = 30.0
PIECE = 65_536

ABORT = "synchronizer.abort"
"""ASGI extension of our server: drop the connection and what is still in its buffers."""

WRITABLE = "synchronizer.writable"
"""ASGI extension of our server: whether a send would return at once."""


class LeftError(Exception):
    """The client has hung up: nobody waits for what is being made."""


class Response(NamedTuple):
    """A whole answer; *head* is where the log stood, *revision* what it speaks of."""

    body: bytes
    head: Head | None
    revision: int | None = None
    status: int = 200
    media: str = "application/json"
    headers: tuple[Header, ...] = ()


class Exchange:
    """A request and its answer. Owned by the event loop.

    Attributes:
        request_id: ``req-`` and a UUID, in the answer and in the log.
        query: set when the route is known.
        started: the status line is out; an error can only cut the answer now.
        left: the client has hung up, or has its answer.
        send_timeout: seconds that a client has for a piece of an answer.
    """

    query: Query

    def __init__(
        self,
        scope: MutableMapping[str, Any],
        receive: Receive,
        send: Send,
        send_timeout: float = SEND_TIMEOUT,
    ) -> None:
        self.send_timeout = send_timeout
        self.request_id = f"req-{uuid4()}"
        self.method: str = scope["method"]
        self.route = ""
        self.status = 0
        self.started = False
        self.left = False
        self._scope = scope
        self._receive = receive
        self._send = send
        self._extensions: dict[str, Any] = scope.get("extensions") or {}

    @property
    def path(self) -> str:
        """The path as the client must write it, prefix of a proxy included."""
        return str(self._scope["path"])

    @property
    def query_string(self) -> bytes:
        """The query as it came."""
        return bytes(self._scope.get("query_string", b""))

    @property
    def types(self) -> list[str]:
        """The entity type that the path names, if it names one."""
        return [self.of_path("type")] if "type" in self._scope["path_params"] else []

    def of_path(self, name: str) -> str:
        """Return a part of the path, decoded."""
        return unquote(self._scope["path_params"][name])

    def header(self, name: bytes) -> str:
        """Return a request header, several joined; empty when it is not there."""
        found = [value for key, value in self._scope["headers"] if key == name]
        return b", ".join(found).decode("latin-1")

    def accepts(self, media: str) -> bool:
        """Whether the client asks for *media* by name."""
        for item in self.header(b"accept").lower().split(","):
            name, *settings = (part.strip() for part in item.split(";"))
            if name == media:
                return not any(setting in {"q=0", "q=0.0", "q=0.00"} for setting in settings)
        return False

    async def start(
        self, status: int, media: str, head: Head | None, revision: int | None, *more: Header
    ) -> None:
        """Send the status and the headers that every answer has."""
        headers = [
            (b"x-openstack-request-id", self.request_id.encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        if media:
            headers.append((b"content-type", media.encode()))
        if head is not None:
            spoken = head.revision if revision is None else revision
            headers.append((b"synchronizer-revision", b"%d" % spoken))
            headers.append((b"synchronizer-epoch", head.epoch.encode()))
            if spoken == head.revision:
                headers.append((b"synchronizer-digest", head.digest.hex().encode()))
        self.status = status
        self.started = True
        message = {"type": "http.response.start", "status": status, "headers": [*headers, *more]}
        await self._send(message)

    async def write(self, body: bytes) -> None:
        """Send a piece of the body; returns when there is room for the next."""
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    def writable(self) -> bool:
        """Whether `write_now` is possible; never without our own server."""
        writable = self._extensions.get(WRITABLE)
        return writable is not None and writable["writable"]()

    def write_now(self, body: bytes) -> None:
        """Send a piece without a turn of the event loop; only when `writable` says so."""
        writing = self.write(body)
        try:
            writing.send(None)
        except StopIteration:
            return
        writing.close()
        raise RuntimeError("a connection that was writable did not take a piece")

    async def end(self, body: bytes = b"") -> None:
        """Send the last piece: the answer is complete."""
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def give(
        self,
        answer: Response,
        sending: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Send a whole answer, piece by piece; each has some time.

        Args:
            sending: entered for as long as a piece is sent.

        Raises:
            TimeoutError: the client takes nothing.
        """
        length = [(b"content-length", b"%d" % len(answer.body))] if answer.status != 304 else []
        media = answer.media if answer.status != 304 else ""
        body = b"" if self.method == "HEAD" else answer.body
        with sending():
            async with asyncio.timeout(self.send_timeout):
                await self.start(
                    answer.status, media, answer.head, answer.revision, *length, *answer.headers
                )
        for begin in range(0, len(body) - PIECE, PIECE):
            with sending():
                async with asyncio.timeout(self.send_timeout):
                    await self.write(body[begin : begin + PIECE])
        with sending():
            async with asyncio.timeout(self.send_timeout):
                await self.end(body[-(len(body) % PIECE or PIECE) :])

    async def see_off(self) -> None:
        """Note when the client leaves; to be run beside the work."""
        await self.gone()
        self.left = True

    def check(self) -> None:
        """Raise when nobody waits for the answer any more. From any thread."""
        if self.left:
            raise LeftError

    async def gone(self) -> None:
        """Return when the client has hung up, or the answer is complete."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def cut(self) -> None:
        """Break the answer off so that the client sees that it is not complete."""
        abort = self._extensions.get(ABORT)
        if abort is not None:
            abort["abort"]()
            await asyncio.wait_for(self.gone(), 1.0)


def completeness(statuses: Sequence[CollectionStatus]) -> tuple[Header, ...]:
    """Return the headers that say whether an answer is complete, and up to when."""
    complete = b"true" if all_complete(statuses) else b"false"
    to = oldest(statuses)
    known = () if to is None else ((b"synchronizer-complete-to", to.encode()),)
    return ((b"synchronizer-complete", complete), *known)
