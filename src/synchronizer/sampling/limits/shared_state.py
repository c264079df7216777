"""What the processes of an instance know together of one service: its pace and its slots.

Plain files in a private folder. The pace is a few numbers, read and written under a lock;
a slot is a file that whoever has a call under way keeps locked. The kernel lets go of a
dead process's locks, so kill -9 at any instruction leaves nothing locked and nothing
counted. No lock is held while anybody waits, so a process that hangs holds up no other.

Every lock is taken on a file opened for it: threads and processes exclude each other alike,
and files that somebody cleaned away come back by themselves.
"""

import fcntl
import math
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import msgspec

from synchronizer.model.errors import SampleError

_NUMBERS = struct.Struct("=4d")


class Pace(msgspec.Struct):
    """How a service is leaned on now. Times are of CLOCK_MONOTONIC, one for all processes.

    Attributes:
        next: when the next call may go out.
        closed_until: no call before that, because of a Retry-After.
        share: of the configured calls per second, that the service gets.
        usual: smoothed seconds that an answer takes; NaN before the first.
    """

    next: float = -math.inf
    closed_until: float = -math.inf
    share: float = 1.0
    usual: float = math.nan

    def reserve(self, now: float, interval: float) -> float:
        """Take the next place in time; return when that is."""
        place = max(now, self.next, self.closed_until)
        self.next = place + interval / self.share
        return place

    def open(self) -> None:
        """Let calls go out again, whatever the service asked for."""
        self.next = self.closed_until = -math.inf


class ServiceState:
    """The files of one service; safe to use from all threads and processes at once.

    Args:
        folder: of the instance; its owner alone may enter it.
    """

    def __init__(self, folder: Path, service: str) -> None:
        # A service's name may hold anything and be long.
        self._folder = folder
        self._path = str(folder / blake2b(service.encode(), digest_size=12).hexdigest())

    @contextmanager
    def pace(self) -> Iterator[Pace]:
        """Lend the pace; what is changed in it holds for everybody from the end on.

        Raises:
            SampleError: the folder cannot be used.
        """
        with _in_our_words(self._folder), _lent(self._path) as pace:
            yield pace

    def take_slot(self, slots: int) -> int | None:
        """Take one of *slots*, or None when all are taken; closing the file gives it back.

        Raises:
            SampleError: the folder cannot be used.
        """
        with _in_our_words(self._folder):
            for number in range(slots):
                file = _open(f"{self._path}.{number}")
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(file)
                except BaseException:
                    os.close(file)
                    raise
                else:
                    return file
        return None


def open_gates(folder: Path) -> None:
    """Open the gates of all services that share *folder*.

    Raises:
        SampleError: the folder cannot be used.
    """
    with _in_our_words(folder):
        for path in folder.iterdir():
            if not path.suffix:  # the slots have a number behind a dot
                with _lent(str(path)) as pace:
                    pace.open()


@contextmanager
def _lent(path: str) -> Iterator[Pace]:
    file = _open(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        kept = os.pread(file, _NUMBERS.size, 0)
        pace = Pace(*_NUMBERS.unpack(kept)) if len(kept) == _NUMBERS.size else Pace()
        yield pace
        # One small write: the kernel does all of it or nothing.
        os.pwrite(file, _NUMBERS.pack(*msgspec.structs.astuple(pace)), 0)
    finally:
        os.close(file)


def _open(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


@contextmanager
def _in_our_words(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SampleError(
            f"the limits on calls cannot be shared in {folder} "
            f"({error.strerror}); free space there, or restart the synchronizer"
        ) from None
