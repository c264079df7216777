"""The protocol, every interleaving: what it keeps, and which rule keeps it."""

import pytest

from synchronizer.testing.model.cases import CASES


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "_"))
def test_the_rules_keep_what_they_are_for(case, request):
    found = case.search(large=request.config.getoption("--long"))
    assert case.agrees(found), found.broken


def test_a_counterexample_is_a_shortest_one():
    (case,) = [case for case in CASES if case.name == "a ticket names no sweep"]
    assert len(case.search().broken["no ghost"]) == 9
