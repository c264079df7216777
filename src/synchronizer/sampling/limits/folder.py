"""The private folder in which the processes of an instance share the limits on calls.

Its maker keeps it locked for as long as it lives. So a folder that nobody locks was left
by one that was killed, and whoever makes the next one removes it.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import weakref
from pathlib import Path

from synchronizer.model.errors import ConfigurationError
from synchronizer.sampling.limits.shared_state import open_gates

_PREFIX = "synchronizer-limits-"


class LimitsFolder:
    """A folder that only its owner may enter; it goes away with this object.

    Attributes:
        path: of the folder.

    Raises:
        ConfigurationError: there is no place for one.
    """

    def __init__(self) -> None:
        try:
            _remove_forsaken()
            self.path, lock = _made()
        except OSError as error:
            raise ConfigurationError(
                f"No temporary folder can be made ({error.strerror}); set TMPDIR to a place "
                "that can be written to."
            ) from None
        self._remove = weakref.finalize(self, _end, self.path, lock)

    def open_gates(self) -> None:
        """Let calls go out again to every service, whatever it asked for."""
        open_gates(Path(self.path))

    def remove(self) -> None:
        """Remove it now."""
        self._remove()


def _made() -> tuple[str, int]:
    """Make a folder and lock it; again when it was taken for a forsaken one in between."""
    while True:
        path = tempfile.mkdtemp(prefix=_PREFIX)
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if Path(path).exists():
                return path, lock
            os.close(lock)


def _remove_forsaken() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # Others' folders, and ours that are gone or locked, are none of our business.
        with contextlib.suppress(OSError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                if os.fstat(lock).st_uid == os.getuid():
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder)
            finally:
                os.close(lock)


def _end(path: str, lock: int) -> None:
    shutil.rmtree(path, ignore_errors=True)
    os.close(lock)
