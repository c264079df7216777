"""What one caller asks for costs little, delays nobody else, and ends when the caller leaves."""

import threading
from concurrent.futures import wait
from contextlib import contextmanager

import pytest

ONE = "/v1/entities/{type}/{id:path}"
HISTORY = b"GET /v1/entities/nova.server/a/history HTTP/1.1\r\nHost: localhost\r\n\r\n"
BAD = "synchronizer.request.invalid"
ASK = b"GET /v1/entities?type=nova.server&body.name=x HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "query",
    [
        "body." + "." * 3000 + "=1",
        "body." + "a" * 257 + "=1",
        "body." + ".".join("a" * 17) + "=1",
        "&".join(f"body.a{number}=1" for number in range(65)),
        "&".join(f"body.a={number}" for number in range(65)),
        "fields=" + ",".join(f"a{number}" for number in range(257)),
        "fields=" + "." * 3000,
    ],
)
@pytest.mark.parametrize("path", ["/v1/entities?", "/v1/changes?since=0&"])
def test_a_filter_larger_than_any_that_is_meant_is_refused(door, commit, places, path, query):
    commit(places.server, {"a": {"name": "x"}})
    door.refused(path + query, 400, BAD)


def test_a_filter_as_large_as_can_be_is_not(door, commit, places):
    commit(places.server, {"a": {".".join("a" * 16): "x"}})
    query = "&".join(f"body.{'.'.join('a' * 16)}={value}" for value in ["x", *range(63)])
    assert len(door.json(f"/v1/entities?{query}")["entities"]) == 1


@contextmanager
def busy(north):
    """Let every thread that makes listings be at work."""
    free = threading.Event()
    working = [north._threads.submit(free.wait) for _ in range(north._threads._max_workers)]
    try:
        yield
    finally:
        free.set()
        wait(working)


def test_cheap_calls_wait_for_no_listing(door, commit, places):
    commit(places.server, {"a": {"name": "x"}})
    with busy(door.app.state.north):
        for path in ("/", "/v1/types", "/healthcheck?detailed=true", "/metrics", "/openapi.json"):
            assert door.ask(path).status == 200
        assert door.ask("/v1/nothing").status == 404


@pytest.mark.parametrize(
    ("route", "ask", "work"),
    [
        ("/v1/entities", ASK, "snapshot"),
        (f"{ONE}/history", HISTORY, "history"),
    ],
)
def test_what_nobody_waits_for_any_more_is_not_done(
    door, commit, places, free_socket, eventually, *, monkeypatch, route, ask, work
):
    commit(places.server, {"a": {"name": "x"}})
    north = door.app.state.north
    done = []
    real = getattr(north.store, work)
    monkeypatch.setattr(
        north.store, work, lambda *args, **more: done.append(1) or real(*args, **more)
    )
    with busy(north):
        for _ in range(8):
            free_socket(door.port, ask).close()
        assert door.json("/v1/types")["types"]
    eventually(lambda: north.answered["GET", route, 499] == 8)
    assert not done


def test_a_listing_ends_when_its_client_has_left(door, commit, places, free_socket, eventually):
    for first in range(0, 3000, 1000):
        commit(places.server, {str(first + number): {"name": "y"} for number in range(1000)})
    north = door.app.state.north
    reading, go = threading.Event(), threading.Event()
    snapshot = north.store.snapshot
    pages = []

    def slowly(*args, **more):
        for page in snapshot(*args, **more):
            pages.append(page)
            reading.set()
            go.wait(20)
            yield page

    north.store.snapshot = slowly
    free = free_socket(door.port, ASK)
    assert reading.wait(20)
    free.close()
    # The server knows of it when it has answered somebody who came later.
    assert door.ask("/healthcheck").status == 200
    go.set()
    eventually(lambda: north.answered["GET", "/v1/entities", 499] == 1)
    assert len(pages) <= 2
