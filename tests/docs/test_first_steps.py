"""The first steps: ``make demo`` on a terminal, each command of the page beside it, Ctrl-C.

A terminal sends Ctrl-C to everything that runs there, make included.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap

import pytest
from terminal import Terminal

CTRL_C = b"\x03"


@pytest.fixture
def checkout(root, tmp_path):
    """A folder with the Makefile, and what it makes: here, the environment of these tests."""
    shutil.copy(root / "Makefile", tmp_path)
    programs = {"python": "", "synchronizer": " -m synchronizer.cli"}
    (tmp_path / ".tox/demo/bin").mkdir(parents=True)
    for name, module in programs.items():
        program = tmp_path / ".tox/demo/bin" / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable}{module} "$@"\n')
        program.chmod(0o755)
    return tmp_path


def run(command, **options):
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=60, **options
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def shells(text):
    """Return the blocks of a page that are commands of curl."""
    found = re.findall(r"^::\n\n((?:(?:   .*)?\n)+)|::\n\n((?:(?:   .*)?\n)+)", text, re.MULTILINE)
    blocks = [textwrap.dedent(first or second) for first, second in found]
    return [each for each in blocks if each.startswith("curl ")]


def test_each_step_works_and_ctrl_c_ends_it_with_the_comparison(checkout, page, code_blocks):
    text = page("tutorial/first-steps.rst")
    left = checkout / "tmp"
    left.mkdir()
    env = os.environ | {"DEMO_SERVERS": "20", "DEMO_PORT": "0", "TMPDIR": str(left)}
    command = ["make", "-o", ".venv/tools/ready", "demo", "TOX=true"]
    terminal = Terminal(command, cwd=checkout, env=env)
    terminal.read_until(r"end with Ctrl-C[\s\S]* r\d+ ")
    url = re.search(r"API of the synchronizer: +(\S+)", terminal.printed)[1]

    def here(shown):
        return shown.replace("http://127.0.0.1:8989", url).replace("REVISION", revision)

    revision, asked = "", shells(text)
    assert len(asked) == 5
    for command in asked:
        if "text/event-stream" in command:  # without an end
            ended = f"{{ {command.strip()} --max-time 1 || [ $? = 28 ]; }}"
        else:
            ended = command
        answer = run(["bash", "-c", here(ended.replace("curl ", "curl -f ", 1))])
        assert answer
        if found := re.search(r"Synchronizer-Revision: (\d+)", answer, re.IGNORECASE):
            revision = found[1]
    (program,) = code_blocks(text, "python")
    held, servers, _ = run([sys.executable, "-c", here(program)]).split()
    assert int(held) >= int(revision)
    assert int(servers) > 0
    terminal.press(CTRL_C)
    terminal.end()
    assert "servers and equals the cloud." in terminal.printed
    assert "Traceback" not in terminal.printed
    assert "WARNING" not in terminal.printed
    assert list(left.iterdir()) == []
