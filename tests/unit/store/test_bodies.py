"""Bodies in the store: smaller with a dictionary, and the same bytes with or without."""

import threading
import time

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from synchronizer.model.errors import StoreFullError
from synchronizer.store import open_store
from synchronizer.store.bodies import TRAIN_FROM
from synchronizer.store.tables import dictionary, record
from synchronizer.testing.store import SERVERS, USERS, state, upsert

light = settings(max_examples=40, deadline=None)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/store.sqlite"


@pytest.fixture
def store(url):
    store = open_store(url)
    store.declare(SERVERS, stale_after=60)
    store.declare(USERS, stale_after=60)
    yield store
    store.close()


def candidates(start, count):
    return [
        upsert(f"id-{n}", host=f"compute-{n % 7}", text=f"a sentence that repeats {n} " * 8)
        for n in range(start, start + count)
    ]


def put(store, found, collection=SERVERS):
    return store.commit(collection, store.head().revision, found, sampled_at=time.time())


def rows(store):
    """Return (dictionary, bytes) of every record."""
    with store._database.reading() as connection:
        query = sa.select(record.c.dictionary, sa.func.length(record.c.body))
        return [tuple(row) for row in connection.execute(query.order_by(record.c.position))]


def dictionaries(store):
    with store._database.reading() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(dictionary)).scalar()


def bodies(store, collection=SERVERS):
    head = store.head().revision
    return {id_: body for (_, id_), (_, body) in state(store, head, [collection]).items()}


def test_a_dictionary_is_trained_once_there_are_enough_bodies(store):
    put(store, candidates(0, TRAIN_FROM - 1))
    assert dictionaries(store) == 0
    put(store, candidates(1000, 1))
    assert dictionaries(store) == 1
    put(store, candidates(2000, 400))
    assert dictionaries(store) == 1


def test_bodies_are_smaller_with_it_and_those_before_it_stay_readable(store):
    put(store, candidates(0, 300))
    put(store, candidates(300, 300))
    before, after = rows(store)[:300], rows(store)[300:]
    assert {chosen for chosen, _ in before} == {None}
    assert {chosen for chosen, _ in after} == {1}
    assert sum(size for _, size in after) < sum(size for _, size in before) / 2
    found = bodies(store)
    assert all(found[c.id] == msgspec.json.decode(c.body) for c in candidates(0, 600))


def test_each_type_has_its_own(store):
    put(store, candidates(0, 300))
    put(store, candidates(0, 300), USERS)
    assert dictionaries(store) == 2
    put(store, candidates(300, 300))
    put(store, candidates(300, 300), USERS)
    assert bodies(store, USERS) == bodies(store)


def test_another_process_uses_the_same_one(store, url):
    """Both had collected samples; the first to train has trained for both."""
    other = open_store(url, migrate=False)
    put(other, candidates(5000, 200))
    put(store, candidates(0, 300))
    put(other, candidates(6000, 100))
    assert dictionaries(store) == 1
    put(other, candidates(7000, 100))
    assert rows(store)[-1][0] == 1
    assert len(bodies(other)) == 700
    other.close()


def test_bodies_that_are_too_much_alike_go_on_without(store):
    put(store, [upsert(f"{n}") for n in range(400)])
    put(store, [upsert(f"x{n}") for n in range(400)])
    assert len(bodies(store)) == 800


def test_after_opening_again_everything_is_readable(store, url):
    put(store, candidates(0, 300))
    put(store, candidates(300, 10))
    again = open_store(url)
    assert bodies(again) == bodies(store)
    again.close()


def test_a_training_that_finds_no_space_does_not_undo_the_commit(store, monkeypatch):
    """The commit is on disk already: StoreFullError would say that it is not."""

    def full(*_):
        raise StoreFullError("No space")

    monkeypatch.setattr(store._bodies, "train", full)
    done = put(store, candidates(0, 300))
    assert done.revision == 1
    assert len(bodies(store)) == 300


def test_two_threads_may_collect_the_last_sample_at_once(store, monkeypatch):
    """Each has committed; that the other took the samples must not hurt it."""
    trained = []
    monkeypatch.setattr(store._bodies, "train", lambda _, texts: trained.append(len(texts)))

    class Overtaken(dict):
        def setdefault(self, key, default):
            found = super().setdefault(key, default)
            self.pop(key)  # another thread was faster
            return found

    store._untrained = Overtaken()
    assert put(store, candidates(0, 300)).revision == 1


def test_many_threads_commit_and_read_at_once(store):
    """Codecs are not shared between threads, dictionaries are."""
    put(store, candidates(0, 300))
    failures = []

    def work(number):
        try:
            for step in range(5):
                start = 10_000 * number + 20 * step
                wanted = candidates(start, 20)
                while wanted:
                    done = put(store, wanted)
                    wanted = [each for each in wanted if each.id in done.refused]
                found = bodies(store)
                assert all(
                    found[each.id] == msgspec.json.decode(each.body)
                    for each in candidates(start, 20)
                )
        except Exception as error:  # noqa: BLE001 - told in the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert len(bodies(store)) == 300 + 4 * 100
    assert sorted({r.revision for r in store.changes(0, limit=10**6).records}) == list(
        range(1, store.head().revision + 1)
    )


@light
@given(st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes_come_back_as_they_were(bodies_of_a_store, texts):
    for chosen in (None, 1):
        bodies_of_a_store._newest[1] = chosen
        used, frames = bodies_of_a_store.compress(1, texts)
        assert bodies_of_a_store.decompress(used, frames) == texts


@pytest.fixture(scope="module")
def bodies_of_a_store(tmp_path_factory):
    """Bodies with a trained dictionary for collection 1."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('bodies')}/store.sqlite")
    store.declare(SERVERS, stale_after=60)
    put(store, candidates(0, 300))
    yield store._bodies
    store.close()
