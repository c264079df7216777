"""A backup of a store, and going back to it while the store is in use.

That is what a restore in place does, and a failover to a database that lagged: the end of
the log is gone, and other commits follow.
"""

import sqlite3
from pathlib import Path


class Backup:
    """What the store in *path* is now; `restore` makes it so again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._copy = sqlite3.connect(":memory:", check_same_thread=False)
        with sqlite3.connect(path) as source:
            source.backup(self._copy)
        source.close()

    def restore(self) -> None:
        """Go back: in the same file, in one transaction, under those who have it open."""
        target = sqlite3.connect(self._path, timeout=30)
        self._copy.backup(target)
        target.close()
