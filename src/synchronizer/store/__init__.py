"""The store: the log of revisions and the entities in it."""

from synchronizer.store.contract import Store
from synchronizer.store.sql import SqlStore

__all__ = ["SqlStore", "Store", "open_store"]


def open_store(url: str, *, migrate: bool = True) -> Store:
    """Open the store at *url*, made or brought up to date as needed.

    Raises:
        StoreUnusableError: newer than this program, damaged, or not accessible.
    """
    return SqlStore(url, migrate=migrate)
