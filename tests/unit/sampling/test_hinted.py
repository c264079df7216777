"""From a hint to a read: debounce, second look, storms, and types that a cloud lacks."""

import threading
from types import SimpleNamespace

import pytest
from tests.unit.sampling.conftest import Clock, Shaped

from synchronizer.model.entity import Collection
from synchronizer.plugins.service import Answer
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.schedule import Job
from synchronizer.sampling.worker import Worker
from synchronizer.testing.toy import Grain, Pebble, Thing, Toy


class Extra(Thing):
    """A type that only some clouds have."""

    name, path, key = "extra", "/extras", "extras"
    optional = True


class Clouded(Toy):
    """The toy's plugin, found beside the cloud: no catalogue is needed."""

    resources = (Thing, Grain, Pebble, Extra)
    beside = "toy"
    cloud = None

    @classmethod
    def connect(cls, access, *, name, gate, pause):
        return cls.cloud


class Lacking(Shaped):
    """A cloud that knows no extras, until it does."""

    extras = False

    def _answer(self, path, query):
        if path != "/extras":
            return super()._answer(path, query)
        return (200, b'{"extras": []}') if self.extras else (404, b'{"error": {}}')


@pytest.fixture
def made(store, request):
    """A worker whose time moves when told, and whose lanes are taken by hand."""
    clock = Clock()
    Clouded.cloud = cloud = Lacking()
    for number in range(5):
        cloud.create(f"t{number}")
    worker = Worker(
        Clouded(),
        "cloud",
        (),
        store,
        intervals=Intervals(),
        beside={"toy": {}},
        clock=clock,
        notified=lambda: getattr(request, "param", True),
    )
    worker.discover()

    def run(seconds=0.0):
        """Let time pass, then do all that is due; return what was done."""
        clock.time += seconds
        done = []
        while (job := worker._schedule.take(clock.time, ALL)) is not None:
            worker._done(job, clock.time, failed=not worker.do(job))
            done.append((job.collection.type, job.kind))
        return done

    run()
    cloud.queries.clear()
    yield SimpleNamespace(cloud=cloud, worker=worker, store=store, run=run, clock=clock)
    store.close()


ALL = frozenset({"sweep", "poll", "read"})


def ops(made, type_="toy.thing"):
    collection = Collection("cloud", None, type_)
    return [(r.op, r.id) for r in made.store.changes(0, [collection], limit=999).records][5:]


def test_a_hint_is_read_within_a_tenth_of_a_second(made):
    made.cloud.update("t1")
    made.worker.hint("toy.thing", ["t1"])
    assert made.run(0.1) == [("toy.thing", "read")]
    assert ops(made) == [("update", "t1")]


def test_hints_of_one_entity_in_a_moment_are_one_read(made):
    calls = made.cloud.calls
    for _ in range(20):
        made.worker.hint("toy.thing", ["t1"])
    made.run(0.1)
    assert made.cloud.calls - calls == 1


def test_a_change_that_is_not_visible_yet_is_seen_by_the_second_look_and_there_is_no_third(made):
    made.worker.hint("toy.thing", ["t1"])
    made.run(0.1)
    assert ops(made) == []
    made.cloud.update("t1")
    assert made.run(2.1) == [("toy.thing", "read")]
    assert ops(made) == [("update", "t1")]
    made.worker.hint("toy.thing", ["t2"])
    made.run(0.1)
    made.run(2.1)
    assert made.run(2.1) == []


def test_a_creation_that_is_hinted_too_early_is_seen_by_the_second_look(made):
    made.worker.hint("toy.thing", ["t9"])
    made.run(0.1)
    made.cloud.create("t9")
    made.run(2.1)
    assert ops(made) == [("create", "t9")]


def test_a_storm_of_hints_is_settled_by_a_poll(made):
    made.run(15)  # the poll that was due anyway
    calls = made.cloud.calls
    for number in range(300):
        made.worker.hint("toy.thing", [f"s{number}"])
    made.cloud.update("t3")
    done = made.run(11)
    assert ("toy.thing", "poll") in done
    assert made.cloud.calls - calls < 150
    assert ops(made) == [("update", "t3")]


