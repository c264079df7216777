"""The probe of plugins: each is imported once where it can do no harm.

``python -m synchronizer.service.supervisor.plugin_probe NAME…`` imports the plugins one by one
and reports each in a line of JSON. Whichever one it dies of or hangs on is the culprit; the
remaining ones are probed by another process.
"""

import contextlib
import os
import selectors
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence

import msgspec

from synchronizer.service.supervisor.interpreter import command, environment

PATIENCE = 30.0
"""Seconds that one import may take, and the start of the process with the first."""


class ProbeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to know of a plugin without importing it oneself.

    Attributes:
        service_type: in the catalogue.
        beside: see `Plugin`.
        version: of its API.
        privileged: see `Plugin`.
        types: all that it declares.
        broken: why it cannot be imported; empty when it can.
    """

    name: str
    service_type: str = ""
    beside: str = ""
    version: str = ""
    privileged: str = ""
    types: tuple[str, ...] = ()
    broken: str = ""


def try_all(
    names: Sequence[str], beat: Callable[[], None] = lambda: None, patience: float = PATIENCE
) -> list[ProbeResult]:
    """Try each plugin; return what was found out, in the same order.

    Args:
        beat: called again and again while it lasts.
    """
    done: list[ProbeResult] = []
    while len(done) < len(names):
        left = names[len(done) :]
        told, end = _try(left, beat, patience)
        done += told
        if len(told) < len(left):
            done.append(ProbeResult(name=left[len(told)], broken=end))
    return done


def _try(
    names: Sequence[str], beat: Callable[[], None], patience: float
) -> tuple[list[ProbeResult], str]:
    """Return what one process told, and why it told no more."""
    told: list[ProbeResult] = []
    rest = b""
    with (
        subprocess.Popen(  # noqa: S603 - our own interpreter
            command("synchronizer.service.supervisor.plugin_probe", *names),
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        ) as process,
        contextlib.ExitStack() as stack,
        selectors.DefaultSelector() as selector,
    ):
        stack.callback(process.kill)
        out = process.stdout.fileno() if process.stdout else -1
        selector.register(out, selectors.EVENT_READ)
        until = time.monotonic() + patience
        while len(told) < len(names):
            beat()
            left = until - time.monotonic()
            if left <= 0:
                return told, f"its import takes longer than {patience:.0f} s"
            if not selector.select(min(left, 1.0)):
                continue
            part = os.read(out, 65_536)
            if not part:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(1.0)
                return told, f"its import ends the process with {process.returncode}"
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                told.append(msgspec.json.decode(line, type=ProbeResult))
                beat()  # several may come at once
                until = time.monotonic() + patience
    return told, ""


def main(names: Sequence[str]) -> int:
    """Try the named plugins in this process."""
    from synchronizer.plugins import load  # noqa: PLC0415 - only here

    out = os.dup(sys.stdout.fileno())
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())  # what a plugin prints is for nobody
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for name in names:
        try:
            plugin = load(name)
            tried = ProbeResult(
                name=name,
                service_type=str(plugin.service_type),
                beside=str(plugin.beside),
                version=str(plugin.version),
                privileged=str(plugin.privileged),
                types=tuple(str(each.type) for each in plugin.declared()),
            )
        except BaseException as error:  # noqa: BLE001 - whatever a foreign module raises
            tried = ProbeResult(name=name, broken=_told(error))
        os.write(out, msgspec.json.encode(tried) + b"\n")
    return 0


def _told(error: BaseException) -> str:
    """Return an error's own words on one line, and where it comes from."""
    *_, last = traceback.extract_tb(error.__traceback__)
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{said[:500]}, at {os.path.basename(last.filename)}:{last.lineno}"  # noqa: PTH119


def _end_with_parent() -> None:
    # Unbuffered: a thread that waits in a buffered read cannot be left at exit.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
