"""The demo cloud takes a path apart as the services and the servers before them do."""

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from synchronizer.model.address import segment

ids = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/"), min_size=1, max_size=40
)


@pytest.mark.parametrize("path", ["/flavors/", "/servers/", "/flavors/x/../"])
def test_a_slash_behind_a_collection_is_another_path(raw, path):
    """Real Nova answers 404 to it: so it does to an id that a client has dropped."""
    assert raw.nova(path).status == 404


@pytest.mark.parametrize("path", ["/compute", "/compute/", "/compute/v2.1/", "/v3/"])
def test_a_root_may_have_one(raw, path):
    assert raw.get(path).status in {200, 300}


@example(id_="..")
@example(id_=".")
@example(id_="%2E%2E")
@example(id_="a b?c#d;e%25")
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(id_=ids)
def test_an_id_is_found_by_its_own_path(raw, id_):
    assume(raw.nova(f"/flavors/{segment(id_)}").status == 404)  # some are there
    flavor = {"id": id_, "name": f"named {id_}", "ram": 1, "vcpus": 1, "disk": 1}
    assert raw.ask("POST", "/compute/v2.1/flavors", {"flavor": flavor}).status == 200
    path = f"/flavors/{segment(id_)}"
    assert raw.nova(path).json()["flavor"]["id"] == id_
    assert raw.ask("DELETE", f"/compute/v2.1{path}").status == 202
    assert raw.nova(path).status == 404
