"""A synchronizer's doors to a message bus over any store, in threads of this process.

With `synchronizer.testing.rabbit` it makes a whole bus for a consumer's tests: what is
written into the store is told, and calls are answered, without a cloud.
"""

import threading
from types import TracebackType
from typing import Self

from synchronizer.bus.rabbit import Address
from synchronizer.model.clock import SystemClock
from synchronizer.northbound.http.app import build
from synchronizer.northbound.relay.leadership import Leadership
from synchronizer.northbound.relay.rabbit import RabbitPublisher
from synchronizer.northbound.relay.relay import Relay
from synchronizer.northbound.rpc.endpoint import Endpoint
from synchronizer.northbound.rpc.in_process import InProcessClient
from synchronizer.northbound.rpc.pages import PAGE_BYTES
from synchronizer.northbound.rpc.server import RpcServer
from synchronizer.store.contract import Store


class BusDoors:
    """The relay and the RPC server of one store, inside a ``with`` block.

    Args:
        exchange: of its own, so that several may share a broker.
        bookmarks: seconds between bookmarks when nothing happens.
        owner: of the relay's sink; also names the publisher, ``synchronizer.OWNER``.
        rpc_exchange: where calls are answered, if not at the same.

    Attributes:
        relay: what tells the bus.
    """

    def __init__(
        self,
        store: Store,
        url: str,
        exchange: str,
        *,
        bookmarks: float = 0.3,
        page_bytes: int = PAGE_BYTES,
        window: int = 500,
        owner: str = "testing",
        rpc_exchange: str | None = None,
        envelope: str = "oslo",
    ) -> None:
        named = f"synchronizer.{owner}"
        publisher = RabbitPublisher(Address(url, exchange), named, envelope)
        lead = Leadership(store, exchange, owner, SystemClock())
        self.relay = Relay(store, publisher, lead, window=window, bookmark_interval=bookmarks)
        self._inside = InProcessClient(build(store))
        self._server = RpcServer(
            url, rpc_exchange or exchange, owner, Endpoint(self._inside, page_bytes, named)
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.relay.run, args=(self._stop,), name="relay")

    def __enter__(self) -> Self:
        self._inside.start()
        self._server.start()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._server.stop()
        self._inside.stop()
