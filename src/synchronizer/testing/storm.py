"""A mirror in a storm: commits, broken wires and compaction in any order that can be thought of."""

import time
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from synchronizer.client.mirror import Mirror
from synchronizer.client.transport import Transport
from synchronizer.model.backoff import Backoff
from synchronizer.model.entity import Collection
from synchronizer.store.contract import Store
from synchronizer.testing.proxy import Break
from synchronizer.testing.transport import Link
from synchronizer.testing.writing import (
    PORTS,
    PROJECTS,
    SERVERS,
    Truth,
    applied,
    as_truth,
    truth,
    write,
)

_WAIT = 30.0

ids = st.sampled_from("abcdef")
bodies: st.SearchStrategy[dict[str, int] | None] = st.none() | st.builds(dict, n=st.integers(0, 3))
breaks = st.one_of(
    st.builds(Break, cut=st.integers(0, 3000)),
    st.builds(Break, truncate=st.integers(0, 3000)),
    st.builds(Break, piece=st.integers(1, 50)),
    st.builds(Break, duplicate=st.integers(0, 300)),
)


class Storm(RuleBasedStateMachine):
    """At each instant the mirror is the store at the mirror's revision; so is what it told."""

    def __init__(self, store: Store, transport: Transport, link: Link) -> None:
        super().__init__()
        self.store = store
        self.link = link
        now = store.head().revision
        self.states: dict[int, Truth] = {now: truth(store, now)}
        self.told: list[Any] = []
        self.mirror = Mirror(
            transport, on_change=self.told.append, backoff=Backoff(first=0.005, most=0.05)
        )

    @rule(
        changed=st.dictionaries(ids, bodies, min_size=1),
        where=st.sampled_from([SERVERS, PORTS, PROJECTS]),
    )
    def commit(self, changed: dict[str, Any], where: Collection) -> None:
        """The cloud changes."""
        revision = write(self.store, changed, where)
        self.states[revision] = truth(self.store, revision)

    @rule()
    def cut(self) -> None:
        """Every connection breaks."""
        self.link.cut()

    @rule(plans=st.lists(breaks, min_size=1, max_size=3))
    def weaken(self, plans: list[Break]) -> None:
        """The next connections break where hypothesis likes."""
        self.link.plan(*plans)
        self.link.cut()

    @rule()
    def compact(self) -> None:
        """The store forgets its history."""
        self.store.compact(history=0)

    @rule()
    def catch_up(self) -> None:
        """In the end it always gets there."""
        assert self.mirror.wait_revision(self.store.head().revision, _WAIT), self.mirror.fault

    @invariant()
    def equal(self) -> None:
        """The promise, at this instant."""
        if self.mirror.synced:
            revision, held = self.mirror.snapshot()
            assert as_truth(held.values()) == self.states[revision]

    def teardown(self) -> None:
        """The last word: all caught up, and what was told adds up to it."""
        try:
            self.catch_up()
            self.equal()
            wanted = self.states[self.store.head().revision]
            until = time.monotonic() + _WAIT
            while applied({}, list(self.told)) != wanted:
                assert time.monotonic() < until, "what was told does not add up to the store"
                time.sleep(0.005)
        finally:
            self.mirror.close()
            self.link.plan()
