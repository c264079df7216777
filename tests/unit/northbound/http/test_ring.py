from hypothesis import given
from hypothesis import strategies as st

from synchronizer.model.entity import Collection
from synchronizer.northbound.http.ring import Position, Ring, logged
from synchronizer.northbound.http.selection import Selection
from synchronizer.store.contract import Record

ALL = Selection()
BIG = 1 << 30


def commit(revision, size=1, type="nova.server", body=b"{}"):
    where = Collection("demo", None, type)
    return [
        Record(where, f"{n}", revision, "create", None, 0.0, [], None, body, revision << 10 | n)
        for n in range(size)
    ]


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
    ring = Ring(10, BIG)
    for n, (size, kind) in enumerate(shapes):
        ring.append(logged(commit(11 + n, size, kind, body)), 11 + n)
    since = data.draw(st.integers(10, 10 + len(shapes)))
    text = b"".join(drained(ring, ring.find(since), Selection(frozenset(["a.a"]))))
    expected = [(11 + n, size) for n, (size, kind) in enumerate(shapes) if kind == "a.a"]
    expected = [each for each in expected if each[0] > since]
    assert text.count(b"event: create\n") == sum(size for _, size in expected)
    ids = [int(part.split(b"\n")[0]) for part in text.split(b"\nid: ")[1:]]
    assert ids == [revision for revision, _ in expected]


def test_a_large_commit_comes_in_several_chunks():
    ring = Ring(0, BIG)
    ring.append(logged(commit(1, 1000, body=b'{"x":"%b"}' % (b"x" * 2000))), 1)
    chunks = drained(ring, Position(0))
    assert len(chunks) > 20
    assert max(map(len, chunks)) < 70_000
    assert b"\nid: " not in b"".join(chunks[:-1])
    assert chunks[-1].endswith(b"\nid: 1\n\n")


def test_those_at_one_place_share_one_chunk():
    ring = Ring(0, BIG)
    ring.append(logged(commit(1)), 1)
    assert ring.take(ALL, Position(0)) is ring.take(Selection(), Position(0))


def test_it_keeps_no_more_than_it_may_but_the_newest_commit():
    ring = Ring(0, 10_000)
    for revision in range(1, 100):
        ring.append(logged(commit(revision, body=b'{"x":"%b"}' % (b"x" * 900))), revision)
    assert ring.find(50) is None
    assert ring.take(ALL, Position(5)) is None
    assert ring.find(99) == Position(99)
    assert ring.base > 85
    assert len(drained(ring, ring.find(ring.base))) > 0
    ring.append(logged(commit(100, 50, body=b'{"x":"%b"}' % (b"x" * 900))), 100)
    assert ring.find(99) == Position(99)
    assert ring.base == 99


def test_a_revision_that_has_not_come_has_no_place():
    ring = Ring(5, BIG)
    assert ring.find(4) is None
    assert ring.find(5) == Position(0)
    assert ring.find(6) is None
