from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from synchronizer.model.change import Candidate
from synchronizer.model.entity import Collection
from synchronizer.model.essence import digest
from synchronizer.northbound.serving.encoding import entity_parts
from synchronizer.northbound.serving.page_cache import PageCache
from synchronizer.store import open_store

SERVER = Collection("demo", None, "nova.server")
PORT = Collection("demo", None, "neutron.port")

BODIES = st.none() | st.integers(0, 9).map(lambda n: {"n": n, "x": "x" * 200})
COMMITS = st.dictionaries(st.integers(0, 30).map(str), BODIES, min_size=1, max_size=20)
STEPS = st.lists(st.tuples(st.sampled_from([SERVER, PORT]), COMMITS, st.booleans()), max_size=12)


def put(store, collection, bodies):
    candidates = [
        Candidate(
            id=name, digest=digest(body) if body else b"", body=body and msgspec.json.encode(body)
        )
        for name, body in bodies.items()
    ]
    store.commit(collection, store.head().revision, candidates, sampled_at=1.0)


def truth(store, collection, at, stale):
    pages = store.snapshot([collection], at)
    return b"".join(b"".join(entity_parts(page, stale, b"\n")) for page in pages)


@settings(deadline=None, max_examples=60)
@given(STEPS, st.sampled_from([0, 300, 2000, 1 << 20]), st.booleans())
def test_lines_are_the_snapshot_at_every_revision(steps, most, stale):
    """Whatever happened between, whatever had room, also as it was before."""
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'store.sqlite'}")
        for each in (SERVER, PORT):
            store.declare(each, stale_after=1)
        lines = PageCache(store, most, piece=1500)
        for collection, bodies, flips in steps:
            put(store, collection, bodies)
            stale ^= flips
            now = store.head().revision
            for at in (now, max(0, now - 2)):
                for each in (SERVER, PORT):
                    made = b"".join(lines.of(each, at, stale=stale))
                    assert made == truth(store, each, at, stale)
            assert sum(kept.shelf.used for kept in lines._kept.values()) <= most
        store.close()


def test_only_what_changed_is_read_again(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    store.declare(SERVER, stale_after=1)
    for start in range(0, 100, 10):
        put(store, SERVER, {f"{n}": {"n": n} for n in range(start, start + 10)})
    lines = PageCache(store, piece=1)
    list(lines.of(SERVER, 10, stale=False))
    put(store, SERVER, {"25": {"n": -1}})
    read = []

    def counting(*args, **kwargs):
        for page in snapshot(*args, **kwargs):
            read.extend(each.id for each in page)
            yield page

    snapshot, store.snapshot = store.snapshot, counting
    made = b"".join(lines.of(SERVER, 11, stale=False))
    # The commit that 25 was in, and 25 anew.
    assert set(read) <= {f"{n}" for n in range(20, 31)}
    assert "25" in read
    store.snapshot = snapshot
    assert made == truth(store, SERVER, 11, stale=False)
    store.close()


def test_a_broken_off_stream_keeps_nothing(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    store.declare(SERVER, stale_after=1)
    put(store, SERVER, {f"{n}": {"n": n} for n in range(10)})
    lines = PageCache(store, piece=1)
    stream = lines.of(SERVER, 1, stale=False)
    next(stream)
    stream.close()
    assert lines._kept == {}
    store.close()
