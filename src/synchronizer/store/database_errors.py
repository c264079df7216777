"""Why a database refused, in our words.

SQLite says "disk I/O error" of a full disk, a quota, a failing disk and a file that was cut
off. Its extended code and the room that is left tell these apart.
"""

import os
import sqlite3

import sqlalchemy as sa

from synchronizer.model.errors import (
    StoreDamagedError,
    StoreDiskError,
    StoreError,
    StoreFullError,
    StoreLockedError,
    StoreUnusableError,
)

ROOM = 1 << 20
"""Bytes: a disk with less of them left counts as full."""

_DAMAGED = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_IOERR_SHORT_READ,
        sqlite3.SQLITE_IOERR_CORRUPTFS,
    }
)
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PRIMARY = 0xFF


def free_bytes(folder: str) -> int | None:
    """Return how much may still be written to a folder's disk; None when nobody knows."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    return disk.f_frsize * (disk.f_bavail if os.geteuid() else disk.f_bfree)


def cause_of(error: sa.exc.DBAPIError, shown: str, folder: str | None) -> StoreError:
    """Return the error that says what is wrong and what to do.

    Args:
        shown: the store's URL without a secret.
        folder: that the store's file is in, when it is a file.
    """
    said = str(error.orig)
    low = said.lower()
    code = getattr(error.orig, "sqlite_errorcode", 0)
    if code in _DAMAGED or code & _PRIMARY in _DAMAGED or "malformed" in low:
        return StoreDamagedError(
            f"{shown} is damaged or not a store ({said}); restore it from a backup, or "
            "move it away to start from an empty one."
        )
    if code == sqlite3.SQLITE_FULL or "disk is full" in low or "no space" in low:
        return full(shown, said)
    if code & _PRIMARY == sqlite3.SQLITE_IOERR:
        free = free_bytes(folder) if folder is not None else None
        if free is not None and free < ROOM:
            return full(shown, said)
        return StoreDiskError(
            f"The disk refuses {shown} ({said}: {getattr(error.orig, 'sqlite_errorname', code)}) "
            "although it is not full; look for a quota, a limit of the file size (ulimit -f) or a "
            "failing disk (dmesg). Nothing was lost."
        )
    if code & _PRIMARY in _LOCKED:
        return StoreLockedError(
            f"{shown} is locked by another program ({said}), such as a backup that copies it or a "
            "shell with an open transaction; find it with `fuser` on the file and end it. Nothing "
            "was lost."
        )
    return _unusable(shown, said) or StoreError(f"{shown}: {said}")


def _unusable(shown: str, said: str) -> StoreUnusableError | None:
    low = said.lower()
    if "unable to open" in low or "readonly" in low:
        return StoreUnusableError(
            f"{shown} cannot be opened for writing ({said}); check folder and permissions."
        )
    if "no such table" in low:
        return StoreUnusableError(
            f"{shown} has no tables of a store; run `synchronizer db upgrade`."
        )
    return None


def full(shown: str, said: str) -> StoreFullError:
    """Return the error of a full disk."""
    return StoreFullError(f"No space to write {shown} ({said}); free some. Nothing was lost.")
