"""Get all: one revision over many types, in pages and as a stream."""

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from synchronizer.model.clock import iso
from synchronizer.model.entity import Collection
from synchronizer.model.errors import RetiredError
from synchronizer.store.freshness import Fault


def ids(entities):
    return [each["id"] for each in entities]


def test_an_entity_has_the_whole_envelope(door, store, commit, places):
    commit(places.server, {"a": {"id": "a", "name": "web"}})
    store.note(places.server, sampled_at=time.time())
    answer = door.json("/v1/entities?type=nova.server")
    (entity,) = answer["entities"]
    assert entity.pop("sampled_at").endswith("Z")
    assert entity == {
        "cloud": "demo",
        "region": "RegionOne",
        "type": "nova.server",
        "id": "a",
        "revision": 1,
        "stale": False,
        "body": {"id": "a", "name": "web"},
    }
    assert (answer["revision"], answer["next"]) == (1, None)


def test_lines_and_pages_say_the_same(door, commit, places):
    commit(places.server, {f"s{n}": {"id": f"s{n}"} for n in range(25)})
    commit(places.project, {f"p{n}": {"id": f"p{n}"} for n in range(7)})
    answer, lines = door.lines("/v1/entities")
    pages = door.walk("/v1/entities?limit=4")
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert answer.headers["Synchronizer-Revision"] == "2"
    assert [entity for page in pages for entity in page["entities"]] == lines
    assert len(lines) == 32
    assert all(len(page["entities"]) == 4 for page in pages)


def test_several_types_come_repeated_or_as_a_comma_list(door, commit, places):
    commit(places.server, {"s": {"id": "s"}})
    commit(places.port, {"q": {"id": "q"}})
    commit(places.project, {"p": {"id": "p"}})
    repeated = door.json("/v1/entities?type=nova.server&type=neutron.port")
    listed = door.json("/v1/entities?type=nova.server,neutron.port")
    assert repeated["entities"] == listed["entities"]
    assert sorted(ids(listed["entities"])) == ["q", "s"]


def test_all_pages_of_a_walk_are_of_one_revision(door, commit, places):
    commit(places.server, {f"s{n}": {"id": f"s{n}", "n": 0} for n in range(10)})
    first = door.json("/v1/entities?limit=3")
    commit(places.server, {"s5": None, "s9": {"id": "s9", "n": 1}, "new": {"id": "new"}})
    rest = door.walk(first["next"])
    assert {page["revision"] for page in rest} == {1}
    everything = first["entities"] + [each for page in rest for each in page["entities"]]
    assert sorted(ids(everything)) == [f"s{n}" for n in range(10)]
    assert all(each["body"]["n"] == 0 for each in everything)


def test_a_walk_over_compacted_history_is_told_gone(door, store, commit, places):
    commit(places.server, {f"s{n}": {"id": f"s{n}"} for n in range(4)})
    first = door.json("/v1/entities?limit=2")
    commit(places.server, {"s0": None})
    store.compact(-60)
    error = door.refused(first["next"], 410, "synchronizer.revision.compacted")
    assert (error["revision"], error["oldest"]) == (1, 2)


def test_next_keeps_the_question_but_never_samples_again(serve, commit, places):
    commit(places.server, {f"s{n}": {"id": f"s{n}", "a b": "&"} for n in range(3)})
    runs = []

    async def refresh(collections, max_age):
        runs.append(max_age)

    with serve(refresh=refresh) as door:
        pages = door.walk("/v1/entities?limit=1&max_age=0&body.a%20b=%26&type=nova.server")
    assert len(pages) == 3
    assert runs == [0.0]


def test_a_marker_of_our_own_making_is_refused(door):
    door.refused("/v1/entities?marker=bm90aGluZw", 400, "synchronizer.request.invalid")
    door.refused("/v1/entities?marker=%C3%A4", 400, "synchronizer.request.invalid")


