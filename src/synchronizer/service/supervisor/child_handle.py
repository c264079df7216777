"""A child process as its supervisor sees it, over all its restarts."""

import contextlib
import logging
import os
import subprocess

import msgspec

from synchronizer.service.settings import ChildSpec
from synchronizer.service.supervisor.interpreter import command, environment

log = logging.getLogger(__name__)

SILENCE = 20.0
"""Seconds without a beat after which a child counts as hung."""
FIRST_SILENCE = 60.0
"""The same before its first beat: interpreters start slowly on busy machines."""
PAUSE_FIRST, PAUSE_MOST = 0.5, 30.0
SETTLED = 60.0
"""A child that lived so long starts again without a pause."""

_LINE_MOST = 65_536


class ChildHandle:
    """One child process; owned by the tree's thread.

    Attributes:
        end_by: when it is killed after having been told to end; None before that.
        leaving: it is not started again.
    """

    def __init__(self, order: ChildSpec) -> None:
        self.order = order
        self.process: subprocess.Popen[bytes] | None = None
        self.start_at = 0.0
        self.end_by: float | None = None
        self.leaving = False
        self.beat_fd = -1
        self._failures = 0
        self._started = 0.0
        self._last_beat = 0.0
        self._beaten = False
        self._line = b""

    @property
    def name(self) -> str:
        """The role's name."""
        return self.order.role.name

    def spawn(self, now: float) -> bool:
        """Start the process; return whether that succeeded."""
        read_fd, write_fd = os.pipe()
        os.set_blocking(read_fd, False)
        try:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter
                command("synchronizer.service.supervisor.child_main", str(write_fd), self.name),
                env=environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,  # what a plugin prints is for nobody: it shall log
                pass_fds=(write_fd,),
                start_new_session=True,
            )
        except OSError as error:
            os.close(read_fd)
            self._plan(now, settled=False)
            log.error("%s cannot be started (%s); trying again", self.name, error)  # noqa: TRY400
            return False
        finally:
            os.close(write_fd)
        self.beat_fd = read_fd
        self._started = self._last_beat = now
        self._beaten = False
        log.info("%s is process %d", self.name, self.process.pid)
        stdin = self.process.stdin
        with contextlib.suppress(BrokenPipeError):  # it died at once: seen as any other end
            if stdin is not None:
                stdin.write(msgspec.json.encode(self.order) + b"\n")
                stdin.flush()
        return True

    def hear(self, now: float) -> list[str]:
        """Read what the child wrote; return complete lines that are no mere beats."""
        try:
            told = os.read(self.beat_fd, _LINE_MOST)
        except OSError:
            return []
        if not told:
            return []
        self._last_beat, self._beaten = now, True
        *lines, self._line = (self._line + told)[-_LINE_MOST:].split(b"\n")
        return [line.decode("utf-8", "replace") for line in lines if line.strip(b".")]

    def silent(self, now: float) -> bool:
        """Whether the child has not beaten for too long."""
        return now - self._last_beat > (SILENCE if self._beaten else FIRST_SILENCE)

    def forgive(self, seconds: float, now: float) -> None:
        """Give the child as much more time as the supervisor itself was paused."""
        self._last_beat = min(now, self._last_beat + seconds)
        if self.end_by is not None:
            self.end_by += seconds

    def retire(self, end_by: float) -> None:
        """Tell the process to end, by then at the latest."""
        if self.process is not None and self.end_by is None:
            self.end_by = end_by
            self.process.terminate()

    def overdue(self, now: float) -> bool:
        """Whether the process was told to end and has not in time."""
        return self.end_by is not None and now > self.end_by

    def kill(self) -> int | None:
        """Kill the process and return its exit code."""
        if self.process is None:
            return None
        self.process.kill()
        return self.process.wait()

    def bury(self, now: float) -> None:
        """Forget the process that ended, and plan the next start."""
        if self.process is not None and self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # a part of its order never reached it
                self.process.stdin.close()
        os.close(self.beat_fd)
        self.process = None
        self._line = b""
        if self.end_by is None:
            self._plan(now, settled=now - self._started > SETTLED)
        else:
            self.end_by, self.start_at = None, now

    def _plan(self, now: float, *, settled: bool) -> None:
        self._failures = 0 if settled else self._failures + 1
        pause = PAUSE_FIRST * 2 ** min(self._failures, 8) if self._failures else 0.0
        self.start_at = now + min(PAUSE_MOST, pause)
