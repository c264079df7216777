"""A service that is about to suffer, three mirrors of it, and a witness of its log."""

import random
import socket
import time
from pathlib import Path

import pytest
from witness import (
    TYPES,
    Watched,
    Witness,
    check_lives,
    check_log,
    check_mirror,
    check_told,
    essences,
)

from openstack_democloud.running import DemoCloud
from synchronizer.testing.proxy import Break, Proxy


def pytest_collection_modifyitems(config, items):
    if config.getoption("--long"):
        for item in items:
            item.add_marker(pytest.mark.timeout(7200))


@pytest.fixture
def seed(request):
    """The test's seed; pytest shows it when the test fails."""
    number = request.config.getoption("--seed")
    number = random.SystemRandom().randrange(1_000_000) if number is None else number
    print(f"again with: --seed {number}")  # noqa: T201 - captured, and shown on failure
    return number


@pytest.fixture
def rounds(request):
    return 200 if request.config.getoption("--long") else 12


@pytest.fixture
def cloud(seed):
    with DemoCloud(servers=60, churn=15, build_seconds=0.1, seed=seed) as demo:
        yield demo


@pytest.fixture
def service(launcher, cloud, tmp_path):
    """The service with short intervals, on a port that stays its own."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    options = {
        "clouds": {"names": "demo", "file": cloud.write_clouds_yaml(tmp_path / "clouds.yaml")},
        "store": {"url": f"sqlite:///{tmp_path}/store.sqlite"},
        "api": {"port": port, "bookmark_interval": 0.5},
        "sampling": {
            "sweep_interval": 1.5,
            "demand_interval": 0,
            "poll_interval": 0.4,
            "types": ",".join(TYPES),
            "calls_per_second": 100,
        },
    }
    program = (str(Path(__file__).with_name("impatient.py")),)
    started = launcher(options, program=program).start()
    started.port, started.store = port, options["store"]["url"]
    return started


class Stage:
    """Everything together: three mirrors (the third over a wire that breaks) and the witness."""

    def __init__(self, service, cloud, seed, wire, eventually):
        self.service, self.cloud, self.wire, self.eventually = service, cloud, wire, eventually
        self.begun = time.monotonic()
        self.dice = random.Random(seed)
        self.witness = Witness(service.store)
        self.mirrors = [
            Watched(service.url, TYPES),
            Watched(service.url, ("nova.server",)),
            Watched(wire.url, TYPES),
        ]

    def close(self):
        for each in self.mirrors:
            each.mirror.close()
        self.witness.close()

    def break_wire(self):
        """Break the third mirror's connection and, where the dice say so, the next ones too."""
        dice = self.dice
        kinds = (
            lambda: Break(cut=dice.randrange(4000)),
            lambda: Break(truncate=dice.randrange(4000)),
            lambda: Break(piece=dice.randrange(1, 50), cut=dice.randrange(8000)),
            lambda: Break(duplicate=dice.randrange(300)),
        )
        self.wire.plan(*[dice.choice(kinds)() for _ in range(dice.randrange(3))])
        self.wire.cut()

    def look(self):
        """Compare each mirror, as it is now, with the store and with what the witness saw."""
        for each in self.mirrors:
            check_mirror(each, self.witness, self.eventually)

    def calm(self):
        """Stop the churn; two cycles later store and mirrors must equal the cloud.

        Returns the seconds that the two cycles took.
        """
        self.cloud.pause()
        self.eventually(lambda: "BUILD" not in str(self.cloud.state("nova.server")))
        begun = time.monotonic()
        self._cycle_after(time.time())
        self._cycle_after(time.time())
        seconds = time.monotonic() - begun
        head = self.witness.store.head().revision
        found = self.witness.snapshot(TYPES, head)
        for type_ in TYPES:
            bodies = {id_: body for (c, id_), (_, body) in found.items() if c.type == type_}
            wanted = self.cloud.state(type_, "2.100")
            assert essences(type_, bodies) == essences(type_, wanted), type_
        for each in self.mirrors:
            assert each.mirror.wait_revision(head, 30), each.mirror.fault
        self.eventually(lambda: self.witness.revision >= head)
        return seconds

    def _cycle_after(self, moment):
        """Wait until a complete sweep of every type began after *moment* and is done."""

        def swept():
            known = self.witness.store.collections()
            return all((each.sampled_at or 0) > moment for each in known)

        self.eventually(swept, 60, self.service.said)

    def judge(self):
        """The validator: the log, what each mirror told, and the cloud's own log, together."""
        witness, head = self.witness, self.witness.store.head().revision
        self.look()
        records = witness.records
        check_log(records, head)
        again = witness.store.changes(0, limit=10_000_000)
        assert again.records == records, "what was committed once is there for ever, as it was"
        for each in self.mirrors:
            check_told(each, records, witness, self.eventually)
        check_lives(records, self.cloud.log(), witness.store)
        return records


@pytest.fixture
def stage(service, cloud, seed, eventually):
    with Proxy(("127.0.0.1", service.port)) as wire:
        made = Stage(service, cloud, seed, wire, eventually)
        eventually(lambda: all(each.mirror.synced for each in made.mirrors), 60, service.said)
        yield made
        made.close()
