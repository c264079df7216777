"""The consumers that the documentation shows, as processes."""

import ast
import os
import re
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

from synchronizer.client.mirror_state import Key
from synchronizer.model.essence import canonical

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "consume-bus.rst"


def programs():
    """Return the page's two that need nothing of ours: the short one, and the one that notices."""
    blocks = re.findall(
        r"^\.\. code-block:: python\n\n((?:(?:   .*)?\n)+)", PAGE.read_text(), flags=re.MULTILINE
    )
    plain = [textwrap.dedent(each) for each in blocks if "oslo_messaging" in each]
    assert "synchronizer." not in "".join(plain).replace('f"synchronizer.{each}"', "")
    short, noticing = plain
    return short, noticing


class Consumer:
    """A program as a process; *lines* is what it has said."""

    def __init__(self, folder, url, exchange, program):
        (folder / "consumer.py").write_text(program)
        (folder / "consumer.conf").write_text(
            f"[DEFAULT]\ntransport_url = {url}\ncontrol_exchange = {exchange}\n"
        )
        self.lines = []
        self.process = subprocess.Popen(
            [sys.executable, "consumer.py", "--config-file", "consumer.conf"],
            cwd=folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "errors").open("w"),
            text=True,
        )
        self.said = threading.Thread(target=self._read)
        self.said.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)

    def has_reached(self, revision):
        return any(f"at revision {revision}\n" in line for line in list(self.lines))

    def listings(self):
        return sum(line.startswith("everything") for line in list(self.lines))

    def end(self):
        """Press Enter; return what it holds."""
        self.process.stdin.write("\n")
        self.process.stdin.close()
        assert self.process.wait(30) == 0
        self.said.join()
        return {
            Key(each["cloud"], each["region"], each["type"], each["id"]): (
                each["revision"],
                canonical(each["body"]),
            )
            for each in ast.literal_eval(self.lines[-1])
        }

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.said.join()
        self.process.stdout.close()