def test_what_no_poll_shows_is_found_by_the_sweep_that_follows_a_storm(made):
    """Nova's filter does not know of tags and addresses, Cinder's of deletions."""
    made.cloud.listing = lambda rows, query: [] if "changes-since" in query else rows
    for number in range(300):
        made.worker.hint("toy.thing", [f"s{number}"])
    made.cloud.update("t3")
    made.cloud.delete("t4")
    assert ("toy.thing", "sweep") not in made.run(29)
    assert ("toy.thing", "sweep") in made.run(2)
    made.run(5)
    assert ops(made) == [("update", "t3"), ("delete", "t4")]


@pytest.mark.parametrize(("type_", "kind"), [("toy.thing", "poll"), ("toy.grain", "sweep")])
def test_a_hint_that_names_nobody_asks_for_the_cheapest_listing_but_not_too_often(
    made, type_, kind
):
    made.run(20)
    made.worker.hint(type_, [])
    made.worker.hint(type_, [])
    assert [k for t, k in made.run(10) if t == type_] == [kind]
    made.worker.hint(type_, [])
    assert (type_, kind) not in made.run(0.9)
    assert (type_, kind) in made.run(0.2)


@pytest.mark.parametrize(("took", "rest"), [(0.2, 4), (0.4, 8), (3, 10)])
def test_the_longer_a_listing_takes_the_less_often_hints_ask_for_it(made, took, rest):
    sweep = ("toy.grain", "sweep")

    def slowly(rows, query):
        made.clock.time += took
        return rows

    made.run(20)
    made.cloud.listing = slowly
    made.worker.hint("toy.grain", [])
    assert made.run(0.1) == [sweep]
    made.cloud.listing = lambda rows, query: rows
    made.worker.hint("toy.grain", [])
    assert sweep not in made.run(rest - 0.5)
    assert sweep in made.run(1)


def test_what_cannot_be_read_alone_is_listed(made):
    made.run(20)
    made.cloud.update("t1")
    made.worker.hint("toy.grain", ["t1"])
    assert ("toy.grain", "sweep") in made.run(10)
    assert ops(made, "toy.grain") == [("update", "t1")]


def test_a_sweep_that_a_read_asks_for_does_not_wait_for_its_lane_to_look(made):
    """The last of a type is gone: only a listing can tell, and its lane sleeps."""
    worker = made.worker
    sampler = worker.samplers[Collection("cloud", None, "toy.thing")]
    sweep = Job(sampler.collection, "sweep")
    awake = threading.Event()

    def sleep():
        with worker._changed:
            asleep.set()
            awake.set() if worker._changed.wait(20) else None

    asleep = threading.Event()
    lane = threading.Thread(target=sleep)
    lane.start()
    assert asleep.wait(20)
    made.clock.time += 20
    sampler.hurry = True
    with worker._changed:
        worker._done(Job(sampler.collection, "read"), made.clock.time, failed=False)
    lane.join()
    assert awake.is_set()
    assert worker._schedule.take(made.clock.time, frozenset({"sweep"})) == sweep


def test_a_deletion_that_its_service_told_needs_no_sweep_but_for_the_last(made):
    for number in range(5):
        made.cloud.delete(f"t{number}")
        made.worker.hint("toy.pebble", [f"t{number}"], gone=True)
        assert made.run(0.1) == [("toy.pebble", "read")]
    assert ops(made, "toy.pebble") == [("delete", f"t{number}") for number in range(4)]
    assert ("toy.pebble", "sweep") in made.run(10), "nothing else answers that was known"


def test_hints_of_other_types_do_nothing(made):
    made.worker.hint("toy.boulder", ["t1"])
    assert made.run(0.1) == []


def test_a_hint_whose_read_fails_is_tried_again(made):
    made.cloud.update("t1")
    made.cloud.single = lambda row: {"id": []}
    made.worker.hint("toy.thing", ["t1"])
    made.run(0.1)
    made.cloud.single = lambda row: row
    made.run(3)
    assert ops(made) == [("update", "t1")]


@pytest.mark.parametrize("type_", ["toy.thing", "toy.pebble"])
def test_one_that_cannot_be_read_does_not_hide_the_others(made, type_):
    broken = {"id": []}
    for id_ in ("t2", "t3"):
        made.cloud.update(id_)
    made.cloud.single = lambda row: broken if row["id"] == "t1" else row
    made.cloud.listing = lambda rows, query: [
        broken if "id" in query and row["id"] == "t1" else row for row in rows
    ]
    made.worker.hint(type_, ["t1", "t2", "t3"])
    made.run(0.1)
    assert ops(made, type_) == [("update", "t2"), ("update", "t3")]
    (known,) = [e for e in made.store.collections() if e.collection.type == type_]
    assert known.fault.code == "synchronizer.sample.malformed"
    made.cloud.update("t1")
    made.cloud.single, made.cloud.listing = lambda row: row, lambda rows, query: rows
    made.run(3)
    assert ops(made, type_)[2:] == [("update", "t1")]


