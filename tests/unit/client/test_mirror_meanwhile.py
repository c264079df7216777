"""What happens to a store while it is mirrored: types come, and are purged."""

import threading
import time

from synchronizer.cli.purge import purge
from synchronizer.client import Mirror
from synchronizer.model.backoff import Backoff
from synchronizer.testing.writing import IMAGES, PORTS, SERVERS, as_truth, declare, truth, write

WAIT = 10


def mirror_of(transport, *types, **options):
    return Mirror(transport, types, backoff=Backoff(0.01, 0.05), **options)


def freshness(store, collection):
    return next(each for each in store.collections() if each.collection == collection)


def test_of_a_type_that_is_purged_nothing_is_left_and_the_others_go_on(store, transport):
    """It is not complete any more, over a lost connection and a listing anew, too."""
    write(store, {"a": {"n": 1}})
    write(store, {"p": {"n": 1}, "q": {"n": 2}}, PORTS)
    told = []
    with mirror_of(transport, SERVERS.type, PORTS.type, on_change=told.append) as mirror:
        assert mirror.wait_synced(WAIT)
        assert purge(store, freshness(store, PORTS)) == 2
        assert mirror.wait_revision(store.head().revision, WAIT)
        assert as_truth(mirror.values()) == truth(store, store.head().revision)
        assert {(each.op, each.id) for each in told if each.op == "delete"} == {
            ("delete", "p"),
            ("delete", "q"),
        }
        write(store, {"a": {"n": 2}})
        store.compact(0.0)
        transport.cut()
        assert mirror.wait_revision(write(store, {"b": {"n": 3}}), WAIT)
        assert as_truth(mirror.values()) == truth(store, store.head().revision)
        assert mirror.complete is False
        store.note(PORTS, sampled_at=time.time())
        assert mirror.wait_synced(WAIT)


def test_a_type_that_is_declared_later_comes_to_a_mirror_of_everything(store, transport):
    write(store, {"a": {"n": 1}})
    listed = threading.Event()

    def note(status):
        if status.type == IMAGES.type:
            listed.set()

    with mirror_of(transport, on_status=note) as mirror:
        assert mirror.wait_synced(WAIT)
        declare(store, IMAGES)
        assert mirror.wait_revision(write(store, {"i": {"n": 1}}, IMAGES), WAIT)
        assert as_truth(mirror.values()) == truth(store, store.head().revision)
        assert listed.wait(WAIT)
        assert IMAGES in mirror.collections
