"""How hard keeping 10,000 servers and 20,000 ports fresh within 15 s leans on a cloud's API.

One hour of the demo cloud under churn, in steps of 15 s of the samplers' own clock, nothing
waited for: in each step the cloud changes (also ports, by its agents, which tell nobody), its
notifications reach the samplers, and what is due is done, sweeps included, all at the intervals
that are the default. The peer lists both types whole every 15 s; a few of its 240 listings are
made, and counted as often as they would have been.
"""

import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from keystoneauth1.adapter import Adapter
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from bench.parts.measuring import measured
from bench.processes import say
from openstack_democloud.running import DemoCloud
from synchronizer.model.entity import Collection
from synchronizer.plugins import load
from synchronizer.plugins.hints import Hints
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.worker import Worker
from synchronizer.service.clouds import entries_of
from synchronizer.service.settings import CloudAccess
from synchronizer.store import Store, open_store

STEP = 15.0
TYPES = ("nova.server", "neutron.port")
EVERYTHING = frozenset({"sweep", "poll", "read"})
PEER_LISTINGS = 4
CHANGES = (  # of each step: by users, who are told of, and by agents, who are not
    ("update", "nova.server", 10),
    ("create", "nova.server", 1),
    ("delete", "nova.server", 1),
    ("update", "neutron.port", 4),
    ("flip", "neutron.port", 4),
)


class Clock:
    """The samplers' time, moved by hand."""

    def __init__(self) -> None:
        self.time = time.time()

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


class Samplers:
    """The workers of Nova and Neutron over one store, and what they are told."""

    def __init__(self, cloud: DemoCloud, store: Store) -> None:
        self.clock = Clock()
        self._cloud = cloud
        self._heard = 0
        self._shift = cloud.fault("clock", seconds=0)
        self.spent: defaultdict[str, dict[str, int]] = defaultdict(
            lambda: {"runs": 0, "calls": 0, "bytes": 0}
        )
        access = CloudAccess(name="demo", auth_type="password", auth=cloud.auth)
        self._workers = [
            Worker(
                load(plugin)(),
                "demo",
                entries_of(access),
                store,
                intervals=Intervals(types=TYPES),
                notified=lambda: True,
                clock=self.clock,
            )
            for plugin in ("nova", "neutron")
        ]
        self._hints = [Hints(load(plugin).declared()) for plugin in ("nova", "neutron")]
        cloud.listen()
        for worker in self._workers:
            worker.discover()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, here and in the cloud, telling what came, and do what is due."""
        self.clock.time += seconds
        offset = self.clock.time - time.time()
        self._cloud.clear_faults(self._shift)
        self._shift = self._cloud.fault("clock", seconds=offset)
        self._tell()
        for worker in self._workers:
            self._work(worker)

    def _tell(self) -> None:
        for message in self._cloud.notifications(self._heard):
            self._heard = message["number"]
            for worker, hints in zip(self._workers, self._hints, strict=True):
                for hinted in hints.of(message["event_type"], message["payload"]):
                    if hinted.type in TYPES:
                        worker.hint(*hinted)

    def _work(self, worker: Worker) -> None:
        while job := worker._schedule.take(self.clock.time, EVERYTHING):  # noqa: SLF001
            sampler = worker.samplers[job.collection]
            calls, _, size = sampler.service.usage()
            began = time.monotonic()
            done = worker.do(job)
            # The samplers' time stands still meanwhile; what a listing took counts all the same.
            begun = self.clock.time - (time.monotonic() - began)
            now_calls, _, now_size = sampler.service.usage()
            spent = self.spent[f"{job.collection.type} {job.kind}"]
            spent["runs"] += 1
            spent["calls"] += now_calls - calls
            spent["bytes"] += now_size - size
            worker._done(job, begun, failed=not done)  # noqa: SLF001
            if job.kind == "sweep" and not done:
                raise SystemExit(f"the sweep of {job.collection} failed")


def run(folder: Path, *, servers: int, steps: int) -> dict[str, Any]:
    options = {"servers": servers, "ports": 2 * servers, "build_seconds": 0}
    with DemoCloud(**options, never_updated_every=0) as cloud:
        say(f"load: listing {servers} servers and their ports, {PEER_LISTINGS} times")
        peer = _peer(cloud)
        store = open_store(f"sqlite:///{folder}/leaning.sqlite")
        samplers = Samplers(cloud, store)
        samplers.pass_time(0)
        first = _used(store)
        samplers.spent.clear()
        late = 0
        say(f"load: {steps} steps of {STEP:.0f} s")

        def hour() -> None:
            nonlocal late
            for step in range(steps):
                changed = [(type_, cloud.mutate(op, type_, count)) for op, type_, count in CHANGES]
                for seconds in (0.5, 2.5, STEP - 3):
                    samplers.pass_time(seconds)
                late += _late(cloud, store, changed) if step % 20 == 0 else 0

        _, took = measured(hour)
        used = _used(store)
        store.close()
    calls, size = (now - before for now, before in zip(used, first, strict=True))
    scale = 3600 / (steps * STEP)
    ours = {"calls": calls * scale, "bytes": size * scale}
    return {
        "servers": servers,
        "steps": steps,
        "peer_calls_per_h": peer["calls"],
        "peer_mb_per_h": peer["bytes"] / 1e6,
        "load_calls_per_h": ours["calls"],
        "load_mb_per_h": ours["bytes"] / 1e6,
        "load_cpu_s_per_h": took["cpu"] * scale,
        "load_first_sweep_mb": first[1] / 1e6,
        "load_bytes_vs_listing": ours["bytes"] / peer["bytes"],
        "load_calls_vs_listing": ours["calls"] / peer["calls"],
        "load_late": late,
        "spent": dict(samplers.spent),
    }


def _used(store: Store) -> tuple[int, int]:
    """Return calls and bytes of all samplers so far."""
    known = store.collections()
    return sum(each.calls for each in known), sum(each.call_bytes for each in known)


def _late(cloud: DemoCloud, store: Store, changed: list[tuple[str, list[str]]]) -> int:
    """Return how many of the step's changes the store does not have at its end."""
    late = 0
    for type_, ids in changed:
        truth = cloud.state(type_)
        (place,) = [e.collection for e in store.collections() if e.collection.type == type_]
        late += sum(not _held(store, place, id_, truth.get(id_)) for id_ in ids)
    return late


def _held(store: Store, place: Collection, id_: str, truth: dict[str, Any] | None) -> bool:
    record = store.entity(place, id_)
    if truth is None:
        return record is None or record.op == "delete"
    if record is None or record.op == "delete":
        return False
    body = json.loads(record.body)
    told = ("name", "status", "metadata", "description")
    return all(body.get(name) == truth.get(name) for name in told)


def _peer(cloud: DemoCloud) -> dict[str, float]:
    """List both types whole, as a client does; return calls and bytes of an hour."""
    session = Session(v3.Password(**cloud.auth))
    compute = Adapter(session, "compute", default_microversion="2.87")
    network = Adapter(session, "network")
    calls = size = 0
    for _ in range(PEER_LISTINGS):
        marker = ""
        while True:
            answer = compute.get(f"/servers/detail?all_tenants=1&limit=1000{marker}")
            calls, size = calls + 1, size + len(answer.content)
            rows = answer.json()["servers"]
            if not rows:
                break
            marker = f"&marker={rows[-1]['id']}"
        answer = network.get("/v2.0/ports")
        calls, size = calls + 1, size + len(answer.content)
    times = 3600 / STEP / PEER_LISTINGS
    return {"calls": calls * times, "bytes": size * times}
