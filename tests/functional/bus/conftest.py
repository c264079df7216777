"""Stores with their doors to a real RabbitMQ, and what else talks on it."""

import gc
import uuid

import pytest
from kombu import Connection, Exchange
from oslo_config import cfg

from synchronizer.bus import oslo
from synchronizer.client.bus import BusTransport
from synchronizer.store import open_store
from synchronizer.testing.bus import BusDoors
from synchronizer.testing.writing import declare

# oslo.messaging and kombu leave sockets that broke to the garbage collector.
IGNORED = (
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
)


def pytest_collection_modifyitems(items):
    for item in items:
        if "functional/bus" in str(item.path):
            for mark in IGNORED:
                item.add_marker(mark)


@pytest.fixture(autouse=True)
def collected():
    """What they left is collected while that may be said."""
    yield
    gc.collect()


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    declare(store)
    yield store
    store.close()


@pytest.fixture
def exchange():
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def doors(rabbit, store, exchange):
    with BusDoors(store, rabbit.url, exchange) as running:
        yield running


@pytest.fixture
def transport(rabbit, exchange, doors):
    transport = BusTransport(rabbit.url, exchange=exchange, timeout=20, watch_timeout=5)
    yield transport
    transport.close()


@pytest.fixture
def producer(rabbit, exchange, doors):
    """Publishes bodies as they are: ``producer(body, routing_key)``."""
    with Connection(rabbit.url.replace("rabbit:", "amqp:") + "/") as connection:
        made = connection.Producer(exchange=Exchange(exchange, "topic", durable=False))

        def publish(body, key, **properties):
            given = {"content_type": "application/json", "content_encoding": "utf-8"}
            made.publish(body, routing_key=key, **given | properties)

        yield publish


@pytest.fixture
def listening(rabbit, exchange):
    """Listeners as anybody makes them with oslo.messaging: ``listening(topics)``."""
    module = oslo.load()
    begun = []

    def listen(topics, pool=None):
        heard = []

        class Ear:
            def info(self, ctxt, publisher_id, event_type, payload, metadata):
                heard.append((publisher_id, event_type, payload, metadata))

        conf = cfg.ConfigOpts()
        conf([], default_config_files=[])
        transport = module.get_notification_transport(conf, rabbit.url)
        targets = [module.Target(exchange=exchange, topic=topic) for topic in topics]
        server = module.get_notification_listener(transport, targets, [Ear()], pool=pool)
        server.start()
        begun.append((server, transport))
        return heard

    yield listen
    for server, transport in begun:
        server.stop()
        server.wait()
        transport.cleanup()


@pytest.fixture
def calling(rabbit, exchange, doors):
    """Calls as anybody makes them with oslo.messaging: ``calling(method, version=…, **args)``."""
    module = oslo.load()
    conf, url = oslo.parsed(rabbit.url)
    transport = module.get_rpc_transport(conf, url)

    def call(method, version="1.0", namespace=None, **arguments):
        target = module.Target(
            exchange=exchange, topic="synchronizer", version=version, namespace=namespace
        )
        return module.get_rpc_client(transport, target, timeout=20).call({}, method, **arguments)

    yield call
    transport.cleanup()
