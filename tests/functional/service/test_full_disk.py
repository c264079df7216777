"""A full disk: nothing is lost, the reason is told, and it goes on when there is space."""

import contextlib
import json
import os
import re
import subprocess
import urllib.error
import urllib.request

import pytest

from synchronizer.store import open_store


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system of 3 MB can be mounted by root only")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(path):
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)


def health(url):
    """Return what the detailed health check says, whatever its status."""
    try:
        answer = urllib.request.urlopen(f"{url}/healthcheck?detailed=true", timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return json.loads(answer.read())


def test_a_full_disk_loses_nothing_and_is_left_behind(small_disk, serve, cloud, world, eventually):
    url = f"sqlite:///{small_disk}/store.sqlite"
    service = serve({"store": {"url": url}})
    ballast = small_disk / "ballast"
    fill(ballast)
    store = open_store(url, migrate=False)
    before = store.changes(0, limit=1_000_000)
    created = set()

    def full():
        # The write-ahead log may still have room inside itself for some commits.
        created.update(cloud.mutate("create", "nova.server", 20))
        return any("No space to write" in line for line in service.lines)

    eventually(full, 60, service.said)
    told = [line for line in service.lines if "No space to write" in line]
    assert "free some. Nothing was lost." in told[0]
    unready = health(service.url)
    assert unready["status"] == "UNAVAILABLE"
    assert "free some" in unready["store"]
    metrics = urllib.request.urlopen(f"{service.url}/metrics", timeout=20).read().decode()
    failed = re.search(r'failed_writes_total{code="synchronizer.store.full"} (\S+)', metrics)
    assert float(failed[1]) > 0
    assert "synchronizer_store_last_write_timestamp_seconds " in metrics
    # A fault of the cloud meanwhile cannot even be noted, and must end no lane.
    cloud.fault("status", status=500, path_regex="servers/detail|flavors|users|projects")
    for _ in range(2):
        calls = cloud.faults()[0]["hits"]
        eventually(lambda c=calls: cloud.faults()[0]["hits"] >= c + 8, 60, service.said)
    cloud.clear_faults()
    # What was committed is served as before; the mirror of it, too.
    answer = world.ask(service.url, "/v1/changes?since=0&limit=1000")
    assert answer["changes"][: len(before.records)]
    with service.mirror(["nova.server"]) as mirror:
        assert mirror.wait_synced(30)
        ballast.unlink()
        eventually(lambda: created <= set(mirror.of("nova.server")), 60, service.said)
    after = store.changes(0, limit=1_000_000)
    assert after.records[: len(before.records)] == before.records
    store.close()
    eventually(lambda: health(service.url)["status"] == "OK", 60, service.said)
    eventually(lambda: world.equal(service.url), 60, service.said)
    assert service.stop()[0] == 0
