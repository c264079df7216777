"""Publishing by oslo.messaging's own notifier, one by one: whatever bus it has a driver for.

Slower than `windowed`, and the way to buses that have no publisher of their own. On RabbitMQ
the notifier makes a queue for each topic, as it does for every service; where nobody reads
them they fill up. Not for Kafka, whose driver does not wait (ADR 23).

Source: https://docs.openstack.org/oslo.messaging/latest/reference/notifier.html
"""

from typing import Any

import msgspec

from synchronizer.bus import oslo
from synchronizer.bus.envelope import Letter
from synchronizer.model.errors import TransportError

_RETRIES = 1


class Single:
    """A `Publisher` over an oslo.messaging transport; used by one thread.

    Raises:
        ConfigurationError: the URL cannot be used, or a library is missing.
    """

    def __init__(self, url: str, exchange: str, publisher_id: str) -> None:
        self._oslo = oslo.needed()
        oslo.parsed(url)
        self._url = url
        self._exchange = exchange
        self._publisher_id = publisher_id
        self._transport: Any = None
        self._notifiers: dict[str, Any] = {}

    def publish(self, told: list[Letter]) -> int:
        """Send letters in their order; each is with the bus when this returns."""
        try:
            for letter in told:
                payload = msgspec.json.decode(letter.payload)
                self._notifier(letter.topic).info({}, letter.event_type, payload)
        except self._oslo.MessagingException as error:
            raise TransportError(
                f"The message bus does not take messages ({type(error).__name__}); "
                "it is tried again."
            ) from error
        return 0

    def confirmed(self, ticket: int) -> None:
        """Return at once: `publish` waited."""

    def idle(self) -> None:
        """Do nothing: the driver keeps its connections alive."""

    def close(self) -> None:
        """Let go of the connections."""
        if self._transport is not None:
            self._transport.cleanup()
        self._transport, self._notifiers = None, {}

    def _notifier(self, topic: str) -> Any:
        if self._transport is None:
            self._oslo.set_transport_defaults(self._exchange)
            self._transport = oslo.notification_transport(self._url)
        if topic not in self._notifiers:
            self._notifiers[topic] = self._oslo.Notifier(
                self._transport,
                self._publisher_id,
                driver="messagingv2",
                topics=[topic],
                retry=_RETRIES,
            )
        return self._notifiers[topic]
