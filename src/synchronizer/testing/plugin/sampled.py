"""Facts about sampling: what is found, what is deleted, and what is refused."""

import contextlib
import random
from typing import Any

import pytest

from synchronizer.model.errors import (
    CanaryError,
    EndlessListingError,
    MalformedError,
    SampleError,
)
from synchronizer.model.essence import names
from synchronizer.plugins.plugin import Paging
from synchronizer.plugins.service import Service
from synchronizer.testing.plugin.bench import (
    CANARY,
    MANY,
    PARENTS,
    ROWS,
    Rig,
    listing,
    put,
    shuffled,
)
from synchronizer.testing.plugin.items import Items


class Sampled(Items):
    """Tests of the sampler over a service in memory."""

    def test_a_sweep_finds_everything(self, rig: Rig) -> None:
        """Page by page, each under its id, and with no secret in it."""
        rig.sweep()
        held = rig.held()
        assert sorted(held) == sorted(row.id for row in rig.rows)
        assert CANARY not in str(held)

    def test_a_second_sweep_changes_nothing(self, rig: Rig) -> None:
        """Nor does a third, in which lists moved and volatile fields ran on."""
        rig.sweep()
        rig.sweep()
        dice = random.Random(1)  # noqa: S311
        resource = rig.resource
        ordered = frozenset(names(path) for path in resource.ordered)
        for number, row in enumerate(rig.rows):
            inner = row.item[resource.unwrap] if resource.unwrap else row.item
            for path in (*resource.volatile, *resource.measured):
                put(inner, path, 1000 + number)
            moved = shuffled(inner, dice, ordered)
            item = {resource.unwrap: moved} if resource.unwrap else moved
            rig.bench.put(row._replace(item=item))
        rig.sweep()
        rig.sweep()
        assert len(rig.ops()) == len(rig.rows)

    def test_reading_what_was_listed_changes_nothing(self, rig: Rig) -> None:
        """The way of looking never looks like a change."""
        rig.sweep()
        rig.sampler.read([row.id for row in rig.rows])
        assert len(rig.ops()) == len(rig.rows)
        readable = all(rig.resource.reads(row.id) for row in rig.rows)
        assert rig.sampler.again is not readable

    def test_what_is_gone_is_deleted_by_the_proof_that_it_asks_for(self, rig: Rig) -> None:
        """By a read where it can be read, by a listing of its id, or by a second sweep."""
        rig.sweep()
        row = rig.rows[0]
        rig.bench.delete(row)
        rig.sweep()
        if not rig.resource.reads(row.id):
            assert rig.deleted() == {}
            rig.sweep()
            assert rig.deleted() == {row.id: "absent from two complete sweeps"}
        elif rig.resource.bulk:
            assert rig.deleted() == {row.id: f"no {rig.resource.name} is listed by its id"}
        else:
            assert rig.deleted() == {row.id: "read answered 404"}
        rig.sweep()
        assert sorted(rig.held()) == sorted(each.id for each in rig.rows[1:])

    def test_what_a_listing_hides_is_not_deleted(self, rig: Rig) -> None:
        """Where a read can tell; where none can, one absence is not enough."""
        rig.sweep()
        row = rig.rows[-1]
        rig.bench.hidden = {row.id}
        rig.sweep()
        assert rig.deleted() == {}
        if rig.resource.reads(row.id):
            rig.sweep()
        rig.bench.hidden = set()
        rig.sweep()
        assert len(rig.ops()) == len(rig.rows)

    def test_an_empty_listing_deletes_nothing_that_lives(self, rig: Rig) -> None:
        """Not at once; and a listing that is never empty is malformed."""
        rig.sweep()
        rig.bench.hidden = {row.id for row in rig.rows}
        if rig.resource.never_empty:
            with pytest.raises(MalformedError):
                rig.sweep()
        else:
            rig.sweep()
        assert rig.deleted() == {}

    def test_a_service_that_lost_everything_deletes_nothing(self, rig: Rig) -> None:
        """Nothing is listed, every read answers 404, and nothing else of it answers either."""
        rig.more(MANY)
        rig.sweep()
        for row in rig.rows:
            rig.bench.delete(row)
        rig.bench.edit = lambda _items: []  # no record of deletions either
        for _ in range(3):
            with contextlib.suppress(SampleError):
                rig.sweep()
        assert rig.deleted() == {}

    def test_a_cut_page_is_a_fault_and_deletes_nothing(self, rig: Rig) -> None:
        """Wherever the bytes end, on whichever page."""
        rig.sweep()
        calls = len(rig.bench.asked)
        rig.sweep()
        pages = len(rig.bench.asked) - calls
        for cut in (1, 0.5, 0):
            for page in {1, max(1, pages // 2)}:
                at = len(rig.bench.asked) + page
                # Another look makes the page unknown, or its bytes would not be read.
                rig.sampler.pages = {}

                def damage(number: int, body: bytes, at: int = at, cut: float = cut) -> bytes:
                    return body[: int(len(body) * cut) - 1] if number >= at else body

                rig.bench.damage = damage
                with pytest.raises(SampleError):
                    rig.sweep()
        assert rig.deleted() == {}

    def test_rows_that_are_no_rows_harm_no_others(self, rig: Rig) -> None:
        """Numbers, nulls and objects without an id; of nothing else a listing is a fault."""
        rig.sweep()
        before = rig.held()
        oddities: tuple[Any, ...] = (7, None, "x", [], {})
        for odd in oddities:
            rig.bench.edit = lambda items, odd=odd: [odd, *items[1:]]  # type: ignore[misc]
            with contextlib.suppress(MalformedError):
                rig.sweep()
        assert rig.held() == before
        assert rig.deleted() == {}

    def test_a_listing_that_repeats_itself_for_ever_is_a_fault(self, rig: Rig) -> None:
        """The service ignores the marker and always promises more (a bare list cannot)."""
        if rig.resource.paging is Paging.NONE or not rig.resource.key:
            return
        rig.sweep()
        rig.bench.ignores_paging = rig.bench.announces = True
        with pytest.raises(EndlessListingError):
            rig.sweep()
        assert len(rig.ops()) == len(rig.rows)

    def test_a_service_that_knows_no_paging_is_listed_whole(self, rig: Rig) -> None:
        """It sends everything, again and again, and promises nothing."""
        if rig.resource.paging is Paging.NONE:
            return
        rig.bench.ignores_paging = True
        rig.sweep()
        assert sorted(rig.held()) == sorted(row.id for row in rig.rows)

    def test_two_parents_may_have_children_that_look_alike(self, rig: Rig) -> None:
        """They are two entities where the id says so, and stay so."""
        if rig.resource.each is None or len(rig.resource.id) == 1:
            return
        first, second = ([r for r in rig.rows if r.parent == parent] for parent in PARENTS)
        for one, other in zip(first, second, strict=True):
            rig.bench.put(other._replace(item=one.item))
        for _ in range(3):
            rig.sweep()
        listed = {
            self.examined(rig.resource, row.item, parent).id for row in first for parent in PARENTS
        }
        assert set(rig.held()) == listed
        assert len(rig.ops()) == len(listed)

    def test_a_poll_takes_up_what_is_new_and_deletes_nothing_unproven(self, rig: Rig) -> None:
        """Where there is an incremental filter."""
        if rig.resource.since is None:
            return
        rig.sweep()
        new = self.row(rig.resource, ROWS, rig.rows[0].parent)
        rig.bench.put(new)
        rig.bench.hidden = {rig.rows[1].id}
        rig.sampler.poll()
        assert sorted(rig.held()) == sorted([new.id, *(row.id for row in rig.rows)])
        if rig.resource.gone is not None and rig.resource.reads(new.id):
            # Not the new one: what was just taken up may be unknown to a replica for a while.
            rig.bench.delete(rig.rows[0])
            rig.sampler.poll()
            assert rig.deleted() == {rig.rows[0].id: "read answered 404"}

    def test_a_poll_by_outline_finds_what_moved_and_what_is_gone(self, rig: Rig) -> None:
        """Where fields can be projected; what stands as it was is not read."""
        if not rig.resource.outline:
            return
        rig.sweep()
        rig.sampler.poll()
        moved, gone = rig.rows[0], rig.rows[1]
        news = {"name": "moved"} | dict.fromkeys(rig.resource.outline[1:], 1000)
        rig.bench.put(moved._replace(item={**moved.item, **news}))
        rig.bench.delete(gone)
        rig.bench.put(new := self.row(rig.resource, ROWS, None))
        rig.sampler.poll()
        held = rig.held()
        assert held[moved.id]["name"] == "moved"
        assert new.id in held
        assert set(rig.deleted()) == {gone.id}

    def test_a_stand_in_is_not_taken_for_state(self, rig: Rig) -> None:
        """Where the service shows rows that are not whole."""
        partial = rig.resource.partial
        if partial is None:
            return
        rig.sweep()
        cut = rig.resource.whole

        def stand_in(item: dict[str, Any]) -> dict[str, Any]:
            left = {name: value for name, value in item.items() if name not in cut}
            return {**left, partial[0]: partial[1]}

        rig.bench.edit = lambda items: [stand_in(item) for item in items]
        before = rig.held()
        with contextlib.suppress(CanaryError):  # these very rows may be the canary
            rig.sweep()
        assert rig.held() == before

    def test_a_canary_that_is_silent_deletes_nothing(self, rig: Rig) -> None:
        """And one that sings lets the proven deletes through."""
        if not rig.resource.canary:
            return
        rig.sweep()
        rig.bench.delete(rig.rows[0])
        sings = rig.plugin.canary

        def silent(service: Service) -> None:  # noqa: ARG001 - the seam's signature
            raise CanaryError("a part of the service is down")

        rig.plugin.canary = silent  # type: ignore[method-assign]
        for _ in range(3):
            with pytest.raises(CanaryError):
                rig.sweep()
        assert rig.deleted() == {}
        rig.plugin.canary = sings  # type: ignore[method-assign]
        rig.sweep()
        rig.sweep()
        assert set(rig.deleted()) == {rig.rows[0].id}

    def test_every_call_names_the_declared_microversion(self, rig: Rig) -> None:
        """Another one is another shape."""
        rig.sweep()
        rig.sampler.read([rig.rows[0].id])
        own = [listing(rig.resource, parent) for parent in {row.parent for row in rig.rows}]
        wanted = rig.resource.microversion
        assert {sent for path, sent in rig.bench.asked if path in own} >= {wanted}
