"""Processes of ours run our code only, and do not show the operator's secrets."""

import os
import resource
import subprocess
import time
from pathlib import Path

import pytest

from synchronizer import service
from synchronizer.service.settings import ChildSpec, Role, Settings
from synchronizer.service.supervisor.child_handle import ChildHandle
from synchronizer.service.supervisor.interpreter import command, environment

INTRUDER = "import pathlib, sys; pathlib.Path(__file__).with_name('ran').touch(); sys.exit(66)\n"


@pytest.mark.parametrize("module", ["child", "doors", "trial"])
def test_a_module_in_the_current_directory_is_not_run(module, tmp_path):
    (tmp_path / "msgspec.py").write_text(INTRUDER)
    done = subprocess.run(
        command(f"synchronizer.service.{module}"),
        env=environment(),
        cwd=tmp_path,
        input=b"",
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 66
    assert not (tmp_path / "ran").exists()


def test_every_process_is_started_by_the_one_module_that_leaves_the_current_directory_out():
    folder = Path(service.__file__).parent
    found = [each.name for each in folder.rglob("*.py") if "sys.executable" in each.read_text()]
    assert found == ["interpreter.py"]


def test_a_childs_environment_has_no_option_and_no_credential(monkeypatch):
    monkeypatch.setenv("OS_BUS__URL", "rabbit://canary@mq/")
    monkeypatch.setenv("OS_PASSWORD", "canary")
    monkeypatch.setenv("SYNCHRONIZER_URL", "rabbit://canary@mq/")
    child = ChildHandle(ChildSpec(Role(kind="scout", cloud="none"), Settings(store="sqlite://")))
    assert child.spawn(time.monotonic())
    try:
        seen = _environ(child.process.pid)
    finally:
        child.kill()
        child.bury(time.monotonic())
    assert b"canary" not in seen
    assert os.environ["PATH"].encode() in seen


def test_a_child_has_all_descriptors_that_it_may(eventually):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    child = ChildHandle(ChildSpec(Role(kind="scout", cloud="none"), Settings(store="sqlite://")))
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
    try:
        assert child.spawn(time.monotonic())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        eventually(lambda: resource.prlimit(child.process.pid, resource.RLIMIT_NOFILE)[0] == hard)
    finally:
        child.kill()
        child.bury(time.monotonic())


def _environ(pid):
    """Return the environment of a process once it is itself, and no copy of us."""
    while (
        b"synchronizer.service.supervisor.child_main"
        not in Path(f"/proc/{pid}/cmdline").read_bytes()
    ):
        os.sched_yield()
    return Path(f"/proc/{pid}/environ").read_bytes()
