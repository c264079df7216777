import json

from synchronizer.model.status import content_of
from synchronizer.northbound.relay import messages
from synchronizer.store.contract import Sink
from synchronizer.testing.writing import SERVERS, write


def test_a_letter_holds_the_change_as_the_log_has_it(store):
    write(store, {"a": {"text": "line\nbreak", "n": 1.5}})
    write(store, {"a": None})
    page = store.changes(0)
    created, deleted = (json.loads(each.payload) for each in messages.changes(page, {}, "e"))
    assert created["op"] == "create"
    assert created["body"] == {"text": "line\nbreak", "n": 1.5}
    assert (created["previous"], created["prior"]) == (None, 0)
    assert (deleted["op"], deleted["reason"]) == ("delete", "the test says so")
    assert (deleted["previous"], deleted["prior"]) == (1, 1)
    assert deleted["body"] == created["body"]
    assert [each["digest"] for each in (created, deleted)] == [
        store.digest(revision).hex() for revision in (1, 2)
    ]


def test_a_body_that_is_too_large_is_left_out_and_said_to_be(store, monkeypatch):
    monkeypatch.setattr(messages, "BODY_MOST", 20)
    write(store, {"a": {"n": 1}, "b": {"n": "x" * 30}})
    small, large = (
        json.loads(each.payload) for each in messages.changes(store.changes(0), {}, "e")
    )
    assert small["body"] == {"n": 1}
    assert "oversize" not in small
    assert (large["body"], large["oversize"]) == (None, True)


def test_bookmarks_name_the_last_commit_of_topics(store):
    sink = Sink("bus", 9, {"nova.server": 4}, "me", 1)
    every = messages.marks(sink, "e", "d1", [content_of(SERVERS, bytes(16))])
    assert (every.topic, every.event_type) == ("synchronizer.bookmark", "bookmark")
    assert json.loads(every.payload) == {
        "revision": 9,
        "epoch": "e",
        "priors": {"nova.server": 4},
        "collections": [],
        "digest": "d1",
        "contents": [{**SERVERS._asdict(), "content": "0" * 32}],
    }
    one = messages.mark(sink, SERVERS.type, "e", "d1")
    assert (one.topic, one.event_type) == ("synchronizer.nova.server", "nova.server.bookmark")
    assert json.loads(one.payload) == {
        "revision": 9,
        "epoch": "e",
        "prior": 4,
        "collections": [],
        "digest": "d1",
    }
    assert json.loads(messages.mark(sink, "x.y", "e", None).payload)["prior"] == 0
