"""What ``synchronizer demo`` shows: a demo cloud, the synchronizer, and a mirror to look at.

Everything is embedded: a demo cloud in a process of its own, the synchronizer with a
SQLite store in a temporary folder, and one mirror of servers and projects, whose changes
are printed as they arrive.
"""

import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from openstack_democloud.running import DemoCloud
from synchronizer.model.change import Change
from synchronizer.model.entity import Entity
from synchronizer.model.errors import ConfigurationError, SynchronizerError
from synchronizer.sampling.intervals import Intervals
from synchronizer.service.settings import Api, CloudAccess, Settings
from synchronizer.service.synchronizer import Synchronizer

TYPES = [
    "nova.server",
    "nova.aggregate",
    "keystone.project",
    "keystone.user",
    "neutron.network",
    "neutron.port",
]
_COLOURS = {"create": "green", "update": "yellow", "delete": "red"}
_CHURN = 2.0
_TOTALS_EVERY = 10.0


def demonstrate(*, seconds: float, servers: int, port: int) -> int:
    """Run the demonstration; return the exit code.

    Args:
        seconds: after which it ends by itself; 0 runs until Ctrl-C.
        servers: how many the demo cloud begins with.
        port: of the HTTP API; a free one instead if it is taken.
    """
    console = Console(highlight=False, soft_wrap=True)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    console.print(f"Starting a demo cloud of {servers} servers …")
    with (
        DemoCloud(servers=servers, churn=_CHURN) as cloud,
        tempfile.TemporaryDirectory(prefix="synchronizer-demo-") as folder,
    ):
        console.print(f"  Keystone of the demo cloud: {cloud.auth_url}")
        try:
            return _show(console, cloud, Path(folder), port, seconds, ended)
        except SynchronizerError as error:
            console.print(f"[red]{error}[/]")
            return error.exit_code


def _settings(cloud: DemoCloud, folder: Path, port: int) -> Settings:
    access = CloudAccess(name="demo", auth_type="password", auth=cloud.auth)
    return Settings(
        store=f"sqlite:///{folder}/store.sqlite",
        clouds=(access,),
        api=Api(port=port),
        intervals=Intervals(sweep=5.0, poll=1.0),
    )


def _started(console: Console, cloud: DemoCloud, folder: Path, port: int) -> Synchronizer:
    try:
        return Synchronizer(settings=_settings(cloud, folder, port)).start()
    except ConfigurationError as error:
        if "Cannot listen" not in str(error):
            raise
        console.print(f"  {error} Taking a free port instead.")
        return Synchronizer(settings=_settings(cloud, folder, 0)).start()


def _show(
    console: Console,
    cloud: DemoCloud,
    folder: Path,
    port: int,
    seconds: float,
    ended: threading.Event,
) -> int:
    counts: Counter[str] = Counter()
    begun: list[int] = []

    def print_change(change: Change) -> None:
        # The first snapshot comes as a number, not as lines.
        if not begun or change.revision <= begun[0]:
            return
        counts[change.op] += 1
        name = change.body.get("name", "") if isinstance(change.body, dict) else ""
        what = ", ".join(change.changed) if change.op == "update" else (change.reason or "")
        console.print(
            f"[dim]{time.strftime('%H:%M:%S')}[/] r{change.revision:<6} "
            f"[{_COLOURS[change.op]}]{change.op:6}[/] {change.type:18} {change.id[:36]:36} "
            f"{name:20} [dim]{what}[/]"
        )

    synchronizer = _started(console, cloud, folder, port)
    try:
        console.print(f"  API of the synchronizer:    {synchronizer.url}")
        synchronizer.wait_sampled(TYPES, timeout=60)
        with synchronizer.mirror(TYPES, on_change=print_change) as mirror:
            mirror.wait_synced(60)
            first = mirror.revision
            console.print(
                f"\nIn step at revision {first}: {len(mirror)} entities of "
                f"{len(TYPES)} types. Try it, in another terminal:\n"
                f"  curl -s '{synchronizer.url}/v1/types'\n"
                f"  curl -s '{synchronizer.url}/v1/entities?type=nova.server&limit=1'\n"
                f"  curl -sN -H 'Accept: text/event-stream' "
                f"'{synchronizer.url}/v1/changes?type=nova.server'\n"
                "\nChanges of the cloud as they arrive"
                + (f", for {seconds:.0f} seconds" if seconds else " (end with Ctrl-C)")
                + ":"
            )
            begun.append(first)
            ended.wait(seconds or None)
            console.print("\nLetting the cloud come to rest, then comparing …")
            equal = _compare(cloud, synchronizer, mirror.of("nova.server"))
            seen = sum(counts.values())
            console.print(
                f"Saw {seen} changes ({counts['create']} create, {counts['update']} update, "
                f"{counts['delete']} delete) up to revision {mirror.revision}. The mirror holds "
                f"{len(mirror.of('nova.server'))} servers and "
                f"{'equals the cloud' if equal else '[red]DIFFERS from the cloud[/]'}."
            )
            return 0 if equal else 1
    finally:
        synchronizer.stop()


def _compare(cloud: DemoCloud, synchronizer: Synchronizer, held: Mapping[str, Entity]) -> bool:
    """Stop the churn, and give the mirror two cycles to be equal to the cloud."""
    cloud.pause()
    until = time.monotonic() + 30.0
    while time.monotonic() < until:
        revision = synchronizer.store.head().revision
        truth = {id_: _facts(body) for id_, body in cloud.state("nova.server").items()}
        if truth == {id_: _facts(entity.body) for id_, entity in held.items()}:
            return True
        synchronizer.store.wait(revision, 0.5)
    return False


def _facts(body: dict[str, Any]) -> tuple[object, ...]:
    return body["name"], body["status"], body["metadata"], body["tags"]
