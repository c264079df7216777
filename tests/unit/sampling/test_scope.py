"""Roles that were lost hide rows."""

import pytest

from synchronizer.sampling.scope import lost_roles, scope_of


@pytest.mark.parametrize(
    ("before", "now", "lost"),
    [
        ("admin,reader", "reader", "admin"),
        ("admin,reader", "", "admin, reader"),
        ("reader,admin", "admin,reader", ""),
        ("admin", "admin,reader", ""),
        ("", "admin", ""),
        (None, "admin", ""),
        ("admin", None, ""),
        (7, "admin", ""),
    ],
)
def test_lost_roles_are_those_that_were_there(before, now, lost):
    assert lost_roles(before, now) == lost


@pytest.mark.parametrize("text", ["[]", "null", "1", '"admin"'])
def test_a_scope_of_another_kind_is_empty(text):
    assert scope_of(text) == {}


def test_a_scope_is_an_object():
    assert scope_of('{"roles": "admin", "witness": true}') == {"roles": "admin", "witness": True}
