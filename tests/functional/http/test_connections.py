"""A connection takes no more memory, time and descriptors than a client of ours may need."""

import json
import resource
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing

import pytest

from synchronizer.northbound.http import server
from synchronizer.northbound.http.protocol import Limits

GET = b"GET /healthcheck HTTP/1.1\r\nHost: localhost\r\n"
BRIEF = Limits(head_seconds=1.0, linger_seconds=1.0, connections=8)
MEGABYTE = b"x" * (1 << 20)


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def rest(free):
    """Return what comes until the end, be it a reset."""
    parts = []
    try:
        while part := free.recv(65536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def flood(free, begin, piece, most):
    """Send *begin*, then *piece* again and again; return the bytes that were taken."""
    free.sendall(begin)
    sent = 0
    try:
        while sent < most:
            free.sendall(piece)
            sent += len(piece)
    except ConnectionError:
        pass
    return sent


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"GET /v1/types?", MEGABYTE),
        (b"GET /v1/entities/nova.server/", MEGABYTE),
        (GET + b"Last-Event-ID: ", MEGABYTE),
        (GET, b"a: b\r\n" * 100_000),
        (MEGABYTE, MEGABYTE),
    ],
    ids=["query", "id", "header", "headers", "method"],
)
def test_a_head_without_end_is_cut(door, begin, piece):
    with closing(connect(door.port)) as free:
        assert flood(free, begin, piece, 64 << 20) < 32 << 20
        rest(free)
    assert door.ask("/healthcheck").status == 200


@pytest.mark.parametrize(
    "head",
    [
        GET + b"".join(b"a%d: b\r\n" % number for number in range(100)) + b"\r\n",
        b"GET /v1/types?" + b"x" * 65_536 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        GET + b"a: " + b"x" * 65_536 + b"\r\n\r\n",
    ],
)
def test_a_head_that_is_too_large_is_answered_so(door, head):
    with closing(connect(door.port)) as free:
        free.sendall(head)
        status, _, body = rest(free).partition(b"\r\n\r\n")
    assert status.startswith(b"HTTP/1.1 431 ")
    assert json.loads(body)["errors"][0]["code"] == "synchronizer.request.header"


def test_a_head_of_60_kilobytes_is_read(door):
    with closing(connect(door.port)) as free:
        free.sendall(GET + b"a: " + b"x" * 60_000 + b"\r\nConnection: close\r\n\r\n")
        assert rest(free).startswith(b"HTTP/1.1 200 ")


def test_a_large_body_is_no_head(door):
    with closing(connect(door.port)) as free:
        head = b"POST /v1/types HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\n"
        free.sendall(head + b"x" * 500_000 + GET + b"Connection: close\r\n\r\n")
        said = rest(free)
    assert [said.count(b"HTTP/1.1 %d" % status) for status in (405, 200, 431)] == [1, 1, 0]


@pytest.mark.parametrize(
    "begin",
    [b"", b"\r\n", GET, GET + b"\r\n" + GET],
    ids=["nothing", "line", "head", "second-head"],
)
def test_who_does_not_finish_a_request_is_cut(serve, begin):
    with serve(limits=BRIEF) as door, closing(connect(door.port)) as free:
        free.sendall(begin)
        began = time.monotonic()
        rest(free)
        assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"", b"G"),
        (b"GET /v1/types?", b"x"),
        (GET, b"a: b\r\n"),
        (GET + b"a: ", b"b"),
        (GET + b"\r\n", b"\r\n"),
        (GET + b"\r\n" + GET, b"a: b\r\n"),
        (GET + b"Content-Length: 100000\r\n\r\n", b"x"),
        (GET + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
    ids=["method", "query", "headers", "header", "lines", "second-head", "body", "chunks"],
)
def test_one_who_drips_its_request_is_cut(serve, begin, piece):
    """However much of it comes, and also when it was answered already."""
    with serve(limits=BRIEF) as door, closing(connect(door.port)) as free:
        free.sendall(begin)
        free.settimeout(0.1)
        until = time.monotonic() + 20
        while not cut(free, piece):
            assert time.monotonic() < until


def test_empty_lines_keep_no_connection(serve):
    with serve(limits=BRIEF) as door, closing(connect(door.port)) as free:
        free.sendall(GET + b"\r\n")
        assert free.recv(65536).startswith(b"HTTP/1.1 200 ")
        free.settimeout(0.1)
        until = time.monotonic() + 20
        while not cut(free, b"\r\n"):
            assert time.monotonic() < until


def cut(free, piece):
    """Send a piece; return whether the connection has ended."""
    try:
        free.sendall(piece)
        return not free.recv(65536)
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_when_there_are_too_many_connections_the_idle_make_room(serve):
    with serve(limits=BRIEF._replace(head_seconds=60.0)) as door, ExitStack() as idle:
        for _ in range(20):
            idle.enter_context(connect(door.port))
        assert door.ask("/v1/types").status == 200


def test_who_leaves_while_another_request_waits_is_noticed(door, free_socket, eventually):
    watch = b"GET /v1/changes HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
    free = free_socket(door.port, watch)
    eventually(lambda: len(door.app.state.north.audience) == 1)
    free.sendall(GET + b"\r\n")
    free.close()
    eventually(lambda: len(door.app.state.north.audience) == 0)


def test_requests_do_not_queue_without_bound(door):
    watch = b"GET /v1/changes HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
    with closing(connect(door.port)) as free:
        free.sendall(watch + (GET + b"\r\n") * 1000)
        assert rest(free).count(b"HTTP/1.1") <= 1


def test_there_are_no_more_connections_than_descriptors(serve):
    """Some are left for the store and for runs on demand, and the idle make room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for files, connections in ((1024, 768), (64, 32), (1, 1)):
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
        try:
            most = server.connections_most()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert most == connections


def test_all_descriptors_taken_by_idle_connections_keep_nobody_out(tmp_path):
    """In a process of its own, that may have 64 of them."""
    with (
        subprocess.Popen(
            [sys.executable, "-c", SERVED, f"sqlite:///{tmp_path}/store.sqlite"],
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
        ExitStack() as idle,
    ):
        idle.callback(process.kill)
        port = int(process.stdout.readline())
        for _ in range(80):
            idle.enter_context(connect(port))
        free = idle.enter_context(connect(port))
        free.sendall(GET + b"Connection: close\r\n\r\n")
        assert rest(free).startswith(b"HTTP/1.1 200 ")


SERVED = """
import resource, sys
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
from synchronizer.northbound.http import HttpServer, build
from synchronizer.store import open_store
app = build(open_store(sys.argv[1]))
HttpServer(app, "127.0.0.1", 0, ready=lambda port: print(port, flush=True)).run()
"""
