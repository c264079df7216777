"""The contract suite over every store."""

import pytest

from synchronizer.store import open_store
from synchronizer.testing.store import StoreContract


class TestSqlite(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
        yield store
        store.close()
