"""The HTTP transport against answers that are exact to the byte, whole and cut."""

import socket
import threading
import time

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synchronizer.client import Bookmark, HttpTransport
from synchronizer.model.entity import Entity
from synchronizer.model.errors import (
    CanaryError,
    RequestError,
    RevisionAheadError,
    RevisionCompactedError,
    TransportError,
    UnknownTypeError,
)

HEADERS = "Synchronizer-Revision: 7\r\nSynchronizer-Epoch: e1\r\n"


class Canned:
    """A server that gives every connection the same bytes and then ends it, or holds it."""

    def __init__(self):
        self.answer, self.hold = b"", threading.Event()
        self.hold.set()
        self.asked = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection:
            asked = b""
            while b"\r\n\r\n" not in asked:
                piece = connection.recv(65536)
                if not piece:
                    return
                asked += piece
            self.asked.append(asked.decode())
            connection.sendall(self.answer)
            self.hold.wait(20)

    def close(self):
        self.hold.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture(scope="module")
def server():
    server = Canned()
    yield server
    server.close()


@pytest.fixture
def held(server):
    """The server keeps its connections open behind the answer."""
    server.hold.clear()
    yield server
    server.hold.set()


def chunked(kind, *pieces, status="200 OK", headers=HEADERS, end=True):
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{headers}Transfer-Encoding: chunked\r\n\r\n"
    )
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece)
    return head.encode() + body + (b"0\r\n\r\n" if end else b"")


def sized(kind, body, status="200 OK", headers=HEADERS):
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def entity(n):
    return Entity(
        cloud="c",
        region="r",
        type="t",
        id=f"id-{n}",
        revision=7,
        sampled_at="",
        body={"n": "é" * n},
    )


ENTITIES = [entity(n) for n in range(12)]
LINES = b"".join(msgspec.json.encode(each) + b"\n" for each in ENTITIES)
NDJSON = "application/x-ndjson"
EVENTS = "text/event-stream"


def listed(server):
    with HttpTransport(server.url).get_all(["t"]) as snapshot:
        return snapshot.revision, snapshot.epoch, list(snapshot)


def watched(server):
    """Return the epoch, what came before the end, and what the end said."""
    items = []
    with HttpTransport(server.url).watch(7, ["t"]) as watch:
        try:
            for each in watch:
                items.append(each)  # noqa: PERF402 - what came stays when it ends
        except TransportError as error:
            return watch.epoch, items, str(error)
    raise AssertionError("a watch ended quietly")


@given(cuts=st.lists(st.integers(0, len(LINES)), max_size=12))
@settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_a_snapshot_is_whole_however_its_chunks_are_cut(server, cuts):
    cuts = sorted(cuts)
    pieces = [LINES[a:b] for a, b in zip([0, *cuts], [*cuts, len(LINES)], strict=True)]
    server.answer = chunked(NDJSON, *pieces)
    assert listed(server) == (7, "e1", ENTITIES)


def test_a_snapshot_with_its_length_announced_is_whole_and_a_short_one_is_an_error(server):
    server.answer = sized(NDJSON, LINES)
    assert listed(server) == (7, "e1", ENTITIES)
    server.answer = sized(NDJSON, LINES)[:-400]
    with pytest.raises(TransportError, match="cut before its end"):
        listed(server)


def test_a_snapshot_cut_at_any_byte_never_looks_like_the_end(server):
    """Also where the cut falls exactly between two lines or two chunks."""
    whole = chunked(NDJSON, *(line + b"\n" for line in LINES.splitlines()))
    for cut in range(0, len(whole) - 4, 7):
        server.answer = whole[:cut]
        with pytest.raises(TransportError):
            listed(server)
    for cut in range(len(whole) - 20, len(whole) - 4):
        server.answer = whole[:cut]
        with pytest.raises(TransportError):
            listed(server)


def test_a_snapshot_without_a_mark_of_its_end_is_refused(server):
    server.answer = f"HTTP/1.0 200 OK\r\nContent-Type: {NDJSON}\r\n{HEADERS}\r\n".encode() + LINES
    with pytest.raises(TransportError, match="no mark of its end"):
        listed(server)


def test_an_error_that_comes_within_a_snapshot_is_raised_as_what_it_is(server):
    broken = b'{"errors":[{"code":"synchronizer.revision.compacted","oldest":9}]}\n'
    server.answer = chunked(NDJSON, LINES, broken)
    with pytest.raises(RevisionCompactedError) as caught:
        listed(server)
    assert (caught.value.revision, caught.value.oldest) == (7, 9)
    server.answer = chunked(NDJSON, LINES, b"half a line of something else\n")
    with pytest.raises(TransportError, match="not the JSON of entities"):
        listed(server)


CHANGE = (
    b'data: {"op":"update","cloud":"c","region":null,"type":"t","id":"a","revision":8,'
    b'"previous":7,"sampled_at":"","changed":["n"],"reason":null,"body":{"n":1}}\n'
)


