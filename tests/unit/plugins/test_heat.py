"""Heat: stacks are listed, also one by one, because a read is another thing."""

import json

import pytest

from synchronizer.model.errors import MalformedError
from synchronizer.plugins.heat import Heat
from synchronizer.plugins.plugin import Paging


@pytest.fixture
def resources():
    return {each.name: each for each in Heat.declared()}


def test_some_stacks_are_asked_for_by_a_listing_with_their_ids(wire, ask, resources):
    wire.says(wire.answer(body=b'{"stacks": []}'))
    resources["stack"].ask(ask(), None, {"id": ["a", "b"]})
    assert wire.target() == "/stacks?show_nested=true&show_hidden=true&id=a&id=b"


def test_a_stack_is_never_read_by_the_call_that_shows_its_outputs(resources):
    assert resources["stack"].single is None
    assert resources["stack"].reads("a")


def test_stacks_of_one_project_only_are_no_full_listing(resources):
    """Only where Heat shows all projects does a row name its own."""
    assert resources["stack"].witness == ("project",)


def test_a_stack_whose_deletion_is_complete_is_gone_though_it_is_still_listed(resources):
    """Heat tells of it a moment before it takes the stack out of the listing."""
    assert resources["stack"].is_gone({"id": "a", "stack_status": "DELETE_COMPLETE"})
    for living in ("DELETE_IN_PROGRESS", "DELETE_FAILED", "CREATE_COMPLETE"):
        assert not resources["stack"].is_gone({"id": "a", "stack_status": living})


def test_no_listing_is_paged(resources):
    """Heat begins again when a marker is gone."""
    assert {each.paging for each in resources.values()} == {Paging.NONE}


def test_a_resource_is_one_of_its_stack(resources):
    resource = resources["resource"]
    found = resource.shape({"resource_name": "server"}, "stack")
    assert resource.identify(found) == "stack/server"


@pytest.mark.parametrize("data", [None, {"environment": {"parameters": {"password": "CANARY"}}}])
def test_a_snapshot_is_listed_by_the_name_of_its_stack_too(wire, ask, resources, data):
    """Heat redirects nobody who names the id alone; what was saved is not kept."""
    rows = {"stacks": [{"id": "a", "stack_name": "my.stack"}]}
    shown = {"snapshots": [{"id": "s", "name": "n", "data": data}]}
    wire.says(*(wire.answer(body=json.dumps(body).encode()) for body in (rows, shown)))
    answer = resources["snapshot"].ask(ask(), "a", {})
    targets = ["/stacks?id=a&show_nested=true&show_hidden=true", "/stacks/my.stack/a/snapshots"]
    assert [wire.target(number) for number in range(2)] == targets
    found = resources["snapshot"].shape(json.loads(answer.body)["snapshots"][0], "a")
    assert found == {"id": "s", "name": "n", "stack_id": "a"}


@pytest.mark.parametrize(
    "stacks",
    [
        None,
        {},
        7,
        [7],
        [{}],
        [{"id": "b", "stack_name": "b"}],
        [{"id": "a"}],
        [{"id": "a", "stack_name": ""}],
        [{"id": "a", "stack_name": 7}],
    ],
)
def test_a_listing_that_names_no_stack_is_rejected_and_no_sign_of_its_end(
    wire, ask, resources, stacks
):
    wire.says(wire.answer(body=json.dumps({"stacks": stacks}).encode()))
    with pytest.raises(MalformedError, match=r"heat\.snapshot: the listing of stack a"):
        resources["snapshot"].ask(ask(), "a", {})


def test_a_stack_that_is_gone_has_no_snapshots(wire, ask, resources):
    wire.says(wire.answer(body=b'{"stacks": []}'))
    assert resources["snapshot"].ask(ask(), "a", {}).status == 404
    assert len(wire.requests) == 1
