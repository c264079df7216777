"""The consumers that the documentation shows, run as they stand there, end equal to the store."""

import pytest
from kombu import Connection
from plain import Consumer, programs

from synchronizer.testing.bus import BusDoors
from synchronizer.testing.writing import PORTS, PROJECTS, SERVERS, truth, write

SHORT, NOTICING = programs()


@pytest.fixture(params=[SHORT, NOTICING], ids=["short", "noticing"])
def program(request):
    return request.param


@pytest.fixture
def consumer(tmp_path, rabbit, exchange, doors, program):
    running = Consumer(tmp_path, rabbit.url, exchange, program)
    yield running
    running.kill()
    rabbit.control("delete_queue", "mine")


def churn(store, rounds, first=0):
    """Create, update and delete, of three types; return the last revision that is listened to."""
    for number in range(first, first + rounds):
        write(store, {f"vm-{number % 7}": {"n": number}, f"vm-{number}": {"n": number, "new": 1}})
        write(store, {f"port-{number % 5}": {"device_id": f"vm-{number}"}}, PORTS)
        write(store, {f"p-{number % 3}": {"n": number}}, PROJECTS)
        if number % 4 == 3:
            write(store, {f"vm-{number - 1}": None, f"vm-{number - 2}": {"n": -number}})
            write(store, {f"port-{(number - 1) % 5}": None}, PORTS)
    write(store, {"port-last": {"n": number}}, PORTS)
    return write(store, {"vm-last": {"n": number}})


def equal(consumer, store):
    return consumer.end() == truth(store, store.head().revision, [SERVERS, PORTS])


def test_it_ends_equal_to_the_store(consumer, store, eventually):
    write(store, {f"vm-{number}": {"n": "old"} for number in range(900)})
    eventually(consumer.listings, 60)
    last = churn(store, 60)
    eventually(lambda: consumer.has_reached(last), 60)
    assert consumer.listings() == 1
    assert any(line.startswith("delete") for line in consumer.lines)
    assert equal(consumer, store)


def test_it_registers_before_it_gets_all(consumer, store, eventually):
    """Writes from its first instant on are in what it got, or come after."""
    last = 0
    for first in range(0, 400, 10):
        last = churn(store, 10, first)
        if consumer.listings():
            break
    eventually(lambda: consumer.has_reached(last), 60)
    assert equal(consumer, store)


@pytest.fixture
def bound(rabbit, exchange):
    """Bind the program's queue to a topic or, for a while, do not: ``bound(type, False)``."""
    with Connection(rabbit.url.replace("rabbit:", "amqp:") + "/") as connection:

        def bind(type_, yes):
            channel = connection.default_channel
            act = channel.queue_bind if yes else channel.queue_unbind
            act("mine", exchange, f"synchronizer.{type_}.info")

        yield bind


@pytest.mark.parametrize("program", [NOTICING], ids=["noticing"], indirect=True)
@pytest.mark.parametrize("seen_by", ["the next message", "the bookmark"])
def test_what_the_bus_lost_is_noticed(consumer, store, bound, eventually, seen_by):
    last = churn(store, 5)
    eventually(lambda: consumer.listings() and consumer.has_reached(last), 60)
    before = consumer.listings()
    bound("nova.server", False)
    last = write(store, {f"vm-{number}": {"lost": number} for number in range(300)})
    eventually(lambda: store.sinks()[0].revision >= last, 20)
    bound("nova.server", True)
    if seen_by == "the next message":
        last = write(store, {"vm-1": {"after": "it"}})
    eventually(lambda: consumer.has_reached(last), 60)
    assert consumer.listings() > before
    assert equal(consumer, store)


def test_a_second_telling_of_the_same_changes_nothing(
    tmp_path, rabbit, store, exchange, program, eventually
):
    with BusDoors(store, rabbit.url, exchange):
        consumer = Consumer(tmp_path, rabbit.url, exchange, program)
        try:
            eventually(consumer.listings, 60)
            last = churn(store, 20)
            eventually(lambda: consumer.has_reached(last), 60)
            eventually(lambda: store.sinks()[0].revision >= last, 20)
        except BaseException:
            consumer.kill()
            raise
    (sink,) = store.sinks()
    assert store.move(sink, sink._replace(revision=0, priors={}, beat=sink.beat + 1))
    with BusDoors(store, rabbit.url, exchange):
        try:
            last = churn(store, 3, 100)
            eventually(lambda: consumer.has_reached(last), 60)
            assert consumer.listings() == 1
            assert equal(consumer, store)
        finally:
            consumer.kill()
            rabbit.control("delete_queue", "mine")
