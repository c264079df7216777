"""Kafka: every change is told, in order, and read by a listener of oslo.messaging."""

import json
import threading
from contextlib import contextmanager

import confluent_kafka
import pytest
from kafka_broker import REQUEST_TIMED_OUT, Broker
from oslo_config import cfg

from synchronizer.bus import oslo
from synchronizer.bus.envelope import BusMessage
from synchronizer.model.clock import SystemClock
from synchronizer.model.errors import ConfigurationError, TransportError
from synchronizer.northbound.relay.kafka import MESSAGE_MOST, KafkaPublisher
from synchronizer.northbound.relay.leadership import Leadership
from synchronizer.northbound.relay.relay import Relay
from synchronizer.testing.writing import write

TOPIC = "synchronizer.nova.server"


@pytest.fixture
def broker():
    with Broker() as running:
        for name in (TOPIC, "synchronizer.bookmark"):
            running.topic(f"{name}.info")
        yield running


@contextmanager
def relaying(store, broker, **more):
    publisher = KafkaPublisher(broker.url, "synchronizer.testing", **more)
    relay = Relay(store, publisher, Leadership(store, "kafka", "testing", SystemClock()))
    stop = threading.Event()
    thread = threading.Thread(target=relay.run, args=(stop,))
    thread.start()
    try:
        yield relay
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def heard(broker):
    """What an ordinary listener of oslo.messaging hears: event types and payloads."""
    module, found = oslo.load(), []

    class Ear:
        def info(self, ctxt, publisher_id, event_type, payload, metadata):
            found.append((event_type, payload))

    conf = cfg.ConfigOpts()
    conf([], default_config_files=[])
    transport = module.get_notification_transport(conf, broker.url)
    targets = [module.Target(topic=topic) for topic in (TOPIC, "synchronizer.bookmark")]
    server = module.get_notification_listener(transport, targets, [Ear()], pool="mine")
    server.start(override_pool_size=1)
    yield found
    server.stop()
    server.wait()
    transport.cleanup()


def kept(broker, count):
    """Return what the broker has, up to *count* different messages."""
    settings = {"bootstrap.servers": broker.address, "group.id": "test"}
    consumer = confluent_kafka.Consumer({**settings, "auto.offset.reset": "earliest"})
    consumer.subscribe([f"{TOPIC}.info"])
    found = []
    try:
        while len(set(found)) < count:
            for message in consumer.consume(1, 20.0) or pytest.fail(f"only {len(found)}"):
                assert message.error() is None
                found += [message.value()] if b"bookmark" not in message.value() else []
    finally:
        consumer.close()
    return found


def payload(body):
    return json.loads(json.loads(body)["oslo.message"])["payload"]


def told(heard):
    return [(p["id"], p["revision"], p["op"]) for _, p in list(heard) if "op" in p]


def logged(store):
    return [(r.id, r.revision, r.op) for r in store.changes(0, limit=5000).records]


def test_a_listener_of_oslo_messaging_hears_every_change_in_order(store, broker, heard, eventually):
    with relaying(store, broker):
        eventually(lambda: any(event == "bookmark" for event, _ in list(heard)), 60)
        for number in range(30):
            gone = {"b": None if number % 3 == 2 else {"n": number}}
            last = write(store, {"a": {"n": number}, **gone})
        eventually(lambda: store.sinks()[0].revision == last, 30)
        eventually(lambda: len(told(heard)) >= len(logged(store)), 30)
    assert told(heard) == logged(store)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("synchronizer.northbound.relay.kafka.CONFIRM_SECONDS", 2.0)


def test_what_the_broker_does_not_confirm_is_not_told(broker, impatient):
    publisher = KafkaPublisher(broker.url, "synchronizer.testing")
    letter = BusMessage(TOPIC, "nova.server.bookmark", b"{}", "1")
    assert publisher.unconfirmed(publisher.publish([letter]), 20) == 0
    broker.down(True)
    ticket = publisher.publish([letter])
    assert publisher.unconfirmed(ticket, 0.1) == 1
    with pytest.raises(TransportError, match="check that it runs there"):
        publisher.unconfirmed(ticket, 20)
    publisher.close()
    broker.down(False)
    assert publisher.unconfirmed(publisher.publish([letter]), 20) == 0
    publisher.close()


def test_the_cursor_waits_for_a_broker_that_is_down(store, broker, impatient, eventually, caplog):
    with relaying(store, broker):
        eventually(store.sinks, 20)
        before = write(store, {"a": {"n": 0}})
        eventually(lambda: store.sinks()[0].revision == before, 30)
        broker.down(True)
        for number in range(40):
            last = write(store, {"a": {"n": number + 1}})
        eventually(lambda: "check that it runs there" in caplog.text, 30)
        assert store.sinks()[0].revision == before
        broker.down(False)
        eventually(lambda: store.sinks()[0].revision == last, 60)
    in_order_and_complete(broker, last)


def test_errors_of_the_broker_cost_neither_a_message_nor_the_order(store, broker, eventually):
    with relaying(store, broker):
        eventually(store.sinks, 20)
        broker.refuse(REQUEST_TIMED_OUT, 5)
        for number in range(40):
            last = write(store, {"a": {"n": number}})
        eventually(lambda: store.sinks()[0].revision == last, 60)
    in_order_and_complete(broker, last)


def in_order_and_complete(broker, last):
    """Every revision is told, and for the first time after all before it."""
    firsts = dict.fromkeys(payload(body)["revision"] for body in kept(broker, last))
    assert list(firsts) == list(range(1, last + 1))


def test_a_body_that_kafka_does_not_take_is_told_without_it(store, broker, heard, eventually):
    with relaying(store, broker):
        eventually(lambda: any(event == "bookmark" for event, _ in list(heard)), 60)
        write(store, {"huge": {"text": "x" * MESSAGE_MOST}})
        write(store, {"small": {"text": "x"}})
        eventually(lambda: len(told(heard)) == 2, 30)
    (huge, small) = [p for _, p in heard if "op" in p]
    assert (huge["body"], huge["oversize"]) == (None, True)
    assert (small["body"], "oversize" in small) == ({"text": "x"}, False)


def test_cloud_events_are_told_when_they_are_wanted(store, broker, eventually):
    with relaying(store, broker, envelope="cloudevents"):
        eventually(store.sinks, 20)
        last = write(store, {"a": {"n": 1}})
        eventually(lambda: store.sinks()[0].revision == last, 30)
    event = json.loads(kept(broker, 1)[0])
    assert (event["type"], event["subject"]) == ("nova.server.create", "a")


WRONG = {
    "a virtual host": ("kafka://h:9092/vhost", "leave the path of .* empty"),
    "no host": ("kafka:///", "cannot be used"),
    "a host without a name": ("kafka://u:s3cret@/", "it is like kafka://"),
    "a port that is none": ("kafka://u:s3cret@h:99999/", "it is like kafka://"),
    "an unknown protocol": ("kafka://u:s3cret@h/?security_protocol=NONE", "cannot be used"),
    "a file that is not there": (
        "kafka://u:s3cret@h/?security_protocol=SSL&ssl_cafile=/none",
        "cannot be used",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_url_is_refused_without_the_password(name):
    url, sentence = WRONG[name]
    with pytest.raises(ConfigurationError, match=sentence) as caught:
        KafkaPublisher(url, "synchronizer.testing")
    assert "s3cret" not in str(caught.value)
