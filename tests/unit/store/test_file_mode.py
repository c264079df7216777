"""Nobody but its owner can read a store's files, whatever the umask."""

import os
from contextlib import closing

import pytest

from synchronizer.store import open_store


@pytest.fixture(autouse=True)
def generous():
    """Let every file be readable by all, unless its maker says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder):
    return {each.name: each.stat().st_mode & 0o777 for each in folder.iterdir()}


def test_a_new_store_and_its_folder_are_its_owners_alone(tmp_path):
    folder = tmp_path / "state" / "synchronizer"
    with closing(open_store(f"sqlite:///{folder}/store.sqlite")) as store:
        store.collections()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert modes(folder) == {
            "store.sqlite": 0o600,
            "store.sqlite-writes": 0o600,
            "store.sqlite-wal": 0o600,
            "store.sqlite-shm": 0o600,
        }


def test_strangers_lose_access_to_a_store_that_was_open_to_them(tmp_path):
    url = f"sqlite:///{tmp_path}/store.sqlite"
    with closing(open_store(url)):
        for name in modes(tmp_path):
            (tmp_path / name).chmod(0o644)
        with closing(open_store(url, migrate=False)) as store:
            store.collections()
            assert set(modes(tmp_path).values()) == {0o640}


def test_a_folder_that_was_there_is_left_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    with closing(open_store(f"sqlite:///{tmp_path}/store.sqlite")):
        assert tmp_path.stat().st_mode & 0o777 == 0o755
