"""The envelopes around what is told: oslo.messaging's notification, or a CloudEvent.

Written and read as bytes: a stored body is JSON already and is never made again.

Source: https://docs.openstack.org/oslo.messaging/latest/reference/notifier.html and the
JSON format of https://github.com/cloudevents/spec, version 1.0.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import msgspec

_encode = msgspec.json.Encoder().encode


class BusMessage(NamedTuple):
    """One message: where to, of what kind, and its payload's JSON.

    Attributes:
        id: the same when it is told again.
        subject: the entity's id.
    """

    topic: str
    event_type: str
    payload: bytes
    id: str
    subject: str = ""


class Heading(NamedTuple):
    """What was read of a notification; the payload is still JSON."""

    event_type: str
    payload: bytes
    publisher: str = ""


Wrap = Callable[[BusMessage, str, datetime], bytes]
"""Makes a message's body of a letter, the publisher and the time."""


class _Envelope(msgspec.Struct, rename={"message": "oslo.message"}):
    message: str


class _Notification(msgspec.Struct):
    event_type: str
    payload: msgspec.Raw
    publisher_id: str = ""


_envelope = msgspec.json.Decoder(_Envelope).decode
_notification = msgspec.json.Decoder(_Notification).decode


def notification(letter: BusMessage, publisher: str, now: datetime) -> bytes:
    """Return a letter as oslo.messaging's notifier of version 2.0 would send it."""
    # The empty context is what oslo.messaging's driver for Kafka wants to find.
    inner = (
        b'{"message_id":%b,"publisher_id":%b,"timestamp":"%b","priority":"INFO",'
        b'"event_type":%b,"payload":%b,"_context":{}}'
    ) % (
        _encode(letter.id),
        _encode(publisher),
        now.isoformat(" ", "microseconds")[:26].encode(),
        _encode(letter.event_type),
        letter.payload,
    )
    return b'{"oslo.version":"2.0","oslo.message":%b}' % _encode(inner.decode())


def cloud_event(letter: BusMessage, publisher: str, now: datetime) -> bytes:
    """Return a letter as a CloudEvent in structured mode."""
    return (
        b'{"specversion":"1.0","id":%b,"source":%b,"type":%b,"subject":%b,"time":"%b",'
        b'"datacontenttype":"application/json","data":%b}'
    ) % (
        _encode(letter.id),
        _encode(f"/{publisher}"),
        _encode(letter.event_type),
        _encode(letter.subject),
        now.strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode(),
        letter.payload,
    )


WRAPS: dict[str, tuple[str, Wrap]] = {
    "oslo": ("application/json", notification),
    "cloudevents": ("application/cloudevents+json", cloud_event),
}
"""Name of an envelope to its content type and what makes it."""


def opened(body: bytes | memoryview | str) -> Heading:
    """Read a notification.

    Raises:
        msgspec.MsgspecError, UnicodeError, RecursionError: it is none.
    """
    found = _notification(_envelope(body).message)
    return Heading(found.event_type, bytes(found.payload), found.publisher_id)
