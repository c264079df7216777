"""What ``doctor`` finds in a store, and how a store is named anew."""

import sqlite3

import pytest

from synchronizer.cli.checks import store_checks
from synchronizer.store import open_store
from synchronizer.store.engine import Database
from synchronizer.store.epoch import name_anew
from synchronizer.testing.writing import declare, write


@pytest.fixture
def url(tmp_path):
    url = f"sqlite:///{tmp_path}/store.sqlite"
    store = open_store(url)
    declare(store)
    for n in range(8):
        write(store, {f"vm-{n}": {"n": n}})
    store.close()
    return url


def found(url):
    return [each for each in store_checks(url) if each.check == "store: contents"]


def test_a_whole_store_is_found_whole(url):
    assert [each.verdict for each in found(url)] == ["yes"]


def test_what_is_damaged_is_named_with_what_to_do(url, tmp_path):
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        connection.execute("UPDATE record SET body = zeroblob(20) WHERE id = 'vm-3'")
    connection.close()
    (damage,) = found(url)
    assert (damage.verdict, "revision 4" in damage.found) == ("no", True)
    assert "Restore a backup" in damage.remedy


def test_much_damage_is_not_listed_for_ever(url, tmp_path):
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        connection.execute("UPDATE record SET id = id || 'x'")
    connection.close()
    assert len(found(url)) == 5


def test_a_new_epoch_changes_nothing_else(url):
    store = open_store(url)
    before = store.head()
    database = Database(url)
    epoch = name_anew(database)
    database.close()
    assert store.head() == before._replace(epoch=epoch)
    assert store.check() == []
    store.close()
