"""The watch contract, sentence by sentence."""

import threading
import time
from contextlib import suppress
from http.client import IncompleteRead


def revisions(events):
    return [(each.name, each.data["revision"], each.id) for each in events]


def test_every_change_comes_once_in_order(door, commit, places):
    commit(places.server, {"a": {"n": 1}})
    with door.watch("/v1/changes?since=0") as watch:
        for n in range(2, 30):
            commit(places.server, {"a": {"n": n}})
        events = watch.until(lambda e: e.data["revision"] == 29 and e.name != "bookmark")
    changes = [each for each in events if each.name != "bookmark"]
    assert [each.data["revision"] for each in changes] == list(range(1, 30))
    assert [each.data["body"]["n"] for each in changes] == list(range(1, 30))
    assert [each.name for each in changes] == ["create"] + ["update"] * 28


def test_a_watch_without_since_begins_now(door, commit, places):
    commit(places.server, {"a": {"n": 1}})
    with door.watch() as watch:
        assert watch.headers["Synchronizer-Revision"] == "1"
        (bookmark,) = watch.until_bookmark()
        commit(places.server, {"a": None})
        events = watch.until(lambda e: e.name == "delete")
    assert bookmark.data["revision"] == 1
    assert events[-1].data["reason"] == "read answered 404"
    assert events[-1].data["body"] == {"n": 1}


def test_the_id_stands_with_the_last_change_of_a_commit_only(door, commit, places):
    commit(places.server, {f"{n}": {"n": n} for n in range(500)})
    with door.watch("/v1/changes?since=0") as watch:
        stored = watch.until_bookmark()
        commit(places.server, {f"{n}": {"n": -n - 1} for n in range(500)})
        live = watch.until(lambda e: e.id == 2)
    for events, revision in ((stored[:-1], 1), (live, 2)):
        changes = [each for each in events if each.name != "bookmark"]
        assert [each.id for each in changes] == [None] * 499 + [revision]


def test_bookmarks_come_when_nothing_happens(door, commit, places):
    commit(places.server, {"a": {"n": 1}})
    with door.watch() as watch:
        events = [event for event, _ in zip(watch, range(4), strict=False)]
    assert revisions(events) == [("bookmark", 1, 1)] * 4


def test_bookmarks_pass_over_what_was_not_asked_for(door, commit, places):
    with (
        door.watch("/v1/changes?type=neutron.port") as plain,
        door.watch("/v1/changes?body.s=UP") as filtered,
    ):
        for watch in (plain, filtered):
            watch.until_bookmark()
        commit(places.server, {"a": {"s": "DOWN"}})
        for watch in (plain, filtered):
            events = watch.until_bookmark(1)
            assert {each.name for each in events} == {"bookmark"}


def test_a_snapshot_comes_first_then_a_bookmark_then_the_changes(door, commit, places):
    commit(places.server, {f"{n}": {"n": n} for n in range(700)})
    commit(places.server, {"0": {"n": -1}})
    with door.watch("/v1/changes?snapshot=true&type=nova.server") as watch:
        snapshot = watch.until_bookmark()
        commit(places.server, {"0": None})
        changes = watch.until(lambda e: e.name == "delete")
    assert revisions(snapshot)[-1] == ("bookmark", 2, 2)
    assert {each.name for each in snapshot[:-1]} == {"snapshot"}
    assert {each.id for each in snapshot[:-1]} == {None}
    assert len(snapshot) == 701
    state = {each.data["id"]: each.data["body"]["n"] for each in snapshot[:-1]}
    assert state == {"0": -1} | {f"{n}": n for n in range(1, 700)}
    assert {each.data["op"] for each in snapshot[:-1]} == {"create"}
    assert changes[-1].data["revision"] == 3


def test_a_revision_that_is_gone_or_ahead_is_refused_at_once(door, store, commit, places):
    commit(places.server, {"a": {"n": 1}})
    commit(places.server, {"a": {"n": 2}})
    sse = {"Accept": "text/event-stream"}
    door.refused("/v1/changes?since=9", 416, "synchronizer.revision.ahead", **sse)
    store.compact(-60)
    door.refused("/v1/changes?since=1", 410, "synchronizer.revision.compacted", **sse)
    door.refused("/v1/changes", 410, "synchronizer.revision.compacted", Last_Event_ID="1", **sse)
    door.refused("/v1/changes", 400, "synchronizer.request.invalid", Last_Event_ID="x", **sse)
    door.refused("/v1/changes?type=no.pe", 404, "synchronizer.type.unknown", **sse)


