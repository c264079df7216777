"""Consumers of a store that goes back: told Gone, and right again."""

import threading

import pytest

from synchronizer.client import Bookmark, Mirror
from synchronizer.client.change_stream import following
from synchronizer.model.backoff import Backoff
from synchronizer.model.errors import HistoryReplacedError
from synchronizer.testing.backups import Backup
from synchronizer.testing.direct import DirectTransport
from synchronizer.testing.undigested import Undigested
from synchronizer.testing.writing import as_truth, truth, write

WAIT = 10


@pytest.fixture
def backup(store, tmp_path):
    """The store with a few commits, as it was before more of them."""
    write(store, {"a": {"n": 1}, "b": {"n": 1}})
    made = Backup(tmp_path / "store0.sqlite")
    write(store, {"ghost": {"n": 1}})
    write(store, {"a": {"n": 2}, "b": None})
    return made


@pytest.mark.parametrize("after", [0, 2, 5], ids=["behind", "level", "beyond"])
@pytest.mark.parametrize("away", [True, False], ids=["away", "there"])
def test_a_mirror_gets_all_again(store, transport, backup, after, away):
    """Wherever the log's new end is, and whether it watches meanwhile or comes back later."""
    told = []
    with Mirror(transport, backoff=Backoff(0.01, 0.05), on_change=told.append) as mirror:
        assert mirror.wait_revision(3, WAIT)
        assert mirror.digest == store.digest(3).hex()
        transport.down = away
        if away:
            transport.cut()
        backup.restore()
        for n in range(after):
            write(store, {f"new{n}": {"n": n}})
        head = store.head()
        transport.down = False
        with mirror._moved:
            assert mirror._moved.wait_for(lambda: mirror.digest == head.digest.hex(), WAIT)
        assert as_truth(mirror.values()) == truth(store, head.revision)
        assert mirror.statistics.relists == 1
    # What did not change is not told, although its revision may be another.
    since = [each for each in told if each.id in {"a", "b", "ghost"}][4:]
    assert {(each.op, each.id) for each in since} <= {
        ("update", "a"),
        ("create", "b"),
        ("delete", "ghost"),
    }


def test_a_stream_of_changes_ends_with_gone(store, transport, backup):
    stream = following(transport, 0)
    while True:
        item = next(stream)
        if isinstance(item, Bookmark) and item.revision == 3:
            break
    backup.restore()
    for n in range(4):
        write(store, {f"new{n}": {"n": n}})
    transport.cut()
    with pytest.raises(HistoryReplacedError):
        next(stream)


def test_who_tells_no_digest_is_served_as_before(store, transport, backup):
    """An earlier release's client; nobody can warn it."""
    backup.restore()
    write(store, {"c": {}})
    write(store, {"d": {}})
    page = transport.changes(2)
    assert [each.id for each in page.changes] == ["d"]
    with transport.watch(2) as watch:
        assert next(iter(watch)).id == "d"


@pytest.mark.parametrize("after", [2, 5], ids=["level", "beyond"])
def test_without_digests_a_mirror_would_hold_two_histories_for_ever(store, backup, after):
    """It resumes where revisions are used a second time, and is told that all is well."""

    class Unaware(DirectTransport):
        def watch(self, since, types=(), *, cloud=None, region=None, digest=None):
            stream = super().watch(since, types, cloud=cloud, region=region)
            stream._items = (
                Bookmark(item.revision) if isinstance(item, Bookmark) else item
                for item in stream._items
            )
            return stream

    transport = Unaware(Undigested(store), bookmarks=0.05)
    with Mirror(transport, backoff=Backoff(0.01, 0.05)) as mirror:
        assert mirror.wait_revision(3, WAIT)
        transport.down = True
        transport.cut()
        before = mirror.statistics.reconnects
        while mirror.statistics.reconnects < before + 2:  # no call is under way any more
            threading.Event().wait(0.01)
        backup.restore()
        for n in range(after):
            write(store, {f"new{n}": {"n": n}})
        transport.down = False
        last = store.head().revision
        assert mirror.wait_revision(last, WAIT)
        assert mirror.statistics.relists == 0
        assert as_truth(mirror.values()) != truth(store, last)
