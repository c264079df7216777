"""A commit takes a page, decides on each candidate, and is one or nothing."""

import os
import sqlite3
import stat
import threading
import time

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from synchronizer.model.entity import Collection
from synchronizer.model.errors import StoreError, StoreUnusableError, UndeclaredError
from synchronizer.store import SqlStore, compaction, engine, open_store
from synchronizer.store.contract import COMMIT_LIMIT
from synchronizer.store.freshness import Fault
from synchronizer.testing.store import SERVERS, USERS, apply, gone, state, total, upsert


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    store.declare(SERVERS, stale_after=60)
    store.declare(USERS, stale_after=60)
    yield store
    store.close()


def put(store, *candidates, collection=SERVERS, ticket=None):
    at = store.head().revision if ticket is None else ticket
    return store.commit(collection, at, candidates, sampled_at=time.time())


class TestACommit:
    def test_takes_a_thousand_and_no_more(self, store):
        page = [upsert(f"id-{n}") for n in range(COMMIT_LIMIT)]
        assert len(put(store, *page).accepted) == COMMIT_LIMIT
        with pytest.raises(ValueError, match="at most 1000"):
            put(store, *page, upsert("more"))
        assert store.head().revision == 1

    def test_finds_the_current_ones_among_a_thousand(self, store):
        put(store, *[upsert(f"id-{n}", v=1) for n in range(COMMIT_LIMIT)])
        done = put(store, *[upsert(f"id-{n}", v=1 + n % 2) for n in range(COMMIT_LIMIT)])
        assert len(done.accepted) == COMMIT_LIMIT
        assert [r.op for r in store.changes(1).records] == ["update"] * 500

    def test_of_nothing_new_has_no_revision(self, store):
        put(store, upsert("a"))
        for candidate in (upsert("a"), gone("never there")):
            done = put(store, candidate)
            assert (done.revision, len(done.accepted)) == (None, 1)
        assert store.head().revision == 1

    def test_accepts_and_refuses_candidate_by_candidate(self, store):
        put(store, upsert("old", v=1))
        ticket = store.head().revision
        put(store, upsert("seen by another", v=1))
        done = put(store, upsert("old", v=2), upsert("seen by another", v=2), ticket=ticket)
        assert (done.accepted, done.refused) == (("old",), ("seen by another",))

    def test_refuses_to_raise_the_dead_by_an_older_listing(self, store):
        put(store, upsert("a"))
        ticket = store.head().revision
        put(store, gone("a"))
        assert put(store, upsert("a"), ticket=ticket).refused == ("a",)
        assert put(store, upsert("a")).revision == 3

    def test_the_same_id_in_two_collections_is_two_entities(self, store):
        put(store, upsert("a", v=1))
        put(store, upsert("a", v=2), collection=USERS)
        put(store, gone("a"))
        assert list(state(store, 3)) == [(USERS, "a")]

    @pytest.mark.parametrize(
        "id_", ["ü", "a/b c?", "A", "a", " a", "日本" * 100, "x" * 700, "'; --"]
    )
    def test_any_id_is_kept_byte_by_byte(self, store, id_):
        put(store, upsert(id_), upsert("other"))
        assert {i for _, i in state(store, 1)} == {id_, "other"}
        assert store.entity(SERVERS, id_).id == id_

    def test_to_an_unknown_collection_is_an_error(self, store):
        with pytest.raises(UndeclaredError):
            put(store, upsert("a"), collection=Collection("x", None, "y.z"))


class TestFreshness:
    def test_counters_add_up_and_fields_are_set(self, store):
        fault = Fault("code", "title", "detail", "at")
        for number in (1, 2):
            store.note(SERVERS, calls=2, call_seconds=0.5, sweeps=1, sampled_at=float(number))
        store.note(SERVERS, fault=fault, faults=1, scope="s")
        found = {each.collection: each for each in store.collections()}
        fresh = found[SERVERS]
        assert (fresh.calls, fresh.call_seconds, fresh.sweeps, fresh.sampled_at) == (4, 1.0, 2, 2.0)
        assert (fresh.fault, fresh.faults, fresh.scope) == (fault, 1, "s")
        assert found[USERS].calls == 0
        store.note(SERVERS, fault=None)
        assert store.collections()[1].fault is None

    def test_an_unknown_field_is_refused(self, store):
        with pytest.raises(ValueError, match="not a field of Freshness: colour"):
            store.note(SERVERS, colour="red")

    def test_declaring_again_changes_only_the_age(self, store):
        put(store, upsert("a"))
        store.declare(SERVERS, stale_after=7)
        (fresh,) = [each for each in store.collections() if each.collection == SERVERS]
        assert (fresh.stale_after, fresh.entities) == (7, 1)

    @pytest.mark.parametrize(
        ("sampled", "fault", "state_", "stale"),
        [
            (None, None, "unsampled", True),
            (50.0, None, "current", False),
            (39.0, None, "stale", True),
            (50.0, Fault("c", "t", "d", "a"), "fault", True),
            (200.0, None, "stale", True),  # a clock was set back: nobody knows how old it is
        ],
    )
    def test_state_says_the_worst(self, store, sampled, fault, state_, stale):
        store.note(SERVERS, sampled_at=sampled, fault=fault)
        (fresh,) = [each for each in store.collections() if each.collection == SERVERS]
        assert (fresh.state(100.0), fresh.stale(100.0)) == (state_, stale)


