"""A store on disk and the shortest transport to it."""

import pytest

from synchronizer.store import open_store
from synchronizer.testing.direct import DirectTransport
from synchronizer.testing.writing import declare


@pytest.fixture
def new_store(tmp_path):
    """Return a function that opens another empty store."""
    opened = []

    def new():
        store = open_store(f"sqlite:///{tmp_path}/store{len(opened)}.sqlite")
        declare(store)
        opened.append(store)
        return store

    yield new
    for store in opened:
        store.close()


@pytest.fixture
def store(new_store):
    return new_store()


@pytest.fixture
def transport(store):
    return DirectTransport(store, bookmarks=0.05)


@pytest.fixture
def transport_of():
    """Return the shortest transport to a store."""
    return lambda store: DirectTransport(store, bookmarks=0.01)
