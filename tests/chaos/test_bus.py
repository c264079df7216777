"""The bus and its doors suffer; twenty mirrors over it converge, and no gap goes unnoticed.

``--long`` makes more rounds of the same faults.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from witness import TYPES, Witness, check_mirror

from openstack_democloud.running import DemoCloud
from synchronizer.client import Mirror
from synchronizer.client.bus import BusTransport
from synchronizer.client.transport import Bookmark
from synchronizer.store import open_store
from synchronizer.testing.bus import BusDoors
from synchronizer.testing.proxy import Break, Proxy
from synchronizer.testing.rabbit import Rabbit, missing
from synchronizer.testing.writing import declare, write

DYING = Path(__file__).with_name("dying_relay.py")
MIRRORS = 20
OUTAGE = 30.0
MEMORY = 256 << 20
"""Bytes that a door may take, whatever happens to the broker."""

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.timeout(900),
    # oslo.messaging and kombu leave sockets that broke to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def through(rabbit, wire):
    return f"rabbit://{rabbit.user}:{rabbit.password}@127.0.0.1:{wire.port}/"


def resident(pid):
    """Return the bytes that a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) << 10
    return 0


class Followed:
    """A mirror over the bus, as `witness.check_mirror` wants it."""

    def __init__(self, url, types):
        self.types = types
        self.told = []
        self.transport = BusTransport(url, timeout=10, watch_timeout=8)
        self.mirror = Mirror(self.transport, types, on_change=self.told.append)
        self._state = {}

    def expected(self, records, revision):
        """Return {(collection, id): (revision, body)} by applying the log."""
        state = {}
        for record in records:
            if record.revision > revision or record.collection.type not in self.types:
                continue
            key = (record.collection, record.id)
            if record.op == "delete":
                state.pop(key, None)
            else:
                state[key] = (record.revision, msgspec.json.decode(record.body))
        return state

    def close(self):
        self.mirror.close()
        self.transport.close()


class Suffering:
    """The service over a broker and two wires, and the faults that come over them."""

    def __init__(self, service, rabbit, ours, theirs, eventually):
        self.service, self.rabbit = service, rabbit
        self.ours, self.theirs, self.eventually = ours, theirs, eventually
        self.witness = Witness(service.store)
        self.largest = Counter()

    def moved(self):
        """Wait until the log has gone on, and note what the doors hold."""
        revision = self.witness.store.head().revision
        self.eventually(
            lambda: self.witness.store.head().revision > revision + 3, 60, self.service.said
        )
        for pid, role in self.service.children().items():
            with contextlib.suppress(OSError):
                self.largest[role] = max(self.largest[role], resident(pid))

    def kill(self, role):
        pid = self.service.child(role)
        os.kill(pid, signal.SIGKILL)
        self.service.child(role, other_than=pid)

    def purge(self):
        for line in self.rabbit.control("list_queues", "name").splitlines():
            with contextlib.suppress(subprocess.CalledProcessError):
                self.rabbit.control("purge_queue", line)

    def outage(self, end):
        end()
        until = time.monotonic() + OUTAGE
        while time.monotonic() < until:
            self.moved()
        self.rabbit.start()

    def cut_within(self, wire):
        """Cut what there is, and the next connections after some bytes."""
        wire.plan(Break(cut=3000), Break(truncate=9000), Break(cut=700))
        wire.cut()

    def faults(self):
        return {
            "our connections cut": lambda: self.cut_within(self.ours),
            "relay killed": lambda: self.kill("relay"),
            "queues purged": self.purge,
            "their connections cut": lambda: self.cut_within(self.theirs),
            "rpc killed": lambda: self.kill("rpc"),
            "broker stopped": lambda: self.outage(self.rabbit.stop),
            "broker killed": lambda: self.outage(self.rabbit.kill),
        }


@pytest.fixture
def cloud(seed):
    with DemoCloud(servers=60, churn=15, build_seconds=0.1, seed=seed) as demo:
        yield demo


