"""Doubts: each entity once, from its own time on."""

from hypothesis import given
from hypothesis import strategies as st

from synchronizer.sampling.read_queue import ReadQueue

ids = st.sampled_from("abcd")


def test_a_doubt_is_due_at_its_time_and_then_gone():
    doubts = ReadQueue()
    doubts.add(["a"], 5.0)
    doubts.add(["b"], 7.0)
    assert doubts.take(4.9).ids == []
    assert doubts.next_due() == 5.0
    assert doubts.take(6.0).ids == ["a"]
    assert doubts.take(9.0).ids == ["b"]
    assert doubts.next_due() is None


def test_a_second_hint_neither_doubles_nor_delays_the_first():
    doubts = ReadQueue()
    doubts.add(["a"], 5.0)
    doubts.add(["a"], 8.0)
    assert len(doubts) == 1
    assert doubts.take(5.0).ids == ["a"]


def test_a_second_look_gives_way_to_a_new_hint():
    doubts = ReadQueue()
    doubts.add(["a"], 1.0)
    doubts.add(["a"], 9.0, again=True)
    assert doubts.take(1.0) == (["a"], {}, frozenset())
    doubts.add(["a"], 2.0, again=True)
    doubts.add(["a"], 3.0)
    assert doubts.take(2.0) == (["a"], {}, frozenset()), "due at the earlier time, and as new"
    doubts.add(["a"], 4.0, again=True)
    assert doubts.take(4.0).again == {"a"}


def test_what_came_whole_is_dropped_by_a_later_hint_without_it():
    doubts = ReadQueue()
    doubts.add(["a", "b"], whole={"a": {"v": 1}, "b": {"v": 1}})
    doubts.add(["a"])
    doubts.add(["b"], whole={"b": {"v": 2}})
    assert doubts.take(0.0).whole == {"b": {"v": 2}}


def test_after_clearing_there_is_none():
    doubts = ReadQueue()
    doubts.add(["a"], whole={"a": {}})
    doubts.clear()
    assert doubts.take(9.0) == ([], {}, frozenset())


@given(st.lists(st.tuples(ids, st.integers(0, 9), st.booleans()), max_size=12), st.integers(0, 9))
def test_no_doubt_is_lost_and_none_comes_early(added, now):
    doubts = ReadQueue()
    for id_, when, again in added:
        doubts.add([id_], when, again=again)
    first = doubts.take(now)
    rest = doubts.take(10.0)
    assert sorted(first.ids + rest.ids) == sorted({id_ for id_, _, _ in added})
    assert all(any(i == id_ and when <= now for i, when, _ in added) for id_ in first.ids)
