"""The baseline knows exactly what the store has, however it changed in between."""

from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from synchronizer.model.change import Candidate
from synchronizer.model.entity import Collection
from synchronizer.sampling.baseline import Baseline
from synchronizer.store import open_store

PLACE = Collection("cloud", "region", "p.row")
OTHER = Collection("cloud", "region", "p.other")
IDS = [
    *("a", "b", "A", "a ", "ü", "€uro", "日本", "x" * 36, "x" * 37, "x" * 120, "ü" * 350),
    *(f"{number:08d}-0000-4000-8000-000000000000" for number in range(6)),
]


def digest_of(number):
    return number.to_bytes(16, "big")


def hash_of(number):
    return np.array([[number + 1, 7 * number + 1]], np.uint64)


def memory():
    store = open_store(f"sqlite:///file:{uuid4().hex}?mode=memory&cache=shared&uri=true")
    store.declare(PLACE, stale_after=60)
    store.declare(OTHER, stale_after=60)
    return store


def put(store, place=PLACE, /, **digests):
    return put_all(store, digests, place)


def put_all(store, digests, place=PLACE):
    """Commit digests by id; None deletes."""
    candidates = [
        Candidate(id=id_, reason="gone")
        if number is None
        else Candidate(id=id_, digest=digest_of(number), body=b"{}")
        for id_, number in digests.items()
    ]
    for start in range(0, len(candidates), 1000):
        part = candidates[start : start + 1000]
        store.commit(place, store.head().revision, part, sampled_at=0.0)
    return store.head().revision


def row_of(baseline, id_):
    return int(baseline.find([id_])[0])


@pytest.fixture(autouse=True)
def declared(store):
    store.declare(PLACE, stale_after=60)
    store.declare(OTHER, stale_after=60)


class Against(RuleBasedStateMachine):
    """A baseline over a store, against a dict."""

    @initialize()
    def begin(self):
        self.store = memory()
        self.truth = {}
        self.known = {}
        self.raw = {}
        self.rows = {}
        self.baseline = Baseline()

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()

    batches = st.dictionaries(st.sampled_from(IDS), st.none() | st.integers(1, 9), max_size=6)

    @rule(batch=batches)
    def somebody_commits(self, batch):
        before = self.store.head().revision
        revision = put_all(self.store, batch)
        if revision == before:
            return
        for id_, number in batch.items():
            if number is None:
                self.truth.pop(id_, None)
            elif self.truth.get(id_, (0, None))[1] != number:
                self.truth[id_] = (revision, number)

    @rule()
    def somebody_commits_elsewhere(self):
        put_all(self.store, {"elsewhere": self.store.head().revision}, OTHER)

    @rule()
    def it_catches_up(self):
        ticket = self.baseline.catch_up(self.store, PLACE)
        assert ticket == self.store.head().revision
        for id_ in self.truth.keys() | self.known.keys():
            if self.truth.get(id_) != self.known.get(id_):
                self.raw.pop(id_, None)
        self.known = dict(self.truth)

    @rule(ids=st.sets(st.sampled_from(IDS)), number=st.integers(1, 5))
    def raw_hashes_are_remembered(self, ids, number):
        for id_ in sorted(ids & self.known.keys()):
            # Ids share hashes, as two entities with the same bytes would.
            hashed = 10 * number + IDS.index(id_)
            self.baseline.remember_raw(self.baseline.find([id_]), hash_of(hashed))
            self.raw[id_] = hashed

    @rule()
    def it_settles(self):
        before = self.baseline.generation
        self.baseline.settle()
        if self.baseline.generation != before:
            self.rows = {}
        for id_, hashed in self.raw.items():
            found = int(self.baseline.match(hash_of(hashed))[0])
            twins = [other for other, value in self.raw.items() if value == hashed]
            assert found in [row_of(self.baseline, other) for other in twins], id_

    @rule()
    def the_process_starts_again(self):
        self.baseline, self.rows, self.raw = Baseline(), {}, {}
        self.known = {}

    @invariant()
    def it_is_the_dict(self):
        if not hasattr(self, "store"):
            return
        baseline, known = self.baseline, self.known
        assert len(baseline) == len(known)
        assert sorted(baseline.ids()) == sorted(known)
        rows = baseline.find(IDS).tolist()
        for id_, row in zip(IDS, rows, strict=True):
            assert baseline.lives(row) == (id_ in known)
            number = known.get(id_, (0, 0))[1]
            assert baseline.same(row, digest_of(number)) == (id_ in known)
            assert not baseline.same(row, digest_of(77))
            if row >= 0:
                # Rows never move, or the pages that name them would lie.
                assert self.rows.setdefault(id_, row) == row
                assert baseline.ids_of(np.array([row], np.int32)) == [id_]

    @invariant()
    def what_was_not_seen_is_absent(self):
        if not hasattr(self, "store"):
            return
        nothing = np.zeros(0, np.bool_)
        assert sorted(self.baseline.absent(nothing, 10**9)) == sorted(self.known)
        middle = self.baseline.revision // 2
        old = [id_ for id_, (revision, _) in self.known.items() if revision <= middle]
        assert sorted(self.baseline.absent(nothing, middle)) == sorted(old)
        seen = np.zeros(self.baseline.rows + 5, np.bool_)
        half = sorted(self.known)[::2]
        seen[self.baseline.find(half)] = True
        expected = sorted(set(self.known) - set(half))
        assert sorted(self.baseline.absent(seen, 10**9)) == expected

    @invariant()
    def a_raw_hash_finds_only_what_was_last_seen_with_it(self):
        if not hasattr(self, "store"):
            return
        for number in range(70):
            row = int(self.baseline.match(hash_of(number))[0])
            if row >= 0:
                (id_,) = self.baseline.ids_of(np.array([row], np.int32))
                assert self.raw.get(id_) == number


