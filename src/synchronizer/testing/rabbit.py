"""A RabbitMQ of its own for tests: a real broker that is stopped, killed and started again.

It lives in a folder, on free ports of 127.0.0.1, with an Erlang port mapper of its own,
and is ended by its own process ids: a RabbitMQ that runs on the machine is not touched.
Debian's package ``rabbitmq-server`` is needed (``tools/rabbitmq.sh`` installs it).
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""The server itself: the one in PATH would change to the user ``rabbitmq``."""

_BEAM = (
    "-kernel inet_dist_use_interface {127,0,0,1}"
    " +S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"  # one thread, which sleeps when idle
)
_CONFIG = """\
listeners.tcp.default = 127.0.0.1:{port}
default_user = {user}
default_pass = {password}
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 1GB
log.console = false
"""


def missing() -> str:
    """Return why there can be no broker, or an empty text."""
    if PROGRAM.is_file():
        return ""
    return f"RabbitMQ is not installed (no {PROGRAM}): run tools/rabbitmq.sh"


class Rabbit:
    """A broker; as a context manager it runs inside the ``with``.

    Args:
        folder: for what it keeps; owned by the caller.
        seconds: that it may take to start.

    Attributes:
        url: for oslo.messaging, with user and password.
    """

    user, password = "synchronizer", "s3cret"

    def __init__(self, folder: Path, *, seconds: float = 60.0) -> None:
        self._folder = folder
        self._seconds = seconds
        self.port, self._distribution, self._epmd_port = _free_ports(3)
        self.url = f"rabbit://{self.user}:{self.password}@127.0.0.1:{self.port}/"
        self._epmd: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start it and wait until it listens.

        Raises:
            RuntimeError: it does not; the message holds the end of its log.
        """
        if self._epmd is None:
            self._epmd = self._run("epmd")
            self._await(self._epmd, self._epmd_port)
        self._write_settings()
        self._server = self._run(str(PROGRAM))
        self._await(self._server, self.port)

    @property
    def pid(self) -> int:
        """The server's process id; 0 while it does not run."""
        return 0 if self._server is None else self._server.pid

    def stop(self) -> None:
        """End it in good order; what is durable stays."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Kill whatever runs of it."""
        self.kill()
        if self._epmd is not None:
            _kill(self._epmd)
            self._epmd = None

    def control(self, *arguments: str) -> str:
        """Run ``rabbitmqctl`` for this broker; return what it says.

        Raises:
            subprocess.CalledProcessError: it refused.
        """
        command = [str(PROGRAM.with_name("rabbitmqctl")), "--quiet", *arguments]
        return subprocess.run(  # noqa: S603 - nothing from outside
            command, cwd=self._folder, env=self._environment(), check=True, capture_output=True
        ).stdout.decode()

    # --- inside ----------------------------------------------------------

    def _write_settings(self) -> None:
        for name in ("home", "mnesia", "log"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        (self._folder / "rabbitmq.conf").write_text(
            _CONFIG.format(port=self.port, user=self.user, password=self.password)
        )
        (self._folder / "plugins").write_text("[].\n")

    def _run(self, program: str) -> subprocess.Popen[bytes]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "output").open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - nothing from outside
                [program],
                cwd=self._folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # its helpers end with it
            )

    def _environment(self) -> dict[str, str]:
        folder = str(self._folder)
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": f"{folder}/home",
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RUNNING_UNDER_SYSTEMD": "1",  # its script becomes the server
            "RABBITMQ_NODENAME": f"synchronizer{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _BEAM,
        }

    def _await(self, process: subprocess.Popen[bytes], port: int) -> None:
        until = time.monotonic() + self._seconds
        while process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
                return
            time.sleep(0.1)
        said = (self._folder / "output").read_text("utf-8", "replace")[-2000:]
        raise RuntimeError(f"no broker on port {port} after {self._seconds} s: {said}")

    def _end(self, number: signal.Signals) -> None:
        if self._server is None:
            return
        if number == signal.SIGTERM:
            self._server.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(20.0)
        _kill(self._server)
        self._server = None


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
