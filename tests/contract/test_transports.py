"""The contract of transports, over every transport that there is."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from synchronizer.client import HttpTransport, Mirror
from synchronizer.model.backoff import Backoff
from synchronizer.model.errors import UnknownTypeError
from synchronizer.northbound.http.app import build
from synchronizer.northbound.http.server import HttpServer
from synchronizer.store import open_store
from synchronizer.testing.direct import DirectTransport
from synchronizer.testing.proxy import Break, Proxy
from synchronizer.testing.transport import TransportContract
from synchronizer.testing.writing import as_truth, declare, truth, write


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


@contextmanager
def serving(store, port=0, app=None):
    """Serve a store by a real server in a thread; yield its port."""
    ready, found = threading.Event(), []

    def told(number):
        found.append(number)
        ready.set()

    app = app or build(store, bookmark_interval=0.3)
    server = HttpServer(app, "127.0.0.1", port, ready=told)
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    assert ready.wait(10)
    try:
        yield found[0]
    finally:
        server.stop()
        thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def port(store):
    with serving(store) as port:
        yield port


def headers(port):
    """Return how many bytes a watch sends before its first event."""
    with socket.create_connection(("127.0.0.1", port)) as asking:
        asking.sendall(
            b"GET /v1/changes HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
        )
        seen = b""
        while b"\r\n\r\n" not in seen:
            seen += asking.recv(1000)
    return seen.index(b"\r\n\r\n")


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

    def test_an_answer_that_ends_within_its_headers_is_no_replaced_store(
        self, store, port, link, eventually
    ):
        """Whoever believed them would get everything again, for a connection that broke."""
        write(store, {"a": {"n": 1}})
        breaks = [Break(truncate=size) for size in range(1, headers(port), 3)]
        with Mirror(HttpTransport(link.url), backoff=Backoff(0.001, 0.001)) as mirror:
            assert mirror.wait_synced(10)
            link.plan(*breaks)
            link.cut()
            before = link.connections
            eventually(lambda: link.connections > before + len(breaks), 60)
            assert mirror.wait_revision(write(store, {"a": {"n": 2}}), 10)
            assert mirror.statistics.relists == 0

    def test_a_synchronizer_of_an_earlier_release_is_asked_as_it_knows(self, store):
        """It refuses the parameter that it does not know; then nothing is said of the digest."""
        write(store, {"a": {"n": 1}})
        app = build(store, bookmark_interval=0.3)

        class Earlier:
            state = app.state

            async def __call__(self, scope, receive, send):
                if b"digest=" in scope.get("query_string", b""):
                    scope = {**scope, "query_string": b"unknown=parameter"}
                await app(scope, receive, send)

        with serving(store, app=Earlier()) as port:
            transport = HttpTransport(f"http://127.0.0.1:{port}")
            digest = "0" * 32
            assert transport.changes(0, digest=digest).revision == 1
            with transport.watch(0, digest=digest) as watch:
                assert next(iter(watch)).id == "a"
            with pytest.raises(UnknownTypeError):
                transport.changes(0, ["no.such"], digest=digest)

    def test_a_mirror_survives_restarts_and_a_replaced_store(self, store, tmp_path):
        """The synchronizer stops and comes back at its address, once with another store."""
        other = open_store(f"sqlite:///{tmp_path}/other.sqlite")
        declare(other)
        first = write(store, {"a": {"n": 1}, "b": {}})
        with serving(store) as port:
            url = f"http://127.0.0.1:{port}"
            mirror = Mirror(HttpTransport(url), backoff=Backoff(0.01, 0.1))
            assert mirror.wait_revision(first, 10)
        with mirror:
            second = write(store, {"a": {"n": 2}})
            with serving(store, port):
                assert mirror.wait_revision(second, 10)
                assert as_truth(mirror.values()) == truth(store, second)
                assert mirror.statistics.relists == 0
            for number in range(5):
                last = write(other, {"c": {"n": number}})
            with serving(other, port):
                assert mirror.wait_revision(last, 10)
                assert as_truth(mirror.values()) == truth(other, last)
                assert mirror.statistics.relists == 1
        other.close()

    def test_a_mirror_is_closed_promptly_whatever_its_connection_waits_for(self, store, link):
        """For an event, within an answer, and for an answer's first byte."""
        write(store, {f"vm-{number}": {"text": "x" * 100} for number in range(100)})
        for stall in (None, 5000, 0):
            link.plan(*[Break(stall=stall)] * 9)
            before = link.connections
            mirror = Mirror(HttpTransport(link.url, timeout=5))
            while link.connections == before:
                threading.Event().wait(0.01)
            mirror.wait_synced(0.3)
            began = time.monotonic()
            mirror.close()
            assert time.monotonic() - began < 2.5
            link.cut()
            mirror._thread.join(10)
            assert not mirror._thread.is_alive()
