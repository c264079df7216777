"""Heat: stacks are listed, also one by one, because a read is another thing."""

import pytest

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
