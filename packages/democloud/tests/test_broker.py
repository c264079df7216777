"""The outlet to a broker, over oslo.messaging's own in-memory transport."""

import logging
import queue
import threading

import pytest

from openstack_democloud.broker import Broker
from openstack_democloud.notices import Notification, context

oslo_messaging = pytest.importorskip("oslo_messaging")
cfg = pytest.importorskip("oslo_config.cfg")


class Endpoint:
    def __init__(self):
        self.arrived = queue.Queue()

    def info(self, context, publisher, event, payload, metadata):
        self.arrived.put((context, publisher, event, payload, metadata))


@pytest.fixture
def listener():
    """Listen on the exchanges of Nova and Neutron."""
    conf = cfg.ConfigOpts()
    conf([])
    transport = oslo_messaging.get_notification_transport(conf, url="fake://")
    targets = [
        oslo_messaging.Target(topic="notifications", exchange="neutron"),
        oslo_messaging.Target(topic="versioned_notifications", exchange="nova"),
    ]
    endpoint = Endpoint()
    server = oslo_messaging.get_notification_listener(
        transport, targets, [endpoint], executor="threading"
    )
    server.start()
    yield endpoint.arrived
    server.stop()
    server.wait()
    transport.cleanup()


def test_messages_arrive_on_topic_and_exchange_of_their_service(listener):
    broker = Broker("fake://", ["notifications"])
    payload = {"port": {"id": "1"}}
    whose = context("user-1", "project-1")
    port = Notification("neutron", "network.demo", "port.create.end", payload, context=whose)
    server = Notification("nova", "nova-api:demo", "instance.lock", {"a": 1}, versioned=True)
    broker(port)
    context_, publisher, event, received, metadata = listener.get(timeout=10)
    assert (publisher, event, received) == ("network.demo", "port.create.end", payload)
    assert (context_["user_id"], context_["project_id"]) == ("user-1", "project-1")
    assert metadata["message_id"]
    broker(server)
    assert listener.get(timeout=10)[2] == "instance.lock"
    broker.close()
    assert broker.dropped == 0


def test_a_broker_that_is_away_holds_up_nobody():
    logging.getLogger("oslo_messaging").setLevel(logging.CRITICAL)  # it tries on, and says so
    broker = Broker("rabbit://nobody:nothing@127.0.0.1:9/", ["notifications"])
    done = threading.Event()

    def tell():
        for _ in range(1000):
            broker(Notification("neutron", "network.demo", "port.create.end", {}))
        done.set()

    threading.Thread(target=tell, daemon=True).start()
    assert done.wait(5)
