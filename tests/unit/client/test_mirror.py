"""The promises of a mirror, one test for each numbered sentence of its docstring."""

import threading
import time
from collections import deque

import pytest

from synchronizer.client import Key, Mirror
from synchronizer.client.mirror_state import ABSENT
from synchronizer.client.transport import Bookmark
from synchronizer.model.backoff import Backoff
from synchronizer.model.clock import iso
from synchronizer.model.errors import AmbiguousError, RevisionCompactedError, UnknownTypeError
from synchronizer.testing.direct import DirectTransport
from synchronizer.testing.writing import (
    IMAGES,
    PORTS,
    PROJECTS,
    SERVERS,
    applied,
    as_truth,
    declare,
    truth,
    write,
)

WAIT = 10


class Recorder:
    """Records what a mirror tells; `until` waits for it."""

    def __init__(self):
        self.changes = []
        self._came = threading.Condition()

    def __call__(self, change):
        with self._came:
            self.changes.append(change)
            self._came.notify_all()

    def until(self, condition):
        with self._came:
            assert self._came.wait_for(lambda: condition(self.changes), WAIT), self.changes


def mirror_of(transport, *types, **options):
    return Mirror(transport, types, backoff=Backoff(0.01, 0.05), **options)


def key(id, collection=SERVERS):
    return Key(*collection, id)


def test_synced_mapping_equals_the_stores_snapshot_at_the_mirrors_revision(store, transport):
    """1: over several types, after the listing and after changes."""
    write(store, {"a": {"n": 1}, "b": {"n": 2}})
    write(store, {"p": {"n": 3}}, PORTS)
    with mirror_of(transport) as mirror:
        assert mirror.wait_synced(WAIT)
        write(store, {"a": {"n": 9}, "b": None, "c": {}})
        assert mirror.wait_revision(write(store, {"q": {}}, PROJECTS), WAIT)
        revision, held = mirror.snapshot()
    assert as_truth(held.values()) == truth(store, revision)
    assert set(held) == set(as_truth(held.values()))
    assert mirror.epoch == store.head().epoch


def test_every_reader_sees_whole_commits_only(store, transport):
    """1 and 2: readers compare all they see while commits of many entities come in."""
    names = [f"vm-{n}" for n in range(50)]
    write(store, {each: {"round": 0} for each in names})
    torn, done = [], threading.Event()
    with mirror_of(transport) as mirror:
        mirror.wait_synced(WAIT)

        def read():
            while not done.is_set():
                if len({entity.body["round"] for entity in mirror.values()}) != 1:
                    torn.append("torn")

        readers = [threading.Thread(target=read) for _ in range(2)]
        for each in readers:
            each.start()
        for round_ in range(1, 30):
            last = write(store, {each: {"round": round_} for each in names})
        assert mirror.wait_revision(last, WAIT)
        done.set()
        for each in readers:
            each.join()
    assert torn == []


def test_revision_never_goes_back_within_an_epoch(store, transport):
    """3: over cut connections."""
    seen = deque()
    write(store, {"a": {}})
    with mirror_of(transport, on_change=lambda _: seen.append(mirror.revision)) as mirror:
        mirror.wait_synced(WAIT)
        for n in range(10):
            last = write(store, {"a": {"n": n}})
            transport.cut()
            assert mirror.wait_revision(last, WAIT)
    assert list(seen) == sorted(seen)


def test_a_change_that_comes_again_changes_nothing_and_is_not_told_again(store, transport):
    """4: the transport goes on three commits before where it was asked to."""

    class Repeating:
        def __getattr__(self, name):
            return getattr(transport, name)

        def watch(self, since, *args, digest=None, **kwargs):
            return transport.watch(max(0, since - 3), *args, **kwargs)

    told = Recorder()
    with mirror_of(Repeating(), on_change=told) as mirror:
        mirror.wait_synced(WAIT)
        for n in range(12):
            last = write(store, {"a": {"n": n} if n % 4 else None, "b": {"n": n}})
            transport.cut()
            assert mirror.wait_revision(last, WAIT)
        told.until(lambda changes: changes and changes[-1].revision == last)
        held = as_truth(mirror.values())
    assert held == truth(store, last)
    assert len({(each.id, each.revision) for each in told.changes}) == len(told.changes)
    assert mirror.statistics.relists == 0


