"""A real store behind a real server, and the plainest of clients."""

import http.client
import json
import socket
import threading
import time
from contextlib import closing, contextmanager
from types import SimpleNamespace
from urllib.parse import quote

import msgspec
import pytest

from synchronizer.model.change import Candidate
from synchronizer.model.entity import Collection
from synchronizer.model.essence import digest
from synchronizer.northbound.http import HttpServer, build
from synchronizer.store import open_store

SERVER = Collection("demo", "RegionOne", "nova.server")
PORT = Collection("demo", "RegionOne", "neutron.port")
PROJECT = Collection("demo", None, "keystone.project")


def put(store, collection, bodies):
    """Commit {id: body, or None to delete}; return the revision."""
    candidates = [
        Candidate(id=name, reason="read answered 404")
        if body is None
        else Candidate(id=name, digest=digest(body), body=msgspec.json.encode(body))
        for name, body in bodies.items()
    ]
    return store.commit(
        collection, store.head().revision, candidates, sampled_at=time.time()
    ).revision


class Watch:
    """An open event stream, read event by event; every read has a time-out."""

    def __init__(self, port, path, headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.connection.request("GET", path, headers={"Accept": "text/event-stream", **headers})
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.seen = []
        self.headers = self.answer.headers

    def __iter__(self):
        event = {}
        while line := self.answer.readline():
            line = line.decode().rstrip("\n")
            if line:
                name, _, value = line.partition(": ")
                event[name] = value
            elif "data" in event:
                self.seen.append(
                    {
                        "event": event["event"],
                        "text": event["data"],
                        "json": json.loads(event["data"]),
                    }
                )
                yield SimpleNamespace(
                    name=event["event"],
                    id=int(event["id"]) if "id" in event else None,
                    data=json.loads(event["data"]),
                )
                event = {}
            else:
                event = {}

    def until(self, stop):
        """Return the events up to the first for which *stop* is true, that one too."""
        events = []
        for event in self:
            events.append(event)
            if stop(event):
                return events
        raise AssertionError(f"the stream ended after {events}")

    def until_bookmark(self, revision=0):
        return self.until(lambda e: e.name == "bookmark" and e.data["revision"] >= revision)

    def close(self):
        self.answer.close()
        self.connection.close()


class Route:
    """A served store."""

    def __init__(self, store, port, app, server):
        self.store, self.port, self.app, self.server = store, port, app, server

    def ask(self, path, method="GET", **headers):
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            if method == "POST":
                named = {"Content-Type": "application/json", **named}
            connection.request(method, path, headers=named)
            answer = connection.getresponse()
            body = answer.read()
        return SimpleNamespace(
            status=answer.status,
            headers=answer.headers,
            body=body,
            json=json.loads(body) if body.startswith(b"{") and b"\n" not in body else None,
        )

    def json(self, path, **headers):
        answer = self.ask(path, **headers)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def lines(self, path):
        answer = self.ask(path, Accept="application/x-ndjson")
        assert answer.status == 200, answer.body
        return answer, [json.loads(line) for line in answer.body.splitlines()]

    def refused(self, path, status, code, **headers):
        """Assert that *path* is refused so, as API-SIG wants it; return the error."""
        answer = self.ask(path, **headers)
        (error,) = json.loads(answer.body)["errors"]
        assert (answer.status, error["status"], error["code"]) == (status, status, code)
        assert error["request_id"] == answer.headers["X-Openstack-Request-Id"]
        assert error["title"]
        assert error["detail"]
        return error

    @contextmanager
    def watch(self, path="/v1/changes", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(Watch(self.port, path, named)) as watch:
            yield watch

    def walk(self, path):
        """Return the answers of all pages from *path* on."""
        pages = []
        while path:
            pages.append(self.json(path))
            path = pages[-1]["next"]
        return pages


@contextmanager
def serving(store, limits=None, **options):
    """Serve a store on a free port from a thread."""
    app = build(store, **options)
    ready = threading.Event()
    ports = []

    def is_ready(port):
        ports.append(port)
        ready.set()

    server = HttpServer(app, "127.0.0.1", 0, ready=is_ready, limits=limits)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert ready.wait(20)
    try:
        yield Route(store, ports[0], app, server)
    finally:
        server.stop()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def store(tmp_path):
    opened = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    for collection in (SERVER, PORT, PROJECT):
        opened.declare(collection, stale_after=600)
    yield opened
    opened.close()


@pytest.fixture
def door(store):
    """The store, served, with bookmarks four times a second."""
    with serving(store, bookmark_interval=0.25) as served:
        yield served


@pytest.fixture
def serve(store):
    """Serve the store with other options, as a context."""
    return lambda **options: serving(options.pop("store", store), **options)


@pytest.fixture
def commit(store):
    """Commit {id: body} to a collection; return the revision."""
    return lambda collection, bodies: put(store, collection, bodies)


@pytest.fixture
def put_in():
    """Commit {id: body} to a collection of any store; return the revision."""
    return put


@pytest.fixture
def places():
    return SimpleNamespace(server=SERVER, port=PORT, project=PROJECT)


@pytest.fixture
def quoted():
    return lambda text: quote(text, safe="")


@pytest.fixture
def free_socket():
    """Connect a bare socket that sends a request and then reads nothing."""
    opened = []

    def connect(port, request, receive_buffer=4096):
        bare = socket.socket()
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        bare.connect(("127.0.0.1", port))
        bare.sendall(request)
        opened.append(bare)
        return bare

    yield connect
    for bare in opened:
        bare.close()