class TestCompacting:
    def test_in_small_batches_it_forgets_the_same(self, store, monkeypatch):
        monkeypatch.setattr(compaction, "_BATCH", 3)
        for number in range(5):
            put(store, *[upsert(f"id-{n}", v=number) for n in range(7)])
        put(store, gone("id-0"))
        assert store.compact(history=0) == 4 * 7 + 2
        assert len(state(store, 6)) == 6
        assert store.compact(history=0) == 0

    def test_an_empty_store_has_nothing_to_forget(self, store):
        assert store.compact(history=0) == 0
        assert store.head().oldest == 0

    def test_writers_and_readers_go_on_meanwhile(self, store, monkeypatch):
        monkeypatch.setattr(compaction, "_BATCH", 5)
        for number in range(40):
            put(store, *[upsert(f"id-{n}", v=number) for n in range(5)])
        worker = threading.Thread(target=store.compact, args=(0,))
        worker.start()
        for number in range(40, 60):
            put(store, *[upsert(f"id-{n}", v=number) for n in range(5)])
            assert len(state(store, store.head().revision)) == 5
        worker.join(30)
        assert store.head().revision == 60


class TestErrors:
    def test_a_damaged_page_is_told_as_damage(self, tmp_path):
        path = tmp_path / "store.sqlite"
        store = open_store(f"sqlite:///{path}")
        store.declare(SERVERS, stale_after=60)
        put(store, *[upsert(f"id-{n}", pad=os.urandom(300).hex()) for n in range(300)])
        store.close()
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(os.urandom(size - 4096))

        def read():
            again = open_store(f"sqlite:///{path}")
            list(again.snapshot([SERVERS], 1))

        with pytest.raises(StoreUnusableError, match="damaged"):
            read()

    def test_a_store_that_is_read_only_can_be_read_and_says_so(self, store, tmp_path):
        put(store, upsert("a"))
        place = f"sqlite:///file:{tmp_path}/store.sqlite?mode=ro&uri=true"
        reader = open_store(place, migrate=False)
        assert len(state(reader, 1)) == 1
        with pytest.raises(StoreUnusableError, match="folder and permissions"):
            put(reader, upsert("b"))
        reader.close()
        assert store.head().revision == 1

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_that_is_read_only_says_so(self, tmp_path):
        tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
        with pytest.raises(StoreUnusableError, match="folder and permissions"):
            open_store(f"sqlite:///{tmp_path}/store.sqlite")

    def test_a_folder_in_the_place_of_the_file_says_so(self, tmp_path):
        (tmp_path / "store.sqlite").mkdir()
        with pytest.raises(StoreUnusableError, match="cannot be opened"):
            open_store(f"sqlite:///{tmp_path}/store.sqlite")

    def test_a_lock_that_nobody_gives_back_is_an_error_in_our_words(self, tmp_path, monkeypatch):
        monkeypatch.setattr(engine, "_BUSY_SECONDS", 0.1)
        path = tmp_path / "store.sqlite"
        store = SqlStore(f"sqlite:///{path}")
        store.declare(SERVERS, stale_after=60)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            put(store, upsert("a"))
        assert store.head().revision == 0
        other.execute("ROLLBACK")
        other.close()
        assert put(store, upsert("a")).revision == 1
        store.close()


class Log(RuleBasedStateMachine):
    """Random commits with random tickets, compactions between, against a plain model."""

    @initialize()
    def begin(self):
        self.store = SqlStore(
            f"sqlite:///file:{id(self)}-{time.monotonic_ns()}?mode=memory&cache=shared&uri=true"
        )
        self.store.declare(SERVERS, stale_after=60)
        self.states = [{}]
        self.touched = {}
        self.oldest = 0

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()

    ids = st.sampled_from(["a", "b", "ü", "A"])

    @rule(
        batch=st.dictionaries(ids, st.none() | st.integers(0, 2), max_size=4),
        back=st.integers(0, 3),
    )
    def somebody_commits(self, batch, back):
        head = len(self.states) - 1
        ticket = max(0, head - back)
        candidates = [gone(i) if v is None else upsert(i, v=v) for i, v in batch.items()]
        done = self.store.commit(SERVERS, ticket, candidates, sampled_at=0.0)
        fine = [i for i in batch if ticket >= self.oldest and self.touched.get(i, 0) <= ticket]
        assert done.accepted == tuple(fine)
        assert set(done.refused) == set(batch) - set(fine)
        now = dict(self.states[-1])
        for id_ in fine:
            if batch[id_] is None:
                if now.pop(id_, None) is not None:
                    self.touched[id_] = head + 1
            elif now.get(id_, (0, {}))[1] != {"id": id_, "v": batch[id_]}:
                now[id_] = (head + 1, {"id": id_, "v": batch[id_]})
                self.touched[id_] = head + 1
        if now == self.states[-1]:
            assert done.revision is None
        else:
            assert done.revision == head + 1
            self.states.append(now)

    @rule()
    def it_is_compacted(self):
        self.store.compact(history=0)
        self.oldest = len(self.states) - 1
        living = self.states[-1]
        self.touched = {i: r for i, r in self.touched.items() if i in living}

    @invariant()
    def every_kept_revision_is_as_it_was(self):
        if not hasattr(self, "store"):
            return
        head = len(self.states) - 1
        assert self.store.head()[:2] == (head, self.oldest)
        expected = [
            {(SERVERS, i): found for i, found in at.items()} for at in self.states[self.oldest :]
        ]
        for offset, wanted in enumerate(expected):
            assert state(self.store, self.oldest + offset, [SERVERS]) == wanted
        records = self.store.changes(self.oldest, limit=10**6).records
        assert apply(expected[0], records) == expected[-1]
        (fresh,) = self.store.collections()
        assert fresh.entities == len(self.states[-1])
        assert fresh.content == total(self.store, head, SERVERS)
        assert self.store.check() == []


TestLog = Log.TestCase
TestLog.settings = settings(
    max_examples=12,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
