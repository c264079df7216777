"""Snapshot at R, with the changes after R up to R', is the snapshot at R': through the doors."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synchronizer.store import open_store

IDS = ["a", "b", "c", "d/e"]
BODIES = st.none() | st.fixed_dictionaries(
    {"s": st.sampled_from(["UP", "DOWN"]), "n": st.integers(0, 3)}
)
COMMITS = st.lists(
    st.tuples(
        st.sampled_from(["server", "port", "project"]),
        st.dictionaries(st.sampled_from(IDS), BODIES, min_size=1),
    ),
    max_size=12,
)


def key(each):
    return (each["cloud"], each["region"], each["type"], each["id"])


def state(entities):
    return {key(each): (each["revision"], json.dumps(each["body"])) for each in entities}


def applied(before, changes):
    after = dict(before)
    for each in changes:
        if each["op"] == "delete":
            after.pop(key(each), None)
        else:
            after[key(each)] = (each["revision"], json.dumps(each["body"]))
    return after


@pytest.fixture
def fresh(serve, places):
    """Make a served store with some commits in it, as a context."""
    from contextlib import contextmanager  # noqa: PLC0415

    @contextmanager
    def make(put, commits):
        with TemporaryDirectory() as folder:
            store = open_store(f"sqlite:///{Path(folder) / 'store.sqlite'}")
            try:
                for place in vars(places).values():
                    store.declare(place, stale_after=600)
                with serve(store=store, bookmark_interval=0.25) as door:
                    for name, bodies in commits:
                        put(store, getattr(places, name), bodies)
                    yield door, store
            finally:
                store.close()

    return make


SLOW = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@SLOW
@given(
    commits=COMMITS,
    chosen=st.sampled_from(["", "&type=nova.server", "&type=nova.server,neutron.port"]),
)
def test_joinable(fresh, put_in, commits, chosen):
    """For every pair R < R', and for the pages as well as for the stream."""
    with fresh(put_in, commits) as (door, store):
        newest = store.head().revision
        snapshots = {
            at: state(door.lines(f"/v1/entities?at={at}{chosen}")[1]) for at in range(newest + 1)
        }
        for at, snapshot in snapshots.items():
            paged = door.walk(f"/v1/entities?limit=2&at={at}{chosen}")
            assert state(each for page in paged for each in page["entities"]) == snapshot
            changes = door.json(f"/v1/changes?since={at}{chosen}")["changes"]
            for later in range(at, newest + 1):
                some = [each for each in changes if each["revision"] <= later]
                assert applied(snapshot, some) == snapshots[later]


@SLOW
@given(commits=COMMITS)
def test_a_resume_from_any_id_loses_and_repeats_no_commit(fresh, put_in, commits):
    with fresh(put_in, commits) as (door, store):
        newest = store.head().revision
        with door.watch("/v1/changes?since=0") as watch:
            everything = watch.until_bookmark(newest)
        whole = [event.data for event in everything if event.name != "bookmark"]
        for resume in sorted({event.id for event in everything if event.id is not None}):
            with door.watch("/v1/changes", Last_Event_ID=str(resume)) as watch:
                events = watch.until_bookmark(newest)
            rest = [event.data for event in events if event.name != "bookmark"]
            assert rest == [each for each in whole if each["revision"] > resume]


@SLOW
@given(commits=COMMITS)
def test_a_filtered_watch_is_the_filtered_snapshot(fresh, put_in, commits):
    """What a consumer keeps who drops entities that no longer pass, is what get all gives."""
    with fresh(put_in, commits) as (door, store):
        newest = store.head().revision
        with door.watch("/v1/changes?since=0&body.s=UP") as watch:
            events = watch.until_bookmark(newest)
        kept = {}
        for event in events:
            if event.name != "bookmark":
                kept = applied(kept, [event.data])
                if event.data["body"]["s"] != "UP":
                    kept.pop(key(event.data), None)
        assert kept == state(door.lines("/v1/entities?body.s=UP")[1])


@SLOW
@given(before=COMMITS, after=COMMITS)
def test_snapshot_in_the_watch_joins_with_what_follows(fresh, put_in, places, before, after):
    with fresh(put_in, before) as (door, store):
        with door.watch("/v1/changes?snapshot=true") as watch:
            snapshot = watch.until_bookmark()[:-1]
            for name, bodies in after:
                put_in(store, getattr(places, name), bodies)
            events = watch.until_bookmark(store.head().revision)
        held = state(event.data for event in snapshot)
        held = applied(held, [event.data for event in events if event.name != "bookmark"])
        assert held == state(door.lines("/v1/entities")[1])
