"""Sweep, poll and read: what each leaves in the store, and how faults come and go."""

import msgspec
import pytest

from synchronizer.model.errors import (
    CanaryError,
    EndlessListingError,
    MalformedError,
    UnreachableError,
    VisibilityLostError,
)
from synchronizer.plugins.keystone import Keystone, RoleAssignment
from synchronizer.plugins.service import Answer
from synchronizer.testing.toy import Grain, Thing, Toy


class NeverEmpty(Thing):
    """A thing of which there is always one."""

    never_empty = True


class Canaried(Thing):
    """A thing that a canary watches over."""

    canary = True


class ToyWithCanary(Toy):
    """A plugin whose canary a test silences."""

    silent = False

    def canary(self, service):
        """Sing."""
        if self.silent:
            raise CanaryError("toy: a part is down")


class TestSweep:
    def test_everything_is_created_once(self, toy):
        assert toy.held() == {
            id_: {**body, "password": "***"} for id_, body in toy.cloud.alive.items()
        }
        toy.sampler.sweep()
        assert len(toy.ops()) == 5

    def test_secrets_never_reach_the_store(self, toy):
        for record in toy.store.changes(0).records:
            assert b"CANARY-SECRET" not in record.body

    def test_changes_of_all_kinds_arrive(self, toy):
        toy.cloud.update("t0")
        toy.cloud.delete("t1")
        toy.cloud.create("t9")
        toy.sampler.sweep()
        expected = [("create", "t9"), ("delete", "t1"), ("update", "t0")]
        assert sorted(toy.ops()[5:]) == expected

    def test_freshness_tells_when_it_began(self, toy):
        toy.clock.time += 50
        started = toy.clock.now()
        toy.cloud.during = lambda: setattr(toy.clock, "time", toy.clock.time + 1)
        toy.sampler.sweep()
        fresh = toy.freshness()
        assert fresh.sampled_at == started
        assert (fresh.sweeps, fresh.faults, fresh.fault) == (2, 0, None)

    def test_calls_are_counted_once(self, toy):
        toy.sampler.sweep()
        assert toy.freshness().calls == toy.cloud.calls

    def test_an_empty_cloud_is_a_fact(self, rig):
        made = rig()
        assert made.attempt() is None
        assert made.freshness().sampled_at is not None
        assert made.held() == {}

    def test_an_empty_listing_of_what_cannot_be_empty_is_malformed(self, rig):
        made = rig(NeverEmpty)
        made.cloud.create("t0")
        made.sampler.sweep()
        made.cloud.hidden = {"t0"}
        assert made.attempt() is MalformedError
        assert set(made.held()) == {"t0"}

    def test_a_listing_that_never_ends_is_a_fault(self, toy):
        first = list(toy.cloud.alive.values())[:3]
        toy.cloud.listing = lambda rows, query: first
        real = toy.cloud._answer

        def linked(path, query):
            status, body = real(path, query)
            found = msgspec.json.decode(body)
            return status, msgspec.json.encode(
                {**found, "things_links": [{"rel": "next", "href": "x"}]}
            )

        toy.cloud._answer = linked
        assert toy.attempt() is EndlessListingError
        assert len(toy.held()) == 5


