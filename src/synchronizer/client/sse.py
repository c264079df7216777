"""Server-sent events, taken apart as the WHATWG standard says.

Bytes come in pieces cut anywhere; messages come out whole or not at all: what stands
after the last blank line when the connection ends is half a message and is dropped.
"""

from typing import NamedTuple

_BOM = b"\xef\xbb\xbf"


class Message(NamedTuple):
    """One event; *id* is None when the event itself carried none."""

    event: str
    data: bytes
    id: str | None


class Parser:
    """Turns pieces of an event stream into messages. Used by one thread.

    Attributes:
        last_id: the standard's last event ID: it stays when a message brings none.
        retry: the reconnection time in milliseconds that the server asked for.
    """

    def __init__(self) -> None:
        self.last_id = ""
        self.retry: int | None = None
        self._pieces: list[bytes] = []  # of a line whose end has not come
        self._after_cr = False
        self._at_start = True
        self._begin()

    def feed(self, piece: bytes) -> list[Message]:
        """Take the next bytes; return the messages that they complete."""
        if self._after_cr and piece:
            # The CR was a whole line end; a LF right after it belongs to it.
            piece = piece.removeprefix(b"\n")
            self._after_cr = False
        if b"\n" not in piece and b"\r" not in piece:
            self._pieces.append(piece)
            return []
        lines = b"".join((*self._pieces, piece)).splitlines(keepends=True)
        complete = lines[-1].endswith((b"\n", b"\r"))
        self._pieces = [] if complete else [lines.pop()]
        self._after_cr = complete and lines[-1].endswith(b"\r")
        found = []
        for line in lines:
            message = self._line(line.rstrip(b"\r\n"))
            if message is not None:
                found.append(message)
        return found

    def _begin(self) -> None:
        self._event = b""
        self._data: list[bytes] = []
        self._id: str | None = None

    def _line(self, line: bytes) -> Message | None:
        if self._at_start:
            line = line.removeprefix(_BOM)
            self._at_start = False
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._event = value
        elif field == b"id":
            if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
        elif field == b"retry" and value.isdigit():
            self.retry = int(value)
        return None  # an empty field is a comment; an unknown one is ignored

    def _dispatch(self) -> Message | None:
        if self._id is not None:
            self.last_id = self._id  # only now: an id in half a message must not count
        message = None
        if self._data:
            event = self._event.decode("utf-8", "replace") or "message"
            message = Message(event, b"\n".join(self._data), self._id)
        self._begin()
        return message
