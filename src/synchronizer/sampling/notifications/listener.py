"""The listener: hears one cloud's notifications and turns them into hints.

A listing is truth, a notification only a hint: whatever is lost, late, doubled or wrong
here costs latency and nothing else. So nothing is ever sent back to be delivered again,
what cannot be understood is dropped and counted, and a broker that is down is waited for.

It listens on a queue of its own, which gets a copy of each message: nothing is taken from
Ceilometer, Vitrage, or the listener of another plugin. See also `listener_oslo`.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from synchronizer.model.errors import ConfigurationError, MalformedError
from synchronizer.plugins.hints import Hinted, Hints
from synchronizer.sampling.notifications.oslo import Bus, is_connected

log = logging.getLogger(__name__)

Told = Callable[[str, Sequence[str], Sequence[dict[str, Any]], bool], None]
"""Called with an entity type, the ids that may have changed (none: some entity of the
type), entities that came whole, and whether they were told to be deleted. It must return at
once."""

_LATELY = 600.0
_BACKOFF_MOST = 60.0
_PATIENCE = 3.0
"""Seconds that an orderly end may take: less than the supervisor grants a process."""

_payload = msgspec.json.Decoder(dict[str, Any]).decode


class Notifications(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a cloud's notifications are to be had.

    Attributes:
        transport_url: as oslo.messaging has it; a secret.
        topics: to listen to.
        pool: first part of the names of our queues. Deployments that share a cloud's bus
            need different ones; the instances of one deployment share theirs.
        drain: those of the topics that nobody else listens to. Senders make queues for
            each topic, which fill up when nobody empties them: then we do.
    """

    transport_url: str
    topics: tuple[str, ...] = ("notifications", "versioned_notifications")
    pool: str = "synchronizer"
    drain: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Notifications(transport_url='***', topics={self.topics!r}, pool={self.pool!r})"


class Counts(NamedTuple):
    """What a listener heard so far.

    Attributes:
        received: notifications, of whatever kind.
        hinted: of them, those that concern an entity type.
        malformed: those that are no notifications, or do not name what they should.
        connected: whether the connection stands now.
    """

    received: int
    hinted: int
    malformed: int
    connected: bool

    @property
    def ignored(self) -> int:
        """Those that concern none of the plugin's entity types."""
        return self.received - self.hinted - self.malformed


class Listener:
    """Listens for one plugin in one cloud, from `start` to `stop`, whatever the broker does.

    Args:
        exchanges: that the plugin's services send to.
        hints: of the plugin's resources.
        name: of cloud and plugin: the last part of the queue's name.

    Raises:
        ConfigurationError: something in *notifications* is wrong, or the extra
            ``messaging`` is not installed.
    """

    def __init__(
        self, notifications: Notifications, exchanges: Sequence[str], hints: Hints, *, name: str
    ) -> None:
        if not (notifications.transport_url and notifications.topics and notifications.pool):
            raise ConfigurationError(
                "A cloud's notifications need a transport_url, at least one of topics, and a pool: "
                "without a pool the listeners would take each other's messages."
            )
        self.queue = f"{notifications.pool}.{name}"
        self._bus = Bus(notifications.transport_url)
        self._notifications = notifications
        self._exchanges = tuple(exchanges)
        self._hints = hints
        self._told: Told = lambda *_: None
        self._received = self._hinted = self._malformed = 0
        self._heard_at: float | None = None
        self._servers: list[Any] = []
        self._stopping = threading.Event()
        # Connecting cannot be interrupted, so no process may have to wait for it.
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)

    def start(self, told: Told) -> None:
        """Begin to listen; returns at once. *told* is called from one thread of ours."""
        self._told = told
        self._thread.start()

    def stop(self) -> None:
        """End, and delete our queue unless another instance listens to it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE if self.counts().connected else 0.1)

    def flows(self) -> bool:
        """Whether the connection stands and notifications have come lately."""
        at = self._heard_at
        lately = at is not None and time.monotonic() - at < _LATELY
        return lately and self.counts().connected

    def counts(self) -> Counts:
        """Return what was heard so far."""
        servers = self._servers
        return Counts(
            self._received,
            self._hinted,
            self._malformed,
            bool(servers) and is_connected(servers[0]),
        )

    # --- in threads of our own ---------------------------------------------

    def _run(self) -> None:
        wait = 1.0
        while not self._stopping.is_set():
            try:
                self._listen()
            except Exception as error:  # noqa: BLE001 - the edge of a thread, any kind comes
                said = "no notifications from %s: %s%s; trying again in %d s"
                log.warning(said, self._bus.where, str(error), _remedy(error), wait)
                self._stopping.wait(wait)
                wait = min(2 * wait, _BACKOFF_MOST)
        self._bus.forget(self.queue)
        self._bus.close()

    def _listen(self) -> None:
        told = self._notifications
        self._servers = [self._bus.server(self._exchanges, told.topics, self.queue, self._heard)]
        if told.drain:
            drained = self._bus.server(self._exchanges, told.drain, None, lambda *_: None)
            self._servers.append(drained)
        begun: list[Any] = []
        try:
            for server in self._servers:
                server.start(override_pool_size=1)
                begun.append(server)
            log.info("listening to notifications from %s as %s", self._bus.where, self.queue)
            self._stopping.wait()
        finally:
            for server in begun:
                server.stop()
                server.wait()

    def _heard(self, event_type: str | None, payload: bytes) -> None:
        self._received += 1
        if event_type is None:
            self._malformed += 1
            return
        self._heard_at = time.monotonic()
        hinted: list[Hinted] = []
        try:
            if self._hints.expects(event_type):
                hinted = self._hints.of(event_type, _payload(payload))
        except (MalformedError, msgspec.DecodeError, RecursionError):
            self._malformed += 1
        self._hinted += bool(hinted)
        if not self._stopping.is_set():
            for each in hinted:
                self._told(each.type, each.ids, each.whole, each.gone)


def _remedy(error: Exception) -> str:
    if "inequivalent arg" not in str(error):
        return ""
    return (
        ". Queues and exchanges must be as the services have them: end transport_url in "
        "?amqp_durable_queues=true, or in what else their [oslo_messaging_rabbit] says"
    )
