"""The tutorial about plugins: every command that it shows is run, in its order."""

import contextlib
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from uv import find_uv_bin

PIP = 'pip() { UV pip "$@" --python "$VIRTUAL_ENV"; }'
"""As pip, and out of uv's cache: a minute less."""


def steps(text):
    """Yield each command of the page with the output that it shows."""
    for block in re.findall(
        r"^\.\. code-block:: console\n\n((?:(?:   .*)?\n)+)", text, flags=re.MULTILINE
    ):
        for command in re.split(r"^   \$ ", block, flags=re.MULTILINE)[1:]:
            line, *shown = (each.strip() for each in command.strip().splitlines())
            yield line, [each for each in shown if each]


def script(text, ports):
    """Return the page as one script that stops where the page is wrong."""
    lines = ["set -em", PIP.replace("UV", shlex.quote(find_uv_bin()))]
    for command, shown in steps(text):
        here = command
        lines.append(f"echo {shlex.quote('$ ' + command)}")
        for usual, free in ports.items():
            here = here.replace(usual, free)
        if shown:
            lines.append(f'out=$({here}); echo "$out"; [ "$out" = \'{chr(10).join(shown)}\' ]')
        else:
            lines.append(here)
    return "\n".join(lines)


@pytest.fixture
def checkout(root, tmp_path):
    """What `git clone` gives, as far as the page needs it; the options of our own tests too."""
    for name in ("src", "packages/democloud", "examples"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / name, tmp_path / name, ignore=ignored)
    for name in ("pyproject.toml", "conftest.py", "README.md", "LICENSE"):
        shutil.copy(root / name, tmp_path)
    return tmp_path


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


def jobs(shell):
    """Return the process groups that a page's shell has begun, and its own."""
    found = {shell}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            _, parent, group, *_ = stat.read_text().rpartition(")")[2].split()
            if int(parent) == shell:
                found.add(int(group))
    return found


@pytest.mark.skipif(shutil.which("curl") is None, reason="the tutorial's steps use curl")
def test_every_step_of_it_works(page, checkout):
    ports = {usual: free_port() for usual in ("8989", "8990", "8992")}
    text = script(page("tutorial/plugin.rst"), ports)
    assert text.count("synchronizer ") >= 6
    env = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("OS_", "PYTEST", "VIRTUAL_ENV", "PYTHON"))
    }
    env["SYNCHRONIZER_URL"] = f"http://127.0.0.1:{ports['8989']}"
    log = checkout / "log"
    with log.open("w") as said:
        page_runs = subprocess.Popen(
            ["bash", "-c", text], cwd=checkout, env=env, stdout=said, stderr=said, process_group=0
        )
        try:
            code = page_runs.wait(150)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            for pid in jobs(page_runs.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
            page_runs.wait()
    told = log.read_text()
    assert code == 0, told[-3000:]
    shown = told.partition("$ synchronizer entity show")[2]
    assert '"pager": "***"' in shown
    assert "0000" not in shown
    changes = told.partition("$ synchronizer change list")[2].splitlines()[1:3]
    assert [line.split()[:2] for line in changes] == [["create", "june"], ["update", "june"]]
