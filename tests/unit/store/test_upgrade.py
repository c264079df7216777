"""A store of an earlier schema: upgraded in place, and nothing is lost."""

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from synchronizer.model.cost import Spent
from synchronizer.model.errors import BeforeLogError, StoreUnusableError
from synchronizer.model.relation import Target
from synchronizer.store import migrations, open_store
from synchronizer.store.engine import Database
from synchronizer.testing.store import SERVERS, USERS, gone, upsert


@pytest.fixture
def url(tmp_path):
    """A store of the first schema with one collection, which has been swept twice."""
    url = f"sqlite:///{tmp_path}/store.sqlite"
    database = Database(url)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO collection (cloud, region, type, entities, revision, stale_after,"
            " calls, call_seconds, call_bytes, sweeps, faults)"
            f" VALUES ('{SERVERS.cloud}', '{SERVERS.region}', '{SERVERS.type}', 0, 0, 60,"
            " 20, 2.5, 5000, 2, 0)"
        )
    database.close()
    return url


def test_the_first_cycle_after_the_upgrade_counts_from_the_upgrade_on(url):
    store = open_store(url)
    (known,) = store.collections()
    assert (known.cycle, known.cost.total) == (None, Spent(20, 2.5, 5000))
    store.note(SERVERS, calls=3, call_seconds=0.5, call_bytes=100, sweeps=1)
    (known,) = store.collections()
    assert (known.cycle, known.cost.total) == (Spent(3, 0.5, 100), Spent(23, 3.0, 5100))
    store.close()


def test_commit_times_are_put_in_order_and_what_was_swept_was_complete(url):
    database = Database(url)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE head SET revision = 3")
        for revision, when in ((1, 1000.0), (2, 500.0), (3, 1010.0)):
            connection.exec_driver_sql(f"INSERT INTO commits VALUES ({revision}, {when})")
        connection.exec_driver_sql("UPDATE collection SET sampled_at = 990")
    database.close()
    store = open_store(url)
    assert [store.revision_at(when) for when in (1000.0, 1011.0)] == [2, 3]
    with pytest.raises(BeforeLogError):
        store.revision_at(999.0)
    (known,) = store.collections()
    assert (known.complete_to, known.complete_at) == (990, 0)
    store.close()


def test_relations_are_known_when_they_are_declared_again(url):
    store = open_store(url)
    (known,) = store.collections()
    assert known.relations == {}
    store.declare(SERVERS, stale_after=60, relations={"user_id": "keystone.user"})
    (known,) = store.collections()
    assert known.relations == {"user_id": (Target("keystone.user"),)}
    assert known.calls == 20
    store.close()


_LATER = {
    "head": ["digest"],
    "collection": ["content", "declaration", "concluded"],
    "commits": ["digest", "content", "ticket"],
}


@pytest.mark.parametrize("forgotten", [False, True], ids=["whole", "compacted"])
def test_digests_are_those_of_a_store_that_always_had_them(tmp_path, forgotten):
    path = tmp_path / "store.sqlite"
    store = open_store(f"sqlite:///{path}")
    store.declare(SERVERS, stale_after=60)
    store.declare(USERS, stale_after=60)
    for step in range(4):
        ids = [f"vm-{n}" for n in range(step, step + 300)]
        page = [upsert(each, v=step) if step < 3 else gone(each) for each in ids]
        for place in (SERVERS, USERS):
            store.commit(place, store.head().revision, page, sampled_at=0.0)
        if forgotten and step == 1:
            store.compact(history=0)
    head, known = store.standing()
    commits = store.changes(head.oldest, limit=10_000).commits
    store.close()
    with sqlite3.connect(path) as old:
        for table, columns in {**_LATER, "record": ["seal", "stamp"]}.items():
            for column in columns:
                old.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        old.execute("ALTER TABLE collection DROP COLUMN rejected")
        old.execute("DROP TABLE measurement")  # what later layouts added
        old.execute("UPDATE alembic_version SET version_num = '0009'")
    old.close()
    with pytest.raises(StoreUnusableError, match="run `synchronizer db upgrade`"):
        open_store(f"sqlite:///{path}", migrate=False)
    again = open_store(f"sqlite:///{path}")
    assert again.check() == []
    assert [each.content for each in again.collections()] == [each.content for each in known]
    found = again.changes(head.oldest, limit=10_000).commits
    assert {r: left.content for r, left in found.items()} == {
        r: left.content for r, left in commits.items()
    }
    # What was forgotten is not in the digests of the log; from there on it goes with them.
    assert (again.head() == head) == (not forgotten)
    again.commit(SERVERS, head.revision, [upsert("new")], sampled_at=0.0)
    assert again.check() == []
    again.close()
