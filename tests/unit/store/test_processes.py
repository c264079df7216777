"""One store, several processes: revisions stay one line, and what was acknowledged stays."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from synchronizer.store import open_store
from synchronizer.testing.store import SERVERS, upsert

# Commits as fast as it can and prints each revision once it is acknowledged.
WRITER = """
import sys, time
from synchronizer.store import open_store
from synchronizer.testing.store import SERVERS, upsert
url, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = open_store(url, migrate=False)
for number in range(count):
    page = [upsert(f"{name}-{number}-{place}", pad="x" * 200) for place in range(5)]
    done = store.commit(SERVERS, store.head().revision, page, sampled_at=time.time())
    print(done.revision, time.time(), flush=True)
"""


@pytest.fixture
def url(tmp_path):
    url = f"sqlite:///{tmp_path}/store.sqlite"
    store = open_store(url)
    store.declare(SERVERS, stale_after=60)
    store.close()
    return url


def writer(url, name, count):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url, name, str(count)], stdout=subprocess.PIPE, text=True
    )


def test_two_processes_share_one_line_of_revisions(url):
    with writer(url, "a", 40) as one, writer(url, "b", 40) as two:
        told = [one.communicate()[0], two.communicate()[0]]
    revisions = [int(line.split()[0]) for text in told for line in text.splitlines()]
    assert sorted(revisions) == list(range(1, 81))
    store = open_store(url)
    records = store.changes(0, limit=10_000).records
    assert [r.revision for r in records] == sorted(r.revision for r in records)
    assert len(records) == 400
    store.close()


@pytest.mark.parametrize("after", [1, 7, 23])
def test_what_was_acknowledged_survives_a_kill(url, after):
    with writer(url, "a", 100_000) as process:
        told = [int(process.stdout.readline().split()[0]) for _ in range(after)]
        os.kill(process.pid, signal.SIGKILL)
        told += [int(line.split()[0]) for line in process.stdout if len(line.split()) == 2]
    store = open_store(url)
    head = store.head().revision
    assert head >= told[-1]
    sizes = {}
    for record in store.changes(0, limit=10**6).records:
        sizes[record.revision] = sizes.get(record.revision, 0) + 1
    assert sizes == dict.fromkeys(range(1, head + 1), 5)  # gapless, and every commit whole
    done = store.commit(SERVERS, head, [upsert("after")], sampled_at=time.time())
    assert done.revision == head + 1
    store.close()


def test_a_commit_of_another_process_wakes_a_waiter(url):
    store = open_store(url)
    delays = []
    with writer(url, "a", 30) as process:
        seen = 0
        while seen < 30:
            seen = store.wait(seen, 20)
            woken = time.time()
            delays.append((seen, woken))
        acknowledged = dict(line.split() for line in process.stdout.read().splitlines())
    late = sorted(woken - float(acknowledged[str(seen)]) for seen, woken in delays)
    assert late[len(late) // 2] < 1.0  # 50 ms is meant; a loaded machine may be slower
    store.close()


def test_what_others_commit_is_seen_also_once_they_have_closed_the_store(url):
    """An open store keeps its locks: whoever closes it last removes the log beside the file."""
    store = open_store(url, migrate=False)
    for number in range(3):
        with ThreadPoolExecutor(1) as pool:  # a further connection of this process
            seen = pool.submit(store.head).result().revision
        assert seen == store.head().revision == number
        with writer(url, f"w{number}", 1) as process:
            process.communicate()
        assert store.head().revision == number + 1
    store.close()
