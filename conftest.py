"""What tests of several folders need: the option --long, real processes, waiting for facts."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from synchronizer.client.http import HttpTransport
from synchronizer.client.mirror import Mirror
from synchronizer.testing.rabbit import Rabbit, missing

# What a property says does not depend on how busy the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "patient"))

MARK = "SYNCHRONIZER_TEST_RUN"
"""Variable in the environment of everything that a `Serve` starts: so orphans are found."""


def pytest_configure():
    # A shell lets what it starts in the background ignore Ctrl-C, and that is inherited.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="the long fault runs of tests/chaos")
    parser.addoption("--seed", type=int, help="of the dice in tests/chaos; else it is thrown")


def wait_for(fact, seconds=30.0, why=""):
    """Return the first true value of *fact*; fail when there is none in time."""
    until = time.monotonic() + seconds
    while True:
        found = fact()
        if found:
            return found
        if time.monotonic() > until:
            said = why() if callable(why) else why
            raise AssertionError(f"not within {seconds} s: {said or fact}")
        time.sleep(0.02)


class Serve:
    """``synchronizer serve`` as a process, what it says, and everything that it started."""

    def __init__(self, folder, options, *, program=("-m", "synchronizer.cli"), env=None):
        self.folder = Path(folder)
        self.config = self.folder / "synchronizer.conf"
        self.configure(options)
        self._program = [sys.executable, *program, "--config-file", str(self.config), "serve"]
        self._mark = uuid.uuid4().hex
        self._env = {
            name: value for name, value in os.environ.items() if not name.startswith("OS_")
        }
        self._env |= {MARK: self._mark, **(env or {})}
        self.lines = []
        self.url = ""
        self.process = None
        self._reader = None

    def configure(self, options):
        """Write the configuration file: {group: {option: value}}."""
        self.config.write_text(
            "".join(
                f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in values.items())
                for group, values in options.items()
            )
        )

    def launch(self):
        """Start it and wait for nothing."""
        self.process = subprocess.Popen(
            self._program, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=self._env
        )
        self._reader = threading.Thread(target=self._read, args=(self.process.stderr,))
        self._reader.start()
        return self

    def start(self, seconds=60.0):
        """Start it and wait until it listens."""
        before = len(self.lines)
        self.launch()

        def url():
            for line in self.lines[before:]:
                if line.startswith("Synchronizer listens on "):
                    return line.rpartition(" ")[2]
            assert self.process.poll() is None, self.said()
            return None

        self.url = wait_for(url, seconds, self.said)
        return self

    def _read(self, pipe):
        with pipe:
            for line in pipe:
                self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    def said(self):
        return "\n".join(self.lines[-60:])

    def heard(self, pattern, seconds=30.0, since=0):
        """Wait for a line that matches; return the match."""

        def found():
            for line in self.lines[since:]:
                if match := re.search(pattern, line):
                    return match
            return None

        return wait_for(found, seconds, lambda: f"{pattern!r} in\n{self.said()}")

    def family(self):
        """Return the process ids of everything that lives of it, itself too."""
        wanted = f"{MARK}={self._mark}".encode()
        found = set()
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal():
                try:
                    if wanted in (folder / "environ").read_bytes().split(b"\0"):
                        found.add(int(folder.name))
                except OSError:
                    pass  # ended meanwhile
        return found

    def children(self):
        """Return {process id: role} of the living children that the log names."""
        named = {}
        for line in list(self.lines):
            if match := re.search(r"\[supervisor\] (\S.*) is process (\d+)$", line):
                named[int(match[2])] = match[1]
        alive = self.family() - {self.process.pid}
        return {pid: role for pid, role in named.items() if pid in alive}

    def child(self, role, seconds=30.0, *, other_than=0):
        """Wait for the process of a role; return its id."""

        def pid():
            found = [p for p, name in self.children().items() if name == role and p != other_than]
            return found[-1] if found else None

        return wait_for(pid, seconds, lambda: f"a process of {role} in\n{self.said()}")

    def mirror(self, types, **options):
        """Return a mirror of it; the caller closes it."""
        return Mirror(HttpTransport(self.url), types, **options)

    def wait(self, seconds=30.0):
        """Wait for its end; return its exit code."""
        code = self.process.wait(seconds)
        self._reader.join()
        return code

    def stop(self, number=signal.SIGTERM):
        """End it; return its exit code and the seconds that it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        code = self.wait(30)
        return code, time.monotonic() - begun

    def kill(self):
        """Kill -9 whatever lives of it."""
        for pid in self.family():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            self.wait()


@pytest.fixture(scope="session")
def eventually():
    """Wait for a fact: ``eventually(fact, seconds, why)``."""
    return wait_for


@contextlib.contextmanager
def launching():
    """Make `Serve` objects; whatever they started is dead at the end."""
    made = []

    def make(folder, options, **more):
        made.append(Serve(folder, options, **more))
        return made[-1]

    yield make
    for each in made:
        each.kill()


@pytest.fixture(autouse=True, scope="module")
def kombu_decodes_as_ever():
    """A listener gives kombu decoders that suit its own process only: here, others follow it."""
    yield
    if "kombu.serialization" in sys.modules:
        sys.modules["kombu.serialization"].register_json()


@pytest.fixture(scope="session")
def rabbit(tmp_path_factory):
    """A RabbitMQ that stays up; each test takes an exchange of its own."""
    if missing():
        pytest.skip(missing())
    with Rabbit(tmp_path_factory.mktemp("rabbit")) as running:
        yield running


@pytest.fixture
def launcher(tmp_path):
    """Make `Serve` objects for one test."""
    with launching() as make:
        yield lambda options, folder=tmp_path, **more: make(folder, options, **more)


@pytest.fixture(scope="module")
def module_launcher(tmp_path_factory):
    """Make `Serve` objects for the tests of one module."""
    with launching() as make:
        yield lambda options, **more: make(tmp_path_factory.mktemp("serve"), options, **more)
