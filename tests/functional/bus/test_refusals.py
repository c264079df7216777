"""Whatever is sent at the doors: an error where there is somebody to tell, else a drop."""

import json
import logging
import random
import re
import threading
import uuid

import pytest
import zstandard
from kombu import Connection

from synchronizer.bus import oslo
from synchronizer.client import Mirror
from synchronizer.client.bus import BusTransport
from synchronizer.client.transport import Bookmark
from synchronizer.model.errors import (
    ConfigurationError,
    RequestError,
    RevisionCompactedError,
    TransportError,
)
from synchronizer.northbound.rpc.pages import PIECE
from synchronizer.northbound.rpc.server import RpcServer
from synchronizer.testing.writing import as_truth, truth, write

BODIES = [
    b"",
    b"rubbish",
    b"\xff\xfe\x00",
    b"[]",
    b"7",
    b"{}",
    b'{"oslo.version":"9.0","oslo.message":"{}"}',
    b'{"oslo.version":"2.0","oslo.message":"[1]"}',
    b'{"oslo.version":"2.0","oslo.message":"{\\"event_type\\":\\"nova.server.update\\"}"}',
    b"[" * 50_000,
    b"x" * 5_000_000,
]


def envelope(event_type, payload):
    message = {
        "event_type": event_type,
        "payload": payload,
        "publisher_id": "x",
        "priority": "INFO",
    }
    return json.dumps({"oslo.version": "2.0", "oslo.message": json.dumps(message)})


def remote(calling, method, **arguments):
    with pytest.raises(oslo.load().RemoteError) as refused:
        calling(method, **arguments)
    return refused.value


def test_what_there_is_not_is_refused_by_name(calling):
    assert remote(calling, "get_everything").exc_type == "NoSuchMethod"
    assert remote(calling, "_ask", path="/").exc_type == "NoSuchMethod"
    assert remote(calling, "get_all", version="7.0").exc_type == "UnsupportedVersion"
    assert remote(calling, "get_all", version="1.9").exc_type == "UnsupportedVersion"
    assert remote(calling, "get_all", namespace="other").exc_type == "UnsupportedVersion"


@pytest.fixture
def answered(rabbit, producer):
    """Send a call as it is; return the class and the sentence of the error it is answered with."""

    def ask(call):
        name = uuid.uuid4().hex
        texts = {"_msg_id": name, "_reply_q": name, "_unique_id": name, "version": "1.0"}
        message = json.dumps(texts)[:-1] + f", {call}}}"
        with (
            Connection(rabbit.url.replace("rabbit:", "amqp:") + "/") as connection,
            connection.SimpleQueue(name, {"no_ack": True}) as replies,
        ):
            producer(json.dumps({"oslo.version": "2.0", "oslo.message": message}), "synchronizer")
            reply = replies.get(timeout=20)
        failure = json.loads(json.loads(reply.payload["oslo.message"])["failure"])
        assert not [line for line in failure["tb"] if ".py" in line or "Traceback" in line]
        return failure["class"], failure["message"]

    return ask


def nested(levels):
    return "[" * levels + "]" * levels


NO_CALLS = (
    *(
        (f'"method": "get_all", "args": {{"where": {nested(levels)}}}', "RequestError", "deep")
        for levels in (20, 900, 5000, 100_000)
    ),
    (f'"args": {{"a": {nested(5000)}, "_msg_id": "x"}}, "method": "get_all"', "Req", "deep"),
    ('"method": "get_all", "args": [1]', "RequestError", "args must be a map"),
    ('"method": "get_all", "args": null', "RequestError", "args must be a map"),
    ('"method": "get_all", "args": {"self": 1}', "RequestError", "Unknown argument"),
    ('"method": 7', "RequestError", "method"),
    ('"method": {}, "args": {}', "RequestError", "method"),
    ('"args": {}', "RequestError", "method"),
    ('"method": "get_all", "version": 1', "RequestError", "version"),
    ('"method": "get_all", "version": "x.y"', "UnsupportedVersion", "x.y"),
    ('"method": "get_all", "_timeout": "soon", "args": {"at": {}}', "RequestError", "at must"),
    ('"method": "nothing", "_timeout": 2', "NoSuchMethod", "nothing"),
)


def test_what_is_no_call_is_answered_so_and_logged_in_one_line(answered, caplog):
    for call, kind, said in NO_CALLS:
        caplog.clear()
        found, sentence = answered(call)
        assert (found[: len(kind)], said in sentence) == (kind, True), sentence
        assert not [record for record in caplog.records if record.exc_info]
        assert len([each for each in caplog.records if each.levelno >= logging.WARNING]) <= 1
    assert not [each for each in threading.enumerate() if "_watchdog" in each.name]


def test_what_cannot_be_answered_takes_a_line_of_the_log_each(
    producer, calling, caplog, eventually
):
    for library in ("oslo_messaging", "oslo.messaging"):
        caplog.set_level(logging.WARNING, logger=library)  # our command line silences it
    for body in BODIES:
        producer(body, "synchronizer")
    assert calling("get_types")
    assert eventually(lambda: [each for each in caplog.records if each.levelno >= logging.ERROR])
    assert not [record for record in caplog.records if record.exc_info]


