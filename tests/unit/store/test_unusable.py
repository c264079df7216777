"""A store that cannot be used is refused in one sentence, and nothing is lost."""

import os
import sqlite3
import subprocess
import sys
import time

import pytest

from synchronizer.model.errors import StoreFullError, StoreLockedError, StoreUnusableError
from synchronizer.store import SqlStore, open_store
from synchronizer.testing.store import SERVERS, state, upsert


def test_a_newer_schema_is_refused(tmp_path):
    path = tmp_path / "store.sqlite"
    open_store(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreUnusableError, match="newer than this program"):
        open_store(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()
    assert found == "9999"


def test_a_store_without_tables_wants_an_upgrade(tmp_path):
    with pytest.raises(StoreUnusableError, match="db upgrade"):
        open_store(f"sqlite:///{tmp_path}/store.sqlite", migrate=False)


@pytest.mark.parametrize("content", [b"this is no database at all, sorry" * 200, os.urandom(8192)])
def test_a_file_that_is_no_store_is_refused(tmp_path, content):
    path = tmp_path / "store.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreUnusableError, match="damaged or not a store"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == content


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_file_that_another_program_keeps_to_itself_is_locked_and_free_again_after_it(tmp_path):
    path = tmp_path / "store.sqlite"
    store = open_store(f"sqlite:///{path}?timeout=0.1")
    store.declare(SERVERS, stale_after=60)
    command = [sys.executable, "-c", HOLDER, path]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreLockedError, match=r"fuser.*Nothing was lost"):
            store.commit(SERVERS, 0, [upsert("a")], sampled_at=1.0)
        assert store.attempted().failed == {StoreLockedError.code: 1}
        holder.stdin.close()
    assert store.commit(SERVERS, 0, [upsert("a")], sampled_at=1.0).revision == 1
    assert store.attempted().trouble is None
    store.close()


def test_a_url_that_cannot_be_read_names_the_remedy():
    with pytest.raises(StoreUnusableError, match="sqlite:////var"):
        open_store("not a url")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnusableError, match="cannot be made"):
        open_store(f"sqlite:///{tmp_path}/file/below/store.sqlite")


def test_the_folder_of_a_new_store_is_made(tmp_path):
    open_store(f"sqlite:///{tmp_path}/a/b/store.sqlite").close()
    assert (tmp_path / "a" / "b" / "store.sqlite").exists()


def test_a_password_in_the_url_is_not_shown():
    with pytest.raises(Exception, match=r".") as caught:
        open_store("postgresql+nodriver://user:hunter2@127.0.0.1:1/x")
    assert "hunter2" not in str(caught.value)


class Crowded(SqlStore):
    """A store whose file may not grow beyond some pages: a full disk without a disk."""

    def allow(self, pages):
        with self._database.engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            connection.commit()

    def pages(self):
        with self._database.engine.connect() as connection:
            return connection.exec_driver_sql("PRAGMA page_count").scalar()


def test_a_full_disk_refuses_the_commit_and_loses_nothing(tmp_path):
    store = Crowded(f"sqlite:///{tmp_path}/store.sqlite")
    store.declare(SERVERS, stale_after=60)
    store.commit(SERVERS, 0, [upsert("kept")], sampled_at=time.time())
    before = state(store, 1, [SERVERS])
    store.allow(store.pages() + 1)
    noise = [upsert(f"id-{n}", pad=os.urandom(500).hex()) for n in range(500)]
    with pytest.raises(StoreFullError, match="Nothing was lost"):
        store.commit(SERVERS, 1, noise, sampled_at=time.time())
    assert store.head().revision == 1
    assert state(store, 1, [SERVERS]) == before
    store.allow(1_000_000)
    assert store.commit(SERVERS, 1, noise, sampled_at=time.time()).revision == 2
    store.close()
