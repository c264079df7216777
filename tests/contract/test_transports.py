"""The contract of transports, over every transport that there is."""

import threading

import pytest

from synchronizer.client import HttpTransport
from synchronizer.northbound.http.app import build
from synchronizer.northbound.http.server import HttpServer
from synchronizer.store import open_store
from synchronizer.testing.direct import DirectTransport
from synchronizer.testing.proxy import Proxy
from synchronizer.testing.transport import TransportContract
from synchronizer.testing.writing import declare


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    declare(store)
    yield store
    store.close()


class TestDirect(TransportContract):
    """The store itself, without a wire: streams break, but never within an entity."""

    examples = 25

    @pytest.fixture
    def transport(self, store):
        return DirectTransport(store, bookmarks=0.1)

    @pytest.fixture
    def weak(self, transport):
        return transport

    @pytest.fixture
    def link(self, transport):
        class NoWire:
            cut = staticmethod(transport.cut)

            def plan(self, *breaks):
                limits = [each.cut if each.truncate is None else each.truncate for each in breaks]
                transport.plan(*(limit // 100 for limit in limits if limit is not None))

        return NoWire()


@pytest.fixture
def port(store):
    """A real server in a thread, over the store."""
    ready, found = threading.Event(), []

    def told(number):
        found.append(number)
        ready.set()

    server = HttpServer(build(store, bookmark_interval=0.3), "127.0.0.1", 0, ready=told)
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    assert ready.wait(10)
    yield found[0]
    server.stop()
    thread.join(10)
    assert not thread.is_alive()


class TestHttp(TransportContract):
    """The HTTP door and its client, over a TCP wire that breaks anywhere."""

    examples = 12

    @pytest.fixture
    def transport(self, port):
        return HttpTransport(f"http://127.0.0.1:{port}")

    @pytest.fixture
    def link(self, port):
        with Proxy(("127.0.0.1", port)) as proxy:
            yield proxy

    @pytest.fixture
    def weak(self, link):
        return HttpTransport(link.url, timeout=5, watch_timeout=2)
