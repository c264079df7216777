"""The synchronizer as an object in somebody's program, and processes that misbehave below it."""

import os
import signal

import msgspec
import pytest

from synchronizer.model.errors import ConfigurationError, CredentialsError
from synchronizer.service.settings import Api, CloudAccess, Settings
from synchronizer.service.supervisor import child_handle
from synchronizer.service.synchronizer import Synchronizer


def test_it_serves_and_its_mirror_follows(embedded, cloud, world, eventually):
    with embedded.mirror(["nova.server"]) as mirror:
        assert mirror.wait_synced(30)
        (created,) = cloud.mutate("create", "nova.server")
        eventually(lambda: created in mirror.of("nova.server"))
    assert world.equal(embedded.url)


def test_no_process_outlives_it(embedded):
    pids = embedded.pids()
    assert {"api", "scout demo", "sampler keystone@demo", "sampler nova@demo"} <= set(pids)
    embedded.stop()
    assert not embedded.pids()
    for pid in pids.values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_stopped_process_is_killed_and_started_again(embedded, world, eventually, monkeypatch):
    monkeypatch.setattr(child_handle, "SILENCE", 3.0)
    stopped = embedded.pids()["sampler nova@demo"]
    os.kill(stopped, signal.SIGSTOP)
    keystone = ["keystone.project", "keystone.user"]
    moment = world.types(embedded.url)["keystone.user"]["sampled_at"]
    eventually(lambda: world.fresh_since(embedded.url, moment, keystone))
    again = eventually(
        lambda: {embedded.pids().get("sampler nova@demo")} - {None, stopped}, 30, "no restart"
    )
    moment = world.types(embedded.url)["nova.server"]["sampled_at"]
    eventually(lambda: world.fresh_since(embedded.url, moment))
    assert again == {embedded.pids()["sampler nova@demo"]}


def test_a_stopped_process_does_not_hold_up_the_end(embedded, eventually):
    pids = embedded.pids()
    os.kill(pids["sampler nova@demo"], signal.SIGSTOP)
    embedded.stop()
    for pid in pids.values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    other = msgspec.structs.replace(embedded.settings, store="sqlite:///elsewhere.sqlite")
    with pytest.raises(ConfigurationError, match="restart to change it"):
        embedded.reload(other)


def test_wrong_credentials_are_raised_and_leave_nothing_open(cloud, tmp_path):
    access = CloudAccess(name="demo", auth_type="password", auth=cloud.auth | {"password": "wrong"})
    settings = Settings(
        store=f"sqlite:///{tmp_path}/store.sqlite", clouds=(access,), api=Api(port=0)
    )
    synchronizer = Synchronizer(settings=settings)
    with pytest.raises(CredentialsError, match="refused the credentials"):
        synchronizer.start()
    assert not synchronizer.pids()
