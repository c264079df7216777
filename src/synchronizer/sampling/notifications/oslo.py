"""What the listener needs of oslo.messaging.

What oslo.messaging by itself would do, and what is done about it here:

* It decodes a whole message before anybody can look at it, twice, and logs a traceback for
  each that is no JSON. So kombu, below it, gets a decoder of ours: bounded in size, it
  takes event type and payload out, leaves the payload encoded, and drops the rest (the
  sender's context may hold a token). What cannot be decoded arrives as a notification
  without event type, so that it is acknowledged and counted like any other.
* It decompresses without limit. So do our decompressors not.
* A message that it knows as a duplicate is neither handed on nor acknowledged, and stays
  in the prefetch window until that is full. Our decoder drops the unique id that this goes
  by: hints may come twice.
* It prefetches without limit. So there is a limit.

The decoders serve the whole process, which is a sampler's: it receives nothing else.

Source: https://docs.openstack.org/oslo.messaging/latest/reference/notification_listener.html
"""

import bz2
import logging
import lzma
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import product
from typing import Any, Protocol

import msgspec

from synchronizer.bus import oslo
from synchronizer.model.errors import ConfigurationError

BODY_LIMIT = 4 << 20
"""The largest message that is looked into, in bytes."""

PREFETCH = 16
"""So many messages are under way to us at once."""

log = logging.getLogger(__name__)

NotificationCounters = Callable[[str | None, bytes], None]
"""Called with event type (None for what is no notification) and the payload's JSON."""

_PRIORITIES = ("audit", "debug", "info", "warn", "error", "critical")  # "sample" is telemetry
_DEFAULTS = {"rabbit_qos_prefetch_count": str(PREFETCH)}


class _Envelope(msgspec.Struct, rename={"message": "oslo.message"}):
    message: str


class _Notification(msgspec.Struct):
    event_type: str
    payload: msgspec.Raw


_envelope = msgspec.json.Decoder(_Envelope).decode
_notification = msgspec.json.Decoder(_Notification).decode


def decode(body: bytes | str) -> dict[str, Any]:
    """Return a notification in oslo.messaging's shape, its payload still encoded."""
    event_type, payload = None, b""
    if len(body) <= BODY_LIMIT:
        with suppress(msgspec.DecodeError, UnicodeError, RecursionError):
            with suppress(msgspec.ValidationError):  # the driver "messaging" of old has none
                body = _envelope(body).message
            found = _notification(body)
            event_type, payload = found.event_type, bytes(found.payload)
    return {"event_type": event_type, "payload": payload, "priority": "info", "publisher_id": ""}


class _Decompressor(Protocol):
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _bounded(make: Callable[[], _Decompressor]) -> Callable[[bytes], bytes]:
    return lambda body: make().decompress(body, BODY_LIMIT + 1)


def _refused(_body: bytes) -> bytes:
    return b"\0"  # nothing that could be decoded


_DECOMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "application/x-gzip": _bounded(zlib.decompressobj),
    "application/x-bz2": _bounded(bz2.BZ2Decompressor),
    "application/x-lzma": _bounded(lambda: lzma.LZMADecompressor(memlimit=64 << 20)),
}


class _NotificationEndpoint:
    """An endpoint: one method for each priority."""

    def __init__(self, heard: NotificationCounters) -> None:
        def hear(
            _ctxt: Any, _publisher: str, event_type: str | None, payload: bytes, _: Any
        ) -> None:
            heard(event_type, payload)

        for priority in _PRIORITIES:
            setattr(self, priority, hear)


class Bus:
    """One cloud's message bus, as a listener sees it.

    Args:
        transport_url: with the password; options of ``[oslo_messaging_rabbit]`` may follow
            as its query.

    Raises:
        ConfigurationError: oslo.messaging is not installed, or cannot take the address.
    """

    def __init__(self, transport_url: str) -> None:
        try:
            self._oslo = _load()
        except ImportError as error:
            raise ConfigurationError(
                f"To listen to notifications, {error.name} is needed: install "
                "openstack-synchronizer[messaging], or remove the cloud's entry 'notifications'."
            ) from None
        try:
            _, url = oslo.parsed(transport_url)
            self._transport = oslo.notification_transport(transport_url, **_DEFAULTS)
        except ConfigurationError as error:
            raise ConfigurationError(
                f"The transport_url of a cloud's notifications is wrong. {error}"
            ) from None
        self.where = ", ".join(f"{host.hostname}:{host.port or 5672}" for host in url.hosts)

    def server(
        self,
        exchanges: Iterable[str],
        topics: Iterable[str],
        queue: str | None,
        heard: NotificationCounters,
    ) -> Any:
        """Return a listener that was not started yet.

        Args:
            queue: its own, so that it takes nothing from anybody; None takes from those
                that senders make for each topic.
        """
        targets = [
            self._oslo.Target(exchange=exchange, topic=topic)
            for exchange, topic in product(exchanges, topics)
        ]
        return self._oslo.get_notification_listener(
            self._transport,
            targets,
            [_NotificationEndpoint(heard)],
            allow_requeue=False,
            pool=queue,
        )

    def forget(self, queue: str) -> None:
        """Delete a queue unless somebody listens to it."""
        # There is no other way: drivers declare queues and never delete those of a pool.
        connect = self._transport._driver._get_connection  # noqa: SLF001
        with suppress(Exception), connect("listen", retry=0) as connection:
            connection.channel.queue_delete(queue, if_unused=True)

    def close(self) -> None:
        """Let go of its connections."""
        self._transport.cleanup()


def is_connected(server: Any) -> bool:
    """Whether a listener has its connection now; oslo.messaging keeps that to itself."""
    try:
        context = server.listener._poll_style_listener.conn  # noqa: SLF001
        return bool(context.connection.connection.connected)
    except AttributeError:
        return False


def _load() -> Any:
    """Import oslo.messaging, and give kombu our decoders."""
    module = oslo.load()
    from kombu import compression, serialization  # noqa: PLC0415
    from kombu.utils.json import dumps  # noqa: PLC0415

    serialization.register("json", dumps, decode, "application/json", "utf-8")
    for content_type in compression.encoders():
        encoder, _ = compression.get_encoder(content_type)
        compression.register(encoder, _DECOMPRESSORS.get(content_type, _refused), content_type)
    return module
