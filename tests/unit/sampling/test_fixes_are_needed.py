"""Each interleaving that broke a promise once: it is kept now, and broken without its rule."""

from contextlib import suppress

import msgspec
import pytest

from synchronizer.model.errors import ScopeChangedError
from synchronizer.sampling.sampler import Sampler
from synchronizer.store.staleness import YOUNG
from synchronizer.testing.toy import Grain, Pebble, Thing
from synchronizer.testing.unfixed import (
    BelievesBeforeTheControl,
    BelievesWhatIsBehind,
    ClaimsNoCollection,
    ClaimsWhatWasRefused,
    ComparesWithTheTicket,
    DatesByTheArrival,
    DeletesUncompared,
    IgnoresDeclarations,
    NamesNoSweep,
    PassesOnWhatIsLate,
    TakesReadsForOneAnswer,
)


class Stated(Thing):
    """A thing whose version is no state, so that it may be as it was before."""

    name = "stated"
    volatile = ("heartbeat", "version")


def moved(rig, id_, status):
    rig.cloud.alive[id_]["status"] = status
    rig.cloud.version += 1


def three_things(make, kind, sampling):
    rig = make(kind, sampling=sampling)
    for number in range(3):
        rig.cloud.create(f"t{number}")
    other = rig.another()
    assert rig.attempt() is None
    assert rig.attempt(sampler=other) is None
    rig.clock.time += 100
    return rig, other


def is_true(rig):
    """Whether the log is what the cloud is."""
    return {id_: body["status"] for id_, body in rig.held().items()} == {
        id_: body["status"] for id_, body in rig.cloud.alive.items()
    }


def once(*steps):
    """Run one step a call, then nothing."""
    left = list(steps)
    return lambda: left.pop(0)() if left else None


def nothing():
    pass


def a_late_read_does_not_undo_a_sweep(make, sampling):
    """A state that was over before the sweep began arrives after it ended."""
    rig, other = three_things(make, Stated, sampling)

    def meanwhile():
        moved(rig, "t1", "ACTIVE")
        assert rig.attempt(sampler=other) is None

    moved(rig, "t1", "REBOOT")
    rig.cloud.during = once(meanwhile)
    rig.sampler.read(["t1"])
    return is_true(rig)


def a_late_read_does_not_undo_the_page_that_a_sweep_has_seen(make, sampling):
    """The same while the sweep has seen the entity and has not ended."""
    rig, other = three_things(make, Stated, sampling)
    moved(rig, "t1", "REBOOT")
    ((ticket, _, item),) = rig.sampler.reading.look(["t1"])
    moved(rig, "t1", "ACTIVE")
    # The listing's second page is empty; with it arrives what was read.
    rig.cloud.during = once(nothing, lambda: rig.sampler.take(ticket, [item]))
    assert rig.attempt(sampler=other) is None
    return is_true(rig)


def what_came_and_went_during_a_page_is_no_ghost(make, sampling):
    """A sweep is under way while others find in a quiet cloud that nothing is there."""
    rig, other = three_things(make, Thing, sampling)
    rig.cloud.create("x")

    def meanwhile():
        rig.cloud.delete("x")
        for _ in range(2):
            assert rig.attempt(sampler=other) is None

    rig.cloud.during = once(nothing, meanwhile)
    rig.sampler.sweep()
    return is_true(rig) and ("create", "x") not in rig.ops()


def as_known_when_it_was_asked_for_is_no_knowledge(make, sampling, way="sweep", threads=False):
    """A state is back by the time that a page is made, and another saw it meanwhile."""
    rig, other = three_things(make, Stated, sampling)
    reader = rig.sampler if threads else other

    def ahead():
        moved(rig, "t1", "REBOOT")
        reader.read(["t1"])
        moved(rig, "t1", "ACTIVE")

    rig.cloud.ahead = once(ahead)
    assert rig.attempt(way) is None
    return is_true(rig)


def the_same_in_a_poll(make, sampling):
    """As known, in an incremental listing."""
    return as_known_when_it_was_asked_for_is_no_knowledge(make, sampling, way="poll")


def pebbles(make, sampling):
    rig = make(Pebble, sampling=sampling)
    rig.store._clock = rig.clock
    for number in range(4):
        rig.cloud.create(f"t{number}")
    assert rig.attempt() is None
    rig.clock.time += 100
    return rig


def what_one_took_up_another_does_not_delete(make, sampling, wait=0.3, travels=0.0):
    """A replica does not know a newborn yet, and another process asks it."""
    rig = pebbles(make, sampling)
    other = rig.another()
    other.ticket()
    rig.cloud.create("t9")
    rig.sampler.read(["t9"])
    rig.cloud.listing = lambda rows, query: [row for row in rows if row["id"] != "t9"]
    rig.clock.time += wait

    def travel():
        if "id" in rig.cloud.queries[-1]:
            rig.clock.time += travels

    rig.cloud.during = travel
    other.sweep()
    return "t9" in rig.held()


