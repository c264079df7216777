import threading

from synchronizer_vitrage.notes import Notes


def test_what_was_noted_first_comes_first_and_once():
    notes = Notes()
    notes.add("ports", ["a", "b"])
    notes.add("servers", ["a"])
    notes.add("ports", ["a"])
    assert [notes.next(1) for _ in range(3)] == [("ports", "a"), ("ports", "b"), ("servers", "a")]
    assert notes.next(0.01) is None


def test_whoever_waits_gets_it_whoever_it_is_of():
    notes = Notes()
    found = []
    thread = threading.Thread(target=lambda: found.append(notes.next(10)))
    thread.start()
    notes.add("servers", ["a"])
    thread.join(5)
    assert found == [("servers", "a")]


def test_without_time_there_is_nothing():
    notes = Notes()
    notes.add("servers", ["a"])
    assert notes.next(0) is None
    assert notes.next(1) == ("servers", "a")


def test_what_is_doubted_comes_when_it_is_reconsidered():
    notes = Notes()
    notes.doubt("servers", "a")
    assert notes.next(0.01) is None
    notes.reconsider()
    assert notes.next(1) == ("servers", "a")


def test_taking_leaves_what_is_of_others():
    notes = Notes()
    notes.add("servers", ["a"])
    notes.add("ports", ["b"])
    notes.doubt("servers", "c")
    assert sorted(notes.take("servers")) == ["a", "c"]
    notes.reconsider()
    assert notes.next(1) == ("ports", "b")
    assert notes.next(0.01) is None
