"""A queue that nobody drains: ours goes with its listener, or is bounded by a policy."""

import json
import re
from pathlib import Path

import pytest
from kombu import Connection, Exchange

from synchronizer.plugins import installed
from synchronizer.plugins.hints import Hints
from synchronizer.sampling.notifications.listener import Listener, Notifications
from synchronizer.testing.rabbit import Rabbit, missing

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "notifications.rst"


def documented():
    """Return pattern and definition of the policy that the documentation tells to set."""
    found = re.search(r"set_policy \S+ '(\S+)' \\\n +'({.*})' --apply-to queues", PAGE.read_text())
    return found[1], json.loads(found[2])


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    if missing():
        pytest.skip(missing())
    with Rabbit(tmp_path_factory.mktemp("rabbit")) as rabbit:
        yield rabbit


@pytest.fixture
def send(broker):
    """Send notifications to the topic that everybody's queues hang on."""
    with Connection(broker.url.replace("rabbit:", "amqp:") + "/") as connection:
        connection.transport_options = {"confirm_publish": True}
        producer = connection.Producer(exchange=Exchange("nova", "topic", durable=False))

        def publish(number):
            for _ in range(number):
                producer.publish(b"{}", routing_key="notifications.info")

        yield publish


@pytest.fixture
def waiting(broker):
    """Return how many messages the queue of a listener holds; None: there is no such queue."""

    def count(listener):
        told = broker.control("list_queues", "name", "messages", "--formatter", "json")
        return {each["name"]: each["messages"] for each in json.loads(told)}.get(listener.queue)

    return count


@pytest.fixture
def listener(broker, eventually):
    plugin = installed()["nova"]
    told = Notifications(transport_url=broker.url)
    made = Listener(told, plugin.exchanges, Hints(plugin.declared()), name="demo.nova")
    made.start(lambda *_: None)
    eventually(lambda: made.counts().connected)
    return made


@pytest.mark.hazard(26)
def test_our_queue_goes_with_its_listener(listener, waiting, send):
    assert waiting(listener) == 0
    listener.stop()
    send(10)
    assert waiting(listener) is None


@pytest.mark.hazard(26)
def test_what_a_crash_leaves_is_bounded_and_goes_by_the_documented_policy(
    listener, waiting, send, broker, eventually, monkeypatch
):
    pattern, policy = documented()
    assert re.match(pattern, listener.queue)
    assert policy.keys() >= {"expires", "max-length", "overflow"}
    monkeypatch.setattr(listener._bus, "forget", lambda queue: None)
    listener.stop()  # and the queue stays, as after a crash
    send(100)
    eventually(lambda: waiting(listener) == 100)
    quick = json.dumps({**policy, "max-length": 10, "expires": 5000})
    broker.control("set_policy", "synchronizer", pattern, quick, "--apply-to", "queues")
    eventually(lambda: waiting(listener) == 10)
    send(100)
    eventually(lambda: waiting(listener) in {10, None})
    eventually(lambda: waiting(listener) is None)
