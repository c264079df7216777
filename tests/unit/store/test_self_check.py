"""Whatever byte of the store is changed behind its back, a check finds it."""

import sqlite3

import pytest

from synchronizer.store import open_store
from synchronizer.testing.store import SERVERS, USERS, gone, upsert


@pytest.fixture
def store(tmp_path):
    """A store with a history, its bodies partly with a dictionary."""
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    store.declare(SERVERS, stale_after=60)
    store.declare(USERS, stale_after=60)
    for start in (0, 300):
        ids = range(start, start + 300)
        put(store, *[upsert(f"vm-{n}", name=f"server {n}", status="ACTIVE") for n in ids])
    put(store, *[upsert(f"vm-{n}", name=f"server {n}", status="ERROR") for n in range(20)])
    put(store, gone("vm-7"), gone("vm-8"))
    store.commit(USERS, store.head().revision, [upsert("u")], sampled_at=0.0)
    yield store
    store.close()


def put(store, *candidates):
    store.commit(SERVERS, store.head().revision, candidates, sampled_at=0.0)


def change(tmp_path, statement, *values):
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        assert connection.execute(statement, values).rowcount > 0
    connection.close()


def flipped(value, place):
    """Return a text or bytes with one bit of one byte changed."""
    data = bytearray(value.encode() if isinstance(value, str) else value)
    data[place % len(data)] ^= 1
    return data.decode() if isinstance(value, str) else bytes(data)


def test_what_is_as_it_was_written_is_found_so(store):
    assert store.check() == []
    store.compact(history=0)
    assert store.check() == []


@pytest.mark.parametrize("column", ["id", "digest", "body", "seal"])
def test_a_changed_byte_of_a_record_is_found(store, tmp_path, column):
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        rows = connection.execute(
            f"SELECT position, {column} FROM record WHERE length({column}) > 0"
        ).fetchall()
    connection.close()
    for place, (position, value) in enumerate(rows[::29]):
        set_it = f"UPDATE record SET {column} = ? WHERE position = ?"
        change(tmp_path, set_it, flipped(value, place), position)
        found = store.check()
        assert any(each.place.startswith(f"revision {position >> 10}") for each in found)
        change(tmp_path, set_it, value, position)
    assert store.check() == []


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE collection SET content = zeroblob(16) WHERE type = 'nova.server'", str(SERVERS)),
        ("UPDATE collection SET entities = entities + 1 WHERE type = 'keystone.user'", str(USERS)),
        ("UPDATE collection SET type = 'nova.servex' WHERE type = 'nova.server'", "revision 1"),
        ("UPDATE commits SET digest = zeroblob(16) WHERE revision = 2", "revision 2"),
        ("UPDATE head SET digest = zeroblob(16)", "head"),
        ("UPDATE record SET op = 2 WHERE op = 3", str(SERVERS)),
        ("UPDATE record SET reason = 'never' WHERE op = 3", "revision 4"),
        ("UPDATE record SET superseded = NULL WHERE superseded = 3", str(SERVERS)),
        ("DELETE FROM record WHERE position >> 10 = 5", "revision 5"),
        ("DELETE FROM record WHERE position >> 10 = 4", "revision 5"),
        ("DELETE FROM record WHERE id = 'vm-200'", str(SERVERS)),
    ],
)
def test_what_was_changed_taken_away_or_brought_back_is_found(store, tmp_path, statement, place):
    change(tmp_path, statement)
    assert place in {each.place.partition(",")[0] for each in store.check()}


def test_checks_in_parts_come_to_everything_in_time(store, tmp_path):
    change(tmp_path, "UPDATE record SET body = zeroblob(9) WHERE id = 'vm-599'")
    change(tmp_path, "UPDATE commits SET digest = zeroblob(16) WHERE revision = 4")
    change(tmp_path, "UPDATE collection SET content = zeroblob(16) WHERE type = 'keystone.user'")
    found = [each.place.partition(",")[0] for _ in range(14) for each in store.check(100)]
    assert {"revision 2", "revision 4", str(USERS)} <= set(found)