def test_last_event_id_goes_before_since_and_snapshot(door, commit, places):
    for n in range(5):
        commit(places.server, {"a": {"n": n}})
    path = "/v1/changes?since=0&snapshot=true"
    with door.watch(path, Last_Event_ID="3") as watch:
        events = watch.until_bookmark()
    assert revisions(events) == [("update", 4, 4), ("update", 5, 5), ("bookmark", 5, 5)]


def test_an_entity_is_seen_leaving_a_filter(door, commit, places):
    """A change is sent when the entity passes after it or passed before it."""
    commit(places.server, {"in": {"s": "UP"}, "out": {"s": "DOWN"}})
    steps = [
        {"in": {"s": "UP", "n": 1}, "out": {"s": "DOWN", "n": 1}},
        {"in": {"s": "DOWN"}, "out": {"s": "UP"}},
        {"in": {"s": "DOWN", "n": 2}, "out": None},
    ]
    expected = [("update", "in", 2, 2), ("update", "in", 3, None), ("update", "out", 3, 3),
                ("delete", "out", 4, 4)]  # fmt: skip

    def shown(events):
        return [(e.name, e.data["id"], e.data["revision"], e.id) for e in events
                if e.name != "bookmark"]  # fmt: skip

    with door.watch("/v1/changes?body.s=UP") as live:
        live.until_bookmark()
        for step in steps:
            commit(places.server, step)
        assert shown(live.until(lambda e: e.name == "delete")) == expected
    with door.watch("/v1/changes?since=1&body.s=UP") as stored:
        assert shown(stored.until_bookmark()) == expected


def test_fields_reduce_what_is_watched(door, commit, places):
    with door.watch("/v1/changes?fields=n") as watch:
        watch.until_bookmark()
        commit(places.server, {"a": {"n": 1, "m": 2}})
        events = watch.until(lambda e: e.name == "create")
    assert events[-1].data["body"] == {"n": 1}


def test_a_type_of_a_region_to_come_is_watched_too(door, store, commit, places):
    from synchronizer.model.entity import Collection  # noqa: PLC0415

    with door.watch("/v1/changes?type=nova.server") as watch:
        watch.until_bookmark()
        other = Collection("demo", "RegionTwo", "nova.server")
        store.declare(other, stale_after=1)
        commit(other, {"a": {"n": 1}})
        events = watch.until(lambda e: e.name == "create")
    assert events[-1].data["region"] == "RegionTwo"


def test_what_left_the_ring_comes_from_the_store(serve, commit, places):
    """A ring of one commit, and watchers that begin anywhere."""
    for n in range(50):
        commit(places.server, {"a": {"n": n}})
    with serve(ring_bytes=1, bookmark_interval=0.25) as door, door.watch() as first:
        first.until_bookmark()
        for n in range(50, 60):
            commit(places.server, {"a": {"n": n}})
        for since in (0, 30, 50, 55, 59, 60):
            with door.watch(f"/v1/changes?since={since}") as watch:
                events = watch.until_bookmark()
            changed = [e.data["revision"] for e in events if e.name != "bookmark"]
            assert changed == list(range(since + 1, 61))


REQUEST = (
    b"GET /v1/changes?since=0 HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
)


def test_a_watcher_that_reads_nothing_is_cut_and_nobody_waits(
    serve, store, commit, places, free_socket
):
    with serve(send_timeout=2, bookmark_interval=0.25) as door:
        stuck = free_socket(door.port, REQUEST)
        with door.watch() as watch:
            watch.until_bookmark()
            for n in range(20):
                commit(places.server, {f"{i}": {"n": n, "x": "x" * 2000} for i in range(500)})
                events = watch.until(lambda e, n=n: e.id == n + 1)
                assert events[-1].data["revision"] == n + 1
            _until_cut(door)
            everything = _drained(stuck)
        # What was under way came, then the end: no bookmark, and not the end of an answer.
        assert not everything.endswith(b"0\r\n\r\n")
        assert everything.rfind(b"event: bookmark") < everything.rfind(b"event: update")
        text = door.ask("/metrics").body.decode()
    assert "synchronizer_watchers_cut_total{" in text
    assert "synchronizer_watchers 0.0" in text or "synchronizer_watchers 1.0" in text


