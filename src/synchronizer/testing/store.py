"""The contract suite of stores: subclass it, give it a `store` fixture, and run pytest.

Each test is a sentence of `synchronizer.store.contract`.
"""

import threading
import time

import msgspec
import pytest

from synchronizer.model.change import Candidate
from synchronizer.model.clock import iso
from synchronizer.model.cost import Spent
from synchronizer.model.declaration import Adopted, Declaration
from synchronizer.model.entity import Collection
from synchronizer.model.errors import (
    ConfigurationError,
    RevisionAheadError,
    RevisionCompactedError,
)
from synchronizer.model.relation import Declared, Target
from synchronizer.store.contract import Held, Record, Sink, Store
from synchronizer.store.freshness import Freshness
from synchronizer.testing.digests import DigestsContract
from synchronizer.testing.logs import SERVERS, USERS, apply, gone, state, total, upsert
from synchronizer.testing.sweeps import SweepsContract

__all__ = ["SERVERS", "USERS", "StoreContract", "apply", "gone", "state", "total", "upsert"]


class StoreContract(DigestsContract, SweepsContract):
    """What every store must pass. Give it a fixture `store` that is empty."""

    @pytest.fixture
    def log(self, store: Store) -> Store:
        """The store with two collections declared."""
        store.declare(SERVERS, stale_after=60)
        store.declare(USERS, stale_after=60)
        return store

    def put(self, log: Store, *candidates: Candidate, ticket: int | None = None) -> int | None:
        """Commit; return the revision."""
        at = log.head().revision if ticket is None else ticket
        return log.commit(SERVERS, at, candidates, sampled_at=time.time()).revision

    def test_a_commit_has_one_revision(self, log: Store) -> None:
        """All changes of a commit carry the same, next revision."""
        revision = self.put(log, upsert("a"), upsert("b"), upsert("c"))
        page = log.changes(0)
        assert [record.revision for record in page.records] == [revision] * 3
        assert revision == 1

    def test_revisions_are_consecutive(self, log: Store) -> None:
        """Each commit that changes something takes the next revision."""
        assert [self.put(log, upsert("a", v=v)) for v in range(3)] == [1, 2, 3]
        assert log.head().revision == 3

    def test_equal_essence_is_no_change(self, log: Store) -> None:
        """Offering what is there already makes no revision."""
        self.put(log, upsert("a", v=1))
        assert self.put(log, upsert("a", v=1)) is None
        assert log.head().revision == 1

    def test_deleting_what_is_not_there_is_no_change(self, log: Store) -> None:
        """A delete of an unknown or dead entity makes no revision."""
        assert self.put(log, gone("a")) is None
        self.put(log, upsert("a"))
        self.put(log, gone("a"))
        assert self.put(log, gone("a")) is None

    def test_a_later_commit_refuses_an_older_ticket(self, log: Store) -> None:
        """A candidate is refused when its entity was committed after its ticket."""
        self.put(log, upsert("a", v=1))
        ticket = log.head().revision
        self.put(log, upsert("a", v=2))
        done = log.commit(
            SERVERS, ticket, [upsert("a", v=1), upsert("b", v=1)], sampled_at=time.time()
        )
        assert done.refused == ("a",)
        assert done.accepted == ("b",)
        assert msgspec.json.decode(log.entity(SERVERS, "a").body)["v"] == 2  # type: ignore[union-attr]

    def test_the_dead_do_not_rise_by_an_older_ticket(self, log: Store) -> None:
        """A tombstone keeps its revision: a slow listing cannot bring the entity back."""
        self.put(log, upsert("a"))
        ticket = log.head().revision
        self.put(log, gone("a"))
        done = log.commit(SERVERS, ticket, [upsert("a")], sampled_at=time.time())
        assert done.refused == ("a",)
        assert state(log, log.head().revision) == {}

    def test_a_sweep_that_began_refuses_what_was_asked_for_before(self, log: Store) -> None:
        """A candidate is refused when a sweep of its collection, no other, began since."""
        before = log.begun(SERVERS)
        log.note(USERS, begun=1)
        assert log.begun(SERVERS) == before
        log.note(SERVERS, begun=1)
        assert log.begun(SERVERS) == before + 1
        now = time.time()
        done = log.commit(SERVERS, 0, [upsert("a"), gone("b")], sampled_at=now, sweep=before)
        assert (done.revision, done.refused) == (None, ("a", "b"))
        done = log.commit(SERVERS, 0, [upsert("a")], sampled_at=now, sweep=before + 1)
        assert done.accepted == ("a",)

    def test_a_declaration_is_adopted_once_and_without_a_revision(self, log: Store) -> None:
        """Digests are replaced, no state is; of two who adopt from the same state one succeeds."""
        self.put(log, upsert("a", v=1))
        head, begun = log.head(), log.begun(SERVERS)
        ((record,),) = log.snapshot([SERVERS], head.revision)
        assert log.adopted(SERVERS) is None
        first = Adopted(Declaration("1.0", "f"), 1, 5.0)
        assert log.adopt(SERVERS, None, first, {record.position: b"d" * 16})
        assert not log.adopt(SERVERS, None, first, {record.position: b"e" * 16})
        assert (log.adopted(SERVERS), log.adopted(USERS)) == (first, None)
        assert (log.head(), log.begun(SERVERS)) == (head, begun + 1)
        (page,) = log.versions(SERVERS, None)
        assert [version.digest for version in page.versions] == [b"d" * 16]
        assert log.check() == []

    def test_ids_are_unique_within_a_collection_only(self, log: Store) -> None:
        """The same id in two collections is two entities."""
        self.put(log, upsert("a", of="servers"))
        log.commit(USERS, 1, [upsert("a", of="users")], sampled_at=time.time())
        assert len(state(log, 2)) == 2

    def test_ids_are_compared_byte_by_byte(self, log: Store) -> None:
        """Case and accents make another id; awkward ones are kept whole."""
        ids = ["a", "A", "á", "a/b", "a b", 'a"b', "a\\b", "日本", "a" * 600]
        self.put(log, *[upsert(id_) for id_ in ids])
        assert sorted(id_ for _, id_ in state(log, 1)) == sorted(ids)

    def test_a_change_tells_previous_revision_and_changed_fields(self, log: Store) -> None:
        """An update names the earlier version and the fields that differ."""
        self.put(log, upsert("a", v=1, w=1))
        self.put(log, upsert("a", v=2, w=1))
        (record,) = log.changes(1).records
        assert (record.op, record.previous, record.changed) == ("update", 1, ["v"])

    def test_no_change_names_a_volatile_field(self, log: Store) -> None:
        """A field that is not state may differ, deep in a field that is state, too."""
        volatile = ("beat", "at.*.seen", ("a.b", "c"))
        log.declare(SERVERS, stale_after=60, volatile=volatile)
        self.put(log, upsert("a", v=1, beat=1, at={"x": {"seen": 1}}, **{"a.b": {"c": 1}}))
        self.put(log, upsert("a", v=2, beat=2, at={"x": {"seen": 2}}, **{"a.b": {"c": 2}}))
        self.put(log, upsert("a", v=2, beat=3, at={"x": {"seen": 3, "up": 1}}))
        assert [each.changed for each in log.changes(1).records] == [["v"], ["a.b", "at"]]
        assert [each.volatile for each in log.collections() if each.volatile] == [volatile]

    def test_measurements_are_replaced_without_a_revision(self, log: Store) -> None:
        """By id; what is not given stays, and what is deleted has none."""
        self.put(log, upsert("a", v=1), upsert("b", v=1), upsert("c", v=1))
        log.measure(SERVERS, {"a": {"used": 1}, "b": {"used": 2}, "c": {"x.y": None}})
        log.measure(SERVERS, {"a": {"used": 3}})
        self.put(log, gone("b"))

        def found(after: tuple[int, str] = (0, "")) -> list[tuple[str, bytes]]:
            return [(e.id, e.values) for e in log.measurements([SERVERS], after=after)]

        everything = [("a", b'{"used":3}'), ("c", b'{"x.y":null}')]
        assert found() == everything
        (first,) = log.measurements([SERVERS, USERS], limit=1)
        assert (first.collection, found(after=first.place)) == (SERVERS, everything[1:])
        assert log.measurements([USERS]) == []
        assert log.head().revision == 2

    def test_measurements_of_the_dead_do_not_come_back(self, log: Store) -> None:
        """The next ones forget them, and an id that is used again has none."""
        self.put(log, upsert("a", v=1))
        log.measure(SERVERS, {"a": {"used": 1}})
        self.put(log, gone("a"))
        log.measure(SERVERS, {})
        self.put(log, upsert("a", v=2))
        assert log.measurements([SERVERS]) == []

    def test_a_delete_carries_reason_and_last_state(self, log: Store) -> None:
        """A tombstone holds why, and what the entity was."""
        self.put(log, upsert("a", v=1))
        self.put(log, gone("a"))
        (record,) = log.changes(1).records
        assert (record.op, record.reason) == ("delete", "read answered 404")
        assert msgspec.json.decode(record.body) == {"id": "a", "v": 1}

    def test_a_snapshot_never_changes(self, log: Store) -> None:
        """What was there at a revision is there for as long as it is kept."""
        self.put(log, upsert("a", v=1), upsert("b", v=1))
        before = state(log, 1)
        self.put(log, upsert("a", v=2), gone("b"), upsert("c"))
        assert state(log, 1) == before

    def test_a_walk_goes_on_behind_a_position(self, log: Store) -> None:
        """A snapshot can be walked in steps and gives each entity once."""
        self.put(log, *[upsert(f"id-{number:04d}") for number in range(700)])
        seen: list[str] = []
        after = 0
        while True:
            page = [r for p in log.snapshot([SERVERS], 1, after=after, limit=333) for r in p]
            if not page:
                break
            seen += [record.id for record in page]
            after = page[-1].position
        assert sorted(seen) == [f"id-{number:04d}" for number in range(700)]

    def test_changes_never_split_a_commit(self, log: Store) -> None:
        """A page of changes ends at the end of a commit, whatever the limit."""
        for revision in range(4):
            self.put(log, *[upsert(f"{revision}-{number}") for number in range(5)])
        since, sizes = 0, []
        while True:
            page = log.changes(since, limit=7)
            sizes.append(len(page.records))
            since = page.revision
            if not page.more:
                break
        assert sizes == [5, 5, 5, 5]

    def test_a_commit_larger_than_the_limit_comes_whole(self, log: Store) -> None:
        """The limit of changes is about, not at most."""
        self.put(log, *[upsert(f"{number}") for number in range(50)])
        page = log.changes(0, limit=3)
        assert (len(page.records), page.revision) == (50, 1)

    def test_filtered_changes_reach_the_head(self, log: Store) -> None:
        """Without changes of the asked collections, the page says how far it looked."""
        self.put(log, upsert("a"))
        page = log.changes(0, [USERS])
        assert (page.records, page.revision, page.more) == ([], 1, False)

    def test_a_snapshot_and_what_came_after_is_any_later_snapshot(self, log: Store) -> None:
        """snapshot(R) with the changes in (R, R'] is snapshot(R')."""
        for step in range(12):
            self.put(log, upsert(f"{step % 5}", v=step), upsert(f"x{step}"))
            if step % 3 == 2:
                self.put(log, gone(f"x{step - 1}"))
        head = log.head().revision
        states = [state(log, at) for at in range(head + 1)]
        records = log.changes(0, limit=100_000).records
        for start in range(head + 1):
            for end in range(start, head + 1):
                between = [r for r in records if start < r.revision <= end]
                assert apply(states[start], between) == states[end]

    def test_asking_for_a_compacted_revision_is_gone(self, log: Store) -> None:
        """Older than the history: an error that names the oldest revision."""
        self.put(log, upsert("a", v=1))
        self.put(log, upsert("a", v=2))
        log.compact(history=0)
        assert log.head().oldest == 2
        for ask in (lambda: log.changes(1), lambda: list(log.snapshot([SERVERS], 1))):
            with pytest.raises(RevisionCompactedError) as caught:
                ask()
            assert caught.value.oldest == 2
        assert log.changes(2).records == []
        assert state(log, 2) == {(SERVERS, "a"): (2, {"id": "a", "v": 2})}

    def test_whoever_goes_on_from_the_edge_of_a_compaction_misses_no_delete(
        self, log: Store
    ) -> None:
        """It is told that what came between is gone, or has all of it."""
        every: list[Record] = []
        for step in range(8):
            self.put(log, upsert(f"{step}"))
            self.put(log, gone(f"{step}"))
            every = [*every, *log.changes(log.head().revision - 2).records]
            if step % 2:
                log.compact(history=0)
            oldest = log.head().oldest
            for since in range(oldest):
                with pytest.raises(RevisionCompactedError):
                    log.changes(since)
            for since in range(oldest, log.head().revision):
                found = [(each.revision, each.op) for each in log.changes(since).records]
                assert found == [(each.revision, each.op) for each in every[since:]]

    def test_a_walk_that_is_overtaken_by_compaction_is_gone(self, log: Store) -> None:
        """Compaction in the middle of a walk is told, it never makes holes."""
        self.put(log, *[upsert(f"{number}") for number in range(1000)])
        walk = log.snapshot([SERVERS], 1)
        next(walk)
        self.put(log, *[gone(f"{number}") for number in range(1000)])
        log.compact(history=0)
        with pytest.raises(RevisionCompactedError):
            list(walk)

    def test_a_ticket_from_before_the_compaction_is_refused(self, log: Store) -> None:
        """When tombstones may be forgotten, an old listing cannot be judged."""
        ticket = log.head().revision
        self.put(log, upsert("a"))
        self.put(log, gone("a"))
        log.compact(history=0)
        done = log.commit(SERVERS, ticket, [upsert("a")], sampled_at=time.time())
        assert done.refused == ("a",)

    def test_a_revision_that_is_not_there_yet_is_ahead(self, log: Store) -> None:
        """A revision of another store is not answered with nothing."""
        with pytest.raises(RevisionAheadError):
            log.changes(5)

    def test_history_gives_every_kept_version(self, log: Store) -> None:
        """From create to delete, oldest first."""
        self.put(log, upsert("a", v=1))
        self.put(log, upsert("a", v=2))
        self.put(log, gone("a"))
        assert [r.op for r in log.history(SERVERS, "a")] == ["create", "update", "delete"]
        found = log.entity(SERVERS, "a", at=2)
        assert found is not None
        assert found.revision == 2

    def test_versions_bring_a_baseline_from_one_revision_to_another(self, log: Store) -> None:
        """Without a start only what lives; from a head everything after it, tombstones too."""
        self.put(log, upsert("a"), upsert("b"))
        first = log.head()
        self.put(log, gone("a"), upsert("c"))
        (page,) = log.versions(SERVERS, None)
        assert (page.head, page.anew) == (log.head(), True)
        assert [(v.id, v.revision) for v in page.versions] == [("b", 1), ("c", 2)]
        (page,) = log.versions(SERVERS, first)
        assert (page.head, page.anew) == (log.head(), False)
        assert [(v.id, bool(v.digest)) for v in page.versions] == [("a", False), ("c", True)]

    def test_waiting_ends_with_a_commit(self, log: Store) -> None:
        """A waiting reader wakes soon after the commit."""
        woken: list[tuple[int, float]] = []

        def wait() -> None:
            revision = log.wait(0, timeout=30)
            woken.append((revision, time.monotonic()))

        waiter = threading.Thread(target=wait)
        waiter.start()
        self.put(log, upsert("a"))
        done = time.monotonic()
        waiter.join(30)
        assert woken[0][0] == 1
        assert woken[0][1] - done < 1

    def test_waiting_ends_with_its_timeout(self, log: Store) -> None:
        """Nothing happened: the same revision comes back."""
        assert log.wait(0, timeout=0.05) == 0

    def test_entities_are_counted(self, log: Store) -> None:
        """Freshness knows how many live, and the latest change."""
        self.put(log, upsert("a"), upsert("b"))
        self.put(log, gone("a"))
        found = {each.collection: each for each in log.collections()}[SERVERS]
        assert (found.entities, found.revision) == (1, 2)

    def test_a_collection_is_complete_from_the_end_of_its_first_sweep_on(self, log: Store) -> None:
        """Not at the revisions before: what they hold is a part of the cloud."""

        def known() -> Freshness:
            return {each.collection: each for each in log.collections()}[SERVERS]

        first = self.put(log, upsert("a"))
        assert first is not None
        assert (known().complete(first), known().complete_to) == (False, None)
        second = self.put(log, upsert("b"))
        assert second is not None
        log.note(SERVERS, sampled_at=5.0)
        third = self.put(log, upsert("c"))
        assert third is not None
        log.note(SERVERS, sampled_at=7.0, complete_to=6.5)
        statuses = [known().status(at, 8.0) for at in (first, second, third)]
        assert [each.complete for each in statuses] == [False, True, True]
        # At the second revision "c" is missing, which may have been there at 6.5.
        assert [each.complete_to for each in statuses] == [None, None, iso(6.5)]

    def test_a_cycle_is_what_was_spent_since_the_sweep_before(self, log: Store) -> None:
        """Sweeps, polls and reads together; another collection's are not in it."""

        def cycle() -> Spent | None:
            return {each.collection: each for each in log.collections()}[SERVERS].cycle

        log.note(SERVERS, calls=1, call_seconds=0.25, call_bytes=10)
        assert cycle() is None
        log.note(SERVERS, calls=3, call_seconds=0.5, call_bytes=300, sweeps=1)
        assert cycle() == Spent(4, 0.75, 310)
        log.note(SERVERS, calls=2, call_seconds=0.125, call_bytes=20)
        log.note(USERS, calls=9, call_seconds=9.0, call_bytes=9, sweeps=1)
        assert cycle() == Spent(4, 0.75, 310)
        log.note(SERVERS, calls=4, call_seconds=1.0, call_bytes=400, sweeps=1)
        assert cycle() == Spent(6, 1.125, 420)

    def test_counters_add_up(self, log: Store) -> None:
        """Each plugin of each cloud has its own."""
        log.count("one", "nova", hinted=2, ignored=1)
        log.count("one", "neutron", hinted=5)
        log.count("one", "nova", hinted=3)
        found = {tuple(each[:3]): each.value for each in log.counters()}
        assert found == {
            ("one", "neutron", "hinted"): 5,
            ("one", "nova", "hinted"): 5,
            ("one", "nova", "ignored"): 1,
        }

    def test_of_several_that_move_a_sink_one_succeeds(self, log: Store) -> None:
        """By owner and beat; whoever was too slow changes nothing and reads it anew."""
        first = Sink("bus", 3, {"nova.server": 2}, "a", 1)
        assert log.sinks() == []
        assert log.move(None, first)
        assert not log.move(None, first._replace(owner="b"))
        assert log.sinks() == [first]
        taken = first._replace(owner="b", beat=2)
        assert log.move(first, taken)
        assert not log.move(first, first._replace(revision=9, beat=2))
        assert log.move(taken, taken._replace(revision=7, priors={}, beat=3))
        assert log.sinks() == [Sink("bus", 7, {}, "b", 3)]
        starts, moved = threading.Barrier(4), []

        def race(owner: str) -> None:
            (before,) = log.sinks()
            starts.wait()
            moved.append(log.move(before, before._replace(owner=owner, beat=before.beat + 1)))

        racers = [threading.Thread(target=race, args=(f"racer {n}",)) for n in range(4)]
        for each in racers:
            each.start()
        for each in racers:
            each.join()
        assert sorted(moved) == [False, False, False, True]

    def test_what_is_held_stays_until_it_is_let_go(self, log: Store) -> None:
        """A decision is noted with what is held, and goes with it."""
        assert log.held() == []
        assert not log.decide(SERVERS, "confirmed")
        users = Held(collection=USERS, ids=("u",), since=3.0, revision=0)
        servers = Held(collection=SERVERS, ids=("a", "b"), since=1.5, revision=7)
        log.hold(SERVERS, servers)
        log.hold(USERS, users)
        assert sorted(log.held(), key=lambda each: each.since) == [servers, users]
        assert log.decide(USERS, "rejected")
        log.hold(SERVERS, None)
        (left,) = log.held()
        assert (left.collection, left.decision, left.ids) == (USERS, "rejected", ("u",))
        log.hold(USERS, users)
        assert log.held() == [users]

    def test_what_is_declared_last_holds(self, log: Store) -> None:
        """Age and relations are replaced; entities, counters and other collections stay."""

        def known(collection: Collection) -> Freshness:
            return {each.collection: each for each in log.collections()}[collection]

        self.put(log, upsert("a"))
        log.note(SERVERS, calls=1)
        assert known(SERVERS).relations == {}
        several: Declared = {"a.*.b": ("x.y", "x.z#name"), "user_id": "keystone.user"}
        log.declare(SERVERS, stale_after=7, relations=several)
        log.declare(SERVERS, stale_after=7, relations=several)
        assert known(SERVERS).relations == {
            "a.*.b": (Target("x.y"), Target("x.z", "name")),
            "user_id": (Target("keystone.user"),),
        }
        log.declare(SERVERS, stale_after=8, relations={"user_id": "x.y"})
        assert known(SERVERS).relations == {"user_id": (Target("x.y"),)}
        fresh = known(SERVERS)
        assert (fresh.stale_after, fresh.entities, fresh.calls) == (8, 1, 1)
        assert known(USERS).relations == {}
        log.declare(SERVERS, stale_after=8)
        assert known(SERVERS).relations == {}

    def test_what_is_no_relation_is_refused(self, log: Store) -> None:
        """Nothing is declared then."""
        with pytest.raises(ConfigurationError):
            log.declare(SERVERS, stale_after=1, relations={"a": "x.y#"})
        assert {each.stale_after for each in log.collections()} == {60}

    def test_bodies_are_readable_before_and_after_the_dictionary(self, log: Store) -> None:
        """The first bodies are stored without a dictionary, later ones with it."""
        for start in range(0, 1200, 300):
            numbers = range(start, start + 300)
            self.put(log, *[upsert(f"{n}", pad=f"value {n} " * 40) for n in numbers])
        assert len(state(log, log.head().revision)) == 1200
