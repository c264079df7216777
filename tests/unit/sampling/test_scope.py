"""What makes a scope another one, and what it leaves in the store."""

import pytest

from synchronizer.sampling.scope import Kept, Scope, differs, keep, kept, lost, moved

A = Scope(keystone="k", user="u", target="project:a", roles="member,reader", endpoint="http://n")


@pytest.mark.parametrize(
    ("before", "now", "missing"),
    [
        ("admin,reader", "reader", "admin"),
        ("admin,reader", "", "admin, reader"),
        ("reader,admin", "admin,reader", ""),
        ("admin", "admin,reader", ""),
        ("", "admin", ""),
        (None, "admin", ""),
        ("admin", None, ""),
    ],
)
def test_lost_roles_are_those_that_were_there(before, now, missing):
    assert lost(Scope(roles=before), Scope(roles=now)) == missing


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"target": "project:b"}, "another project"),
        ({"target": "domain:a"}, "another domain"),
        ({"target": "system:all"}, "another system"),
        ({"target": "project:a/trust:t"}, "another project"),
        ({"user": "v"}, "another user"),
        ({"keystone": "l"}, "another Keystone"),
        ({"roles": "member,more,reader"}, ""),
        ({"endpoint": "http://elsewhere"}, ""),
        ({"shown": "a new name"}, ""),
    ],
)
def test_a_scope_is_whose_it_is_and_what_it_is_for(changed, said):
    now = Scope(**{name: getattr(A, name) for name in A.__struct_fields__} | changed)
    assert differs(A, now) == differs(now, A).replace("project", now.kind) == said
    assert moved(A, now) == ("endpoint" in changed)


def test_what_was_not_noted_is_no_difference():
    assert not differs(Scope(roles="admin"), A)
    assert not moved(Scope(), A)


def test_a_scope_comes_back_from_the_store_as_it_was_kept():
    assert kept(keep(A, witness=True)) == Kept(
        keystone="k",
        user="u",
        target="project:a",
        roles="member,reader",
        endpoint="http://n",
        witness=True,
    )


def test_what_an_earlier_release_kept_is_understood():
    assert kept('{"roles": "admin", "witness": true}') == Kept(roles="admin", witness=True)


@pytest.mark.parametrize("text", ["[]", "null", "1", '"admin"', '{"roles": 7}'])
def test_what_is_no_scope_says_nothing(text):
    assert kept(text) == Kept()


@pytest.mark.parametrize("text", [None, ""])
def test_no_scope_is_none(text):
    assert kept(text) is None
