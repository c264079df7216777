"""A backup is one moment of a store in use, and nobody else's to read."""

import stat
import threading

import pytest

from synchronizer.model.errors import RequestError, StoreUnusableError
from synchronizer.store import open_store
from synchronizer.store.backup import copy
from synchronizer.store.engine import Database
from synchronizer.testing.store import SERVERS, upsert


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/store.sqlite"


@pytest.fixture
def store(url):
    store = open_store(url)
    store.declare(SERVERS, stale_after=60)
    yield store
    store.close()


@pytest.fixture
def database(store, url):
    database = Database(url)
    yield database
    database.close()


def test_it_is_whole_while_others_write(store, database, tmp_path):
    done = threading.Event()

    def write():
        for number in range(200):
            page = [upsert(f"{number}-{each}") for each in range(20)]
            store.commit(SERVERS, store.head().revision, page, sampled_at=1.0)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    copies = 0
    while not done.is_set():
        copy(database, tmp_path / f"copy{copies}")
        copies += 1
    writer.join()
    for number in range(copies):
        found = open_store(f"sqlite:///{tmp_path}/copy{number}")
        (known,) = found.collections()
        assert known.entities == 20 * found.head().revision
        assert found.check() == []
        found.close()


def test_it_is_its_owners_alone(database, tmp_path):
    target = tmp_path / "copy"
    assert copy(database, target) == target.stat().st_size
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_file_that_is_there_is_left_alone(database, tmp_path):
    target = tmp_path / "copy"
    target.write_text("precious")
    with pytest.raises(RequestError, match="exists"):
        copy(database, target)
    assert target.read_text() == "precious"


def test_a_folder_that_is_not_there_is_named(database, tmp_path):
    with pytest.raises(StoreUnusableError, match="No such file"):
        copy(database, tmp_path / "none" / "copy")
