"""Both ends of the message bus, and their peers, each in a process of its own."""

import base64
import json
import pickle
import sys
import threading
import time
import zlib
from contextlib import suppress
from typing import Any

import msgspec

from bench.parts.measuring import cpu, measured
from synchronizer.bus import oslo
from synchronizer.bus.rabbit import Address
from synchronizer.client.bus import BusTransport
from synchronizer.model.clock import SystemClock
from synchronizer.model.errors import TransportError
from synchronizer.northbound.relay import messages
from synchronizer.northbound.relay.leadership import Leadership
from synchronizer.northbound.relay.rabbit import RabbitPublisher
from synchronizer.northbound.relay.relay import Relay
from synchronizer.store import open_store
from synchronizer.store.contract import Sink

_TOPIC = "vitrage_as_it_was"
_TRIES = 300


def relay(database: str, url: str, exchange: str, window: int) -> dict[str, Any]:
    """Tell the whole log of a store from its beginning; return what that took."""
    store = open_store(f"sqlite:///{database}", migrate=False)
    store.move(None, Sink(exchange, 0, {}, "bench", 0))
    publisher = RabbitPublisher(Address(url, exchange), "synchronizer.bench")
    stop = threading.Event()
    head = store.head().revision
    told = Relay(
        store, publisher, Leadership(store, exchange, "bench", SystemClock()), window=window
    )

    def watch() -> None:
        while next(each for each in store.sinks() if each.name == exchange).revision < head:
            time.sleep(0.05)
        stop.set()

    threading.Thread(target=watch).start()
    _, took = measured(lambda: told.run(stop))
    return {"told": told.told, **took}


def notifier(database: str, url: str, exchange: str, changes: int) -> dict[str, Any]:
    """Tell some changes by oslo.messaging's notifier, one by one, as services do."""
    store = open_store(f"sqlite:///{database}", migrate=False)
    module = oslo.load()
    conf, parsed = oslo.parsed(url)
    module.set_transport_defaults(exchange)
    transport = module.get_notification_transport(conf, parsed)
    topic = module.Notifier(
        transport, "synchronizer.bench", driver="messagingv2", topics=["synchronizer.nova.server"]
    )
    epoch = store.head().epoch
    topic.info({}, "nova.server.bookmark", {})  # connects

    def work() -> int:
        told = 0
        since = 0
        while told < changes:
            page = store.changes(since, limit=500)
            for letter in messages.changes(page, {}, epoch):
                topic.info({}, letter.event_type, msgspec.json.decode(letter.payload))
            told, since = told + len(page.records), page.revision
        return told

    told, took = measured(work)
    return {"told": told, **took}


def rpcget(url: str, exchange: str) -> dict[str, Any]:
    """Get all by RPC, as a mirror does."""
    transport = BusTransport(url, exchange=exchange)
    _await_server(transport)

    def work() -> int:
        with transport.get_all(["nova.server"]) as answer:
            return sum(1 for _ in answer)

    entities, took = measured(work)
    transport.close()
    return {"entities": entities, **took}


def _await_server(transport: BusTransport) -> None:
    """Wait until the server has its queue; until then a call comes back at once."""
    for _ in range(_TRIES):
        with suppress(TransportError):
            transport.types()
            return
        time.sleep(0.1)
    raise SystemExit("bus: no RPC server answers")


def httpget(port: int) -> dict[str, Any]:
    """Get all over HTTP as NDJSON, as a mirror does."""
    from synchronizer.client.http import HttpTransport  # noqa: PLC0415

    transport = HttpTransport(f"http://127.0.0.1:{port}")
    transport.types()

    def work() -> int:
        with transport.get_all(["nova.server"]) as answer:
            return sum(1 for _ in answer)

    entities, took = measured(work)
    return {"entities": entities, **took}


class _AsItWas:
    """A get_all whose one reply is the base64 of the zlib of the pickle of everything."""

    def __init__(self, database: str) -> None:
        self._store = open_store(f"sqlite:///{database}", migrate=False)

    def get_all(self, _context: Any) -> str:
        head = self._store.head().revision
        collections = [each.collection for each in self._store.collections()]
        pages = self._store.snapshot(collections, head)
        entities = [json.loads(record.body) for page in pages for record in page]
        return base64.b64encode(zlib.compress(pickle.dumps(entities))).decode()


def pickleserver(database: str, url: str, exchange: str) -> dict[str, Any]:
    module = oslo.load()
    conf, parsed = oslo.parsed(url)
    transport = module.get_rpc_transport(conf, parsed)
    target = module.Target(exchange=exchange, topic=_TOPIC, server="bench")
    server = module.get_rpc_server(transport, target, [_AsItWas(database)])
    server.start()
    print(json.dumps({"ready": True}), flush=True)
    sys.stdin.readline()
    return {}


def pickleget(url: str, exchange: str) -> dict[str, Any]:
    """Get all as Vitrage's graph once did from its collector."""
    module = oslo.load()
    conf, parsed = oslo.parsed(url)
    transport = module.get_rpc_transport(conf, parsed)
    target = module.Target(exchange=exchange, topic=_TOPIC)
    client = module.get_rpc_client(transport, target, timeout=300)
    before, began = cpu(), time.monotonic()
    reply = client.call({}, "get_all")
    entities = pickle.loads(zlib.decompress(base64.b64decode(reply)))  # our own bytes
    found = {"cpu": cpu() - before, "wall": time.monotonic() - began}
    transport.cleanup()
    return {"entities": len(entities), "bytes": len(reply), **found}
