"""A store whose file is taken away while it is open does not go on as if nothing were."""

import shutil

import pytest

from synchronizer.model.errors import StoreReplacedError
from synchronizer.store import open_store
from synchronizer.testing.store import SERVERS, upsert


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.sqlite"


@pytest.fixture
def store(path):
    store = open_store(f"sqlite:///{path}")
    store.declare(SERVERS, stale_after=60)
    store.commit(SERVERS, 0, [upsert("a")], sampled_at=0.0)
    yield store
    store.close()


def uses(store):
    return [
        store.head,
        store.collections,
        lambda: store.changes(0),
        lambda: list(store.snapshot([SERVERS], 1)),
        lambda: store.note(SERVERS, sweeps=1),
        lambda: store.commit(SERVERS, 1, [upsert("b")], sampled_at=0.0),
        lambda: store.wait(1, 0.0),
        lambda: store.compact(0),
    ]


def test_removed(store, path):
    """Nothing is read or written, and no empty file appears in its place."""
    path.unlink()
    for use in uses(store):
        with pytest.raises(StoreReplacedError, match="was removed while it was open"):
            use()
    assert not path.exists()


def test_replaced(store, path, tmp_path):
    """By a copy of itself, too: two files, of which others use the new one."""
    shutil.copy(path, tmp_path / "copy")
    (tmp_path / "copy").replace(path)
    for use in uses(store):
        with pytest.raises(StoreReplacedError, match="was replaced while it was open"):
            use()


def test_put_back(store, path, tmp_path):
    """The same file again is the same store again."""
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(StoreReplacedError):
        store.head()
    (tmp_path / "elsewhere").rename(path)
    store.commit(SERVERS, 1, [upsert("b")], sampled_at=0.0)
    assert store.head().revision == 2


def test_the_write_ahead_log_shrinks_again(store, path):
    """What a long reader kept from being moved into the file does not stay on the disk."""
    with store._database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_size_limit").scalar() == 64 << 20