def test_an_error_has_its_class_and_sentence_and_shows_nothing_of_our_code(store, calling):
    write(store, {"a": {}})
    write(store, {"a": {"n": 1}})
    store.compact(history=0)
    gone = remote(calling, "get_changes", since=0)
    assert gone.exc_type == "RevisionCompactedError"
    assert str(store.head().oldest) in gone.value
    for arguments in ({"colour": 1}, {"limit": 10**12}, {"types": [["x"]]}, {"at": "soon"}):
        refused = remote(calling, "get_all", **arguments)
        assert refused.exc_type == "RequestError"
        assert "site-packages" not in str(refused)
        assert ".py" not in str(refused)
    assert calling("get_all")["entities"][0]["body"] == {"n": 1}


def test_foreign_messages_at_the_rpc_door_are_dropped_and_it_goes_on(
    store, rabbit, exchange, producer, transport, eventually
):
    write(store, {"a": {"n": 1}})
    assert transport.entity("nova.server", "a").body == {"n": 1}
    for body in BODIES:
        producer(body, "synchronizer")
    producer(b"rubbish", "synchronizer", content_type="application/x-python-serialize")
    assert transport.entity("nova.server", "a").body == {"n": 1}

    def empty():
        lines = rabbit.control("list_queues", "name", "messages").splitlines()
        waiting = dict(line.split("\t") for line in lines)
        return waiting["synchronizer"] == waiting["synchronizer.testing"] == "0"

    eventually(empty, 20)


def test_foreign_messages_on_our_topics_are_counted_and_lose_nothing(
    store, producer, transport, eventually
):
    keys = ("synchronizer.nova.server.info", "synchronizer.bookmark.info")
    with transport.watch(None, ["nova.server"]) as watch:
        items = []
        reader = threading.Thread(target=lambda: _read(watch, items, 20))
        reader.start()
        for number in range(1, 21):
            for key in keys:
                producer(BODIES[number % len(BODIES)], key)
            producer(envelope("nova.server.update", {"id": number}), keys[0])
            producer(envelope("something.else", {"a": 1}), keys[0])
            producer(envelope("bookmark", {"revision": "x"}), keys[1])
            write(store, {"a": {"n": number}})
        reader.join(30)
        assert not reader.is_alive()
    told = [each.revision for each in items if not isinstance(each, Bookmark)]
    assert told == list(range(1, 21))
    assert watch.foreign >= 60


def _read(watch, items, revision):
    for item in watch:
        items.append(item)
        if isinstance(item, Bookmark) and item.revision >= revision:
            return


def test_errors_come_to_our_own_client_as_they_were_raised(store, transport):
    write(store, {"a": {}})
    write(store, {"a": {"n": 1}})
    store.compact(history=0)
    with pytest.raises(RevisionCompactedError) as gone:
        transport.changes(0)
    assert type(gone.value) is RevisionCompactedError
    assert (gone.value.revision, gone.value.oldest) == (0, store.head().oldest)
    with pytest.raises(RequestError) as refused:
        transport.get_all(at="soon")
    assert "Traceback" not in str(refused.value)


def test_nobody_who_answers_is_said_within_the_time_out(rabbit):
    lonely = BusTransport(rabbit.url, exchange="nobody-is-here", timeout=1)
    with pytest.raises(TransportError, match="No synchronizer answers"):
        lonely.types()
    lonely.close()


def test_a_broker_that_is_not_there_is_said_without_the_password():
    absent = BusTransport("rabbit://me:s3cr3t@127.0.0.1:1/", timeout=2)
    for call in (absent.types, lambda: absent.watch(0)):
        with pytest.raises(TransportError) as refused:
            call()
        assert "127.0.0.1:1" in str(refused.value)
        assert "s3cr3t" not in str(refused.value)
    absent.close()


@pytest.mark.parametrize("url", ["rabbit", "nobus://me:s3cr3t@host/", "kafka://me:s3cr3t@host/"])
def test_an_address_that_cannot_be_used_is_said_without_the_password(url):
    with pytest.raises(ConfigurationError) as refused:
        BusTransport(url)
    assert "s3cr3t" not in str(refused.value)


LARGE = {
    "as one that is compressed": "".join(f"{n:x}" for n in range(3_000_000)),
    "in pieces": random.Random(7).randbytes(10_000_000).hex(),
}


@pytest.mark.parametrize("how", LARGE)
def test_entities_of_any_size_come_over_the_bus(store, transport, how):
    """One is larger than a message may be; a change to it is read instead of told."""
    large = {"text": LARGE[how]}
    packed = len(zstandard.ZstdCompressor(level=1).compress(LARGE[how].encode()))
    assert (packed > PIECE) == (how == "in pieces")
    first = write(store, {"a": {"n": 1}, "large": large})
    with Mirror(transport) as mirror:
        assert mirror.wait_revision(first, 60)
        last = write(store, {"large": large | {"more": 1}, "b": {}})
        assert mirror.wait_revision(last, 60), mirror.fault
        assert as_truth(mirror.values()) == truth(store, last)
        assert mirror.statistics.relists == 0


def test_an_rpc_server_with_a_wrong_password_says_so_in_a_sentence(rabbit):
    wrong = re.sub(r"://([^:]+):[^@]+@", r"://\1:wrong@", rabbit.url)
    server = RpcServer(wrong, "refused", "host", object())
    with pytest.raises(TransportError, match=r"refuses us .* check user, password") as refused:
        server.start()
    assert "wrong@" not in str(refused.value)
