"""A store knows whether it can be read and written: not from its caches, and over processes."""

import contextlib
import os
import shutil
import subprocess
import sys
import time

import pytest

from synchronizer.model.errors import (
    StoreDamagedError,
    StoreDiskError,
    StoreError,
    StoreFullError,
    StoreReplacedError,
)
from synchronizer.store import open_store
from synchronizer.testing.store import SERVERS, upsert


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.sqlite"


@pytest.fixture
def store(path):
    """A store that is larger than its write-ahead log."""
    filled(path)
    store = open_store(f"sqlite:///{path}", migrate=False)
    store.note(SERVERS, sweeps=1)
    list(store.snapshot([SERVERS], 1))
    store.examine()
    yield store
    store.close()


def filled(path):
    store = open_store(f"sqlite:///{path}")
    store.declare(SERVERS, stale_after=60)
    store.commit(SERVERS, 0, noise(300), sampled_at=0.0)
    store.close()


def noise(count):
    return [upsert(f"id-{number}", pad=os.urandom(1000).hex()) for number in range(count)]


def test_when_it_was_written_is_known_to_all(store, path):
    before = time.time()
    store.note(SERVERS, sweeps=1)
    other = open_store(f"sqlite:///{path}", migrate=False)
    assert before <= other.attempted().written_at <= time.time()
    assert other.attempted().failed == {}
    assert other.attempted().trouble is None
    other.close()


@pytest.mark.parametrize("left", [0, 50_000])
def test_one_that_was_cut_off(store, path, left):
    os.truncate(path, left)
    for _ in range(2):
        with pytest.raises(StoreDamagedError, match="restore it from a backup"):
            store.examine()


def test_one_that_was_overwritten(store, path):
    """Also when the caches, and the next writes, know nothing of it."""
    with path.open("r+b") as file:
        file.write(os.urandom(8192))
    store.note(SERVERS, sweeps=1)
    with pytest.raises(StoreDamagedError, match="restore it from a backup"):
        store.examine()


def test_damage_that_somebody_met_stays_known(store, path):
    """A write elsewhere in the file mends nothing."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(40_000))
    other = open_store(f"sqlite:///{path}", migrate=False)
    with pytest.raises(StoreDamagedError):
        list(other.snapshot([SERVERS], 1))
    other.close()
    store.note(SERVERS, sweeps=1)
    with pytest.raises(StoreDamagedError):
        store.examine()


def test_what_a_check_finds_is_known(store):
    with store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE record SET id = 'other' WHERE id = 'id-7'")
    assert store.check()
    with pytest.raises(StoreDamagedError, match="synchronizer doctor"):
        store.examine()


def test_one_that_was_removed_or_replaced(store, path, tmp_path):
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(StoreReplacedError, match="was removed"):
        store.examine()
    with pytest.raises(StoreReplacedError):
        store.note(SERVERS, sweeps=1)
    shutil.copy(tmp_path / "elsewhere", path)
    with pytest.raises(StoreReplacedError, match="was replaced"):
        store.examine()
    assert store.attempted().failed == {StoreReplacedError.code: 1}


WRITER = """
import resource, signal, sys
from synchronizer.model.errors import StoreError
from synchronizer.store import open_store
from synchronizer.testing.store import SERVERS, upsert
store = open_store(sys.argv[1], migrate=False)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    store.commit(SERVERS, 1, [upsert("more", pad="%x" % (7 ** 99999))], sampled_at=0.0)
except StoreError as error:
    sys.exit(type(error).__name__ + " " + str(error))
"""


def test_a_limit_of_the_file_size_is_no_full_disk(store, path):
    """Another process meets it, and all know it until one can write again."""
    url = f"sqlite:///{path}"
    met = subprocess.run(
        [sys.executable, "-c", WRITER, url, "8192"], capture_output=True, text=True, check=False
    )
    assert met.stderr.startswith("StoreDiskError ")
    with pytest.raises(StoreDiskError, match=r"SQLITE_IOERR.*ulimit -f") as caught:
        store.examine()
    assert "No space" not in str(caught.value)
    assert store.attempted().failed == {StoreDiskError.code: 1}
    store.note(SERVERS, sweeps=1)
    store.examine()
    assert store.attempted().failed == {StoreDiskError.code: 1}


def test_a_start_forgets_what_was_before(store, path):
    store._database.attempts.failed(StoreDamagedError("found long ago"))
    open_store(f"sqlite:///{path}").close()
    store.examine()
    assert store.attempted().failed == {}


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system of 3 MB can be mounted by root only")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_known_before_and_after_a_write_fails(small_disk):
    path = small_disk / "store.sqlite"
    filled(path)
    store = open_store(f"sqlite:///{path}", migrate=False)
    store.examine()
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"\0" * 4096):
            pass
    with pytest.raises(StoreFullError, match=r"KiB are left.*free some"):
        store.examine()
    with pytest.raises(StoreError):
        store.commit(SERVERS, 1, noise(500), sampled_at=0.0)
    assert store.attempted().failed == {StoreFullError.code: 1}
    assert isinstance(store.attempted().trouble, StoreFullError)
    ballast.unlink()
    store.note(SERVERS, sweeps=1)
    store.examine()
    store.close()
