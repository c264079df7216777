import json

from hypothesis import given
from hypothesis import strategies as st

from synchronizer.model.entity import Collection
from synchronizer.northbound.serving.ring import Position, Ring, logged
from synchronizer.northbound.serving.selection import Selection
from synchronizer.store.contract import Committed, Head, Record
from synchronizer.store.freshness import Freshness

ALL = Selection()
BIG = 1 << 30


def commit(revision, size=1, type="nova.server", body=b"{}"):
    where = Collection("demo", None, type)
    return [
        Record(where, f"{n}", revision, "create", None, 0.0, [], None, body, revision << 10 | n)
        for n in range(size)
    ]


def digest(revision):
    return b"%016d" % revision


def begun(revision, most):
    return Ring(Head(revision, 0, "epoch", digest(revision)), (), most)


def grow(ring, records):
    revision = records[0].revision
    left = Committed(digest(revision), b"content of %7d" % revision)
    ring.append(logged(records, {revision: left}), revision, digest(revision))


def find(ring, revision):
    return ring.find(revision, digest(revision))


def drained(ring, position, selection=ALL):
    """Return all data from a position on, in the chunks that it came in."""
    chunks = []
    while position.commit < ring.end:
        chunk = ring.take(selection, position)
        position = chunk.following
        if chunk.data:
            chunks.append(chunk.data)
    return chunks


@given(st.lists(st.tuples(st.integers(1, 60), st.sampled_from(["a.a", "b.b"]))), st.data())
def test_every_change_is_taken_once_from_anywhere(shapes, data):
    body = b'{"x":"%b"}' % (b"x" * 3000)
    ring = begun(10, BIG)
    for n, (size, kind) in enumerate(shapes):
        grow(ring, commit(11 + n, size, kind, body))
    since = data.draw(st.integers(10, 10 + len(shapes)))
    text = b"".join(drained(ring, find(ring, since), Selection(frozenset(["a.a"]))))
    expected = [(11 + n, size) for n, (size, kind) in enumerate(shapes) if kind == "a.a"]
    expected = [each for each in expected if each[0] > since]
    assert text.count(b"event: create\n") == sum(size for _, size in expected)
    ids = [int(part.split(b"\n")[0]) for part in text.split(b"\nid: ")[1:]]
    assert ids == [revision for revision, _ in expected]


def test_a_large_commit_comes_in_several_chunks():
    ring = begun(0, BIG)
    grow(ring, commit(1, 1000, body=b'{"x":"%b"}' % (b"x" * 2000)))
    chunks = drained(ring, Position(0))
    assert len(chunks) > 20
    assert max(map(len, chunks)) < 70_000
    assert b"\nid: " not in b"".join(chunks[:-1])
    assert chunks[-1].endswith(b"\nid: 1\n\n")


def test_those_at_one_place_share_one_chunk():
    ring = begun(0, BIG)
    grow(ring, commit(1))
    assert ring.take(ALL, Position(0)) is ring.take(Selection(), Position(0))


def test_it_keeps_no_more_than_it_may_but_the_newest_commit():
    ring = begun(0, 10_000)
    for revision in range(1, 100):
        grow(ring, commit(revision, body=b'{"x":"%b"}' % (b"x" * 900)))
    assert find(ring, 50) is None
    assert ring.take(ALL, Position(5)) is None
    assert find(ring, 99) == Position(99)
    assert ring.base > 85
    assert len(drained(ring, find(ring, ring.base))) > 0
    grow(ring, commit(100, 50, body=b'{"x":"%b"}' % (b"x" * 900)))
    assert find(ring, 99) == Position(99)
    assert ring.base == 99


def test_a_revision_that_has_not_come_has_no_place():
    ring = begun(5, BIG)
    assert find(ring, 4) is None
    assert find(ring, 5) == Position(0)
    assert find(ring, 6) is None


def test_a_revision_of_another_history_has_no_place():
    ring = begun(5, BIG)
    for revision in (6, 7):
        grow(ring, commit(revision))
    for revision in (5, 6, 7):
        assert ring.find(revision, digest(0)) is None
        assert find(ring, revision) is not None


def test_it_tells_what_is_in_collections_that_have_changed():
    where = Collection("demo", None, "a.a")
    known = Freshness(collection=where, revision=3, content=b"at the beginning")
    ring = Ring(Head(5, 0, "epoch", digest(5)), [known], BIG)
    mine = Selection(frozenset(["a.a"]))

    def told(selection, since):
        found = json.loads(b"{" + ring.contents(selection, since) + b"}")["contents"]
        return {each["type"]: bytes.fromhex(each["content"]) for each in found}

    assert told(mine, -1) == {"a.a": b"at the beginning"}
    assert told(mine, 3) == {}
    grow(ring, commit(6, type="b.b"))
    assert told(mine, -1) == {"a.a": b"at the beginning"}
    assert told(ALL, 5) == {"b.b": b"content of %7d" % 6}
    grow(ring, commit(7, type="a.a"))
    assert set(told(ALL, 5)) == {"a.a", "b.b"}
    assert set(told(ALL, 6)) == {"a.a"}
    assert told(ALL, 7) == {}
