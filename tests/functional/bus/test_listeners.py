"""What the relay tells is read by every listener of oslo.messaging."""

import json
import threading
from contextlib import contextmanager

from kombu import Connection, Exchange, Queue

from synchronizer.model.clock import SystemClock
from synchronizer.northbound.relay.leadership import Leadership
from synchronizer.northbound.relay.oslo import OsloPublisher
from synchronizer.northbound.relay.relay import Relay
from synchronizer.testing.bus import BusDoors
from synchronizer.testing.proxy import Proxy
from synchronizer.testing.writing import PORTS, PROJECTS, write


def test_an_ordinary_listener_hears_every_change_of_its_topics(store, doors, listening, eventually):
    servers = listening(["synchronizer.nova.server"])
    pooled = listening(["synchronizer.nova.server", "synchronizer.neutron.port"], pool="mine")
    for number in range(30):
        write(store, {"a": {"n": number}, "b": None if number % 3 == 2 else {"n": number}})
        write(store, {"p": {"n": number}}, PORTS)
    records = store.changes(0, limit=1000).records

    def changes(heard):
        return [
            (p["type"], p["id"], p["revision"], p["op"], p["body"])
            for _, event, p, _ in list(heard)
            if not event.endswith("bookmark")
        ]

    def logged(*types):
        return [
            (r.collection.type, r.id, r.revision, r.op, json.loads(r.body))
            for r in records
            if r.collection.type in types
        ]

    for heard, types in ((servers, ["nova.server"]), (pooled, ["nova.server", "neutron.port"])):
        eventually(lambda h=heard, t=types: len(changes(h)) >= len(logged(*t)), 30)
        assert changes(heard) == logged(*types)
    publisher, event, payload, metadata = servers[0]
    assert (publisher, event) == ("synchronizer.testing", "nova.server.create")
    assert metadata.keys() >= {"message_id", "timestamp"}
    assert payload["sampled_at"].endswith("Z")
    eventually(lambda: any(event == "nova.server.bookmark" for _, event, _, _ in servers), 10)
    mark = next(p for _, event, p, _ in servers if event == "nova.server.bookmark")
    assert mark.keys() == {"revision", "epoch", "prior", "collections", "digest"}
    (status,) = mark["collections"]
    assert (status["type"], status["state"], status["complete"]) == ("nova.server", "current", True)


def test_nothing_waits_anywhere_for_a_topic_that_nobody_listens_to(
    store, doors, rabbit, eventually
):
    last = write(store, {f"vm-{n}": {"text": "x" * 100} for n in range(300)}, PROJECTS)
    eventually(lambda: store.sinks()[0].revision >= last, 20)
    queues = rabbit.control("list_queues", "name", "messages").splitlines()
    assert not [line for line in queues if "keystone.project" in line]


def test_cloud_events_are_told_when_they_are_wanted(rabbit, store, exchange, eventually):
    with (
        Connection(rabbit.url.replace("rabbit:", "amqp:") + "/") as connection,
        BusDoors(store, rabbit.url, exchange, envelope="cloudevents"),
    ):
        eventually(store.sinks, 20)
        bound = Queue(
            "",
            Exchange(exchange, "topic", durable=False),
            "synchronizer.nova.server.info",
            exclusive=True,
        )(connection.default_channel)
        eventually(lambda: _declared(bound), 20)
        write(store, {"a": {"n": 1}})
        message = eventually(lambda: _change(bound.get(no_ack=True)), 20)
        assert message.content_type == "application/cloudevents+json"
        event = json.loads(message.body)
        assert (event["type"], event["subject"]) == ("nova.server.create", "a")
        assert event["data"]["body"] == {"n": 1}


def _change(message):
    """Return a message unless it is none, or a bookmark."""
    return None if message is None or "bookmark" in str(message.body) else message


def _declared(queue):
    queue.declare()
    return True


def test_the_notifier_of_oslo_messaging_tells_the_same_one_by_one(
    store, rabbit, exchange, listening, eventually
):
    """As for buses that are not RabbitMQ."""
    heard = listening(["synchronizer.nova.server", "synchronizer.bookmark"], pool="single")
    with _told_singly(rabbit.url, store, exchange):
        eventually(store.sinks, 20)
        for number in range(5):
            last = write(store, {"a": {"n": number}, "b": {"n": number}})
        eventually(lambda: store.sinks()[0].revision == last, 30)
    eventually(lambda: len(_told(heard)) == 2 * last, 20)
    assert _told(heard) == [(r.id, r.revision) for r in store.changes(0).records]
    assert {event for _, event, _, _ in heard} >= {"bookmark", "nova.server.create"}


def test_the_cursor_waits_when_the_notifier_finds_no_broker(
    rabbit, store, exchange, listening, eventually, caplog
):
    """oslo.messaging's notifier would tell nobody, and go on."""
    heard = listening(["synchronizer.nova.server"], pool="patient")
    with (
        Proxy(("127.0.0.1", rabbit.port)) as link,
        _told_singly(rabbit.url.replace(f":{rabbit.port}", f":{link.port}"), store, exchange),
    ):
        eventually(store.sinks, 20)
        before = write(store, {"a": {"n": 0}})
        eventually(lambda: store.sinks()[0].revision == before, 30)
        link.refuse()
        link.cut()
        for number in range(5):
            last = write(store, {"a": {"secret-of-a-tenant": number}})
        eventually(lambda: "check that it runs there" in caplog.text, 60)
        assert store.sinks()[0].revision == before
        link.refuse(False)
        eventually(lambda: store.sinks()[0].revision == last, 60)
    logged = [(r.id, r.revision) for r in store.changes(0).records]
    eventually(lambda: list(dict.fromkeys(_told(heard))) == logged, 20, lambda: _told(heard))
    assert "secret-of-a-tenant" not in caplog.text


@contextmanager
def _told_singly(url, store, exchange):
    publisher = OsloPublisher(url, exchange, "synchronizer.testing")
    lead = Leadership(store, exchange, "testing", SystemClock())
    stop = threading.Event()
    thread = threading.Thread(target=Relay(store, publisher, lead).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _told(heard):
    return [(p["id"], p["revision"]) for _, _, p, _ in list(heard) if "op" in p]