def test_at_shows_how_it_was(door, commit, places):
    commit(places.server, {"a": {"id": "a", "n": 1}})
    commit(places.server, {"a": {"id": "a", "n": 2}, "b": {"id": "b"}})
    commit(places.server, {"a": None})
    assert ids(door.json("/v1/entities")["entities"]) == ["b"]
    was = door.json("/v1/entities?at=1")
    assert [each["body"] for each in was["entities"]] == [{"id": "a", "n": 1}]
    assert was["revision"] == 1
    assert door.json("/v1/entities?at=0")["entities"] == []


def test_at_takes_a_time(door, commit, places):
    commit(places.server, {"a": {"id": "a", "n": 1}})
    assert door.json("/v1/entities?at=2999-01-01T00:00:00Z")["revision"] == 1
    door.refused("/v1/entities?at=1999-01-01T00:00:00+02:00", 410, "synchronizer.time.before_log")
    door.refused("/v1/entities?at=yesterday", 400, "synchronizer.request.invalid")


def test_at_a_revision_to_come_is_416(door):
    error = door.refused("/v1/entities?at=5", 416, "synchronizer.revision.ahead")
    assert (error["revision"], error["newest"]) == (5, 0)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("body.status=ACTIVE", ["a", "c"]),
        ("body.status=ACTIVE&body.status=ERROR", ["a", "b", "c"]),
        ("body.flavor.vcpus=2", ["b"]),
        ("body.status=ACTIVE&body.flavor.vcpus=1", ["a", "c"]),
        ("body.networks.addr=10.0.0.2", ["b", "c"]),
        ("body.locked=true", ["c"]),
        ("body.host=null", ["a"]),
        ("body.nothing=null", []),
    ],
)
def test_filters_look_into_bodies(door, commit, places, query, expected):
    rows = {
        "a": {"status": "ACTIVE", "flavor": {"vcpus": 1}, "host": None, "networks": []},
        "b": {"status": "ERROR", "flavor": {"vcpus": 2}, "networks": [{"addr": "10.0.0.2"}]},
        "c": {
            "status": "ACTIVE",
            "flavor": {"vcpus": 1.0},
            "locked": True,
            "networks": [{"addr": "10.0.0.1"}, {"addr": "10.0.0.2"}],
        },
    }
    commit(places.server, rows)
    assert ids(door.json(f"/v1/entities?{query}")["entities"]) == expected
    assert ids(door.lines(f"/v1/entities?{query}")[1]) == expected
    pages = door.walk(f"/v1/entities?limit=1&{query}")
    assert ids(each for page in pages for each in page["entities"]) == expected


def test_fields_reduce_the_body_only(door, commit, places):
    commit(places.server, {"a": {"id": "a", "flavor": {"vcpus": 1, "ram": 2}, "x": [1, 2]}})
    (entity,) = door.json("/v1/entities?fields=flavor.vcpus,x")["entities"]
    assert entity["body"] == {"flavor": {"vcpus": 1}, "x": [1, 2]}
    assert door.lines("/v1/entities?fields=flavor.vcpus,x")[1] == [entity]


def test_a_body_with_line_ends_is_one_line(door, store, places):
    from synchronizer.model.change import Candidate  # noqa: PLC0415

    pretty = b'{\r\n  "id": "a",\n  "text": "two\\nlines"\n}'
    store.commit(
        places.server, 0, [Candidate(id="a", digest=b"1" * 16, body=pretty)], sampled_at=1.0
    )
    _, (entity,) = door.lines("/v1/entities")
    assert entity["body"] == {"id": "a", "text": "two\nlines"}


def test_nothing_changed_is_304(door, commit, places):
    commit(places.server, {"a": {"id": "a"}})
    tag = door.ask("/v1/entities?type=nova.server").headers["ETag"]
    commit(places.port, {"q": {"id": "q"}})
    again = door.ask("/v1/entities?type=nova.server", If_None_Match=f'"other", {tag}')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == tag
    assert again.headers["Synchronizer-Revision"] == "2"
    commit(places.server, {"a": {"id": "a", "n": 2}})
    assert door.ask("/v1/entities?type=nova.server", If_None_Match=tag).status == 200