def test_a_cut_watcher_resumes_without_loss(serve, commit, places, free_socket):
    with serve(send_timeout=0.5, bookmark_interval=0.25) as door:
        for n in range(6):
            commit(places.server, {f"{i}": {"n": n, "x": "x" * 3000} for i in range(1000)})
        stuck = free_socket(door.port, REQUEST)
        _until_cut(door)
        seen = _drained(stuck)
        ids = [int(part.split(b"\n")[0]) for part in seen.split(b"\nid: ")[1:]]
        resume = ids[-1] if ids else 0
        changed = _followed(door, resume, 6)
    assert changed == [r for r in range(resume + 1, 7) for _ in range(1000)]


def _until_cut(door):
    _until(lambda: 'cut_total{reason="blocked"} 1.0' in door.ask("/metrics").body.decode())


def _followed(door, since, last):
    """Return the revision of each change up to *last*, of a watcher that resumes when it is cut.

    On a busy machine this watcher may be too slow for the short send_timeout, too.
    """
    changed = []
    while since < last:
        unfinished = []
        with (
            suppress(IncompleteRead),
            door.watch("/v1/changes?since=0", Last_Event_ID=str(since)) as watch,
        ):
            for event in watch:
                if event.name != "bookmark":
                    unfinished.append(event.data["revision"])
                if event.id is not None:
                    changed += unfinished
                    unfinished = []
                    since = event.id
                if since >= last:
                    break
    return changed


def test_watches_end_when_the_server_stops(serve, commit, places, free_socket):
    commit(places.server, {f"{i}": {"x": "x" * 3000} for i in range(1000)})
    for _ in range(5):
        commit(places.server, {f"{i}": {"x": "y" * 3000, "n": _} for i in range(1000)})
    with serve() as door:
        stuck = free_socket(door.port, REQUEST)
        stuck.recv(1)
        with door.watch() as watch:
            watch.until_bookmark()
            began = time.monotonic()
            door.server.stop()
            assert list(watch) == []
    assert time.monotonic() - began < 5


def test_the_application_ends_watches_when_told(door):
    with door.watch() as watch:
        watch.until_bookmark()
        door.app.state.stop()
        assert {each.name for each in watch} <= {"bookmark"}


def test_watchers_that_leave_are_forgotten(door, commit, places):
    for _ in range(3):
        with door.watch() as watch:
            watch.until_bookmark()
    _until(lambda: "synchronizer_watchers 0.0" in door.ask("/metrics").body.decode())


def test_many_watchers_get_the_same(door, commit, places):
    results = {}
    ready = threading.Barrier(21)

    def follow(name, path):
        with door.watch(path) as watch:
            watch.until_bookmark()
            ready.wait(20)
            events = watch.until(lambda e: e.id == 40)
            results[name] = [e.data["revision"] for e in events if e.name != "bookmark"]

    paths = ["/v1/changes", "/v1/changes?type=nova.server"]
    threads = [threading.Thread(target=follow, args=(n, paths[n % 2])) for n in range(20)]
    for thread in threads:
        thread.start()
    ready.wait(20)
    for n in range(40):
        commit(places.server if n % 2 else places.port, {"a": {"n": n}})
    for thread in threads:
        thread.join(20)
    assert all(results[n] == list(range(1, 41)) for n in range(0, 20, 2))
    assert all(results[n] == list(range(2, 41, 2)) for n in range(1, 20, 2))


def test_a_commit_of_another_process_is_delivered(door, tmp_path, commit, places):
    from synchronizer.store import open_store  # noqa: PLC0415

    other = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    try:
        with door.watch() as watch:
            watch.until_bookmark()
            from synchronizer.model.change import Candidate  # noqa: PLC0415

            other.commit(
                places.server, 0, [Candidate(id="a", digest=b"1" * 16, body=b"{}")], sampled_at=1.0
            )
            assert watch.until(lambda e: e.name == "create")[-1].id == 1
    finally:
        other.close()


def _drained(stuck):
    """Return what a connection still gives until it ends or is reset."""
    stuck.settimeout(10)
    seen = b""
    with suppress(ConnectionError):
        while piece := stuck.recv(1 << 20):
            seen += piece
    return seen


def _until(true):
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
