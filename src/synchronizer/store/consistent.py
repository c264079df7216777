"""The head together with the collections as they were at it."""

from synchronizer.store.contract import Head, Store
from synchronizer.store.freshness import Freshness

_TRIES = 10


def consistent(store: Store) -> tuple[Head, list[Freshness]]:
    """Return the head, and the collections as they were at it.

    Under a storm of commits the collections may be newer; then one's revision is greater
    than the head's.
    """
    for _ in range(_TRIES):
        head, known = store.head(), store.collections()
        if all(each.revision <= head.revision for each in known):
            break
    return head, known
