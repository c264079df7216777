"""The contract of every transport as a suite of tests.

A subclass gives three fixtures and runs it all::

    class TestHttp(TransportContract):
        @pytest.fixture
        def store(self): ...       # a Store that the transport's far end serves
        @pytest.fixture
        def transport(self, store): ...
        @pytest.fixture
        def link(self, ...): ...   # the wire: what *weak* goes through
        @pytest.fixture
        def weak(self, link): ...  # a transport over that wire

The far end must send bookmarks at least every *idle* seconds when nothing happens.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, ClassVar, Protocol

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from synchronizer.client.transport import Bookmark, Transport, Watch
from synchronizer.model.change import Change
from synchronizer.model.clock import iso
from synchronizer.model.errors import (
    IncompleteError,
    RevisionAheadError,
    RevisionCompactedError,
    TransportError,
    UnknownEntityError,
    UnknownTypeError,
)
from synchronizer.model.status import CollectionStatus, Trouble
from synchronizer.store.contract import Store
from synchronizer.store.freshness import Fault
from synchronizer.testing.proxy import Break
from synchronizer.testing.writing import (
    IMAGES,
    PORTS,
    PROJECTS,
    SERVERS,
    Truth,
    applied,
    as_truth,
    truth,
    write,
)

_WAIT = 20.0


class Link(Protocol):
    """A wire that can be broken; `synchronizer.testing.proxy.Proxy` is one."""

    def cut(self) -> None:
        """Break every open connection."""

    def plan(self, *breaks: Break) -> None:
        """Set what happens to the next connections, one each."""


def until(watch: Watch, revision: int) -> list[Change | Bookmark]:
    """Return what a watch yields up to the first bookmark at or after *revision*."""
    items: list[Change | Bookmark] = []
    for item in watch:
        items.append(item)
        if isinstance(item, Bookmark) and item.revision >= revision:
            return items
    raise AssertionError("a watch ended quietly")


def changes_in(items: list[Change | Bookmark]) -> list[Change]:
    """Return the changes among what a watch yielded."""
    return [item for item in items if isinstance(item, Change)]


def _status(
    watch: Watch, wanted: Callable[[CollectionStatus], bool] = lambda _: True
) -> CollectionStatus:
    """Return the first status on a watch that is *wanted*."""
    until_then = time.monotonic() + _WAIT
    for item in watch:
        assert time.monotonic() < until_then
        for each in item.collections if isinstance(item, Bookmark) else ():
            if wanted(each):
                return each
    raise AssertionError("a watch ended quietly")


class TransportContract:
    """Inherit it and give the fixtures *store*, *transport*, *link* and *weak*."""

    idle: ClassVar[float] = 1.0
    examples: ClassVar[int] = 8
    cuts: ClassVar[Sequence[int]] = (*range(0, 700, 61), *range(1000, 40_000, 2711))
    heals: ClassVar[bool] = False
    """Whether a library below repeats what a broken wire lost, so that all may be whole."""

    def test_a_snapshot_holds_everything_at_its_one_revision(
        self, store: Store, transport: Transport
    ) -> None:
        """Sentence 1: several types, and older revisions."""
        states = _write_a_history(store, 12)
        for at in (None, *states):
            with transport.get_all(at=at) as snapshot:
                assert snapshot.revision == (store.head().revision if at is None else at)
                assert as_truth(snapshot) == states[snapshot.revision]
        with transport.get_all([SERVERS.type], cloud=SERVERS.cloud) as snapshot:
            assert as_truth(snapshot) == truth(store, snapshot.revision, [SERVERS])

    def test_a_snapshot_taken_while_commits_come_in_is_of_one_revision(
        self, store: Store, transport: Transport
    ) -> None:
        """Sentence 1: atomic. Every commit moves fifty entities to the same round."""
        ids = [f"vm-{number}" for number in range(50)]
        write(store, {each: {"round": -1} for each in ids})
        done = threading.Event()

        def commit() -> None:
            for number in range(40):
                write(store, {each: {"round": number} for each in ids})
            done.set()

        writer = threading.Thread(target=commit)
        writer.start()
        while not done.is_set():
            with transport.get_all([SERVERS.type]) as snapshot:
                entities = list(snapshot)
            assert len(entities) == len(ids)
            assert {each.revision for each in entities} == {snapshot.revision}
            assert len({each.body["round"] for each in entities}) == 1
        writer.join()

    def test_changes_come_in_whole_commits_in_order(
        self, store: Store, transport: Transport
    ) -> None:
        """Sentence 2: pages of any size, joined, are the log."""
        states = _write_a_history(store, 12)
        newest = max(states)
        for limit in (1, 2, 5, 1000):
            since = 0
            state: Truth = {}
            while since < newest:
                page = transport.changes(since, limit=limit)
                revisions = [each.revision for each in page.changes]
                assert revisions == sorted(revisions)
                assert all(since < each <= page.revision for each in revisions)
                assert page.epoch == store.head().epoch
                state = applied(state, page.changes)
                assert state == states[page.revision]
                assert page.more == (page.revision < newest)
                since = page.revision

    def test_a_watch_yields_every_change_in_order_of_revision(
        self, store: Store, transport: Transport
    ) -> None:
        """Sentence 3: reliable and ordered, for what was there and for what comes."""
        _write_a_history(store, 6)
        middle = store.head().revision // 2
        with transport.watch(middle) as watch:
            states = _write_a_history(store, 6, seed=2)
            told = changes_in(until(watch, max(states)))
        logged = store.changes(middle).records
        assert _unique(told) == [(each.collection, each.id, each.revision) for each in logged]
        assert [each.revision for each in told] == sorted(each.revision for each in told)
        for said, record in zip(told, logged, strict=False):
            assert (said.op, said.previous, said.changed, said.reason) == (
                record.op,
                record.previous,
                record.changed,
                record.reason,
            )

    def test_between_two_bookmarks_lie_whole_commits(
        self, store: Store, transport: Transport
    ) -> None:
        """Sentences 4 and 6: at each bookmark the state is the store's at that revision."""
        with transport.watch(0) as watch:
            states = _write_a_history(store, 15)
            items = until(watch, max(states))
        state: Truth = {}
        waiting: list[Change] = []
        for item in items:
            if isinstance(item, Bookmark):
                assert all(each.revision <= item.revision for each in waiting)
                state, waiting = applied(state, waiting), []
                assert state == states[item.revision]
            else:
                waiting.append(item)
        bookmarked = {item.revision for item in items if isinstance(item, Bookmark)}
        assert {each.revision for each in changes_in(items)} <= bookmarked

    def test_bookmarks_come_also_when_nothing_happens_to_the_types_watched(
        self, store: Store, transport: Transport
    ) -> None:
        """Sentence 5: idle, and while only other types change."""
        write(store, {"a": {}})
        with transport.watch(0, [PORTS.type]) as watch:
            assert changes_in(until(watch, 1)) == []
            last = write(store, {"b": {}})
            assert changes_in(until(watch, last)) == []
            began = time.monotonic()
            for item in watch:
                assert isinstance(item, Bookmark)
                assert item.revision == last
                break
        assert time.monotonic() - began < self.idle + 1

    def test_a_snapshot_joined_with_the_changes_after_it_is_every_later_snapshot(
        self, store: Store, transport: Transport
    ) -> None:
        """Sentence 6: consumers join at any moment while commits come in."""
        states: dict[int, Truth] = {0: {}}
        wrong: list[str] = []
        target = 40

        def consume(seed: int) -> None:
            time.sleep(random.Random(seed).random() / 4)  # noqa: S311
            with transport.get_all() as snapshot:
                state, at = as_truth(snapshot), snapshot.revision
            seen = {at: state}
            with transport.watch(at) as watch:
                waiting: list[Change] = []
                for item in watch:
                    if not isinstance(item, Bookmark):
                        waiting.append(item)
                        continue
                    state, waiting = applied(state, waiting), []
                    seen[item.revision] = state
                    if item.revision >= target:
                        break
            finished.wait(_WAIT)
            wrong.extend(f"{seed}: {each}" for each in seen if seen[each] != states[each])

        finished = threading.Event()
        consumers = [threading.Thread(target=consume, args=(seed,)) for seed in range(5)]
        for each in consumers:
            each.start()
        while store.head().revision < target:
            states |= _write_a_history(store, 5, seed=store.head().revision)
        finished.set()
        for each in consumers:
            each.join(_WAIT)
            assert not each.is_alive()
        assert wrong == []

    def test_a_resume_is_exact_or_refused(self, store: Store, transport: Transport) -> None:
        """Sentence 7: around the edge of the history, a delete exactly at it."""
        states = _write_a_history(store, 8)
        edge = write(store, {"a": {"edge": 1}})
        edge = write(store, {"a": None})
        store.compact(history=0)
        states[edge] = truth(store, edge)
        states |= _write_a_history(store, 4, seed=3)
        newest = max(states)
        for since in range(edge, newest + 1):
            page = transport.changes(since)
            with transport.watch(since) as watch:
                told = changes_in(until(watch, newest))
            for got in (told, page.changes):
                assert applied(states[since], got) == states[newest]
        for call in (transport.changes, transport.watch):
            for since in range(edge - 3, edge):
                with pytest.raises(RevisionCompactedError) as gone:
                    call(since)
                assert (gone.value.revision, gone.value.oldest) == (since, edge)
            for since in range(newest + 1, newest + 4):
                with pytest.raises(RevisionAheadError) as ahead:
                    call(since)
                assert (ahead.value.revision, ahead.value.newest) == (since, newest)

    @pytest.mark.parametrize("kind", ["cut", "truncate"])
    def test_a_stream_that_ends_early_raises_and_is_never_taken_for_whole(
        self, store: Store, weak: Transport, link: Link, kind: str
    ) -> None:
        """Sentence 8: cut at many byte counts, with RST and with FIN."""
        write(store, {f"vm-{number}": {"text": "x" * 100} for number in range(100)})
        whole = truth(store, store.head().revision)
        kept = 0
        for at in self.cuts:
            link.plan(*[Break(**{kind: at})] * 4)
            with suppress(TransportError), weak.get_all() as snapshot:
                assert as_truth(snapshot) == whole
                kept += 1
            with suppress(TransportError), weak.watch(0) as watch:
                assert applied({}, changes_in(until(watch, 1))) == whole
                kept += 1
            link.plan()
            link.cut()
        assert self.heals or kept < 2 * len(self.cuts), "the link breaks nothing"

    def test_a_slow_and_piecemeal_stream_is_whole(
        self, store: Store, weak: Transport, link: Link
    ) -> None:
        """Sentence 1, and duplicated requests: whatever the wire does short of breaking."""
        write(store, {f"vm-{number}": {"text": "x" * 100} for number in range(20)})
        link.plan(Break(piece=7), Break(delay=0.01, piece=200), Break(duplicate=50))
        for _ in range(3):
            with weak.get_all() as snapshot:
                assert as_truth(snapshot) == truth(store, 1)
            link.cut()  # the next call takes a connection of its own

    def test_close_from_another_thread_ends_a_blocked_iteration(
        self, store: Store, transport: Transport
    ) -> None:
        """Sentence 9: within two seconds."""
        write(store, {"a": {}})
        began = time.monotonic()
        with transport.watch(0) as watch:
            timer = threading.Timer(0.2, watch.close)
            timer.start()
            with pytest.raises(TransportError):
                until(watch, 10)
            timer.join()
        assert time.monotonic() - began < 2

    def test_every_answer_tells_the_epoch(self, store: Store, transport: Transport) -> None:
        """Sentence 10."""
        epoch = store.head().epoch
        with transport.get_all() as snapshot, transport.watch(0) as watch:
            assert snapshot.epoch == watch.epoch == transport.changes(0).epoch == epoch

    def test_single_entities_their_history_and_the_types_are_the_stores(
        self, store: Store, transport: Transport
    ) -> None:
        """Ids may hold anything that a service makes up."""
        strange = "a/b c%2F?é"
        first = write(store, {strange: {"n": 1}})
        second = write(store, {strange: {"n": 2}})
        write(store, {strange: None})
        assert transport.entity(SERVERS.type, strange, at=first).body == {"n": 1}
        assert transport.entity(SERVERS.type, strange, at=second).revision == second
        with pytest.raises(UnknownEntityError):
            transport.entity(SERVERS.type, strange)
        ops = [each.op for each in transport.history(SERVERS.type, strange)]
        assert ops == ["create", "update", "delete"]
        with pytest.raises(UnknownTypeError):
            transport.entity("no.such", strange)
        for call in (transport.get_all, lambda types: transport.watch(0, types)):
            with pytest.raises(UnknownTypeError):
                call(["no.such"]).close()
        assert {each.collection for each in transport.types()} == {
            each.collection for each in store.collections()
        }

    def test_a_listing_says_whether_it_is_complete(
        self, store: Store, transport: Transport
    ) -> None:
        """An empty listing during the first sweep is told from an empty cloud."""
        store.declare(IMAGES, stale_after=3600)
        with transport.get_all([IMAGES.type]) as snapshot:
            assert (snapshot.complete, list(snapshot)) == (False, [])
        with pytest.raises(IncompleteError):
            transport.get_all([IMAGES.type], complete=True).close()
        partly = write(store, {"a": {}}, IMAGES)
        write(store, {"b": {}}, IMAGES)
        store.note(IMAGES, sampled_at=time.time(), complete_to=1_800_000_000.0)
        with transport.get_all([IMAGES.type], complete=True) as snapshot:
            assert (snapshot.complete, len(list(snapshot))) == (True, 2)
        with transport.get_all([IMAGES.type], at=partly) as snapshot:
            assert snapshot.complete is False
        with transport.get_all([SERVERS.type, IMAGES.type], at=partly) as snapshot:
            assert snapshot.complete is False
        (known,) = (each for each in transport.types() if each.collection == IMAGES)
        assert (known.complete, known.complete_to) == (True, iso(1_800_000_000.0))

    def test_bookmarks_say_how_collections_stand(self, store: Store, transport: Transport) -> None:
        """Sentence 10: complete, then of a fault, each without a commit; and of nothing else."""
        store.declare(IMAGES, stale_after=3600)
        with transport.watch(0, [IMAGES.type]) as watch:
            first = _status(watch)
            assert (first.collection, first.complete, first.complete_to) == (IMAGES, False, None)
            assert first.state == "unsampled"
            write(store, {"a": {}}, IMAGES)
            store.note(IMAGES, sampled_at=time.time(), complete_to=1_800_000_000.0)
            later = _status(watch, lambda status: status.complete)
            assert (later.complete_to, later.state) == (iso(1_800_000_000.0), "current")
            store.note(IMAGES, fault=Fault("c", "t", "d", "a"))
            faulted = _status(watch, lambda status: status.state == "fault")
            assert faulted.fault == Trouble("c", "t", "d", "a")
        page = transport.changes(0, [IMAGES.type])
        assert page.collections == (faulted,)

    def test_a_collection_that_nobody_samples_turns_stale_in_the_stream(
        self, store: Store, transport: Transport
    ) -> None:
        """Sentence 10: a dead sampler does not look like a quiet cloud."""
        store.declare(IMAGES, stale_after=self.idle + 2)
        store.note(IMAGES, sampled_at=time.time())
        with transport.watch(0, [IMAGES.type]) as watch:
            assert _status(watch).state == "current"
            stale = _status(watch, lambda status: status.state != "current")
        assert (stale.state, stale.complete) == ("stale", True)

    def test_what_a_status_claims_has_been_yielded(
        self, store: Store, transport: Transport
    ) -> None:
        """Sentence 10: while a sampler commits and sweeps as fast as it can."""
        seen: dict[str, int] = {}
        done = threading.Event()

        def sample() -> None:
            for number in range(1, 60):
                seen[iso(number)] = write(store, {"a": {"n": number}}, SERVERS)
                store.note(SERVERS, sampled_at=time.time(), complete_to=float(number))
            done.set()

        sampler = threading.Thread(target=sample)
        with transport.watch(0, [SERVERS.type]) as watch:
            sampler.start()
            had = 0
            for item in watch:
                if not isinstance(item, Bookmark):
                    had = item.revision
                    continue
                for status in item.collections:
                    claimed = status.complete_to
                    assert claimed is None or had >= seen.get(claimed, 0), (had, item)
                if done.is_set() and item.collections and had == max(seen.values()):
                    break
        sampler.join()

    def test_relations_are_of_one_revision_in_both_directions(
        self, store: Store, transport: Transport
    ) -> None:
        """What the entity refers to, what refers to it; now, before, and chosen."""
        store.declare(SERVERS, stale_after=3600, relations={"project": PROJECTS.type})
        store.declare(PORTS, stale_after=3600, relations={"devices.*": SERVERS.type})
        write(store, {"p": {"name": "admin", "enabled": True}}, PROJECTS)
        write(store, {"s": {"project": "p"}, "t": {"project": "p"}})
        first = write(store, {"x": {"devices": ["s", "t"]}, "y": {"devices": []}}, PORTS)
        last = write(store, {"x": {"devices": ["t"]}, "y": {"devices": ["s"]}}, PORTS)

        def ids(at: int | None = None, **chosen: Any) -> list[str | None]:
            related = transport.relations(SERVERS.type, "s", at, **chosen)
            assert related.revision == (last if at is None else at)
            return [each.id for each in related.relations]

        assert ids() == ["p", "y"]
        assert ids(first) == ["p", "x"]
        assert ids(direction="out") == ids(types=[PROJECTS.type]) == ["p"]
        assert ids(direction="in") == ids(types=[PORTS.type]) == ["y"]
        (project,) = transport.relations(
            SERVERS.type, "s", direction="out", fields=["name"]
        ).relations
        assert (project.direction, project.path, project.value) == ("out", "project", "p")
        assert (project.type, project.exists, project.body) == (
            PROJECTS.type,
            True,
            {"name": "admin"},
        )
        with pytest.raises(UnknownEntityError):
            transport.relations(SERVERS.type, "nobody")

    def test_a_mirror_equals_the_store_whatever_happens_to_its_wire(
        self, store: Store, weak: Transport, link: Link
    ) -> None:
        """All sentences together: commits, cuts and compaction in any order."""
        from synchronizer.testing.storm import Storm  # noqa: PLC0415 - a test of its own

        run_state_machine_as_test(
            lambda: Storm(store, weak, link),  # type: ignore[arg-type]
            settings=settings(
                max_examples=self.examples,
                stateful_step_count=15,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


def _write_a_history(store: Store, commits: int, seed: int = 1) -> dict[int, Truth]:
    """Commit at random; return the state at each revision from the present one on."""
    chance = random.Random(seed)  # noqa: S311 - seeded on purpose
    states = {store.head().revision: truth(store, store.head().revision)}
    for _ in range(commits):
        ids = chance.sample("abcdefgh", chance.randint(1, 5))
        bodies = {each: chance.choice([None, {"n": chance.random()}]) for each in ids}
        revision = write(store, bodies, chance.choice([SERVERS, PORTS, PROJECTS]))
        states[revision] = truth(store, revision)
    return states


def _unique(changes: list[Change]) -> list[tuple[object, str, int]]:
    return list(dict.fromkeys((each.collection, each.id, each.revision) for each in changes))