class TestScope:
    def test_lost_roles_stop_the_sweep_before_it_asks(self, toy):
        toy.roles = "reader"
        calls = toy.cloud.calls
        toy.cloud.hidden = set(toy.cloud.alive)
        assert toy.attempt() is VisibilityLostError
        assert "admin" in toy.freshness().fault.detail
        assert toy.cloud.calls == calls
        assert len(toy.held()) == 5

    def test_roles_that_come_back_heal_it(self, toy):
        toy.roles = "reader"
        toy.attempt()
        toy.roles = "reader,admin,more"
        assert toy.attempt() is None
        assert toy.fault() is None

    def test_roles_that_nobody_can_tell_are_not_lost(self, toy):
        toy.roles = None
        assert toy.attempt() is None

    def test_a_role_that_is_lost_between_two_pages_changes_and_deletes_nothing(self, toy):
        """The next token is answered with less, and the lost rows cannot be read either."""

        def demote():
            if toy.cloud.calls > calls:
                toy.roles = "reader"
                toy.cloud.alive = {"t0": {**alive["t0"], "status": "?"}}

        alive, calls = toy.cloud.alive, toy.cloud.calls
        before = toy.held()
        toy.cloud.during = demote
        assert toy.attempt() is VisibilityLostError
        assert toy.held() == before

    def test_a_role_that_is_lost_before_a_hinted_read_deletes_nothing(self, toy):
        toy.roles = "reader"
        del toy.cloud.alive["t1"]
        assert toy.sampler.read(["t0"]) == {"t0"}
        with pytest.raises(VisibilityLostError):
            toy.sampler.read(["t1"])
        assert "t1" in toy.held()

    def test_another_process_knows_the_roles_too(self, toy):
        toy.roles = "reader"
        assert toy.attempt(sampler=toy.another()) is VisibilityLostError


class TestPoll:
    def test_changes_and_creations_arrive(self, toy):
        toy.cloud.update("t0")
        toy.cloud.create("t9")
        toy.sampler.poll()
        assert sorted(toy.ops()[5:]) == [("create", "t9"), ("update", "t0")]
        assert toy.freshness().polled_at == toy.clock.now()

    def test_a_deletion_that_the_service_lists_is_confirmed_by_a_read(self, toy):
        toy.cloud.delete("t0")
        toy.sampler.poll()
        assert toy.ops()[5:] == [("delete", "t0")]
        assert toy.reasons() == {"t0": "read answered 404"}

    def test_a_row_that_says_deleted_but_can_be_read_lives(self, toy):
        toy.cloud.listing = lambda rows, query: [{**row, "status": "DELETED"} for row in rows]
        toy.sampler.poll()
        assert toy.ops()[5:] == []

    def test_a_poll_that_shows_less_deletes_nothing(self, toy):
        toy.cloud.hidden = set(toy.cloud.alive)
        toy.sampler.poll()
        assert len(toy.held()) == 5

    def test_before_the_first_sweep_there_is_nothing_to_poll(self, rig):
        made = rig()
        made.cloud.create("t0")
        made.sampler.poll()
        assert made.cloud.calls == 0
        assert made.freshness().polled_at is None

    def test_a_type_without_a_filter_is_not_polled(self, rig):
        made = rig(Grain)
        made.sampler.sweep()
        calls = made.cloud.calls
        made.sampler.poll()
        assert made.cloud.calls == calls

    def test_it_reaches_back_before_the_last_answer_by_the_services_own_clock(self, toy):
        toy.cloud.version = 1_000_000_000
        toy.sampler.sweep()
        toy.cloud.version += 500
        toy.sampler.poll()
        toy.sampler.poll()
        asked = [q["changes-since"] for q in toy.cloud.queries if "changes-since" in q]
        assert sorted(set(asked)) == ["2001-09-09T01:45:40Z", "2001-09-09T01:54:00Z"]


class TestRead:
    def test_a_hint_is_followed(self, toy):
        toy.cloud.update("t0")
        toy.cloud.delete("t1")
        toy.cloud.create("t9")
        toy.sampler.read(["t0", "t1", "t2", "t9", "never"])
        expected = [("create", "t9"), ("delete", "t1"), ("update", "t0")]
        assert sorted(toy.ops()[5:]) == expected

    def test_a_read_that_says_deleted_is_a_deletion(self, toy):
        toy.cloud.single = lambda row: {**row, "status": "DELETED"} if row["id"] == "t0" else row
        toy.sampler.read(["t0"])
        assert toy.ops()[5:] == [("delete", "t0")]

    def test_what_cannot_be_read_asks_for_another_listing(self, rig):
        made = rig(Grain)
        made.cloud.create("t0")
        made.sampler.sweep()
        made.sampler.read(["t0"])
        assert made.sampler.again

    @pytest.mark.parametrize(
        "row",
        [{"role": "x"}, {"role": [1]}, {"role": {"id": "r"}, "user": {"id": "u"}, "scope": 7}],
    )
    def test_an_answer_of_the_wrong_shape_is_malformed(self, rig, row):
        class Odd:
            def get(self, path, query, *, microversion=None, allow=()):
                return Answer(200, msgspec.json.encode({"role_assignments": [row]}), 0.0)

            def usage(self):
                return 0, 0.0, 0

        made = rig(RoleAssignment, plugin=Keystone, cloud=Odd())
        made.store.note(made.collection, begun=1)
        with pytest.raises(MalformedError):
            made.sampler.read(["r/user:u/project:p"])


