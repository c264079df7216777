"""Changes in pages of whole commits."""


def test_pages_never_split_a_commit(door, commit, places):
    commit(places.server, {f"a{n}": {"n": n} for n in range(5)})
    commit(places.port, {f"b{n}": {"n": n} for n in range(3)})
    commit(places.server, {"a0": None})
    pages = door.walk("/v1/changes?since=0&limit=2")
    assert [[c["revision"] for c in page["changes"]] for page in pages] == [[1] * 5, [2] * 3, [3]]
    assert [page["revision"] for page in pages] == [1, 2, 3]


def test_a_change_has_the_whole_envelope(door, store, commit, places):
    commit(places.server, {"a": {"id": "a", "n": 1}})
    commit(places.server, {"a": {"id": "a", "n": 2}})
    (change,) = door.json("/v1/changes?since=1")["changes"]
    assert change.pop("sampled_at").endswith("Z")
    assert change == {
        "op": "update",
        "cloud": "demo",
        "region": "RegionOne",
        "type": "nova.server",
        "id": "a",
        "revision": 2,
        "previous": 1,
        "changed": ["n"],
        "reason": None,
        "digest": store.head().digest.hex(),
        "body": {"id": "a", "n": 2},
    }


def test_a_type_selects_and_the_revision_goes_on(door, commit, places):
    commit(places.server, {"a": {"id": "a"}})
    commit(places.port, {"q": {"id": "q"}})
    page = door.json("/v1/changes?since=0&type=nova.server")
    assert [each["id"] for each in page["changes"]] == ["a"]
    assert (page["revision"], page["next"]) == (2, None)


def test_a_filter_shows_who_leaves_it(door, commit, places):
    commit(places.server, {"a": {"s": "UP"}, "b": {"s": "DOWN"}})
    commit(places.server, {"a": {"s": "DOWN"}, "b": {"s": "DOWN", "n": 1}})
    page = door.json("/v1/changes?since=1&body.s=UP")
    assert [(each["id"], each["body"]["s"]) for each in page["changes"]] == [("a", "DOWN")]


def test_since_must_be_given_and_be_within_the_log(door, store, commit, places):
    commit(places.server, {"a": {"n": 1}})
    commit(places.server, {"a": {"n": 2}})
    door.refused("/v1/changes", 400, "synchronizer.request.invalid")
    door.refused("/v1/changes?since=-1", 400, "synchronizer.request.invalid")
    door.refused("/v1/changes?since=3", 416, "synchronizer.revision.ahead")
    door.refused("/v1/changes?since=0&snapshot=true", 400, "synchronizer.request.invalid")
    store.compact(-60)
    error = door.refused("/v1/changes?since=1", 410, "synchronizer.revision.compacted")
    assert error["oldest"] == 2
    assert door.json("/v1/changes?since=2")["changes"] == []