def nor_when_the_answer_was_long_under_way(make, sampling):
    """It is old when it comes, and was new when it was asked for."""
    return what_one_took_up_another_does_not_delete(make, sampling, travels=YOUNG)


def a_restarted_sampler_goes_not_back(make, sampling):
    """A replica shows a former state to a sampler that committed nothing itself."""
    rig = pebbles(make, sampling)
    former = dict(rig.cloud.alive["t1"])
    rig.cloud.update("t1")
    moved(rig, "t1", "ERROR")
    assert rig.attempt() is None
    rig.cloud.listing = lambda rows, query: [former if r["id"] == "t1" else r for r in rows]
    rig.another().sweep()
    return is_true(rig)


def the_dead_do_not_rise_for_another(make, sampling):
    """A replica still lists what another process saw deleted."""
    rig = pebbles(make, sampling)
    ghost = dict(rig.cloud.alive["t1"])
    rig.cloud.delete("t1")
    assert rig.attempt() is None
    rig.clock.time += 100
    rig.cloud.listing = lambda rows, query: [*rows, ghost] if "t0" in str(rows) else rows
    rig.another().sweep()
    return "t1" not in rig.held()


def without_a_stamp_the_dead_do_not_rise_at_once(make, sampling):
    """The same for a type that carries no stamp, right behind the delete."""
    rig, other = three_things(make, Thing, sampling)
    rig.store._clock = rig.clock
    ghost = dict(rig.cloud.alive["t1"])
    rig.cloud.delete("t1")
    assert rig.attempt() is None
    rig.cloud.listing = lambda rows, query: [*rows, ghost] if "t0" in str(rows) else rows
    other.sweep()
    return "t1" not in rig.held()


class Counted(Pebble):
    """A pebble whose version is no state."""

    name = "counted"
    volatile = ("heartbeat", "version")


def a_late_notification_does_not_undo_a_sweep(make, sampling, sweeper=None):
    """It tells whole of a state that was over before a sweep found the one before it again."""
    rig = make(Counted, sampling=sampling)
    other = rig.another()
    rig.cloud.create("t1")
    assert rig.attempt() is None
    rig.cloud.update("t1")
    rig.cloud.alive["t1"]["status"] = "DOWN"
    told = dict(rig.cloud.alive["t1"])
    rig.cloud.update("t1")
    rig.cloud.alive["t1"]["status"] = "ACTIVE"
    assert rig.attempt(sampler=other if sweeper else None) is None
    rig.sampler.read([], {"t1": told})
    return is_true(rig)


def nor_the_sweep_of_another(make, sampling):
    """The same where another process swept."""
    return a_late_notification_does_not_undo_a_sweep(make, sampling, sweeper="other")


def nor_a_state_that_moved_on_without_a_version(make, sampling):
    """It tells whole of what is being built, and has been built since."""
    rig = pebbles(make, sampling)
    rig.cloud.update("t1")
    told = {**rig.cloud.alive["t1"], "status": "BUILD"}
    rig.sampler.read([], {"t1": told})
    rig.sampler.poll()
    return is_true(rig)


def two_releases_do_not_write_each_others_digests(make, sampling):
    """One takes for state what is none for the other; both sample a quiet cloud."""
    rig, _ = three_things(make, Thing, sampling)
    for number, row in enumerate(rig.cloud.alive.values()):
        row["progress"] = number
    assert rig.attempt() is None

    class Newer(Thing):
        plugin = "toy"
        release = "999"
        volatile = ("heartbeat", "progress")

    newer = sampling(rig.collection, Newer(), rig.cloud, rig.setup)
    before = rig.store.head()
    for _ in range(2):
        assert rig.attempt(sampler=newer) is None
        rig.attempt()
    return rig.store.head() == before


def what_a_listing_could_not_take_up_is_not_complete(make, sampling):
    """A sweep that fails began meanwhile: what a list-only type showed is refused."""
    rig, _ = three_things(make, Grain, sampling)
    before = rig.freshness()
    moved(rig, "t1", "REBOOT")
    rig.cloud.during = once(lambda: rig.store.note(rig.collection, begun=1))
    assert rig.attempt() is None
    after = rig.freshness()
    claims = (after.sampled_at, after.complete_to) != (before.sampled_at, before.complete_to)
    held_back = not is_true(rig) and rig.sampler.again and not claims
    assert rig.attempt() is None
    return held_back and is_true(rig) and rig.freshness().sampled_at > before.sampled_at


def what_waits_for_a_second_witness_is_not_complete(make, sampling):
    """A list-only type misses one: it is neither seen nor deleted before another sweep."""
    rig, _ = three_things(make, Grain, sampling)
    before = rig.freshness().complete_to
    rig.cloud.delete("t1")
    assert rig.attempt() is None
    held_back = "t1" in rig.held() and rig.freshness().complete_to == before
    assert rig.attempt() is None
    return held_back and is_true(rig) and rig.freshness().complete_to > before