class TestFaults:
    @pytest.fixture
    def broken(self, toy):
        def refuse():
            raise UnreachableError("toy: no complete answer")

        def mend():
            toy.cloud.during = lambda: None

        def damage():
            toy.cloud.during = refuse

        toy.damage, toy.mend = damage, mend
        return toy

    def test_a_failed_sweep_is_a_fault_until_a_good_one(self, broken):
        broken.damage()
        assert broken.attempt() is UnreachableError
        fresh = broken.freshness()
        assert (fresh.fault.code, fresh.faults) == ("synchronizer.sample.unreachable", 1)
        assert fresh.state(broken.clock.now()) == "fault"
        broken.mend()
        assert broken.attempt() is None
        assert broken.fault() is None

    def test_a_failed_poll_is_healed_by_a_good_poll(self, broken):
        broken.damage()
        assert broken.attempt("poll") is UnreachableError
        assert broken.fault()
        broken.mend()
        assert broken.attempt("poll") is None
        assert broken.fault() is None

    def test_a_failed_sweep_is_not_healed_by_a_poll(self, broken):
        broken.damage()
        broken.attempt()
        broken.mend()
        assert broken.attempt("poll") is None
        assert broken.fault()

    def test_a_poll_that_fails_after_a_failed_sweep_does_not_make_it_the_polls(self, broken):
        broken.damage()
        broken.attempt()
        broken.attempt("poll")
        broken.mend()
        broken.attempt("poll")
        assert broken.fault()

    def test_a_mass_delete_that_was_confirmed_leaves_nothing_behind(self, broken, rig):
        """Held, confirmed and done: the next poll's fault is the poll's own."""
        made = broken
        for number in range(30):
            made.cloud.create(f"m{number:02d}")
        made.sampler.sweep()
        for number in range(30):
            made.cloud.delete(f"m{number:02d}")
        assert made.attempt() is None
        assert made.fault() is None
        made.damage()
        assert made.attempt("poll") is UnreachableError
        made.mend()
        assert made.attempt("poll") is None
        assert made.fault() is None


class TestCanary:
    @pytest.fixture
    def caged(self, rig):
        made = rig(Canaried, plugin=ToyWithCanary)
        for number in range(4):
            made.cloud.create(f"t{number}")
        made.sampler.sweep()
        return made

    def test_a_silent_canary_deletes_nothing_and_keeps_what_was_seen(self, caged):
        caged.plugin.silent = True
        caged.cloud.delete("t0")
        caged.cloud.update("t1")
        caged.cloud.create("t9")
        assert caged.attempt() is CanaryError
        assert set(caged.held()) == {"t0", "t1", "t2", "t3", "t9"}
        assert caged.held()["t1"]["version"] == caged.cloud.alive["t1"]["version"]

    def test_a_canary_that_falls_silent_during_the_walk_deletes_nothing(self, caged):
        caged.cloud.delete("t0")
        caged.cloud.during = lambda: setattr(caged.plugin, "silent", True)
        assert caged.attempt() is CanaryError
        assert "t0" in caged.held()

    def test_a_canary_that_sings_again_lets_deletions_through(self, caged):
        caged.cloud.delete("t0")
        caged.plugin.silent = True
        caged.attempt()
        caged.plugin.silent = False
        assert caged.attempt() is None
        assert "t0" not in caged.held()
        assert caged.fault() is None
