"""A store of an earlier schema: upgraded in place, and nothing is lost."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from synchronizer.model.cost import Spent
from synchronizer.model.errors import BeforeLogError
from synchronizer.model.relation import Target
from synchronizer.store import migrations, open_store
from synchronizer.store.engine import Database
from synchronizer.testing.store import SERVERS


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