def test_it_goes_on_by_itself_after_lost_connections_and_a_restart(store, transport):
    """5: nothing is missed and nothing is listed again."""
    told = Recorder()
    with mirror_of(transport, on_change=told) as mirror:
        mirror.wait_synced(WAIT)
        write(store, {"a": {"n": 1}})
        transport.cut()
        write(store, {"a": {"n": 2}})
        transport.down = True
        last = write(store, {"a": {"n": 3}, "b": {}})
        transport.down = False
        assert mirror.wait_revision(last, WAIT)
        told.until(lambda changes: len(changes) == 4)
    assert [each.revision for each in told.changes] == [1, 2, 3, 3]
    assert mirror.statistics.relists == 0
    assert mirror.statistics.reconnects > 0


def test_after_the_history_is_compacted_it_gets_all_again_and_tells_the_differences(
    store, transport
):
    """6: what was compacted away while it was disconnected."""
    told = Recorder()
    write(store, {"gone": {"n": 1}, "same": {"n": 1}, "other": {"n": 1, "m": 1}})
    with mirror_of(transport, on_change=told) as mirror:
        mirror.wait_synced(WAIT)
        told.until(lambda changes: len(changes) == 3)
        transport.down = True
        transport.cut()
        write(store, {"gone": None})
        last = write(store, {"other": {"n": 2, "m": 1}, "new": {}})
        store.compact(history=0)
        transport.down = False
        assert mirror.wait_revision(last, WAIT)
        told.until(lambda changes: len(changes) == 6)
        held = as_truth(mirror.values())
    assert held == truth(store, last)
    by_id = {each.id: each for each in told.changes[3:]}
    assert by_id["gone"].op == "delete"
    assert by_id["gone"].reason == ABSENT
    assert by_id["gone"].body == {"n": 1}
    assert by_id["gone"].revision == last
    assert (by_id["other"].op, by_id["other"].changed) == ("update", ["n"])
    assert by_id["other"].previous == 1
    assert by_id["new"].op == "create"


def test_one_that_is_told_gone_each_time_gets_all_less_and_less_often(store, transport):
    """As over a store whose history is shorter than a listing takes."""
    write(store, {"a": {}})

    class Noted(Backoff):
        def next(self):
            bounds.append(self._bound)
            super().next()
            return 0.001

    class AlwaysGone:
        def get_all(self, *args, **options):
            return transport.get_all(*args, **options)

        def watch(self, *args, **options):
            raise RevisionCompactedError(1, 2)

    bounds = []
    told = Recorder()
    with Mirror(AlwaysGone(), [], backoff=Noted(), on_change=told) as mirror:
        assert mirror.wait_synced(WAIT, complete=False)
        deadline = time.monotonic() + WAIT
        while len(bounds) < 10 and time.monotonic() < deadline:
            mirror.wait_revision(99, 0.01)
    assert bounds[8:10] == [15.0, 15.0]
    assert len(told.changes) == 1


@pytest.mark.parametrize("commits", [0, 4, 9], ids=["behind", "equal", "beyond"])
def test_after_the_store_was_replaced_it_gets_all_again(store, transport, new_store, commits):
    """6: wherever the new store's revision is, compared with the old one's 5."""
    told = Recorder()
    for n in range(5):
        write(store, {"a": {"n": n}, "b": {}})
    with mirror_of(transport, on_change=told) as mirror:
        mirror.wait_synced(WAIT)
        told.until(lambda changes: len(changes) == 2)
        other = new_store()
        write(other, {"a": {"n": 4}})
        for n in range(commits):
            write(other, {"c": {"n": n}})
        transport.store = other
        transport.cut()
        told.until(lambda changes: any(each.id == "b" and each.op == "delete" for each in changes))
        held = as_truth(mirror.values())
    assert held == truth(other, other.head().revision)
    assert mirror.epoch == other.head().epoch
    # The body of "a" is what it was: a new number alone is not told.
    assert "a" not in {each.id for each in told.changes[2:]}


