"""Clients that read slowly, or not at all, cost a bounded number of bytes; others are served."""

import json

import pytest

MEGABYTE = 1 << 20
WATCH = b"GET /v1/changes?since=0 HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
PAGE = b"GET /v1/entities?limit=10000 HTTP/1.1\r\nHost: localhost\r\n\r\n"
LINES = b"GET /v1/entities HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\n\r\n"


@pytest.fixture
def large(commit, places):
    """Sixteen megabytes of servers, in commits of four."""
    for first in range(0, 400, 100):
        commit(places.server, {f"s{n}": {"x": "y" * 40_000} for n in range(first, first + 100)})


@pytest.mark.parametrize("ask", [WATCH, PAGE, LINES], ids=["watch", "page", "lines"])
def test_who_does_not_read_costs_little_and_delays_nobody_for_long(
    serve, large, free_socket, eventually, ask
):
    with serve(outbound_bytes=9 * MEGABYTE, ring_bytes=MEGABYTE) as door:
        north = door.app.state.north
        used = []
        for _ in range(6):
            free_socket(door.port, ask)

        def too_much():
            used.append(north.outbound.used)
            return used[-1] > 10 * MEGABYTE

        # Those who wait have others cut, one by one, and none begins before that.
        eventually(lambda: too_much() or north.audience.cuts["blocked"] >= 2)
        with door.watch("/v1/changes?since=0") as reader:
            for event in reader:
                used.append(north.outbound.used)
                if event.name == "bookmark":
                    break
        assert len(door.json("/v1/entities?limit=10")["entities"]) == 10
        assert max(used) <= 10 * MEGABYTE
        assert event.data["revision"] == 4


def test_a_page_is_never_larger_than_eight_megabytes(door, large):
    for query in ("limit=10000", "limit=10000&max_bytes=1000000000"):
        answer = door.ask(f"/v1/entities?{query}")
        assert len(answer.body) < 9 * MEGABYTE
        assert json.loads(answer.body)["next"]
        assert sum(len(page["entities"]) for page in door.walk(f"/v1/entities?{query}")) == 400
    assert len(door.ask("/v1/changes?since=0&limit=10000").body) < 9 * MEGABYTE
    assert sum(len(page["changes"]) for page in door.walk("/v1/changes?since=0&limit=10000")) == 400


def test_a_page_that_nobody_reads_is_cut(serve, large, free_socket, eventually):
    with serve(send_timeout=0.5) as door:
        north = door.app.state.north
        free_socket(door.port, PAGE)
        eventually(lambda: north.outbound.used > 0)
        eventually(lambda: north.outbound.used == 0)
        assert north.audience.cuts["blocked"] == 1
