"""A service that is about to suffer, three mirrors of it, and a witness of its log."""

import random
import socket
import threading
import time
from pathlib import Path

import msgspec
import pytest

from synchronizer.client.http import HttpTransport
from synchronizer.client.mirror import Mirror
from synchronizer.contrib.democloud.running import DemoCloud
from synchronizer.model.entity import Collection
from synchronizer.plugins import installed
from synchronizer.store import open_store
from synchronizer.testing.proxy import Break, Proxy

TYPES = (
    "keystone.project",
    "keystone.role_assignment",
    "keystone.user",
    "nova.aggregate",
    "nova.migration",
    "nova.server",
)
FOR_EVER = frozenset({"keystone.project", "keystone.user", "nova.migration", "nova.server"})
"""Types whose ids are never used again."""


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
            "poll_interval": 0.4,
            "types": ",".join(TYPES),
            "calls_per_second": 100,
        },
    }
    program = (str(Path(__file__).with_name("impatient.py")),)
    started = launcher(options, program=program).start()
    started.port, started.store = port, options["store"]["url"]
    return started


class Noting(HttpTransport):
    """Remembers at which revision the listings were."""

    def __init__(self, url):
        super().__init__(url)
        self.listed = []

    def get_all(self, *args, **options):
        answer = super().get_all(*args, **options)
        self.listed.append(answer.revision)
        return answer


class Watched:
    """A mirror, and everything that it told."""

    def __init__(self, url, types):
        self.types = types
        self.told = []
        self.transport = Noting(url)
        self._state, self._at = {}, (0, 0)
        self.mirror = Mirror(self.transport, types, on_change=self.told.append)

    def expected(self, records, revision):
        """Return {(collection, id): (revision, body)} at a revision, by applying the log."""
        reached, number = self._at
        assert reached <= revision, "a mirror never goes back"
        while number < len(records) and records[number].revision <= revision:
            record = records[number]
            number += 1
            key = (record.collection, record.id)
            if record.collection.type not in self.types:
                continue
            if record.op == "delete":
                del self._state[key]
            else:
                self._state[key] = (record.revision, msgspec.json.decode(record.body))
        self._at = (revision, number)
        return self._state


class Witness:
    """Reads the log all the time, as a consumer of the store itself, and remembers it."""

    def __init__(self, url):
        self.store = open_store(url, migrate=False)
        self.records = []
        self.revision = 0
        self.error = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        try:
            while not self._done.is_set():
                if self.store.wait(self.revision, 0.1) > self.revision:
                    page = self.store.changes(self.revision)
                    self.records += page.records
                    self.revision = page.revision
        except Exception as error:  # noqa: BLE001  told at the next look
            self.error = error

    def close(self):
        self._done.set()
        self._thread.join()
        self.store.close()

    def snapshot(self, types, revision):
        """Return {(collection, id): (revision, body)} as the store's snapshot has it."""
        chosen = [c.collection for c in self.store.collections() if c.collection.type in types]
        return {
            (record.collection, record.id): (record.revision, msgspec.json.decode(record.body))
            for page in self.store.snapshot(chosen, revision)
            for record in page
        }


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
        witness = self.witness
        for each in self.mirrors:
            revision, held = each.mirror.snapshot()
            shown = {
                (Collection(*key[:3]), key.id): (entity.revision, entity.body)
                for key, entity in held.items()
            }
            self.eventually(lambda r=revision: witness.error or witness.revision >= r)
            assert witness.error is None
            assert shown == witness.snapshot(each.types, revision)
            assert shown == each.expected(witness.records, revision)

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
        _check_log(records, head)
        again = witness.store.changes(0, limit=10_000_000)
        assert again.records == records, "what was committed once is there for ever, as it was"
        for each in self.mirrors:
            _check_told(each, records, witness, self.eventually)
        _check_deletes(records, self.cloud)
        return records


@pytest.fixture
def stage(service, cloud, seed, eventually):
    with Proxy(("127.0.0.1", service.port)) as wire:
        made = Stage(service, cloud, seed, wire, eventually)
        eventually(lambda: all(each.mirror.synced for each in made.mirrors), 60, service.said)
        yield made
        made.close()


def essences(type_, bodies):
    """Reduce {id: body} to what counts as state."""
    plugin = installed()[type_.partition(".")[0]]
    (resource,) = [each for each in plugin.declared() if each.type == type_]
    reduced = {}
    for id_, body in bodies.items():
        resource.redact(body)
        reduced[id_] = resource.essence(body)
    return reduced


def _check_log(records, head):
    assert sorted({record.revision for record in records}) == list(range(1, head + 1))
    alive = {}
    seen = set()
    for record in records:
        key = (record.collection, record.id)
        assert record.previous == alive.get(key)
        assert (record.op == "create") == (record.previous is None)
        assert (key, record.revision) not in seen
        seen.add((key, record.revision))
        alive[key] = None if record.op == "delete" else record.revision
        if record.op == "create" and record.collection.type in FOR_EVER:
            assert not any(k == key for k, r in seen if r < record.revision), "the dead are back"
    positions = [record.position for record in records]
    assert positions == sorted(set(positions))


def _check_told(each, records, witness, eventually):
    assert each.mirror.statistics.relists == 0, "nothing was compacted: it could always resume"
    assert each.mirror.statistics.callback_errors == 0
    listed = each.transport.listed[-1]
    wanted = [
        (r.op, r.revision, r.collection.type, r.id)
        for r in records
        if r.revision > listed and r.collection.type in each.types
    ]
    first = {(key[1], entity[0]) for key, entity in witness.snapshot(each.types, listed).items()}
    eventually(lambda: len(each.told) >= len(first) + len(wanted), 10)
    told = [(c.op, c.revision, c.type, c.id) for c in each.told]
    assert {(id_, revision) for _, revision, _, id_ in told[: len(first)]} == first
    assert told[len(first) :] == wanted


def _check_deletes(records, cloud):
    """Nothing was called deleted before it was."""
    gone = {}
    for entry in cloud.log():
        if entry["op"] == "delete":
            gone.setdefault((entry["type"], entry["id"]), entry["at"])
    for record in records:
        if record.op == "delete" and record.collection.type in FOR_EVER:
            at = gone.get((record.collection.type, record.id))
            assert at is not None, f"{record.id} lives, and a delete of it was committed"
            assert at <= record.sampled_at
