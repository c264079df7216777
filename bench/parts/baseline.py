"""What a sampler process weighs when it holds the baseline of a collection."""

from typing import Any

from bench.parts.committer import COLLECTION
from bench.parts.measuring import measured, memory
from synchronizer.plugins import load
from synchronizer.sampling.baseline import Baseline
from synchronizer.service.clouds import session_for
from synchronizer.service.settings import CloudAccess
from synchronizer.service.supervisor import child_main
from synchronizer.store import open_store


def baseline(database: str) -> dict[str, Any]:
    """Load the baseline with everything imported that a sampler child imports."""
    auth = {"auth_url": "http://127.0.0.1:9/v3", "username": "x", "password": "x"}
    held = (
        child_main,
        load("nova")(),
        session_for(CloudAccess(name="demo", auth_type="password", auth=auth)),
    )
    store = open_store(f"sqlite:///{database}", migrate=False)
    store.head()
    before = memory()
    line = Baseline()
    _, took = measured(lambda: line.catch_up(store, COLLECTION))
    loaded = memory()
    _, settling = measured(line.settle)
    del held
    return {
        "entities": len(line),
        "before": before,
        "loaded": loaded,
        "settled": memory(),
        "catch_up": took,
        "settle": settling,
    }
