"""``synchronizer serve`` as an operator runs it: it starts, serves, stops, and comes back."""

import os
import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from synchronizer.client.http import HttpTransport
from synchronizer.client.mirror import Mirror
from synchronizer.store import open_store

STOP_SECONDS = 5.0


def test_a_mirror_equals_the_cloud(serve, cloud, world, eventually):
    service = serve()
    with Mirror(HttpTransport(service.url), world.names) as mirror:
        assert mirror.wait_synced(30)
        cloud.mutate("create", "nova.server", 3)
        cloud.mutate("update", "nova.server", 3)
        cloud.mutate("delete", "nova.server", 3)
        cloud.mutate("create", "keystone.project", 2)

        def equal():
            return all(
                world.essences(each, {e.id: e.body for e in mirror.of(each).values()})
                == world.in_cloud(each)
                for each in world.names
            )

        eventually(equal, 30, service.said)
    assert world.equal(service.url)
    assert service.stop()[0] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_in_time_with_open_watches_and_leaves_nothing(
    serve, cloud, world, eventually, number
):
    service = serve()
    with ExitStack() as opened:
        watches = []
        for _ in range(5):
            connection, answer = world.watch(service.url)
            opened.enter_context(connection)
            watches.append(answer)
        mirrors = [
            opened.enter_context(Mirror(HttpTransport(service.url), [each])) for each in world.names
        ]
        assert all(mirror.wait_synced(30) for mirror in mirrors)
        cloud.fault("hang", path_regex="servers/detail")  # a sampler waits for an answer, too
        eventually(lambda: cloud.faults()[0]["hits"], 30, service.said)
        code, seconds = service.stop(number)
        assert code == 0
        assert seconds < STOP_SECONDS
        assert service.family() == set()
        assert "killing it" not in service.said()
        for answer in watches:
            answer.read()  # a complete answer: its end was sent


def test_a_restart_over_an_unchanged_cloud_changes_nothing(serve, store_url, world):
    service = serve()
    service.stop()
    store = open_store(store_url)
    before, known = store.head(), {e.collection: e.sampled_at for e in store.collections()}
    service.start()
    until = time.monotonic() + 60
    while any(e.sampled_at <= known[e.collection] for e in store.collections()):
        store.wait(before.revision, 0.1)
        assert time.monotonic() < until, service.said()
    assert store.head() == before
    store.close()
    assert service.stop()[0] == 0


def test_without_its_supervisor_nothing_goes_on(serve, eventually):
    service = serve()
    assert {"api", "scout demo", "sampler nova@demo"} <= set(service.children().values())
    os.kill(service.process.pid, signal.SIGKILL)
    eventually(lambda: not service.family(), 10, lambda: str(service.children()))


def test_a_cloud_that_keeps_silent_does_not_hold_up_the_end(launcher, options, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        clouds = tmp_path / "silent.yaml"
        port = silent.getsockname()[1]
        clouds.write_text(
            f"clouds: {{demo: {{auth: {{auth_url: 'http://127.0.0.1:{port}/v3', username: u,"
            " password: p, project_name: p, user_domain_name: D, project_domain_name: D}}}"
        )
        options["clouds"]["file"] = clouds
        service = launcher(options).launch()
        silent.settimeout(30)
        connection, _ = silent.accept()  # it asks for a token
        with connection:
            code, seconds = service.stop()
    assert code == 0
    assert seconds < STOP_SECONDS
    assert not service.family()


def test_two_on_one_store_are_right_together(serve, cloud, world, store_url, eventually):
    one, two = serve(), serve()
    for _ in range(5):
        cloud.mutate("create", "nova.server", 4)
        cloud.mutate("update", "nova.server", 6)
        cloud.mutate("delete", "nova.server", 4)
    eventually(lambda: world.equal(one.url) and world.equal(two.url), 40, one.said)
    for service in (one, two):
        assert service.stop()[0] == 0
    store = open_store(store_url)
    last = {}
    for record in store.changes(0, limit=1_000_000).records:
        key = (record.collection, record.id)
        assert record.previous == last.get(key), "each change follows from the one before"
        last[key] = None if record.op == "delete" else record.revision
    deleted = {r.id for r in store.changes(0, limit=1_000_000).records if r.op == "delete"}
    assert not deleted & set(cloud.state("nova.server"))
    store.close()


def test_a_killed_api_comes_back_at_the_same_address(serve, world, eventually):
    service = serve()  # its port was free, not configured
    first = service.child("api")
    with Mirror(HttpTransport(service.url), ["nova.server"]) as mirror:
        assert mirror.wait_synced(30)
        os.kill(first, signal.SIGKILL)
        service.child("api", other_than=first)
        reconnects = mirror.statistics.reconnects
        eventually(lambda: mirror.fault is None and mirror.lag < 2, 30, service.said)
        assert mirror.statistics.relists == 0
        assert mirror.statistics.reconnects >= reconnects
    assert world.types(service.url)


def test_ps_shows_what_each_process_is(serve):
    service = serve()
    for role in ("api", "scout demo", "sampler nova@demo"):
        pid = service.child(role)
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        assert role.encode() in words


def test_a_log_file_has_what_every_process_says(launcher, options, tmp_path, eventually):
    log = tmp_path / "log"
    program = ("-m", "synchronizer.cli", "--log-file", str(log))
    service = launcher(options, program=program).launch()
    eventually(lambda: log.exists() and "Synchronizer listens on" in log.read_text(), 60)
    for pid in service.family():
        assert Path(f"/proc/{pid}/fd/2").readlink() == log
    service.stop()
    assert service.lines == []
