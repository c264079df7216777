"""The store's file is its owner's alone: it holds what an administrator sees of all tenants."""

import contextlib
import os
from pathlib import Path

from synchronizer.model.errors import StoreUnusableError

_FOLDER, _FILE = 0o700, 0o600
_OTHERS = 0o007


def make_folder(folder: Path) -> None:
    """Make the store's folder, if it is not there, for its owner alone.

    Raises:
        StoreUnusableError: it cannot be made.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=_FOLDER, exist_ok=True)
    except OSError as error:
        raise StoreUnusableError(
            f"The folder {folder} for the store cannot be made ({error.strerror}); "
            "make it, or set [store] url to a place that may be written."
        ) from None


def make_private(file: Path) -> None:
    """Make the store's file, if it is not there, before SQLite does so by the umask.

    SQLite gives the files beside it the same permissions. Of a file that is there already
    only strangers lose access: its group may be meant.

    A file that is there is never opened: its closing would end every lock that SQLite holds
    of it in this process, so another process would remove the log that is still read here.
    """
    with contextlib.suppress(OSError):  # whoever opens it says what is wrong
        with contextlib.suppress(FileExistsError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, _FILE))
        for each in (file, *(Path(f"{file}-{name}") for name in ("wal", "shm", "writes"))):
            mode = each.stat().st_mode & 0o777
            if mode & _OTHERS:
                each.chmod(mode & ~_OTHERS)
