"""Releases have an order, whatever is before, behind or between them."""

from itertools import pairwise

import pytest

from synchronizer.model.declaration import place

ORDER = [
    "",
    "0.9",
    "1.0.dev3",
    "1.0.dev20+g1234567",
    "1.0a1.dev2",
    "1.0a1",
    "1.0b2",
    "1.0rc1",
    "1.0",
    "1.0.post1.dev2",
    "1.0.post1",
    "1.0.1.dev0",
    "1.2",
    "1.10",
    "2",
]


@pytest.mark.parametrize(("before", "after"), list(pairwise(ORDER)))
def test_a_later_release_comes_later(before, after):
    assert place(before) < place(after)


@pytest.mark.parametrize(("one", "other"), [("1", "1.0.0"), ("1.0+local", "1.0"), ("what", "")])
def test_these_are_one_place(one, other):
    assert place(one) == place(other)