@pytest.fixture
def suffering(launcher, cloud, tmp_path, eventually):
    with (
        Rabbit(tmp_path / "rabbit") as rabbit,
        Proxy(("127.0.0.1", rabbit.port)) as ours,
        Proxy(("127.0.0.1", rabbit.port)) as theirs,
    ):
        store = f"sqlite:///{tmp_path}/store.sqlite"
        clouds = {"names": "demo", "file": cloud.write_clouds_yaml(tmp_path / "clouds.yaml")}
        sampling = {"sweep_interval": 1.5, "poll_interval": 0.4, "types": ",".join(TYPES)}
        options = {
            "clouds": clouds,
            "store": {"url": store},
            "api": {"port": 0},
            "sampling": sampling | {"calls_per_second": 100},
            "bus": {"url": through(rabbit, ours), "bookmark_interval": 1, "window": 20},
        }
        service = launcher(options).start()
        service.store = store
        made = Suffering(service, rabbit, ours, theirs, eventually)
        yield made
        made.witness.close()


def test_twenty_mirrors_converge_whatever_happens_to_the_bus(
    suffering, cloud, eventually, request, capsys
):
    witness, service = suffering.witness, suffering.service
    eventually(lambda: witness.store.head().revision > 20, 60, service.said)
    url = through(suffering.rabbit, suffering.theirs)
    chosen = [TYPES, ("nova.server",), ("keystone.user", "nova.server")]
    followed = [Followed(url, chosen[number % 3]) for number in range(MIRRORS)]
    try:
        for each in followed:
            assert each.mirror.wait_synced(60), each.mirror.fault
        for _ in range(4 if request.config.getoption("--long") else 1):
            for fault in suffering.faults().values():
                suffering.moved()
                fault()
                suffering.moved()
        suffering.ours.plan()
        suffering.theirs.plan()
        cloud.pause()
        eventually(lambda: witness.revision == witness.store.head().revision, 60)
        head = witness.store.head().revision
        for each in followed:
            assert each.mirror.wait_revision(head, 90), each.mirror.fault
            check_mirror(each, witness, eventually)
            assert each.mirror.statistics.relists == 0
            assert each.mirror.statistics.callback_errors == 0
            told = [change.revision for change in each.told]
            changed = [change.revision for change in each.told if change.revision > min(told)]
            assert changed == sorted(changed)
        biggest = max(suffering.largest[role] for role in ("relay", "rpc"))
        assert biggest < MEMORY, suffering.largest
    finally:
        for each in followed:
            each.close()
    report = (
        f"\n{head} revisions; reconnects "
        f"{[each.mirror.statistics.reconnects for each in followed]}; "
        f"largest door {biggest >> 20} MiB"
    )
    with capsys.disabled() if request.config.getoption("--long") else contextlib.nullcontext():
        print(report)  # noqa: T201


def test_a_relay_that_dies_between_confirm_and_cursor_loses_nothing(tmp_path, rabbit, eventually):
    """Again and again; each time its successor tells the last windows once more."""
    url, exchange = f"sqlite:///{tmp_path}/store.sqlite", "dying"
    store = open_store(url)
    declare(store)
    with BusDoors(store, rabbit.url, exchange):
        eventually(store.sinks, 20)
    transport = BusTransport(rabbit.url, exchange=exchange, timeout=20, watch_timeout=60)
    told = []
    with BusDoors(store, rabbit.url, "elsewhere", rpc_exchange=exchange):
        with transport.watch(None) as watch:
            for life in range(6):
                for number in range(60):
                    last = write(store, {f"{number % 7}": {"n": [life, number]}})
                command = [sys.executable, DYING, url, rabbit.url, exchange, str(life + 2)]
                died = subprocess.run(command, timeout=60, check=False)
                assert died.returncode == -signal.SIGKILL
            with BusDoors(store, rabbit.url, exchange, rpc_exchange="elsewhere"):
                for item in watch:
                    if not isinstance(item, Bookmark):
                        told.append(item.revision)
                    elif item.revision >= last:
                        break
        assert told == list(range(1, last + 1))
        assert watch.gaps == 0
    transport.close()
    store.close()
