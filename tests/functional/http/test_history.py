"""A store that goes back, as HTTP says it; and what bookmarks tell of contents."""

import subprocess
import sys
from hashlib import blake2b
from itertools import count

import pytest

from synchronizer.testing.backups import Backup


def element(event):
    """Return what a change or entity adds to a sum, from its JSON as it was sent."""
    found = event["json"]
    body = event["text"][event["text"].index('"body":') + 7 : -1]
    named = (found["cloud"], found["region"] or "", found["type"], found["id"])
    text = "\0".join((*named, str(found["revision"]), body))
    return int.from_bytes(blake2b(text.encode(), digest_size=16).digest(), "big")


def hexadecimal(total):
    return f"{total % 2**128:032x}"


@pytest.fixture
def gone_back(store, commit, places, tmp_path):
    """Commit, back up, commit more; the returned function goes back and commits others."""
    commit(places.server, {"a": {"n": 1}, "b": {"n": 1}})
    backup = Backup(tmp_path / "store.sqlite")
    commit(places.server, {"ghost": {"n": 1}})
    commit(places.port, {"p": {"n": 1}})

    times = count()

    def go(commits):
        backup.restore()
        time = next(times)
        for n in range(commits):
            commit(places.server, {f"new{n}": {"n": n, "time": time}})

    return go


@pytest.mark.parametrize("commits", [2, 6], ids=["level", "beyond"])
def test_a_resume_into_another_history_is_gone(door, store, gone_back, commits):
    """With the digest that came with the revision; without it nobody can know."""
    answer = door.ask("/v1/entities")
    revision, digest = (answer.headers[f"Synchronizer-{each}"] for each in ("Revision", "Digest"))
    assert (int(revision), digest) == (3, store.head().digest.hex())
    place = f"/v1/changes?since={revision}&digest={digest}"
    assert door.json(place)["changes"] == []
    gone_back(commits)
    for accept in ("application/json", "text/event-stream"):
        error = door.refused(place, 410, "synchronizer.revision.replaced", Accept=accept)
        assert error["revision"] == 3
    assert len(door.json(f"/v1/changes?since={revision}")["changes"]) == commits - 2
    shared = store.digest(1).hex()
    assert len(door.json(f"/v1/changes?since=1&digest={shared}")["changes"]) == commits
    door.refused("/v1/changes?since=1&digest=x", 400, "synchronizer.request.invalid")


def test_pages_of_changes_are_of_one_history(door, gone_back):
    """Their links name the digest."""
    page = door.json("/v1/changes?since=0&limit=1")
    assert page["changes"][-1]["digest"] in page["next"]
    gone_back(5)
    door.ask(page["next"])  # revision 1 is in both
    page = door.json(page["next"])
    gone_back(7)
    door.refused(page["next"], 410, "synchronizer.revision.replaced")


def test_pages_of_a_listing_are_of_one_history(door, gone_back):
    page = door.json("/v1/entities?limit=1")
    relations = "/v1/entities/nova.server/a/relations"
    assert door.json(relations)["relations"] == []
    gone_back(5)
    door.refused(page["next"], 410, "synchronizer.revision.replaced")


def test_what_is_kept_for_listings_is_let_go(door, store, commit, places, gone_back):
    """Lines and ETags: the same revision number is another state now."""
    before = door.ask("/v1/entities", Accept="application/x-ndjson")
    gone_back(2)
    after, lines = door.lines("/v1/entities")
    assert after.headers["ETag"] != before.headers["ETag"]
    assert sorted(each["id"] for each in lines) == ["a", "b", "new0", "new1"]
    again = door.ask(
        "/v1/entities", Accept="application/x-ndjson", If_None_Match=before.headers["ETag"]
    )
    assert again.status == 200
    gone_back(0)
    _, lines = door.lines("/v1/entities")
    assert sorted(each["id"] for each in lines) == ["a", "b"]
    commit(places.server, {"a": {"n": 2}})
    _, lines = door.lines("/v1/entities")
    assert {each["id"]: each["body"]["n"] for each in lines} == {"a": 2, "b": 1}


@pytest.mark.parametrize("commits", [0, 2, 6], ids=["behind", "level", "beyond"])
def test_an_open_watch_ends(door, gone_back, commits):
    """It is not told changes of another history as if they followed."""
    with door.watch("/v1/changes?since=0") as watch:
        watch.until_bookmark(3)
        gone_back(commits)
        rest = list(watch)
    assert {each.name for each in rest} <= {"bookmark", "error"}
    with door.watch() as watch:
        assert watch.until_bookmark()[-1].data["revision"] == 1 + commits


def test_a_store_that_is_named_anew_ends_every_watch(door, store, gone_back, tmp_path):
    """`db new-epoch`, what operators run after a restore."""
    before = store.head().epoch
    with door.watch() as watch:
        watch.until_bookmark()
        store_url = f"sqlite:///{tmp_path}/store.sqlite"
        command = [
            sys.executable,
            "-m",
            "synchronizer.cli",
            "db",
            "new-epoch",
            "--store",
            store_url,
        ]
        said = subprocess.run(command, check=True, capture_output=True, text=True)
        list(watch)
    now = store.head()
    assert now.epoch in said.stdout
    assert now.epoch != before
    assert door.ask("/v1/entities").headers["Synchronizer-Epoch"] == now.epoch
    assert store.check() == []


def test_bookmarks_tell_what_is_in_the_collections(door, store, commit, places):
    """First of all that are watched, then of those that have changed; so does a snapshot's."""
    commit(places.server, {"a": {"n": 1}, "b": {"n": "\u00e9"}})
    commit(places.port, {"p": {}})

    def contents():
        return {each.collection.type: each.content.hex() for each in store.collections()}

    def told(event):
        return {each["type"]: each["content"] for each in event.data["contents"]}

    with (
        door.watch("/v1/changes?snapshot=true") as whole,
        door.watch("/v1/changes?since=0&type=nova.server,keystone.project") as some,
    ):
        assert told(whole.until_bookmark()[-1]) == contents()
        assert told(whole.until_bookmark()[-1]) == contents()
        first = some.until_bookmark(2)[-1]
        assert first.data["digest"] == store.head().digest.hex()
        assert told(first) == {
            name: value for name, value in contents().items() if name != "neutron.port"
        }
        last = commit(places.server, {"b": None})
        commit(places.port, {"p": {"n": 2}})
        assert told(some.until_bookmark(last + 1)[-1]) == {"nova.server": contents()["nova.server"]}
        assert told(some.until_bookmark()[-1]) == {}


def test_with_a_filter_or_fields_bookmarks_tell_what_has_passed(door, commit, places):
    """From the stream's beginning on, each change as it was sent."""
    commit(places.server, {"a": {"s": "UP", "x": {"y": 1, "z": 2}}, "b": {"s": "DOWN"}})
    for query in ("snapshot=true&body.s=UP", "since=0&fields=s,x.z", "since=0&body.s=UP&fields=x"):
        with door.watch(f"/v1/changes?{query}") as watch:
            last = commit(places.server, {"a": None, "b": {"s": "UP", "n": [1.50, None]}})
            events = watch.until_bookmark(last)
            total = sum(element(each) for each in watch.seen if each["event"] != "bookmark")
            assert events[-1].data["passed"] == hexadecimal(total)
            assert total
            commit(places.server, {"a": {"s": "UP"}, "b": {"s": "DOWN"}})