TestAgainst = Against.TestCase
TestAgainst.settings = settings(
    max_examples=25,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def test_an_empty_baseline_knows_nothing(store):
    baseline = Baseline()
    assert baseline.catch_up(store, PLACE) == 0
    assert baseline.find(["a"]).tolist() == [-1]
    assert baseline.match(hash_of(1)).tolist() == [-1]
    assert baseline.find([]).tolist() == []
    assert (len(baseline), baseline.rows, list(baseline.ids())) == (0, 0, [])
    baseline.settle()
    assert baseline.newest(np.zeros(0, np.int32)) == 0


def test_the_ticket_is_the_stores_revision_whoever_committed(store):
    baseline = Baseline()
    put(store, OTHER, a=1)
    assert baseline.catch_up(store, PLACE) == 1
    assert len(baseline) == 0


def test_the_newest_revision_of_rows_is_beyond_any_when_one_is_dead(store):
    baseline = Baseline()
    put(store, a=1)
    put(store, b=1)
    baseline.catch_up(store, PLACE)
    rows = baseline.find(["a", "b"])
    assert baseline.newest(rows[:1]) == 1
    assert baseline.newest(rows) == 2
    put(store, a=None)
    baseline.catch_up(store, PLACE)
    assert baseline.newest(rows) > 10**18


def test_one_catching_up_may_bring_several_versions_of_an_entity(store):
    baseline = Baseline()
    put(store, a=1)
    baseline.catch_up(store, PLACE)
    for number in (2, None, 3):
        put(store, a=number, n=number)
    baseline.catch_up(store, PLACE)
    rows = baseline.find(["a", "n"])
    assert [baseline.same(row, digest_of(3)) for row in rows.tolist()] == [True, True]
    assert len(baseline) == 2


def test_a_raw_hash_is_forgotten_when_the_entity_changes(store):
    baseline = Baseline()
    put(store, a=1, b=1)
    baseline.catch_up(store, PLACE)
    baseline.remember_raw(baseline.find(["a", "b"]), np.concatenate([hash_of(1), hash_of(2)]))
    baseline.settle()
    assert baseline.match(hash_of(1)).tolist() == baseline.find(["a"]).tolist()
    put(store, a=2)
    baseline.catch_up(store, PLACE)
    assert baseline.match(hash_of(1)).tolist() == [-1]
    assert baseline.match(hash_of(2)).tolist() == baseline.find(["b"]).tolist()


def test_a_deletion_that_was_compacted_before_it_was_heard_of_is_noticed(store):
    """Its tombstone is forgotten; an entity that stayed in here could never come back."""
    baseline = Baseline()
    put(store, a=1, b=1)
    baseline.catch_up(store, PLACE)
    put(store, a=None)
    put(store, b=2)
    store.compact(history=0)
    baseline.catch_up(store, PLACE)
    assert list(baseline.ids()) == ["b"]
    assert baseline.same(row_of(baseline, "b"), digest_of(2))


def test_rows_stay_where_they_are_when_a_compaction_was_missed(store):
    baseline = Baseline()
    put(store, a=1, b=1, c=1)
    baseline.catch_up(store, PLACE)
    rows = baseline.find(["a", "b", "c"]).tolist()
    put(store, a=None, c=2)
    store.compact(history=0)
    put(store, d=1)
    baseline.catch_up(store, PLACE)
    assert baseline.find(["a", "b", "c"]).tolist() == rows
    assert sorted(baseline.ids()) == ["b", "c", "d"]
    assert baseline.same(row_of(baseline, "c"), digest_of(2))


class TestMany:
    @pytest.fixture
    def many(self, store):
        put_all(store, {f"row-{number:05d}": number + 1 for number in range(7000)})
        return store

    def test_a_first_load_of_several_pages_finds_all(self, many):
        baseline = Baseline()
        baseline.catch_up(many, PLACE)
        assert len(baseline) == 7000
        rows = baseline.find([f"row-{number:05d}" for number in range(0, 7000, 7)])
        assert (rows >= 0).all()
        assert all(
            baseline.same(row, digest_of(7 * number + 1))
            for number, row in enumerate(rows.tolist())
        )

    def test_the_dead_are_cleared_away_when_they_are_many(self, many):
        baseline = Baseline()
        baseline.catch_up(many, PLACE)
        left = ["row-06998", "row-06999", "ü" * 100]
        put_all(many, {f"row-{number:05d}": None for number in range(6998)})
        put_all(many, {left[2]: 5})
        baseline.catch_up(many, PLACE)
        baseline.remember_raw(baseline.find(left[:1]), hash_of(9))
        assert (len(baseline), baseline.rows, baseline.generation) == (3, 7001, 0)
        baseline.settle()
        assert (len(baseline), baseline.rows, baseline.generation) == (3, 3, 1)
        assert sorted(baseline.ids()) == sorted(left)
        assert baseline.match(hash_of(9)).tolist() == baseline.find(left[:1]).tolist()
        put_all(many, {"row-00001": 2})
        baseline.catch_up(many, PLACE)
        assert baseline.same(row_of(baseline, "row-00001"), digest_of(2))
