"""The store is checked with each compaction, and what is found is counted."""

import sqlite3
from types import SimpleNamespace

from synchronizer.service.supervisor.supervisor import Supervisor
from synchronizer.store import open_store
from synchronizer.store.contract import STORE, Counter
from synchronizer.testing.writing import declare, write


def test_damage_is_counted_and_said(tmp_path, caplog):
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    declare(store)
    write(store, {"a": {}})
    tree = object.__new__(Supervisor)
    tree._store, tree._settings = store, SimpleNamespace(history=0.0)
    tree._compact()
    assert store.counters() == []
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        connection.execute("UPDATE record SET digest = zeroblob(16)")
    connection.close()
    for _ in range(2):
        tree._compact()
    assert store.counters() == [Counter("", STORE, "damaged", 2)]
    assert "the store is damaged: revision 1, cloud/region/nova.server, id 'a'" in caplog.text
    store.close()
