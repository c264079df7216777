import json

from synchronizer.northbound.relay import letters
from synchronizer.store.contract import Sink
from synchronizer.testing.writing import SERVERS, write


def test_a_letter_holds_the_change_as_the_log_has_it(store):
    write(store, {"a": {"text": "line\nbreak", "n": 1.5}})
    write(store, {"a": None})
    records = store.changes(0).records
    created, deleted = (json.loads(each.payload) for each in letters.changes(records, {}, "e"))
    assert created["op"] == "create"
    assert created["body"] == {"text": "line\nbreak", "n": 1.5}
    assert (created["previous"], created["prior"]) == (None, 0)
    assert (deleted["op"], deleted["reason"]) == ("delete", "the test says so")
    assert (deleted["previous"], deleted["prior"]) == (1, 1)
    assert deleted["body"] == created["body"]


def test_a_body_that_is_too_large_is_left_out_and_said_to_be(store, monkeypatch):
    monkeypatch.setattr(letters, "BODY_MOST", 20)
    write(store, {"a": {"n": 1}, "b": {"n": "x" * 30}})
    small, large = (
        json.loads(each.payload) for each in letters.changes(store.changes(0).records, {}, "e")
    )
    assert small["body"] == {"n": 1}
    assert "oversize" not in small
    assert (large["body"], large["oversize"]) == (None, True)


def test_bookmarks_name_the_last_commit_of_topics(store):
    sink = Sink("bus", 9, {"nova.server": 4}, "me", 1)
    every = letters.marks(sink, "e")
    assert (every.topic, every.event_type) == ("synchronizer.bookmark", "bookmark")
    assert json.loads(every.payload) == {
        "revision": 9,
        "epoch": "e",
        "priors": {"nova.server": 4},
        "collections": [],
    }
    one = letters.mark(sink, SERVERS.type, "e")
    assert (one.topic, one.event_type) == ("synchronizer.nova.server", "nova.server.bookmark")
    assert json.loads(one.payload) == {
        "revision": 9,
        "epoch": "e",
        "prior": 4,
        "collections": [],
    }
    assert json.loads(letters.mark(sink, "x.y", "e").payload)["prior"] == 0
