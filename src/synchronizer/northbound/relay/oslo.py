"""Publishing by oslo.messaging's drivers, one by one: whatever bus it has a driver for.

Slower than `windowed`, and the way to buses that have no publisher of their own. On RabbitMQ
the driver makes a queue for each topic, as it does for every service; where nobody reads
them they fill up. Not for Kafka, whose driver does not wait (ADR 23).

A driver is asked here as oslo.messaging's own notifier asks it. The notifier itself tells
nobody of an error, and would lose what it is given while a broker is down.

Source: https://docs.openstack.org/oslo.messaging/latest/reference/notifier.html
"""

import time
from collections import deque
from datetime import UTC, datetime
from typing import Any

import msgspec

from synchronizer.bus import oslo
from synchronizer.bus.envelope import BusMessage
from synchronizer.bus.topics import routing_key
from synchronizer.model.errors import TransportError

_RETRIES = 1


class OsloPublisher:
    """A `Publisher` over an oslo.messaging transport; used by one thread.

    Raises:
        ConfigurationError: the URL cannot be used, or a library is missing.
    """

    def __init__(self, url: str, exchange: str, publisher_id: str) -> None:
        self._oslo = oslo.needed()
        _, found = oslo.parsed(url)
        hosts = [(each.hostname, each.port) for each in found.hosts]
        self.shown = ", ".join(f"{host}:{port}" if port else str(host) for host, port in hosts)
        self._url = url
        self._exchange = exchange
        self._publisher_id = publisher_id
        self._transport: Any = None
        self._waiting: deque[tuple[int, BusMessage]] = deque()
        self._taken = 0

    def publish(self, told: list[BusMessage]) -> int:
        """Take letters; they are sent while their confirmation is waited for."""
        for letter in told:
            self._taken += 1
            self._waiting.append((self._taken, letter))
        return self._taken

    def unconfirmed(self, ticket: int, seconds: float) -> int:
        """Send letters in their order; return how many up to *ticket* are left."""
        until = time.monotonic() + seconds
        while self._waiting and self._waiting[0][0] <= ticket:
            if time.monotonic() > until:
                return sum(number <= ticket for number, _ in self._waiting)
            self._send(self._waiting[0][1])
            self._waiting.popleft()
        return 0

    def idle(self) -> None:
        """Do nothing: the driver keeps its connections alive."""

    def close(self) -> None:
        """Let go of the connections, and of what is not sent: it is told again."""
        if self._transport is not None:
            self._transport.cleanup()
        self._transport = None
        self._waiting.clear()

    def _send(self, letter: BusMessage) -> None:
        if self._transport is None:
            self._oslo.set_transport_defaults(self._exchange)
            self._transport = oslo.notification_transport(self._url)
        message = {
            "message_id": letter.id,
            "publisher_id": self._publisher_id,
            "event_type": letter.event_type,
            "priority": "INFO",
            "payload": msgspec.json.decode(letter.payload),
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
        }
        target = self._oslo.Target(topic=routing_key(letter.topic))
        try:
            self._transport._send_notification(  # noqa: SLF001 - there is no other that tells
                target, {}, message, version=2.0, retry=_RETRIES
            )
        except self._oslo.MessagingException as error:
            raise TransportError(
                f"The message bus at {self.shown} does not take messages "
                f"({type(error).__name__}); check that it runs there. It is tried again."
            ) from error
