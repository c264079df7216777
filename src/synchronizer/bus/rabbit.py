"""A connection to RabbitMQ itself, for what oslo.messaging has no word for.

That is publishing with confirms in windows, and a queue of one's own that ends with its
connection. The address is oslo.messaging's transport URL all the same.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

from synchronizer.bus import oslo
from synchronizer.model.errors import ConfigurationError, TransportError

_PORT = 5672

CONNECT_SECONDS = 5.0
HEARTBEAT = 30
"""Seconds after which the broker gives up a connection that says nothing."""


class Address:
    """Where a RabbitMQ is, and how to log in.

    Args:
        url: as oslo.messaging has it; a secret. Of its options ``ssl`` and ``ssl_*`` and
            ``amqp_durable_queues`` are minded.
        exchange: where topics live.

    Raises:
        ConfigurationError: it is not the URL of a RabbitMQ, or a library is missing.

    Attributes:
        shown: hosts and ports, for people.
    """

    def __init__(self, url: str, exchange: str) -> None:
        _, self._url = oslo.parsed(url)
        if self._url.transport not in {"rabbit", "kombu"}:
            raise ConfigurationError(
                f"A {self._url.transport}:// bus cannot be followed or told in windows; "
                "use RabbitMQ (rabbit://), or for notifications only, Kafka (kafka://) or "
                "[bus] windowed = false."
            )
        ports = [each.port or _PORT for each in self._url.hosts]
        if not ports or max(ports) > 65535:
            raise oslo.unusable(ValueError())
        self.exchange = exchange
        self.durable = self._url.query.get("amqp_durable_queues", "false").lower() == "true"
        self.shown = ", ".join(f"{each.hostname}:{each.port or _PORT}" for each in self._url.hosts)

    def connect(self) -> Any:
        """Return a new connection (kombu's) that stands; the caller closes it.

        Raises:
            TransportError: no broker takes us.
        """
        *others, last = self._url.hosts
        for host in others:
            with suppress(TransportError):
                return self._connect(host)
        return self._connect(last)

    def _connect(self, host: Any) -> Any:
        import kombu  # noqa: PLC0415 - an extra

        connection = kombu.Connection(
            self._login(host),
            connect_timeout=CONNECT_SECONDS,
            heartbeat=HEARTBEAT,
            ssl=self._tls(host.hostname) or False,
        )
        with self.broken(connection):
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=CONNECT_SECONDS)
        return connection

    @contextmanager
    def broken(self, connection: Any) -> Iterator[None]:
        """Tell the errors of a connection as one of ours."""
        from amqp.exceptions import AccessRefused, NotAllowed  # noqa: PLC0415
        from kombu.exceptions import KombuError  # noqa: PLC0415

        errors = (*connection.connection_errors, *connection.channel_errors, KombuError, OSError)
        try:
            yield
        except (AccessRefused, NotAllowed) as error:
            connection.collect()
            raise TransportError(
                f"The message bus at {self.shown} refuses us ({str(error)[:200]}); check user, "
                "password, virtual host and permissions."
            ) from error
        except errors as error:
            connection.collect()
            raise TransportError(
                f"The message bus at {self.shown} does not answer "
                f"({type(error).__name__}: {str(error)[:200]}); check that it runs there."
            ) from error

    def declare_exchange(self, connection: Any) -> Any:
        """Return the exchange (kombu's) as it is, made if there is none."""
        import kombu  # noqa: PLC0415
        from amqp.exceptions import NotFound  # noqa: PLC0415

        kind: Any = kombu.Exchange(self.exchange, "topic", durable=self.durable)
        with connection.channel() as channel:
            try:
                # Whoever was first decided whether it is durable.
                kind(channel).declare(passive=True)
            except NotFound:
                with connection.channel() as another:
                    kind(another).declare()
        return kind

    def _login(self, host: Any) -> str:
        user, password = quote(host.username or "guest"), quote(host.password or "guest", safe="")
        name = f"[{host.hostname}]" if ":" in host.hostname else host.hostname
        vhost = quote(self._url.virtual_host or "", safe="")
        return f"amqp://{user}:{password}@{name}:{host.port or _PORT}/{vhost}"

    def _tls(self, host: str) -> dict[str, Any]:
        query = self._url.query
        if query.get("ssl", "false").lower() != "true":
            return {}
        files = {"ca_certs": "ssl_ca_file", "certfile": "ssl_cert_file", "keyfile": "ssl_key_file"}
        # Without a file of authorities the system's are taken.
        given = {ours: query[name] for ours, name in files.items() if name in query}
        # With its name the library also checks that the certificate is for this very host.
        return {**given, "cert_reqs": ssl.CERT_REQUIRED, "server_hostname": host}
