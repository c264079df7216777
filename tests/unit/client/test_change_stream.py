"""A stream of changes without a state."""

import time
from types import SimpleNamespace

import pytest

from synchronizer.client import Bookmark
from synchronizer.client import change_stream as module
from synchronizer.client.change_stream import following
from synchronizer.model.errors import (
    HistoryReplacedError,
    RevisionAheadError,
    RevisionCompactedError,
    TransportError,
)
from synchronizer.testing.writing import applied, truth, write


def taken(stream, revision):
    changes = []
    for item in stream:
        if not isinstance(item, Bookmark):
            changes.append(item)
        elif item.revision >= revision:
            return changes
    raise AssertionError("it ended")


def test_each_change_comes_once_over_any_number_of_lost_connections(store, transport):
    """Connections break after 0 to 5 items, in the middle of commits."""
    transport.plan(*[9, 1, 2, 3, 4, 5, 6, 0] * 3)
    for n in range(9):
        last = write(store, {"a": {"n": n}, "b": {"n": n}, "c": {"n": n} if n % 2 else None})
    changes = taken(following(transport, 0), last)
    assert applied({}, changes) == truth(store, last)
    assert len({(each.id, each.revision) for each in changes}) == len(changes)


def test_without_a_revision_it_begins_now_and_loses_nothing_from_then_on(store, transport):
    write(store, {"a": {}})
    stream = following(transport, None)
    assert next(stream)[:1] == Bookmark(1)[:1]
    transport.cut()
    last = write(store, {"b": {}})
    assert [each.id for each in taken(stream, last)] == ["b"]


def test_nobody_there_is_said_at_once(transport):
    transport.down = True
    with pytest.raises(TransportError):
        next(following(transport, 0))


def test_what_cannot_be_gone_on_from_is_said(store, transport, new_store):
    write(store, {"a": {}})
    stream = following(transport, 0)
    taken(stream, 1)
    other = new_store()
    for n in range(3):
        write(other, {"a": {"n": n}})
    transport.store = other
    transport.cut()
    with pytest.raises(HistoryReplacedError):
        taken(stream, 3)
    with pytest.raises(RevisionAheadError):
        taken(following(transport, 9), 9)
    other.compact(history=0)
    with pytest.raises(RevisionCompactedError):
        taken(following(transport, 1), 3)


def test_connections_that_end_after_a_bookmark_are_tried_less_and_less_often(
    store, transport, monkeypatch
):
    """A server or proxy that ends each watch at once is not called in a tight loop."""
    delays = []
    clock = SimpleNamespace(sleep=delays.append, monotonic=time.monotonic)
    monkeypatch.setattr(module, "time", clock)
    write(store, {"a": {}})
    transport.plan(*[1] * 14, 9)
    stream = following(transport, None)
    while len(delays) < 12:
        assert isinstance(next(stream), Bookmark)
    assert min(delays[8:]) > 1