def test_an_etag_is_of_one_question_and_one_form(door, store, commit, places):
    commit(places.server, {"a": {"id": "a"}})
    paths = ["/v1/entities", "/v1/entities?fields=id", "/v1/entities?limit=5"]
    tags = [door.ask(path).headers["ETag"] for path in paths]
    tags.append(door.ask(paths[0], Accept="application/x-ndjson").headers["ETag"])
    store.note(places.server, sampled_at=time.time())
    tags.append(door.ask(paths[0]).headers["ETag"])
    assert len(set(tags)) == 5


def test_max_age_samples_before_it_compares(serve, commit, places):
    commit(places.server, {"a": {"id": "a"}})

    async def refresh(collections, max_age):
        commit(places.server, {"a": {"id": "a", "n": 2}})

    with serve(refresh=refresh) as door:
        tag = door.ask("/v1/entities").headers["ETag"]
        answer = door.ask("/v1/entities?max_age=0", If_None_Match=tag)
    assert answer.status == 200
    assert answer.json["entities"][0]["body"]["n"] == 2


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_head_is_get_without_a_body(door, commit, places, accept):
    commit(places.server, {"a": {"id": "a"}})
    got = door.ask("/v1/entities", Accept=accept)
    asked = door.ask("/v1/entities", "HEAD", Accept=accept)
    assert (asked.status, asked.body) == (200, b"")
    for name in ("ETag", "Synchronizer-Revision", "Synchronizer-Epoch", "Content-Type"):
        assert asked.headers[name] == got.headers[name]


def test_no_region_is_null(door, commit, places):
    commit(places.project, {"p": {"id": "p"}})
    (entity,) = door.json("/v1/entities?type=keystone.project&region=RegionOne")["entities"]
    assert entity["region"] is None


def test_a_type_of_several_regions_comes_together(door, store, commit, places):
    other = Collection("demo", "RegionTwo", "nova.server")
    store.declare(other, stale_after=1)
    commit(places.server, {"a": {"id": "a"}})
    commit(other, {"a": {"id": "a"}})
    both = door.json("/v1/entities?type=nova.server")["entities"]
    assert [each["region"] for each in both] == ["RegionOne", "RegionTwo"]
    one = door.json("/v1/entities?type=nova.server&region=RegionTwo")["entities"]
    assert [each["region"] for each in one] == ["RegionTwo"]


def test_a_stream_that_is_compacted_meanwhile_is_not_complete(serve, store, commit, places):
    """The end that says "all" is not sent."""
    for start in range(0, 20_000, 1000):
        commit(places.server, {f"{n}": {"x": "x" * 3000} for n in range(start, start + 1000)})
    with serve() as door:
        connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=30)
        connection.request("GET", "/v1/entities", headers={"Accept": "application/x-ndjson"})
        answer = connection.getresponse()
        assert json.loads(answer.readline())["id"] == "0"
        commit(places.server, {"0": None})
        store.compact(-60)
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
        connection.close()


_SERVE = """
import sys
from synchronizer.northbound.http import HttpServer, build
from synchronizer.store import open_store
store = open_store(sys.argv[1])
ready = lambda port: print(port, flush=True)
HttpServer(build(store), "127.0.0.1", 0, ready=ready).run()
"""


def _memory(pid, name):
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith(name)]
    return int(line.split()[1]) * 1024


