"""The consumer that the Tempest tests follow the cloud with, over a store by hand."""

import pytest

from synchronizer.store import open_store
from synchronizer.testing.direct import DirectTransport
from synchronizer.testing.writing import declare, write
from synchronizer_tempest_plugin.consumer import Consumer

SERVER = "nova.server"


@pytest.fixture
def store(tmp_path):
    opened = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    declare(opened)
    yield opened
    opened.close()


@pytest.fixture
def consumer(store):
    transport = DirectTransport(store, bookmarks=0.05)
    with Consumer("here", transport, [SERVER], cloud="cloud", region="region") as consumer:
        assert consumer.mirror.wait_synced(10)
        yield consumer


def test_it_waits_until_it_is_told(store, consumer):
    write(store, {"a": {"status": "BUILD"}})
    assert consumer.wait_told(SERVER, "a", bool, 10) == {"status": "BUILD"}
    write(store, {"a": {"status": "ACTIVE"}})
    body = consumer.wait_told(SERVER, "a", lambda body: body["status"] == "ACTIVE", 10)
    assert body == {"status": "ACTIVE"}
    write(store, {"a": None})
    assert consumer.wait_told(SERVER, "a", lambda body: body is None, 10) is None
    assert [each.op for each in consumer.told(SERVER, "a")] == ["create", "update", "delete"]


def test_what_it_was_told_of_others_is_kept_apart(store, consumer):
    write(store, {"a": {"n": 1}, "b": {"n": 2}})
    consumer.wait_told(SERVER, "b", bool, 10)
    assert [each.id for each in consumer.told(SERVER, "b")] == ["b"]
    assert consumer.told(SERVER, "c") == []


def test_what_it_is_not_told_in_time_is_an_error_with_the_last_that_it_was(store, consumer):
    write(store, {"a": {"status": "BUILD"}})
    consumer.wait_told(SERVER, "a", bool, 10)
    with pytest.raises(TimeoutError, match=r"here did not tell it of nova.server a .*BUILD"):
        consumer.wait_told(SERVER, "a", lambda body: body["status"] == "ACTIVE", 0.2)


def test_what_it_was_told_is_the_history_of_the_entity(store, consumer):
    write(store, {"a": {"n": 1}})
    write(store, {"a": {"n": 2}})
    consumer.wait_told(SERVER, "a", lambda body: body == {"n": 2}, 10)
    assert consumer.told(SERVER, "a") == consumer.transport.history(SERVER, "a")
