import json

import pytest

from synchronizer.model.errors import (
    AmbiguousError,
    RequestError,
    RevisionAheadError,
    RevisionCompactedError,
    SampleError,
    UnknownEntityError,
    UnknownTypeError,
)
from synchronizer.northbound.rpc.endpoint import Endpoint
from synchronizer.northbound.rpc.pages import PACKED
from synchronizer.testing.writing import PORTS, SERVERS, write

METHODS = [name for name in vars(Endpoint) if not name.startswith("_")]


def size(reply):
    return len(json.dumps(reply))


@pytest.mark.parametrize(("accept", "times"), [(None, 1), ("zstd", PACKED)])
def test_the_pages_of_a_get_all_are_small_of_one_revision_and_complete(store, walk, accept, times):
    """Small as they go over the bus: packed, they hold more."""
    ids = [f"vm-{n}" for n in range(40 * times)]
    write(store, {each: {"text": "x" * 300} for each in ids})
    replies = walk("get_all", types=["nova.server"], accept=accept)
    assert len(replies) > 5
    assert all(size(each) < 5000 * times for each in replies)
    assert {each["revision"] for each in replies} == {1}
    assert {each["epoch"] for each in replies} == {store.head().epoch}
    found = [entity["id"] for each in replies for entity in each["entities"]]
    assert sorted(found) == sorted(ids)


def test_the_pages_of_one_walk_are_of_one_revision_whatever_is_committed(store, endpoint):
    write(store, {f"vm-{n}": {"text": "x" * 300} for n in range(20)})
    first = endpoint.get_all({})
    write(store, {"vm-19": None, "vm-3": {"text": "other"}})
    found, marker = list(first["entities"]), first["next"]
    while marker:
        page = endpoint.get_all({}, marker=marker)
        assert page["revision"] == 1
        found, marker = found + page["entities"], page["next"]
    assert len(found) == 20
    assert endpoint.get_all({}, at=1, limit=1)["revision"] == 1


def test_changes_come_in_pages_that_may_be_cut_inside_a_commit(store, walk):
    write(store, {"a": {}})
    write(store, {f"vm-{n}": {"text": "x" * 300} for n in range(40)})
    write(store, {"b": {}})
    replies = walk("get_changes", since=0)
    told = [(each["revision"], each["id"]) for reply in replies for each in reply["changes"]]
    assert told == [(r.revision, r.id) for r in store.changes(0).records]
    assert all(size(each) < 5000 for each in replies)
    for reply in replies[:-1]:
        after = told.index((reply["changes"][-1]["revision"], reply["changes"][-1]["id"])) + 1
        complete = {r for r, _ in told[:after]} - {r for r, _ in told[after:]}
        assert reply["revision"] <= max(complete, default=0)
    assert replies[-1]["revision"] == 3


def test_an_entity_that_fits_into_no_message_comes_in_pieces(store, endpoint, monkeypatch):
    monkeypatch.setattr("synchronizer.northbound.rpc.pages.PIECE", 1000)
    write(store, {"a": {"text": "é" * 1000}})
    first = endpoint.get_entity({}, type="nova.server", id="a")
    assert first["parts"] == 3
    pieces = [endpoint.get_entity({}, type="nova.server", id="a", part=part) for part in range(3)]
    assert {each["sha256"] for each in pieces} == {first["sha256"]}
    assert all(size(each) < 2000 for each in pieces)


def test_what_is_small_once_it_is_compressed_comes_in_one_piece(store, endpoint, monkeypatch):
    monkeypatch.setattr("synchronizer.northbound.rpc.pages.PIECE", 1000)
    write(store, {"a": {"text": "x" * 10_000}})
    one = {"type": "nova.server", "id": "a"}
    assert endpoint.get_entity({}, accept="zstd", **one).keys() == {"zstd"}
    assert endpoint.get_entity({}, **one)["parts"] > 1


