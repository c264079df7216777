"""Publishing to Kafka with delivery reports in windows.

What is told is read by oslo.messaging's own Kafka driver. That driver's notifier is not used
here: it does not wait for the broker, and drops what the broker refuses.

Each topic's messages have one key, so they share a partition and keep their order.

Source: https://docs.confluent.io/platform/current/clients/confluent-kafka-python/ and
https://docs.openstack.org/oslo.messaging/latest/admin/kafka.html
"""

import logging
import time
from datetime import UTC, datetime
from typing import Any

from synchronizer.bus import oslo
from synchronizer.bus.envelope import WRAPS, BusMessage
from synchronizer.bus.topics import routing_key
from synchronizer.model.errors import ConfigurationError, TransportError
from synchronizer.northbound.relay.messages import without_body
from synchronizer.northbound.relay.session import CONFIRM_SECONDS

log = logging.getLogger(__name__)

MESSAGE_MOST = 1_000_000
"""Bytes of a message; a larger one goes without its body."""

_TAKEN = 1_048_588
"""Bytes of a message, and of a batch of them, with what is around: Kafka's own default."""

_LIKE = (
    "kafka://user:password@host:9092/, and may end in options of [oslo_messaging_kafka]: "
    "?security_protocol=SASL_SSL&ssl_cafile=FILE"
)
_PORT = 9092
_KEY = b"synchronizer"
_OPTIONS = {
    "security_protocol": "security.protocol",
    "sasl_mechanism": "sasl.mechanism",
    "ssl_cafile": "ssl.ca.location",
    "ssl_client_cert_file": "ssl.certificate.location",
    "ssl_client_key_file": "ssl.key.location",
    "ssl_client_key_password": "ssl.key.password",
    "compression_codec": "compression.codec",
}
"""Of ``[oslo_messaging_kafka]``, as the URL may have them, to librdkafka's names."""


class KafkaPublisher:
    """A `Publisher` over one producer; used by one thread.

    Args:
        url: as oslo.messaging has it, ``kafka://user:password@host:9092/``; a secret.
        publisher_id: who tells, ``synchronizer.<host>``.
        envelope: a name in `WRAPS`.

    Raises:
        ConfigurationError: it is not the URL of a Kafka, or the library is missing.
    """

    def __init__(self, url: str, publisher_id: str, envelope: str = "oslo") -> None:
        _, found = oslo.parsed(url)
        if found.virtual_host:
            raise ConfigurationError(
                "Kafka has no virtual hosts; leave the path of [bus] url empty."
            )
        if not found.hosts or not all(_possible(each) for each in found.hosts):
            raise oslo.unusable(ValueError(), _LIKE)
        hosts = [f"{_bracketed(each.hostname)}:{each.port or _PORT}" for each in found.hosts]
        self.shown = ", ".join(hosts)
        self._settings = {
            "bootstrap.servers": ",".join(hosts),
            "enable.idempotence": True,  # in order and once, whatever is sent again
            "message.timeout.ms": int(CONFIRM_SECONDS * 1000),
            "message.max.bytes": _TAKEN,
            **_login(found.hosts[0]),
            **{ours: found.query[name] for name, ours in _OPTIONS.items() if name in found.query},
        }
        self._publisher_id = publisher_id
        _, self._wrap = WRAPS[envelope]
        self._producer: Any = None
        self._sent = 0
        self._unconfirmed: dict[int, None] = {}  # lowest first
        self._refusal = ""
        # A wrong setting is found now, by a producer that connects to nobody.
        self._made(**{"bootstrap.servers": "", "log_level": 0})

    def publish(self, told: list[BusMessage]) -> int:
        """Send letters in their order; return a ticket to wait for."""
        if self._producer is None:
            self._producer = self._made()
            self._unconfirmed, self._refusal = {}, ""
        now = datetime.now(UTC)
        for letter in told:
            self._send(routing_key(letter.topic), self._message(letter, now))
        return self._sent

    def unconfirmed(self, ticket: int, seconds: float) -> int:
        """Return how many letters up to *ticket* the broker has not confirmed so far."""
        until = time.monotonic() + seconds
        while self._unconfirmed and next(iter(self._unconfirmed)) <= ticket:
            self._producer.poll(0.1)
            if self._refusal:
                raise TransportError(
                    f"The message bus at {self.shown} does not take messages ({self._refusal}); "
                    "check that it runs there, and user, password and permissions."
                )
            if time.monotonic() > until:
                return sum(number <= ticket for number in self._unconfirmed)
        return 0

    def idle(self) -> None:
        """Serve what the library has to say."""
        if self._producer is not None:
            self._producer.poll(0)

    def close(self) -> None:
        """Let go of the connections and of what is not sent: it is told again."""
        if self._producer is not None:
            self._producer.purge()
            self._producer.flush(1.0)
        self._producer = None

    def _message(self, letter: BusMessage, now: datetime) -> bytes:
        message = self._wrap(letter, self._publisher_id, now)
        if len(message) <= MESSAGE_MOST:
            return message
        return self._wrap(without_body(letter), self._publisher_id, now)

    def _send(self, topic: str, message: bytes) -> None:
        number = self._sent + 1

        def reported(error: Any, _message: Any) -> None:
            if error is None:
                self._unconfirmed.pop(number, None)
            elif not self._refusal:
                self._refusal = str(error.str())[:200]

        until = time.monotonic() + CONFIRM_SECONDS
        while True:
            try:
                self._producer.produce(topic, message, key=_KEY, on_delivery=reported)
                break
            except BufferError:
                # As many wait as the library keeps.
                if time.monotonic() > until:
                    raise TransportError(
                        f"The message bus at {self.shown} takes nothing; it is tried again."
                    ) from None
                self._producer.poll(0.1)
            except self._library().KafkaException as error:
                raise TransportError(
                    f"The message bus at {self.shown} does not take messages "
                    f"({error.args[0].str()[:200]}); check that it runs there."
                ) from None
        self._sent = number
        self._unconfirmed[number] = None
        self._producer.poll(0)

    def _made(self, **other: Any) -> Any:
        library = self._library()
        try:
            return library.Producer({**self._settings, **other}, logger=log)
        except library.KafkaException as error:
            raise oslo.unusable(error, _LIKE) from None

    @staticmethod
    def _library() -> Any:
        try:
            import confluent_kafka  # noqa: PLC0415 - an extra
        except ImportError:
            raise ConfigurationError(
                "For Kafka, confluent_kafka is needed: install openstack-synchronizer[kafka]."
            ) from None
        return confluent_kafka


def _possible(host: Any) -> bool:
    return bool(host.hostname) and (host.port or _PORT) <= 65535


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _login(host: Any) -> dict[str, str]:
    if not host.username:
        return {}
    return {"sasl.username": host.username, "sasl.password": host.password or ""}
