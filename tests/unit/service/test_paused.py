"""A pause of the machine, or of the supervisor, makes nobody look hung."""

import os
import signal
import threading

import pytest

from synchronizer.service.settings import Api, CloudAccess, Settings
from synchronizer.service.supervisor.child_main import Heartbeat
from synchronizer.service.supervisor.supervisor import Supervisor
from synchronizer.store import open_store

NOWHERE = CloudAccess(name="none", auth_type="password", auth={})


class Clock:
    def __init__(self):
        self.seconds = 1000.0

    def now(self):
        return self.seconds

    def monotonic(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tree(tmp_path, clock):
    url = f"sqlite:///{tmp_path}/store.sqlite"
    store = open_store(url)
    up = threading.Event()
    settings = Settings(store=url, clouds=(NOWHERE,), api=Api(port=0))
    tree = Supervisor(settings, store, told=lambda *_: up.set(), clock=clock)
    tree.start()
    assert up.wait(60)
    yield tree
    tree.stop()
    store.close()


def test_no_child_is_killed_for_a_pause_of_the_supervisor(tree, clock, caplog, eventually):
    before = tree.pids()
    for pauses in range(1, 4):
        clock.seconds += 300.0
        eventually(lambda due=pauses: caplog.text.count("Did not run") == due)
    assert tree.pids()["api"] == before["api"]
    assert "does not move" not in caplog.text


def test_a_child_that_stands_still_after_a_pause_is_killed_all_the_same(
    tree, clock, caplog, eventually
):
    os.kill(tree.pids()["api"], signal.SIGSTOP)
    clock.seconds += 300.0
    eventually(lambda: "Did not run" in caplog.text)

    def killed():
        clock.seconds += 0.3
        return "api does not move" in caplog.text

    eventually(killed)


def test_a_lane_is_no_more_late_than_the_process_it_is_in(clock):
    heard, said = os.pipe()
    os.set_blocking(heard, False)
    pulse = Heartbeat(said, 240.0, clock)
    pulse.moved()
    clock.seconds += 300.0
    pulse.beat()
    assert os.read(heard, 10) == b"."
    for _ in range(300):
        clock.seconds += 1.0
        pulse.beat()
    assert os.read(heard, 1000) == b"." * 239
    os.close(heard)
    os.close(said)