def test_single_entities_history_types_and_relations_are_what_http_answers(store, endpoint):
    store.declare(PORTS, stale_after=60, relations={"device": SERVERS.type})
    write(store, {"a/b c%": {"n": 1}})
    write(store, {"a/b c%": {"n": 2}})
    write(store, {"p": {"device": "a/b c%"}}, PORTS)
    one = {"type": "nova.server", "id": "a/b c%"}
    assert endpoint.get_entity({}, **one)["body"] == {"n": 2}
    assert endpoint.get_entity({}, at=1, **one)["body"] == {"n": 1}
    versions = endpoint.get_history({}, **one)["versions"]
    assert [each["revision"] for each in versions] == [1, 2]
    (related,) = endpoint.get_relations({}, direction="in", **one)["relations"]
    assert related["id"] == "p"
    types = endpoint.get_types({}, types=["neutron.port"])
    assert (types["revision"], [each["entities"] for each in types["types"]]) == (3, [1])


def test_filters_and_fields_are_those_of_http(store, endpoint):
    write(store, {"a": {"status": "ACTIVE", "n": 1}, "b": {"status": "ERROR", "n": 2}})
    found = endpoint.get_all({}, where={"status": "ACTIVE"}, fields=["n"])["entities"]
    assert [(each["id"], each["body"]) for each in found] == [("a", {"n": 1})]
    assert len(endpoint.get_all({}, where={"status": ["ACTIVE", "ERROR"]})["entities"]) == 2


def test_errors_are_those_of_the_model(store, endpoint):
    write(store, {"a": {}})
    write(store, {"a": {"n": 1}})
    elsewhere = PORTS._replace(cloud="other")
    store.declare(elsewhere, stale_after=60)
    write(store, {"x": {}}, elsewhere)
    write(store, {"x": {}}, PORTS)
    store.compact(history=0)
    with pytest.raises(UnknownTypeError):
        endpoint.get_all({}, types=["no.such"])
    with pytest.raises(UnknownEntityError):
        endpoint.get_entity({}, type="nova.server", id="nobody")
    with pytest.raises(AmbiguousError):
        endpoint.get_entity({}, type="neutron.port", id="x")
    with pytest.raises(RevisionCompactedError) as gone:
        endpoint.get_changes({}, since=0)
    assert gone.value.oldest == store.head().oldest
    with pytest.raises(RevisionAheadError):
        endpoint.get_all({}, at=99)
    with pytest.raises(SampleError):
        endpoint.sweep({}, type="nova.server")
    with pytest.raises(SampleError):
        endpoint.get_all({}, max_age=0)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("get_all", {"colour": "red"}),
        ("get_all", {"types": "nova.server", "limit": 10**9}),
        ("get_all", {"limit": 0}),
        ("get_all", {"limit": {"a": 1}}),
        ("get_all", {"types": [1]}),
        ("get_all", {"types": {"a": "b"}}),
        ("get_all", {"marker": "rubbish"}),
        ("get_all", {"marker": 7}),
        ("get_all", {"at": "yesterday"}),
        ("get_all", {"at": [1]}),
        ("get_all", {"max_age": -1}),
        ("get_all", {"where": "status=ACTIVE"}),
        ("get_all", {"where": {"status": 3}}),
        ("get_all", {"part": "first"}),
        ("get_all", {"part": -1}),
        ("get_changes", {}),
        ("get_changes", {"since": "now"}),
        ("get_changes", {"since": -1}),
        ("get_changes", {"since": [0]}),
        ("get_changes", {"marker": "rubbish"}),
        ("get_changes", {"marker": 7}),
        ("get_changes", {"since": 0, "limit": 0}),
        ("get_types", {"types": ["a"], "since": 1}),
        ("get_entity", {}),
        ("get_entity", {"type": "nova.server"}),
        ("get_entity", {"type": "nova.server", "id": 7}),
        ("get_history", {"type": 7, "id": "a"}),
        ("get_relations", {"type": "nova.server", "id": "a", "direction": "up"}),
        ("sweep", {"type": None}),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_remedy(store, endpoint, method, arguments):
    write(store, {"a": {}})
    with pytest.raises(RequestError) as refused:
        getattr(endpoint, method)({}, **arguments)
    assert str(refused.value).endswith(".")


def test_every_method_refuses_an_argument_that_it_does_not_know(endpoint):
    one = {"type": "nova.server", "id": "a", "since": 0}
    for name in METHODS:
        with pytest.raises(RequestError, match="colour"):
            getattr(endpoint, name)({}, colour="red", **one)
