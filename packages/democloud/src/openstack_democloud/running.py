"""A demo cloud to hold in one's hands: started, asked, and gone with the ``with`` block."""

import contextlib
import copy
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import urlencode

import msgspec

#: The child finds this very package, installed or not.
_SOURCES = os.pathsep.join(
    filter(None, (str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH")))
)


class DemoCloudError(RuntimeError):
    """The demo cloud did not start; the message is what it said."""


class DemoCloud:
    """The demo cloud as a subprocess on a free port, for tests and for ``make demo``.

    Options are the program's, as keywords: ``DemoCloud(servers=1000, churn=5)``. The process
    ends with the block, and with this process too, however it ends. Safe to use from any
    thread.
    """

    def __init__(self, **options: Any) -> None:
        self._options = {"port": 0} | options
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self.base = ""
        self.port = 0

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Start it and wait until it is ready.

        Raises:
            DemoCloudError: it ended instead.
        """
        command = [sys.executable, "-m", "openstack_democloud.app", "--exit-with-stdin"]
        for name, value in self._options.items():
            if value is not None:
                command += [f"--{name.replace('_', '-')}", str(value)]
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the process
        self._process = subprocess.Popen(  # noqa: S603  # our own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=os.environ | {"PYTHONPATH": _SOURCES},
            start_new_session=True,  # Ctrl-C in a terminal is for us: we end it
        )
        stdout = self._process.stdout
        line = stdout.readline() if stdout else b""
        if not line:
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace")
            self.stop()
            raise DemoCloudError(f"the demo cloud did not start: {said}")
        self.port = msgspec.json.decode(line)["port"]
        self.base = f"http://{self._options.get('host', '127.0.0.1')}:{self.port}"
        return self

    def stop(self) -> None:
        """End it: its standard input ends, that is enough."""
        process, self._process = self._process, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def region(self, name: str) -> Self:
        """Return a further region: to be mutated, asked and faulted alone."""
        region = copy.copy(self)
        region.base = f"{self.base}/{name}"
        return region

    @property
    def pid(self) -> int:
        """Return the process id, for those who measure or kill it."""
        return self._process.pid if self._process else 0

    @property
    def auth_url(self) -> str:
        """Return Keystone's address."""
        return f"{self.base}/v3"

    @property
    def url(self) -> str:
        """Return Nova's address."""
        return f"{self.base}/compute/v2.1"

    @property
    def auth(self) -> dict[str, str]:
        """Return the admin's credentials, as keystoneauth1's v3.Password takes them."""
        return {
            "auth_url": self.auth_url,
            "username": "admin",
            "password": "password",
            "project_name": "admin",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }

    def write_clouds_yaml(self, path: Path, cloud: str = "demo") -> Path:
        """Write a clouds.yaml that names this cloud, and return its path."""
        regions = str(self._options.get("regions", "RegionOne")).split(",")
        clouds = {cloud: {"auth": self.auth, "regions": regions}}
        path.write_bytes(msgspec.json.encode({"clouds": clouds}))  # JSON is YAML
        return path

    def demo(self, method: str, path: str, body: Any = None) -> Any:
        """Call ``/demo/<path>`` and return the decoded answer."""
        data = None if body is None else msgspec.json.encode(body)
        request = urllib.request.Request(  # noqa: S310  # our own address
            f"{self.base}/demo/{path}", data=data, method=method
        )
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            return msgspec.json.decode(answer.read())

    def fault(
        self,
        kind: str,
        *,
        path_prefix: str | None = None,
        path_regex: str | None = None,
        method: str | None = None,
        page: int | None = None,
        times: int | None = None,
        **options: Any,
    ) -> int:
        """Set a fault and return its id; *options* are the kind's own."""
        match = {
            "path_prefix": path_prefix,
            "path_regex": path_regex,
            "method": method,
            "page": page,
            "times": times,
        }
        given = {name: value for name, value in match.items() if value is not None}
        body = {"match": given, "fault": {"kind": kind, **options}}
        return int(self.demo("POST", "faults", body)["id"])

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults that stand, each with its hits."""
        return list(self.demo("GET", "faults")["faults"])

    def clear_faults(self, id: int | None = None) -> None:
        """Take away one fault, or all."""
        self.demo("DELETE", "faults" if id is None else f"faults/{id}")

    def log(self, since: int = 0, *, wait: float = 0) -> list[dict[str, Any]]:
        """Return the mutations after *since*: seq, at, op, type, id.

        With *wait* the answer is held back, at most so many seconds, until there is one.
        """
        held = f"&wait={wait}" if wait else ""
        return list(self.demo("GET", f"log?since={since}{held}")["log"])

    def state(self, type: str, microversion: str = "") -> dict[str, dict[str, Any]]:
        """Return the truth: every entity of a type by id, at the service's usual microversion."""
        query = urlencode({"type": type, "microversion": microversion})
        return dict(self.demo("GET", f"state?{query}"))

    def mutate(
        self, op: str, type: str, count: int | None = 1, ids: list[str] | None = None
    ) -> list[str]:
        """Mutate *count* entities (None with "delete": all) or the named; return their ids."""
        body = {"op": op, "type": type, "count": count, "ids": ids}
        return list(self.demo("POST", "mutate", body)["ids"])

    def pause(self) -> int:
        """Stop the churn; return the seq of the last mutation."""
        return int(self.demo("POST", "pause")["seq"])

    def resume(self) -> None:
        """Let the churn go on."""
        self.demo("POST", "resume")

    def churn(self, rate: float) -> None:
        """Set the mutations per second."""
        self.demo("POST", "churn", {"rate": rate})

    def listen(self) -> None:
        """Have the notifications kept from now on, for `notifications`."""
        self.demo("POST", "notifications")

    def notifications(self, since: int = 0) -> list[dict[str, Any]]:
        """Return what the services told after the message *since*: number, event_type, payload…."""
        return list(self.demo("GET", f"notifications?since={since}")["notifications"])

    def notified(self) -> dict[str, int]:
        """Return how many notifications were made, and lost, doubled and delayed by faults."""
        return dict(self.demo("GET", "notifications")["counts"])

    def calls(self) -> dict[str, Any]:
        """Return the counters: {"total": …, "families": {"GET /path": …}}."""
        return dict(self.demo("GET", "calls"))

    def clear_calls(self) -> None:
        """Set the counters to zero."""
        self.demo("DELETE", "calls")