def test_when_none_can_be_read_a_few_are_asked_for_and_all_are_tried_again(made):
    for id_ in list(made.cloud.alive):
        made.cloud.update(id_)
    made.cloud.single = lambda row: {"id": []}
    calls = made.cloud.calls
    made.worker.hint("toy.thing", list(made.cloud.alive))
    made.run(0.1)
    assert made.cloud.calls - calls == 4
    made.cloud.single = lambda row: row
    made.run(3)
    assert len(ops(made)) == 5


def test_a_whole_entity_that_is_newer_costs_no_call(made):
    made.cloud.update("t1")
    calls = made.cloud.calls
    made.worker.hint("toy.pebble", ["t1"], [dict(made.cloud.alive["t1"])])
    made.run(0.1)
    assert made.cloud.calls == calls
    assert ops(made, "toy.pebble") == [("update", "t1")]


def test_a_type_that_the_cloud_lacks_is_absent_without_noise_until_it_comes(made):
    known = {each.collection.type for each in made.store.collections()}
    assert known == {"toy.thing", "toy.grain", "toy.pebble"}
    made.cloud.extras = True
    made.run(700)
    (found,) = [e for e in made.store.collections() if e.collection.type == "toy.extra"]
    assert found.fault is None
    assert found.sampled_at is not None
    made.cloud.extras = False
    assert not made.worker.do(Job(found.collection, "sweep")), "from then on it is missed"


def test_a_hint_of_a_type_that_the_cloud_lacks_asks_nothing(made):
    calls = made.cloud.calls
    made.worker.hint("toy.extra", ["x1"])
    assert made.run(0.1) == []
    assert made.cloud.calls == calls


def test_the_toys_absence_is_its_own_answer(made):
    assert made.cloud.get("/extras", {}, allow=(404,)) == Answer(404, b'{"error": {}}', 5.0)


@pytest.mark.parametrize("made", [True, False], indirect=True)
def test_a_sweep_that_finds_nothing_new_rests_longer_only_while_notifications_come(made, request):
    made.run(700)  # the first one found everything, so this one comes in time
    swept = ("toy.pebble", "sweep") in made.run(700)
    assert swept is not request.node.callspec.params["made"]
    assert ("toy.pebble", "sweep") in made.run(700) or swept


def test_a_sweep_that_finds_what_nobody_told_is_followed_by_the_next_in_time(made):
    made.run(700)
    made.cloud.alive["t1"]["note"] = "no version moved, nobody told"
    made.run(1400)
    assert ops(made, "toy.pebble") == [("update", "t1")]
    assert ("toy.pebble", "sweep") in made.run(700)


def calm_after(made, type_):
    sweep = Job(Collection("cloud", None, type_), "sweep")
    assert made.worker.do(sweep)
    return made.worker.samplers[sweep.collection].calm


@pytest.mark.parametrize("hinted", [True, False])
@pytest.mark.parametrize("op", ["update", "delete"])
def test_what_a_sweep_finds_before_its_hint_is_read_was_told_already(made, op, hinted):
    getattr(made.cloud, op)("t1")
    if hinted:
        made.worker.hint("toy.thing", ["t1"])
    assert calm_after(made, "toy.thing") == hinted
    assert ops(made) == [(op, "t1")]


def test_what_a_sweep_finds_before_the_outline_shows_it_was_missed_by_nobody(made):
    made.run(700)
    made.cloud.update("t1")
    assert calm_after(made, "toy.pebble")
    made.cloud.alive["t2"]["note"] = "no version moved"
    assert not calm_after(made, "toy.pebble")
    assert ops(made, "toy.pebble") == [("update", "t1"), ("update", "t2")]


def test_while_polls_fail_they_show_nothing(made):
    made.run(700)
    made.cloud.listing = lambda rows, query: [{"id": []}]
    assert not made.worker.do(Job(Collection("cloud", None, "toy.pebble"), "poll"))
    made.cloud.listing = lambda rows, query: rows
    made.cloud.update("t1")
    assert not calm_after(made, "toy.pebble")
