"""The detailed health check tells the truth about the disk and the file."""

import os
import shutil

import pytest

from synchronizer.model.errors import StoreReplacedError


def removed(path):
    path.unlink()


def replaced(path):
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.replace(path)


def cut_off(path):
    os.truncate(path, 0)


def overwritten(path):
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))


@pytest.fixture
def big(door, commit, places):
    """The store's file is larger than the log beside it."""
    commit(places.server, {f"id-{n}": {"pad": os.urandom(2000).hex()} for n in range(900)})
    with door.store._database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return door


@pytest.mark.parametrize(
    ("harm", "code", "remedy"),
    [
        (removed, "replaced", "put it back, or stop"),
        (replaced, "replaced", "put it back, or stop"),
        (cut_off, "damaged", "restore it from a backup"),
        (overwritten, "damaged", "restore it from a backup"),
    ],
)
def test_a_file_that_was_harmed_is_unavailable(big, tmp_path, harm, code, remedy):
    assert big.json("/healthcheck?detailed=true")["status"] == "OK"
    harm(tmp_path / "store.sqlite")
    answer = big.ask("/healthcheck?detailed=true")
    assert answer.status == 503
    assert answer.json["status"] == "UNAVAILABLE"
    assert answer.json["store"].startswith(f"Store {code}: ")
    assert remedy in answer.json["store"]
    assert big.ask("/healthcheck").status == 200  # the process lives


def test_metrics_show_writes_and_those_that_failed(big, places, tmp_path):
    text = big.ask("/metrics").body.decode()
    assert "\nsynchronizer_store_last_write_timestamp_seconds 1" in text
    path = tmp_path / "store.sqlite"
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(StoreReplacedError):
        big.store.note(places.server, sweeps=1)
    (tmp_path / "elsewhere").rename(path)
    text = big.ask("/metrics").body.decode()
    assert 'synchronizer_store_failed_writes_total{code="synchronizer.store.replaced"} 1' in text
