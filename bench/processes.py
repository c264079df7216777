"""The processes of a run: parts, our API as its supervisor starts it, and what they use."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from bench.parts.measuring import memory
from synchronizer.service.settings import Api, ChildSpec, Role, Settings
from synchronizer.service.supervisor.child_handle import ChildHandle

ROOT = Path(__file__).resolve().parents[1]


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def _command(name: str, given: dict[str, Any]) -> list[str]:
    return [sys.executable, "-m", "bench.part", name, json.dumps(given)]


def part(name: str, **given: Any) -> dict[str, Any]:
    """Run a part to its end and return what it found."""
    done = subprocess.run(
        _command(name, given), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


class Part:
    """A part that stays, and answers lines with lines."""

    def __init__(self, name: str, **given: Any) -> None:
        self._process = subprocess.Popen(
            _command(name, given),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        self.first = self.answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait()

    def order(self, **order: Any) -> None:
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a part ended before its time; its error stands above")
        return json.loads(line)


class ApiProcess:
    """Our API as the supervisor runs it: `child_main` with the role api."""

    def __init__(self, database: Path) -> None:
        settings = Settings(store=f"sqlite:///{database}", api=Api(port=0))
        self._child = ChildHandle(ChildSpec(Role(kind="api"), settings))

    def __enter__(self) -> Self:
        self._child.spawn(time.monotonic())
        self.pid = self._child.process.pid
        self.port = 0
        until = time.monotonic() + 30
        while not self.port:
            for line in self._child.hear(time.monotonic()):
                self.port = int(line.strip(".").split()[1])
            if time.monotonic() > until or self._child.process.poll() is not None:
                raise RuntimeError("the API did not start")
            time.sleep(0.02)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.retire(time.monotonic() + 5)
        try:
            self._child.process.wait(10)
        except subprocess.TimeoutExpired:
            self._child.kill()
        self._child.bury(time.monotonic())


def cpu_of(pid: int) -> float:
    """Return user and system seconds of a process; the kernel counts in 10 ms."""
    used = psutil.Process(pid).cpu_times()
    return used.user + used.system


class Scales:
    """Weighs a process all the time: the most memory that it had for itself."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self.first = self.most = memory(self._pid)["private_mb"]
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()
        self.last = memory(self._pid)["private_mb"]
        self.most = max(self.most, self.last)

    @property
    def growth(self) -> float:
        return self.most - self.first

    def _run(self) -> None:
        while not self._done.wait(0.02):
            self.most = max(self.most, memory(self._pid)["private_mb"])