def back_before_its_control_is_not_gone(make, sampling, way="read"):
    """A service knows nothing of an entity, and is back when its control is asked for."""
    rig, _ = three_things(make, Thing, sampling)
    whole = dict(rig.cloud.alive)

    def silent():
        del rig.cloud.alive["t1"]

    def back():
        rig.cloud.alive = whole

    rig.cloud.ahead = once(silent, *[nothing] * (way == "sweep") * 2, back)
    rig.sampler.read(["t1"]) if way == "read" else rig.attempt()
    return "t1" in rig.held()


def nor_in_a_sweep(make, sampling):
    """The same where a listing left it out."""
    return back_before_its_control_is_not_gone(make, sampling, way="sweep")


def what_was_read_before_vouches_for_nothing(make, sampling):
    """A service falls silent between two reads of one batch."""
    rig, _ = three_things(make, Thing, sampling)

    def silent():
        rig.cloud.alive = {}

    rig.cloud.ahead = once(nothing, silent)
    rig.sampler.read(["t0", "t1"])
    return "t1" in rig.held()


def of_two_projects(make, sampling):
    """One store, and two synchronizers of one type under two scopes."""
    rigs = [make(Thing, sampling=sampling) for _ in "ab"]
    for rig, project in zip(rigs, "ab", strict=True):
        rig.as_whom = {"keystone": "k", "user": "u", "target": f"project:{project}"}
        for number in range(4):
            rig.cloud.create(f"{project}{number}")
    return rigs


def two_scopes_that_begin_together_do_not_delete(make, sampling):
    """Both find nothing known; one ends while the other waits for its first answer."""
    one, two = of_two_projects(make, sampling)
    two.cloud.during = once(one.attempt)
    two.attempt()
    for _ in range(4):
        one.attempt()
    return "delete" not in dict(two.ops())


def what_another_scope_was_accepted_for_is_not_deleted(make, sampling):
    """Whoever sampled before goes on, and is notified of what it cannot see."""
    one, two = of_two_projects(make, sampling)
    assert one.attempt() is None
    one.store.note(one.collection, scope=None)
    two.cloud.alive |= one.cloud.alive
    assert two.attempt() is None
    one.clock.time = two.clock.time + 100
    one.attempt("poll")
    with suppress(ScopeChangedError):
        one.sampler.read(["b1"])
    return "delete" not in dict(two.ops())


NEEDED = [
    (what_a_listing_could_not_take_up_is_not_complete, ClaimsWhatWasRefused),
    (what_waits_for_a_second_witness_is_not_complete, ClaimsWhatWasRefused),
    (back_before_its_control_is_not_gone, BelievesBeforeTheControl),
    (nor_in_a_sweep, BelievesBeforeTheControl),
    (what_was_read_before_vouches_for_nothing, TakesReadsForOneAnswer),
    (two_scopes_that_begin_together_do_not_delete, ClaimsNoCollection),
    (what_another_scope_was_accepted_for_is_not_deleted, DeletesUncompared),
    (two_releases_do_not_write_each_others_digests, IgnoresDeclarations),
    (nor_a_state_that_moved_on_without_a_version, PassesOnWhatIsLate),
    (a_late_notification_does_not_undo_a_sweep, PassesOnWhatIsLate),
    (nor_the_sweep_of_another, PassesOnWhatIsLate),
    (what_one_took_up_another_does_not_delete, BelievesWhatIsBehind),
    (nor_when_the_answer_was_long_under_way, DatesByTheArrival),
    (a_restarted_sampler_goes_not_back, BelievesWhatIsBehind),
    (the_dead_do_not_rise_for_another, BelievesWhatIsBehind),
    (without_a_stamp_the_dead_do_not_rise_at_once, BelievesWhatIsBehind),
    (a_late_read_does_not_undo_a_sweep, NamesNoSweep),
    (a_late_read_does_not_undo_the_page_that_a_sweep_has_seen, NamesNoSweep),
    (what_came_and_went_during_a_page_is_no_ghost, NamesNoSweep),
    (as_known_when_it_was_asked_for_is_no_knowledge, ComparesWithTheTicket),
    (the_same_in_a_poll, ComparesWithTheTicket),
]
by_name = pytest.mark.parametrize(("promise", "unfixed"), NEEDED, ids=lambda each: each.__name__)


@by_name
def test_it_is_kept(rig, promise, unfixed):
    assert promise(rig, Sampler)


@by_name
def test_without_its_rule_it_is_broken(rig, promise, unfixed):
    assert not promise(rig, unfixed)


@pytest.mark.parametrize("way", ["sweep", "poll"])
def test_what_another_thread_saw_meanwhile_is_known_at_the_arrival(rig, way):
    assert as_known_when_it_was_asked_for_is_no_knowledge(rig, Sampler, way=way, threads=True)


def test_sampled_at_is_when_the_request_went_out(rig):
    made = rig()
    made.cloud.create("t0")
    asked = made.clock.time

    def slow():
        made.clock.time += 40

    made.cloud.during = slow
    made.sampler.sweep()
    (page,) = made.store.snapshot([made.collection], made.store.head().revision)
    assert [record.sampled_at for record in page] == [asked]
    assert msgspec.json.decode(page[0].body)["id"] == "t0"