def test_after_a_gap_it_gets_all_again(store, transport):
    """6: a transport that loses a change is found out by the next change of that entity."""

    class Lossy:
        lost = 0

        def __getattr__(self, name):
            return getattr(transport, name)

        def watch(self, *args, **kwargs):
            stream = transport.watch(*args, **kwargs)
            stream._items = self._losing(stream._items)
            return stream

        def _losing(self, items):
            for item in items:
                if item.revision == 2 and hasattr(item, "op"):
                    Lossy.lost += 1
                else:
                    yield item

    with mirror_of(Lossy()) as mirror:
        mirror.wait_synced(WAIT)
        for n in range(1, 4):
            last = write(store, {"a": {"n": n}})
            assert mirror.wait_revision(last, WAIT)
        held = as_truth(mirror.values())
    assert Lossy.lost == 1
    assert held == truth(store, last)
    assert mirror.statistics.relists == 1


def test_what_is_told_applied_to_nothing_gives_the_mapping_and_is_visible_by_then(store, transport):
    """7: the first listing is told as creates."""
    invisible = []
    told = Recorder()

    def tell(change):
        held = mirror.get(key(change.id))
        if (held is None) != (change.op == "delete"):
            invisible.append(change)
        told(change)

    write(store, {"a": {"n": 0}, "b": {"n": 0}})
    gate = threading.Event()
    with mirror_of(transport, on_change=lambda change: gate.wait(WAIT) and tell(change)) as mirror:
        gate.set()
        mirror.wait_synced(WAIT)
        write(store, {"a": {"n": 1}, "c": {}})
        last = write(store, {"b": None})
        told.until(lambda changes: len(changes) == 5)
        held = as_truth(mirror.values())
    assert applied({}, told.changes) == held == truth(store, last)
    assert invisible == []


def test_an_error_of_on_change_is_counted_and_holds_nothing_up(store, transport, caplog):
    """8: the mapping goes on, and so does the telling."""
    calls = []

    def fail(change):
        calls.append(change.id)
        raise LookupError("the consumer's own mistake")

    with mirror_of(transport, on_change=fail) as mirror:
        mirror.wait_synced(WAIT)
        last = write(store, {"a": {}, "b": {}})
        assert mirror.wait_revision(last, WAIT)
        assert mirror.wait_revision(write(store, {"c": {}}), WAIT)
        while mirror.statistics.callback_errors < 3:
            threading.Event().wait(0.01)
    assert calls == ["a", "b", "c"]
    assert "the consumer's own mistake" in caplog.text


def test_close_returns_promptly_and_nothing_is_told_after_it(store, transport):
    """9: from outside, and from within a callback."""
    told = []
    closed_within = threading.Event()
    mirror = mirror_of(transport, on_change=told.append)
    mirror.wait_synced(WAIT)
    mirror.close()
    mirror.close()
    write(store, {"a": {}})
    assert not mirror._thread.is_alive()
    assert told == []

    made = threading.Event()

    def close(change):
        made.wait(WAIT)  # the first change may come before we have the mirror's name
        second.close()
        closed_within.set()

    second = mirror_of(transport, on_change=close)
    made.set()
    assert closed_within.wait(WAIT)
    second._thread.join(WAIT)
    assert not second._thread.is_alive()
    assert second["cloud", "region", "nova.server", "a"].revision == 1  # still readable


class Hands:
    """A clock that a test moves."""

    def __init__(self):
        self.at = 100.0

    def now(self):
        return self.at

    def monotonic(self):
        return self.at


def test_lag_grows_while_disconnected_and_not_while_nothing_happens(store, transport):
    """10: bookmarks keep it small on an idle cloud."""
    clock = Hands()
    with mirror_of(transport, clock=clock) as mirror:
        mirror.wait_synced(WAIT)
        clock.at += 50
        while mirror.lag:  # the next bookmark comes by itself
            threading.Event().wait(0.01)
        transport.down = True
        while mirror.fault is None:
            threading.Event().wait(0.01)
        clock.at += 50
        assert mirror.lag == 50
        assert mirror.synced


def test_of_a_type_maps_ids_to_entities_and_says_when_an_id_is_ambiguous(store, transport):
    """The short way to one type."""
    elsewhere = SERVERS._replace(region="elsewhere")
    declare(store, elsewhere)
    write(store, {"a": {"n": 1}, "b": {}})
    write(store, {"b": {}, "c": {}}, elsewhere)
    with mirror_of(transport, "nova.server") as mirror:
        mirror.wait_synced(WAIT)
        servers = mirror.of("nova.server")
        assert servers["a"].body == {"n": 1}
        assert sorted(servers) == ["a", "b", "c"]
        assert (len(servers), len(mirror)) == (3, 4)
        assert "d" not in servers
        with pytest.raises(AmbiguousError, match="cloud/elsewhere"):
            servers["b"]
        assert mirror[key("b", elsewhere)].region == "elsewhere"


