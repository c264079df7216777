"""What became of the attempts to write a store, by all the processes that use it.

It cannot stand in the store, which takes nothing at that time. So it stands in a small file
beside it, whose bytes are there from the beginning: a full disk has room for them.
"""

import fcntl
import os
import struct
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from synchronizer.model.errors import (
    StoreDamagedError,
    StoreDiskError,
    StoreError,
    StoreFullError,
    StoreLockedError,
    StoreReplacedError,
    StoreUnusableError,
)
from synchronizer.store.contract import Attempted

_KINDS = (
    StoreError,
    StoreFullError,
    StoreDiskError,
    StoreDamagedError,
    StoreReplacedError,
    StoreUnusableError,
    StoreLockedError,
)
_TIME = struct.Struct("<d")
_COUNTS = struct.Struct(f"<{len(_KINDS)}Q")
_COUNTS_AT = _TIME.size
_TROUBLE_AT = _COUNTS_AT + _COUNTS.size
"""A byte: one more than the place of the error's class, 0 for none; its sentence follows."""
_BYTES = 4096
_LASTING = 1 + _KINDS.index(StoreDamagedError)
"""Damage does not go away by a write elsewhere in the file."""


class WriteAttempts:
    """Notes attempts, from any thread and process; it never fails itself.

    Args:
        path: of the file; without one only this process knows.
        anew: forget what was noted before.
    """

    def __init__(self, path: str | None, *, anew: bool = False) -> None:
        self._lock = threading.Lock()
        self._fd = _opened(path)
        self._close = weakref.finalize(self, os.close, self._fd)
        if anew or os.fstat(self._fd).st_size < _BYTES:
            self._write(bytes(_BYTES), 0)

    def succeeded(self, now: float) -> None:
        """Note that a write was taken."""
        self._write(_TIME.pack(now), 0)
        trouble = self._read(1, _TROUBLE_AT)
        if trouble not in (b"\0", bytes([_LASTING])):
            self._write(b"\0", _TROUBLE_AT)

    def failed(self, error: StoreError, *, count: bool = True) -> None:
        """Note an error: it is what is wrong until a write is taken.

        Args:
            count: it was a write that failed.
        """
        kind = _KINDS.index(type(error)) if type(error) in _KINDS else 0
        said = str(error).encode()[: _BYTES - _TROUBLE_AT - 2]
        with self._lock, self._locked():
            counts = list(_COUNTS.unpack(self._read(_COUNTS.size, _COUNTS_AT)))
            counts[kind] += count
            self._write(_COUNTS.pack(*counts), _COUNTS_AT)
            if self._read(1, _TROUBLE_AT) != bytes([_LASTING]):
                self._write(bytes([kind + 1]) + said + b"\0", _TROUBLE_AT)

    def known(self) -> Attempted:
        """Return what was noted."""
        noted = self._read()
        (written,) = _TIME.unpack_from(noted)
        counts = _COUNTS.unpack_from(noted, _COUNTS_AT)
        kind, said = noted[_TROUBLE_AT], noted[_TROUBLE_AT + 1 :].partition(b"\0")[0]
        return Attempted(
            written_at=written or None,
            failed={each.code: count for each, count in zip(_KINDS, counts, strict=True) if count},
            trouble=_KINDS[kind - 1](said.decode("utf-8", "replace")) if kind else None,
        )

    def close(self) -> None:
        """Give the file back."""
        self._close()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes out; the lock of this one's threads is another."""
        with suppress(OSError):
            fcntl.flock(self._fd, fcntl.LOCK_EX)
        try:
            yield
        finally:
            with suppress(OSError):
                fcntl.flock(self._fd, fcntl.LOCK_UN)

    def _read(self, size: int = _BYTES, at: int = 0) -> bytes:
        try:
            return os.pread(self._fd, size, at).ljust(size, b"\0")
        except OSError:
            return bytes(size)

    def _write(self, what: bytes, at: int) -> None:
        with suppress(OSError):
            os.pwrite(self._fd, what, at)


def _opened(path: str | None) -> int:
    if path is not None:
        with suppress(OSError):
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    return os.memfd_create("attempts", os.MFD_CLOEXEC)
