"""Between broker and consumer: messages lost, doubled and out of order, 5 % each."""

import random
import threading
from collections import deque
from contextlib import closing, contextmanager

import pytest
from kombu import Connection, Exchange, Queue

from synchronizer.client import Mirror
from synchronizer.client.bus import BusTransport
from synchronizer.testing.bus import BusDoors
from synchronizer.testing.writing import PORTS, PROJECTS, SERVERS, as_truth, truth, write

COLLECTIONS = (SERVERS, PORTS, PROJECTS)


class Injector:
    """Passes notifications from one exchange to another, as an unreliable network would."""

    def __init__(self, url, source, target, seed, *, lost):
        self._came = deque()
        self.counts = {"lost": 0, "doubled": 0, "late": 0, "passed": 0}
        self._dice = random.Random(seed)
        self._lost = lost
        self._connection = Connection(url.replace("rabbit:", "amqp:") + "/")
        channel = self._connection.default_channel
        kind = {"type": "topic", "durable": False}
        self._target = Exchange(target, channel=channel, **kind)
        self._target.declare()
        queue = Queue("", Exchange(source, **kind), "synchronizer.#.info", exclusive=True)(channel)
        queue.declare()
        # Sent from the loop, not from here: sending reads, too, and would call this again.
        queue.consume(no_ack=True, callback=self._came.append)
        self._producer = self._connection.Producer(exchange=self._target)
        self._held = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self):
        self._stop.set()
        self._thread.join()
        self._connection.release()

    def _run(self):
        while not self._stop.is_set():
            try:
                self._connection.drain_events(timeout=0.1)
            except TimeoutError:
                continue
            while self._came:
                self._pass(self._came.popleft())

    def _pass(self, message):
        chance = self._dice.random()
        key = message.delivery_info["routing_key"]
        if chance < self._lost:
            self.counts["lost"] += 1
        elif chance < self._lost + 0.05 and self._held is None:
            self.counts["late"] += 1
            self._held = (message.body, key)
            return
        else:
            self._send(message.body, key)
            if chance > 0.95:
                self.counts["doubled"] += 1
                self._send(message.body, key)
        if self._held is not None:
            held, self._held = self._held, None
            self._send(*held)

    def _send(self, body, key):
        self.counts["passed"] += 1
        self._producer.publish(
            body, routing_key=key, content_type="application/json", content_encoding="utf-8"
        )


@contextmanager
def following(url, exchange, number):
    transports = [BusTransport(url, exchange=exchange, timeout=30) for _ in range(number)]
    chosen = [(), ("nova.server",), ("nova.server", "neutron.port")]
    mirrors = [(Mirror(each, chosen[n % 3]), chosen[n % 3]) for n, each in enumerate(transports)]
    try:
        yield mirrors
    finally:
        for mirror, _ in mirrors:
            mirror.close()
        for each in transports:
            each.close()


@pytest.mark.parametrize("lost", [0.0, 0.05])
def test_twenty_mirrors_converge_whatever_is_between_them_and_the_broker(
    rabbit, store, exchange, lost
):
    dice = random.Random(7)
    target = f"{exchange}-far"
    injector = Injector(rabbit.url, exchange, target, 11, lost=lost)
    with (
        closing(injector),
        BusDoors(store, rabbit.url, exchange, rpc_exchange=target, window=20),
        following(rabbit.url, target, 20) as mirrors,
    ):
        for mirror, _ in mirrors:
            assert mirror.wait_synced(60)
        for _ in range(400):
            bodies = {
                f"{dice.randrange(60)}": None if dice.random() < 0.3 else {"n": dice.random()}
                for _ in range(dice.randrange(1, 6))
            }
            last = write(store, bodies, dice.choice(COLLECTIONS))
        for mirror, types in mirrors:
            assert mirror.wait_revision(last, 60), mirror.fault
            wanted = [each for each in COLLECTIONS if not types or each.type in types]
            assert as_truth(mirror.values()) == truth(store, last, wanted)
            assert mirror.statistics.relists == 0
    assert injector.counts["doubled"] > 5
    assert injector.counts["late"] > 5
    assert (injector.counts["lost"] > 5) == (lost > 0)
