"""The outlet to a real message broker, by the notifier that OpenStack's services use.

A thread of its own sends; the API only puts into a queue. While the broker is away each
message is tried a few times and then dropped, and so is what the full queue has no room for.
"""

import contextlib
import queue
import threading
from typing import Any

from openstack_democloud.notices import Notification

_ROOM = 200_000
_RETRIES = 5


class Broker:
    """Sends to ``<topic>.<priority>`` of the service's exchange at *url*.

    Versioned notifications go to ``versioned_<topic>``. Needs the extra ``messaging``.
    """

    def __init__(self, url: str, topics: list[str]) -> None:
        self._url = url
        self._topics = topics
        self._notifiers: dict[tuple[str, bool], Any] = {}
        self._transports: dict[str, Any] = {}
        self._queue: queue.Queue[Notification | None] = queue.Queue(_ROOM)
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __call__(self, notification: Notification) -> None:
        """Take one notification; never waits."""
        try:
            self._queue.put_nowait(notification)
        except queue.Full:
            self.dropped += 1

    def close(self, timeout: float = 10.0) -> None:
        """Send what is left, for at most *timeout* seconds, and hang up."""
        with contextlib.suppress(queue.Full):
            self._queue.put(None, timeout=timeout)
        self._thread.join(timeout)

    def _run(self) -> None:
        while (notification := self._queue.get()) is not None:
            notifier = self._notifier(notification.exchange, versioned=notification.versioned)
            send = getattr(notifier.prepare(notification.publisher), notification.priority.lower())
            try:
                send(_context(notification), notification.event_type, notification.payload)
            except Exception:  # noqa: BLE001  # whatever a broker does, the cloud goes on
                self.dropped += 1
        for transport in self._transports.values():
            transport.cleanup()

    def _notifier(self, exchange: str, *, versioned: bool) -> Any:
        key = (exchange, versioned)
        if key not in self._notifiers:
            import oslo_messaging  # noqa: PLC0415  # an extra, and slow to import

            topics = [f"versioned_{topic}" if versioned else topic for topic in self._topics]
            self._notifiers[key] = oslo_messaging.Notifier(
                self._transport(exchange),
                driver="messagingv2",
                topics=topics,
                serializer=_serializer(),
                retry=_RETRIES,
            )
        return self._notifiers[key]

    def _transport(self, exchange: str) -> Any:
        if exchange not in self._transports:
            import oslo_messaging  # noqa: PLC0415
            from oslo_config.cfg import ConfigOpts  # noqa: PLC0415
            from oslo_service import backend  # noqa: PLC0415

            with contextlib.suppress(backend.exceptions.BackendAlreadySelected):
                backend.init_backend(backend.BackendType.THREADING)  # the default is eventlet
            conf = ConfigOpts()
            conf([])
            # What is the default when a transport is made stays its exchange.
            oslo_messaging.set_transport_defaults(exchange)
            transport = oslo_messaging.get_notification_transport(conf, url=self._url)
            self._transports[exchange] = transport
        return self._transports[exchange]


def _context(notification: Notification) -> Any:
    """Return the request's context; an empty one stays empty."""
    if not notification.context:
        return {}
    from oslo_context.context import RequestContext  # noqa: PLC0415

    return RequestContext(overwrite=False, **notification.context)


def _serializer() -> Any:
    """Return what puts a context into a message, as each service does it."""
    from oslo_messaging import NoOpSerializer  # noqa: PLC0415

    class Contexts(NoOpSerializer):  # type: ignore[misc]
        def serialize_context(self, ctxt: Any) -> dict[str, Any]:
            if not ctxt:
                return {}
            # The services' own contexts add these names to what the library gives.
            named = {"user_id": ctxt.user_id, "tenant_id": ctxt.project_id}
            return {**ctxt.to_dict(), **named}

    return Contexts()
