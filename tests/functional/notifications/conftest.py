"""A real RabbitMQ, senders as the services have them, and listeners of ours."""

import json
import threading
from contextlib import contextmanager

import pytest
from amqp.exceptions import NotFound
from kombu import Connection, Exchange
from oslo_config import cfg

from synchronizer.plugins.hints import Hint, Hints
from synchronizer.plugins.plugin import Resource
from synchronizer.sampling.notifications.listener import Listener, Notifications
from synchronizer.sampling.notifications.oslo import _load
from synchronizer.testing.rabbit import Rabbit, missing


class Port(Resource):
    plugin, name, path, key = "neutron", "port", "/ports", "ports"
    hints = (Hint("port.*.end", "port.id", "ports.*.id"),)


class NotificationCounters:
    """What a listener told, and a way to wait for it."""

    def __init__(self):
        self.told = []
        self.refused = None
        self._changed = threading.Condition()

    def __call__(self, type_, ids, whole, gone):
        if self.refused in ids:
            raise ValueError("refused on purpose")
        with self._changed:
            self.told += [(type_, id_) for id_ in ids] or [(type_, None)]
            self._changed.notify_all()

    def has(self, id_, seconds):
        """Whether it is told within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: id_ in self.ids(), seconds)

    def await_id(self, id_, seconds=30.0):
        assert self.has(id_, seconds), f"{id_} is not among {self.told[-5:]}"

    def ids(self):
        return [name for _, name in self.told]


class Sender:
    """A service as oslo.messaging makes it, and a way to send what no service would."""

    def __init__(self, url, exchange="neutron", topics=("notifications",), **options):
        oslo = _load()
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[])
        oslo.set_transport_defaults(exchange)
        query = "&".join(f"{name}={value}" for name, value in options.items())
        self._transport = oslo.get_notification_transport(conf, f"{url}?{query}")
        self._notifier = oslo.Notifier(
            self._transport, "network.test", driver="messagingv2", topics=list(topics), retry=5
        )
        durable = "amqp_durable_queues" in options
        self._connection = Connection(
            url.replace("rabbit:", "amqp:") + "/", transport_options={"confirm_publish": True}
        )
        self._producer = self._connection.Producer(
            exchange=Exchange(exchange, "topic", durable=durable)
        )

    def send(self, event_type, payload, priority="info"):
        context = {"auth_token": "gAAAAA-secret"}
        getattr(self._notifier, priority)(context, event_type, payload)

    def port(self, id_, priority="info"):
        self.send("port.update.end", {"port": {"id": id_}}, priority)

    def raw(self, body, *, topic="notifications.info", **properties):
        """Publish a body as it is."""
        properties = {"content_type": "application/json", "content_encoding": "utf-8"} | properties
        self._producer.publish(body, routing_key=topic, **properties)

    def waiting(self, queue):
        """Return how many messages a queue holds; None when there is no such queue."""
        channel = self._connection.channel()
        try:
            return channel.queue_declare(queue, passive=True).message_count
        except NotFound:
            return None
        finally:
            channel.close()

    def close(self):
        self._connection.release()
        self._transport.cleanup()


def _envelope(event_type, payload, **more):
    """Return the body of a notification as oslo.messaging sends it."""
    message = {"event_type": event_type, "payload": payload, "priority": "INFO", **more}
    return json.dumps({"oslo.version": "2.0", "oslo.message": json.dumps(message)}).encode()


@pytest.fixture
def envelope():
    return _envelope


@pytest.fixture(scope="session")
def installed():
    if missing():
        pytest.skip(missing())


@pytest.fixture(scope="session")
def broker(installed, tmp_path_factory):
    with Rabbit(tmp_path_factory.mktemp("rabbit")) as rabbit:
        yield rabbit


@contextmanager
def _sending(broker):
    made = []

    def send(url=broker.url, **more):
        made.append(Sender(url, **more))
        return made[-1]

    yield send
    for each in made:
        each.close()


@contextmanager
def _listening(broker, eventually):
    begun = []

    def listen(name="demo.neutron", *, url=broker.url, exchanges=("neutron",), wait=True, **more):
        heard = NotificationCounters()
        told = Notifications(transport_url=url, **more)
        listener = Listener(told, exchanges, Hints([Port()]), name=name)
        listener.start(heard)
        begun.append(listener)
        if wait:
            eventually(lambda: listener.counts().connected)
        return listener, heard

    yield listen
    for each in begun:
        each.stop()


@pytest.fixture
def sending(broker):
    """Make senders."""
    with _sending(broker) as send:
        yield send


@pytest.fixture
def sender(sending):
    return sending()


@pytest.fixture
def listening(broker, eventually):
    """Start listeners; returns each with what it told."""
    with _listening(broker, eventually) as listen:
        yield listen


@pytest.fixture(scope="module")
def module_sender(broker):
    with _sending(broker) as send:
        yield send()


@pytest.fixture(scope="module")
def module_listening(broker, eventually):
    with _listening(broker, eventually) as listen:
        yield listen


@pytest.fixture
def elsewhere(broker):
    """Listen as Ceilometer or Vitrage do, without a pool; returns what was heard."""
    oslo = _load()
    begun = []

    def listen(exchange="neutron", topic="notifications"):
        heard = []

        class Ear:
            def info(self, ctxt, publisher_id, event_type, payload, metadata):
                heard.append(event_type)

        conf = cfg.ConfigOpts()
        conf([], default_config_files=[])
        transport = oslo.get_notification_transport(conf, broker.url)
        target = oslo.Target(exchange=exchange, topic=topic)
        server = oslo.get_notification_listener(transport, [target], [Ear()])
        server.start()
        begun.append((server, transport))
        return heard

    yield listen
    for server, transport in begun:
        server.stop()
        server.wait()
        transport.cleanup()
