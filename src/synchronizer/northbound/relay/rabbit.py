"""Publishing to RabbitMQ with confirms in windows: eight times what one by one gives.

Nobody is waited for but the broker: a topic that nobody listens to is confirmed, too, and
what is told on it is gone, as it should be. No queue is made for anybody.
"""

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from synchronizer.bus.envelope import WRAPS, BusMessage
from synchronizer.bus.rabbit import Address
from synchronizer.bus.topics import routing_key
from synchronizer.model.errors import TransportError


class RabbitPublisher:
    """A `Publisher` over one channel; used by one thread.

    Args:
        publisher_id: who tells, ``synchronizer.<host>``.
        envelope: a name in `WRAPS`.
    """

    def __init__(self, address: Address, publisher_id: str, envelope: str = "oslo") -> None:
        self.shown = address.shown
        self._address = address
        self._publisher_id = publisher_id
        self._content_type, self._wrap = WRAPS[envelope]
        self._connection: Any = None
        self._channel: Any = None
        self._sent = 0
        self._open_tags: dict[int, None] = {}  # lowest first
        self._refused = False

    def publish(self, told: list[BusMessage]) -> int:
        """Send letters in their order; return a ticket to wait for."""
        import amqp  # noqa: PLC0415 - an extra

        channel = self._open()
        now = datetime.now(UTC)
        with self._address.broken(self._connection):
            for letter in told:
                message = amqp.Message(
                    self._wrap(letter, self._publisher_id, now),
                    content_type=self._content_type,
                    content_encoding="utf-8",
                    delivery_mode=2,
                )
                channel.basic_publish(message, self._address.exchange, routing_key(letter.topic))
                self._sent += 1
                self._open_tags[self._sent] = None
        return self._sent

    def unconfirmed(self, ticket: int, seconds: float) -> int:
        """Return how many letters up to *ticket* the broker has not confirmed so far."""
        until = time.monotonic() + seconds
        with self._address.broken(self._connection):
            while self._open_tags and next(iter(self._open_tags)) <= ticket:
                if self._refused:
                    raise TransportError(
                        f"The message bus at {self.shown} refused a message; look into its "
                        "log, and for queues that reject when they are full."
                    )
                left = until - time.monotonic()
                if left <= 0:
                    return sum(tag <= ticket for tag in self._open_tags)
                with suppress(TimeoutError):
                    self._connection.drain_events(timeout=max(0.01, left))
        return 0

    def idle(self) -> None:
        """Send a heartbeat when one is due, and see whether the broker lives."""
        if self._connection is None:
            return
        with self._address.broken(self._connection):
            self._connection.heartbeat_check(rate=2)
            try:
                self._connection.drain_events(timeout=0.001)
            except TimeoutError:
                return

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.collect(socket_timeout=1.0)
        self._connection = self._channel = None

    def _open(self) -> Any:
        if self._channel is not None:
            return self._channel
        self._connection = self._address.connect()
        with self._address.broken(self._connection):
            self._address.declare_exchange(self._connection)
            channel = self._connection.channel()
            channel.confirm_select()
            channel.events["basic_ack"].add(self._acknowledged)
            channel.events["basic_nack"].add(self._nacked)
        self._channel, self._sent, self._refused = channel, 0, False
        self._open_tags.clear()
        return channel

    def _acknowledged(self, tag: int, multiple: bool) -> None:
        # Queues that write to disk confirm later than others: the order is not that of sending.
        if not multiple:
            self._open_tags.pop(tag, None)
            return
        while self._open_tags and next(iter(self._open_tags)) <= tag:
            del self._open_tags[next(iter(self._open_tags))]

    def _nacked(self, *_: object) -> None:
        self._refused = True