def test_a_type_that_does_not_exist_is_said_at_once_and_tried_again(store, transport):
    """A misspelt type must not look like an empty cloud."""
    late = SERVERS._replace(type="glance.image")
    with mirror_of(transport, "glance.image") as mirror:
        with pytest.raises(UnknownTypeError):
            mirror.wait_synced(WAIT)
        declare(store, late)
        last = write(store, {"i": {}}, late)
        while mirror.revision < last:
            threading.Event().wait(0.01)
        assert list(mirror) == [key("i", late)]


def test_waiting_gives_up_after_its_timeout(store, transport):
    with mirror_of(transport) as mirror:
        assert mirror.wait_synced(WAIT)
        assert not mirror.wait_revision(99, 0.01)
    assert not mirror.wait_revision(99)  # closed: nothing can come any more


def test_a_sampler_that_died_shows_and_a_quiet_cloud_does_not(store, transport):
    """11: by age alone; the callback tells it once, and then what heals it."""
    store.declare(SERVERS, stale_after=1.0)
    store.note(SERVERS, sampled_at=time.time(), complete_to=5.0)
    told = Recorder()
    with mirror_of(transport, SERVERS.type, on_status=told) as mirror:
        assert mirror.wait_synced(WAIT)
        states = told.until(lambda statuses: statuses[-1:] and statuses[-1].state == "stale")
        assert [each.state for each in told.changes] == ["current", "stale"], states
        assert mirror.collections[SERVERS].state == "stale"
        assert mirror.complete_to == iso(5.0)
        store.declare(SERVERS, stale_after=3600.0)
        store.note(SERVERS, sampled_at=time.time(), complete_to=7.0)
        told.until(lambda statuses: len(statuses) == 3)
        assert (told.changes[2].state, told.changes[2].complete_to) == ("current", iso(7.0))
        assert mirror.revision == 0


def test_what_happened_before_complete_to_is_in_the_mapping(store, transport):
    """11: whenever a sweep ends while changes come in."""
    claims = {}
    wrong = []

    def told(status):
        if status.complete_to is not None and mirror.revision < claims.get(status.complete_to, 0):
            wrong.append(status)

    with mirror_of(transport, SERVERS.type, on_status=told) as mirror:
        assert mirror.wait_synced(WAIT)
        for number in range(50):
            last = write(store, {"a": {"n": number}})
            claims[iso(number)] = last
            store.note(SERVERS, sampled_at=time.time(), complete_to=float(number))
        assert mirror.wait_revision(last, WAIT)
    assert wrong == []


def test_synced_waits_until_every_type_was_complete(store, transport):
    """12: unless it is told not to."""
    store.declare(IMAGES, stale_after=3600)
    write(store, {"a": {}}, IMAGES)
    with mirror_of(transport, SERVERS.type, IMAGES.type) as mirror:
        assert mirror.wait_synced(WAIT, complete=False)
        assert not mirror.wait_synced(0.2)
        assert (mirror.complete, len(mirror), mirror.complete_to) == (False, 1, None)
        write(store, {"b": {}}, IMAGES)
        store.note(IMAGES, sampled_at=time.time())
        assert mirror.wait_synced(WAIT)
        assert (mirror.complete, len(mirror)) == (True, 2)


def test_a_synchronizer_that_does_not_say_is_believed(store):
    """12: one of an earlier version."""

    class Earlier(DirectTransport):
        def get_all(self, *args, **kwargs):
            snapshot = super().get_all(*args, **kwargs)
            snapshot.complete = None
            return snapshot

        def watch(self, *args, **kwargs):
            watch = super().watch(*args, **kwargs)
            items = watch._items
            watch._items = (
                Bookmark(each.revision) if isinstance(each, Bookmark) else each for each in items
            )
            return watch

    store.declare(IMAGES, stale_after=3600)
    with mirror_of(Earlier(store, bookmarks=0.05), IMAGES.type) as mirror:
        assert mirror.wait_synced(WAIT)
        assert mirror.wait_revision(write(store, {"a": {}}, IMAGES), WAIT)
        assert (mirror.complete, mirror.collections, mirror.complete_to) == (None, {}, None)