def test_the_last_change_of_a_commit_is_followed_by_its_bookmark(server):
    server.answer = chunked(
        EVENTS,
        b": hello\n\nevent: update\n" + CHANGE + b"\nevent: update\n",
        CHANGE + b"id: 8\n\nevent: bookmark\nid: 9\ndata: {",
        b'"revision":9}\n\nevent: of-the-future\ndata: ?\n\n',
    )
    epoch, items, said = watched(server)
    assert (epoch, "ended it" in said) == ("e1", True)
    assert [getattr(each, "op", each) for each in items] == [
        "update",
        "update",
        Bookmark(8),
        Bookmark(9),
    ]


def test_a_watch_cut_at_any_byte_raises_and_yields_no_half_of_anything(server):
    whole = chunked(EVENTS, b"event: update\n" + CHANGE + b"id: 8\n\n", end=False)
    start = whole.index(b"\r\n\r\n") + 4
    for cut in range(start, len(whole) + 1, 5):
        server.answer = whole[:cut]
        _, items, _ = watched(server)
        assert [type(each).__name__ for each in items] in ([], ["Change", "Bookmark"])


def test_a_watch_that_is_silent_for_longer_than_its_timeout_raises(held):
    held.answer = chunked(EVENTS, b": hello\n\n", end=False)
    transport = HttpTransport(held.url, watch_timeout=0.2)
    began = time.monotonic()
    with transport.watch(7) as watch, pytest.raises(TransportError, match="time-out"):
        next(iter(watch))
    assert 0.15 < time.monotonic() - began < 5


@pytest.mark.parametrize("kind", [EVENTS, NDJSON])
def test_close_from_another_thread_ends_a_blocked_read_at_once(held, kind):
    held.answer = chunked(kind, b"", end=False)
    transport = HttpTransport(held.url)
    stream = transport.watch(7) if kind == EVENTS else transport.get_all()
    began = time.monotonic()
    with stream:
        threading.Timer(0.1, stream.close).start()
        with pytest.raises(TransportError, match="closed by its owner"):
            next(iter(stream))
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (
            "410 Gone",
            '{"code":"synchronizer.revision.compacted","oldest":9}',
            RevisionCompactedError,
            "9",
        ),
        ("416 X", '{"code":"synchronizer.revision.ahead","newest":3}', RevisionAheadError, "3"),
        ("404 X", '{"code":"synchronizer.type.unknown","detail":"no t"}', UnknownTypeError, "no t"),
        ("503 X", '{"code":"synchronizer.sample.canary","title":"cell"}', CanaryError, "cell"),
        ("400 X", '{"code":"of.the.future","detail":"odd"}', RequestError, "odd"),
        ("500 X", '{"code":"of.the.future","detail":"odd"}', TransportError, "odd"),
    ],
)
def test_an_error_answer_becomes_the_error_of_its_code(server, status, body, kind, says):
    errors = f'{{"errors":[{body[:-1]},"request_id":"req-1"}}]}}'.encode()
    server.answer = sized("application/json", errors, status=status)
    transport = HttpTransport(server.url)
    for call in (
        lambda: transport.changes(5),
        lambda: transport.watch(5),
        lambda: transport.get_all(at=5),
    ):
        with pytest.raises(kind, match=says) as caught:
            call()
        assert caught.value.__notes__ == ["Request id: req-1"]
        assert getattr(caught.value, "revision", 5) == 5


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (sized("text/html", b"<h1>it works</h1>"), "instead of application/json"),
        (sized("text/html", b"<h1>bad gateway</h1>", status="502 Bad Gateway"), "502 Bad Gateway"),
        (sized("text/html", b"", status="403 Forbidden"), "give credentials"),
        (sized("application/json", b'{"revision": "no"}'), "another shape"),
        (sized("application/json", b'{"types": []}')[:-3], "cut"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "No synchronizer answers"),
        (b"", "No synchronizer answers"),
    ],
)
def test_what_answers_and_is_no_synchronizer_is_named(server, answer, says):
    server.answer = answer
    with pytest.raises(TransportError, match=f"(?i){says}"):
        HttpTransport(server.url).types()


def test_nobody_there_is_said_with_the_remedy():
    with pytest.raises(TransportError, match="start one with `synchronizer serve`"):
        HttpTransport("http://127.0.0.1:1").types()


def test_an_answer_without_the_revision_is_refused(server):
    server.answer = chunked(NDJSON, LINES, headers="")
    with pytest.raises(TransportError, match="Synchronizer-Revision"):
        listed(server)


def test_ids_and_places_are_asked_for_as_they_are(server):
    server.answer = sized("application/json", msgspec.json.encode(entity(1)))
    found = HttpTransport(server.url).entity("t", "a/b c%d", at=3, cloud="c&d", region="r")
    assert found == entity(1)
    assert server.asked[-1].startswith(
        "GET /v1/entities/t/a%2Fb%20c%25d?cloud=c%26d&region=r&at=3 "
    )


def test_unchanged_fields_of_the_future_are_ignored(server):
    server.answer = chunked(NDJSON, msgspec.json.encode(entity(1))[:-1] + b',"new":1}\n')
    assert listed(server)[2] == [entity(1)]
