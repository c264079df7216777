"""``make demo`` on a terminal: Ctrl-C goes to everything that runs there, make included."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CTRL_C = b"\x03"


class Terminal:
    """A program as a terminal's foreground process group, and what it printed."""

    def __init__(self, command, **options):
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            **options,
        )
        os.close(slave)
        self.printed = ""

    def read_until(self, pattern):
        until = time.monotonic() + 60
        while not re.search(pattern, self.printed):
            assert select.select([self._master], [], [], until - time.monotonic())[0], self.printed
            self.printed += os.read(self._master, 65536).decode("utf-8", "replace")

    def press(self, key):
        os.write(self._master, key)

    def end(self):
        with suppress(OSError):  # a terminal that nobody has open any more
            while part := os.read(self._master, 65536):
                self.printed += part.decode("utf-8", "replace")
        os.close(self._master)
        return self.process.wait(10)


@pytest.fixture
def checkout(tmp_path):
    """A folder with the Makefile, and what it makes: here, the environment of these tests."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    python = tmp_path / ".tox/demo/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return tmp_path


def test_ctrl_c_ends_it_with_the_comparison_and_leaves_nothing(checkout):
    left = checkout / "tmp"
    left.mkdir()
    env = os.environ | {"DEMO_SERVERS": "20", "DEMO_PORT": "0", "TMPDIR": str(left)}
    command = ["make", "-o", ".venv/tools/ready", "demo", "TOX=true"]
    terminal = Terminal(command, cwd=checkout, env=env)
    terminal.read_until(r"end with Ctrl-C[\s\S]* r\d+ ")
    terminal.press(CTRL_C)
    terminal.end()
    assert "servers and equals the cloud." in terminal.printed
    assert "Traceback" not in terminal.printed
    assert "WARNING" not in terminal.printed
    assert list(left.iterdir()) == []