def test_a_stream_takes_constant_memory(tmp_path, store, commit, places):
    """100 MB of entities pass through less than 64 MB of growth."""
    for start in range(0, 40_000, 1000):
        commit(
            places.server, {f"{n}": {"n": n, "x": "x" * 2600} for n in range(start, start + 1000)}
        )
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    with subprocess.Popen([sys.executable, "-c", _SERVE, url], stdout=subprocess.PIPE) as process:
        try:
            port = int(process.stdout.readline())
            before = _memory(process.pid, "VmRSS")
            for _ in range(3):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                headers = {"Accept": "application/x-ndjson"}
                connection.request("GET", "/v1/entities", headers=headers)
                answer = connection.getresponse()
                size = 0
                while piece := answer.read(1 << 20):
                    size += len(piece)
                connection.close()
                assert size > 100_000_000
            grown = _memory(process.pid, "VmHWM") - before
        finally:
            process.terminate()
    assert grown < 64_000_000


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_an_empty_answer_during_the_first_sweep_is_told_from_an_empty_cloud(
    door, store, commit, places, accept
):
    path = "/v1/entities?type=nova.server"
    store.note(places.port, sampled_at=5.0)
    before = door.ask(path, Accept=accept)
    assert (before.status, before.headers["Synchronizer-Complete"]) == (200, "false")
    assert before.headers["Synchronizer-Complete-To"] is None
    refused = door.ask(f"{path}&complete=true", Accept=accept)
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert "demo/RegionOne/nova.server" in refused.json["errors"][0]["detail"]
    door.refused("/v1/entities?complete=true", 503, "synchronizer.collection.incomplete")
    store.note(places.server, sampled_at=7.0, complete_to=6.0)
    tag = before.headers["ETag"]
    after = door.ask(f"{path}&complete=true", Accept=accept, If_None_Match=tag)
    assert after.status == 200
    assert after.headers["Synchronizer-Complete"] == "true"
    assert after.headers["Synchronizer-Complete-To"] == iso(6.0)
    both = door.ask(f"{path}&type=neutron.port", "HEAD", Accept=accept)
    assert both.headers["Synchronizer-Complete-To"] == iso(5.0)
    known = door.ask(
        path, Accept=accept, If_None_Match=door.ask(path, Accept=accept).headers["ETag"]
    )
    assert (known.status, known.headers["Synchronizer-Complete"]) == (304, "true")


def test_json_says_of_each_collection_how_it_stands_at_that_revision(door, store, commit, places):
    commit(places.server, {"a": {"id": "a"}})
    store.note(places.server, sampled_at=7.0, complete_to=6.0)
    commit(places.server, {"b": {"id": "b"}})
    now, then = (door.json(f"/v1/entities?type=nova.server&at={at}") for at in (2, 1))
    assert [each["complete"] for each in (now, then)] == [True, True]
    assert now["collections"][0]["complete_to"] == iso(6.0)
    (status,) = then["collections"]
    assert status == {
        "cloud": "demo",
        "region": "RegionOne",
        "type": "nova.server",
        "complete": True,
        "complete_to": None,  # "b" is missing then, and may have been there at 6.0
        "state": "stale",
        "fault": None,
    }
    store.note(places.server, sampled_at=9.0, complete_to=8.0)
    assert door.json("/v1/entities?type=nova.server")["collections"][0]["complete_to"] == iso(8.0)
    assert door.json("/v1/entities?at=0")["complete"] is False


def test_one_that_is_not_there_may_only_not_have_been_seen(door, store, places):
    path = "/v1/entities/nova.server/a"
    assert "not been completely" in door.refused(path, 404, "synchronizer.entity.unknown")["detail"]
    store.note(places.server, sampled_at=7.0)
    assert "completely" not in door.refused(path, 404, "synchronizer.entity.unknown")["detail"]


def test_what_is_sampled_no_more_is_not_waited_for(door, store, places):
    for each in (places.server, places.port):
        store.note(each, sampled_at=7.0)
    retired = Fault(RetiredError.code, RetiredError.title, "not sampled any more", iso(8.0))
    store.note(places.project, fault=retired)
    assert door.json("/v1/entities?complete=true")["complete"] is True
    door.refused(
        "/v1/entities?complete=true&type=keystone.project",
        503,
        "synchronizer.collection.incomplete",
    )
