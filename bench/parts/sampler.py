"""Ours: the worker that a sampler process runs, driven by hand over a durable SQLite store.

Built as `synchronizer.service.supervisor.child_main` builds it, gate included; only the
gate's rate is raised, which saves waiting and no work.
"""

import json
import time
import urllib.request
from typing import Any

from bench.parts.measuring import cpu, measured, memory
from synchronizer.plugins import load
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.limits.governor import Governor
from synchronizer.sampling.sampler import Sampler
from synchronizer.sampling.schedule import Job
from synchronizer.sampling.worker import Worker
from synchronizer.service.clouds import entries_of
from synchronizer.service.settings import CloudAccess
from synchronizer.store import Store, open_store

LONG = 1e9  # nothing turns stale while it is measured


def _worker(auth: dict[str, str], store: Store) -> Worker:
    governor = Governor(calls_per_second=10_000, in_flight=4, sleep=time.sleep)
    access = CloudAccess(name="demo", auth_type="password", auth=auth)
    return Worker(
        load("nova")(),
        "demo",
        entries_of(access),
        store,
        intervals=Intervals(types=("nova.server",), stale_after=LONG),
        gate=governor.gate,
    )


def _discovered(auth: dict[str, str], store: Store) -> tuple[Worker, Sampler]:
    worker = _worker(auth, store)
    worker.discover()
    (sampler,) = worker.samplers.values()
    return worker, sampler


def _sweep(worker: Worker, store: Store) -> dict[str, Any]:
    (collection,) = worker.samplers
    before = store.head().revision
    done, took = measured(lambda: worker.do(Job(collection, "sweep")))
    (now,) = store.collections()
    if not done or now.fault is not None:
        raise SystemExit(f"the sweep failed: {now.fault}")
    return {"servers": now.entities, "commits": store.head().revision - before, **took}


def _mutate(base: str, op: str) -> None:
    body = json.dumps({"op": op, "type": "nova.server", "count": 1}).encode()
    with urllib.request.urlopen(f"{base}/demo/mutate", body, timeout=60) as answer:
        answer.read()


def sweeps(
    auth: dict[str, str], base: str, database: str, unchanged: int, changed: bool
) -> dict[str, Any]:
    """Sweep into an empty store, then the unchanged cloud, then one that changed a little."""
    store = open_store(f"sqlite:///{database}")
    worker, _ = _discovered(auth, store)
    found: dict[str, Any] = {"first": _sweep(worker, store), "memory": memory()}
    found["unchanged"] = [_sweep(worker, store) for _ in range(unchanged)]
    if changed:
        # One gone from the middle: each page behind it begins one server later.
        _mutate(base, "create")
        _mutate(base, "delete")
        found["shifted"] = _sweep(worker, store)
        found["after"] = _sweep(worker, store)
    store.close()
    return found


def restart(auth: dict[str, str], database: str, sweeps: int = 1) -> dict[str, Any]:
    """Open a store, load the baseline and sweep a cloud that has not changed meanwhile."""
    found: dict[str, Any] = {"memory_before": memory()}

    def load_baseline() -> tuple[Store, Worker]:
        store = open_store(f"sqlite:///{database}", migrate=False)
        worker, sampler = _discovered(auth, store)
        sampler.ticket()
        return store, worker

    (store, worker), found["load"] = measured(load_baseline)
    found["memory_loaded"] = memory()
    found["sweep"] = [_sweep(worker, store) for _ in range(sweeps)]
    found["memory_swept"] = memory()
    store.close()
    found["process_cpu"] = cpu()
    return found
