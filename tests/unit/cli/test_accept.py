"""Accepting another scope: what is forgotten, and of which types."""

import msgspec
import pytest

from synchronizer.cli.app import main
from synchronizer.model.entity import Collection
from synchronizer.sampling.scope import Scope, keep
from synchronizer.store import open_store

NET, PORT, ELSEWHERE = (
    Collection("c", "r", "neutron.network"),
    Collection("c", "r", "neutron.port"),
    Collection("d", None, "keystone.user"),
)
WAS = keep(
    Scope(user="u", target="project:p", roles="admin", shown="sync in project p"), witness=True
)


@pytest.fixture
def url(tmp_path):
    found = f"sqlite:///{tmp_path}/store.sqlite"
    store = open_store(found)
    for each in (NET, PORT, ELSEWHERE):
        store.declare(each, stale_after=60)
        store.note(each, scope=WAS)
    store.close()
    return found


@pytest.mark.parametrize(
    ("arguments", "forgotten"),
    [
        ([], [NET, PORT, ELSEWHERE]),
        (["--cloud", "c"], [NET, PORT]),
        (["--region", "r"], [NET, PORT, ELSEWHERE]),
        (["neutron.*"], [NET, PORT]),
        (["neutron.port", "--cloud", "c"], [PORT]),
        (["--cloud", "e"], []),
    ],
)
def test_the_scope_of_what_is_meant_is_forgotten(url, arguments, forgotten, capsys):
    assert main(["db", "accept-scope", "--store", url, "-f", "json", *arguments]) == 0
    printed = msgspec.json.decode(capsys.readouterr().out)
    assert [(row["Type"], row["Was Scope"], row["Was Roles"]) for row in printed] == [
        (each.type, "sync in project p", "admin") for each in forgotten
    ]
    store = open_store(url)
    left = [each.collection for each in store.collections() if each.scope is None]
    store.close()
    assert left == forgotten
