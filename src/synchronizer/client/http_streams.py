"""Open HTTP answers: bytes as they come off the wire, and no end that was not sent.

A connection that breaks looks like the end of an answer to whoever does not look at the
framing. Here an answer must carry its own end (the last chunk, or its announced length);
one that stops before is a TransportError.
"""

import threading
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

import msgspec
import requests
import urllib3

from synchronizer.client import sse
from synchronizer.client.remote_errors import from_body
from synchronizer.client.transport import Bookmark
from synchronizer.model.change import OPS, Change
from synchronizer.model.entity import Entity
from synchronizer.model.errors import TransportError
from synchronizer.model.status import CollectionStatus, ContentDigest

_PIECE = 65_536

_entities = msgspec.json.Decoder(Entity).decode_lines
_change = msgspec.json.Decoder(Change).decode


class _Position(msgspec.Struct):
    """The data of a bookmark event; an older synchronizer says nothing of the collections."""

    revision: int
    collections: tuple[CollectionStatus, ...] = ()
    digest: str | None = None
    contents: tuple[ContentDigest, ...] = ()


_position = msgspec.json.Decoder(_Position).decode


def number(answer: requests.Response, header: str) -> int:
    """Return a header that must be there and be a number."""
    try:
        return int(answer.headers[header])
    except (KeyError, ValueError):
        raise TransportError(
            f"{answer.url} answered without {header}: no synchronizer, or a proxy that drops it."
        ) from None


def _flag(answer: requests.Response, header: str) -> bool | None:
    """Return a header that is true or false; None when it is not there."""
    text = answer.headers.get(header)
    return None if text is None else text == "true"


class OpenResponse:
    """An open answer; closed by its owner or from any other thread.

    Raises:
        TransportError: whenever it ends before its end.
    """

    def __init__(self, answer: requests.Response) -> None:
        self.epoch: str = answer.headers.get("Synchronizer-Epoch", "")
        self.digest: str | None = answer.headers.get("Synchronizer-Digest")
        self._answer = answer
        self._closed = threading.Event()

    def close(self) -> None:
        """Give the connection up; a read that is blocked in another thread ends at once."""
        if self._closed.is_set():
            return
        self._closed.set()
        # It fails when all was read and the connection is back in the pool: no harm.
        with suppress(ValueError, RuntimeError, OSError):
            # Only the socket's reading side is shut: closing the response itself would
            # wait for the lock that the blocked reader holds.
            self._answer.raw.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()
        # Not read to the end, so the connection cannot be used again.
        self._answer.raw.close()
        self._answer.close()

    def _pieces(self) -> Iterator[bytes]:
        raw = self._answer.raw
        if not raw.chunked and raw.length_remaining is None:
            raise self._cut("it carries no mark of its end")
        try:
            for piece in raw.stream(_PIECE, decode_content=True):
                if self._closed.is_set():
                    break
                yield piece
        except urllib3.exceptions.ReadTimeoutError:
            raise self._cut("nothing came within the time-out") from None
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            # ValueError is what a TLS socket raises when it is shut during a read.
            if not self._closed.is_set():
                raise self._cut(str(error)) from error
        if self._closed.is_set():
            raise TransportError("The stream was closed by its owner.")

    def _cut(self, why: str) -> TransportError:
        return TransportError(
            f"{self._answer.url} was cut before its end ({why}); try again, and look at the "
            "synchronizer's log if it happens often."
        )


class EntityLines(OpenResponse):
    """A snapshot as newline-delimited JSON, decoded piece by piece in constant memory."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__(answer)
        self.revision = number(answer, "Synchronizer-Revision")
        self.complete = _flag(answer, "Synchronizer-Complete")
        self._entities = self._read()

    def __iter__(self) -> Iterator[Entity]:
        """Yield the entities; that it ends without an error means that all have come."""
        return self._entities

    def _read(self) -> Iterator[Entity]:
        waiting: list[bytes] = []
        for piece in self._pieces():
            end = piece.rfind(b"\n") + 1
            if end == 0:
                waiting.append(piece)
                continue
            waiting.append(piece[:end])
            yield from self._decoded(b"".join(waiting))
            waiting = [piece[end:]]
        rest = b"".join(waiting)
        if rest.strip():
            yield from self._decoded(rest)

    def _decoded(self, lines: bytes) -> list[Entity]:
        try:
            return _entities(lines)
        except msgspec.MsgspecError as error:
            for line in lines.splitlines():
                refused = from_body(line, asked=self.revision)
                if refused is not None:
                    raise refused from None
            raise self._cut(f"not the JSON of entities: {error}") from None


class EventStream(OpenResponse):
    """A watch as server-sent events.

    The server marks the last change of each commit by an ``id:``; here that becomes a
    bookmark behind it, so that whoever iterates need not know of the mark.
    """

    def __init__(self, answer: requests.Response) -> None:
        super().__init__(answer)
        self.since = number(answer, "Synchronizer-Revision")
        self._changes = self._read()

    def __iter__(self) -> Iterator[Change | Bookmark]:
        """Yield changes and bookmarks; it ends by an error only."""
        return self._changes

    def _read(self) -> Iterator[Change | Bookmark]:
        parser = sse.Parser()
        for piece in self._pieces():
            for message in parser.feed(piece):
                try:
                    yield from self._items(message)
                except (msgspec.MsgspecError, ValueError) as error:
                    raise self._cut(f"not the JSON of a change: {error}") from None
        raise self._cut("the synchronizer ended it; it does so when it stops or we are too slow")

    def _items(self, message: sse.Message) -> Iterator[Change | Bookmark]:
        if message.event in OPS:
            change = _change(message.data)
            yield change
            if message.id is not None:
                yield Bookmark(int(message.id), digest=change.digest)
        elif message.event == "bookmark":
            position = _position(message.data)
            yield Bookmark(
                position.revision, position.collections, position.digest, position.contents
            )
        elif message.event == "error":
            refused = from_body(message.data, asked=self.since)
            raise refused or self._cut(message.data.decode("utf-8", "replace"))
