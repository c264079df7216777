"""A full day of a busy cloud in a minute or two, and a message bus that cannot be relied on.

Every service is sampled by processes as in a deployment, over a real broker; of what the
services tell, a fifth is lost, a fifth comes twice and a fifth comes late. ``--long`` makes
the hours longer and the cloud bigger.
"""

import contextlib
import json
import socket
import time
from collections import Counter
from types import SimpleNamespace
from urllib.error import HTTPError

import pytest
from day import Day
from witness import (
    Watched,
    Witness,
    check_lives,
    check_log,
    check_mirror,
    check_told,
    check_versions,
    essences,
    resource_of,
)

from openstack_democloud.running import DemoCloud
from synchronizer.testing.rabbit import Rabbit, missing

pytestmark = pytest.mark.timeout(3600)  # about two minutes where nothing else runs

PATIENCE = 1200.0
POLL = 2.0
LATE = 3.0
LISTENERS = ("cinder", "glance", "heat", "keystone", "neutron", "nova")
NOT_KEPT = {"cinder.cluster", "neutron.port_forwarding"}
"""Asked for, but of no entity that the demo cloud keeps."""
DERIVED = {"nova.availability_zone", "neutron.availability_zone"}
"""There while something else is in them; the cloud's journal does not name them."""


@pytest.fixture
def scale(request):
    if request.config.getoption("--long"):
        return SimpleNamespace(
            servers=500, sweep=12.0, hour=12.0, peak=60, every=1, crowd=250, cycles=True
        )
    return SimpleNamespace(
        servers=150, sweep=8.0, hour=1.5, peak=40, every=4, crowd=80, cycles=False
    )


@pytest.fixture
def broker(tmp_path):
    if missing():
        pytest.skip(missing())
    with Rabbit(tmp_path / "rabbit", seconds=300) as rabbit:
        yield rabbit


@pytest.fixture
def cloud(seed, scale, broker):
    with DemoCloud(servers=scale.servers, seed=seed, notify=broker.url) as demo:
        for kind in ("lost", "doubled", "delayed"):
            demo.fault(kind, probability=0.2, seconds=LATE)
        yield demo


@pytest.fixture
def service(launcher, cloud, broker, scale, tmp_path):
    """The service with short intervals, hearing every service of the cloud."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    clouds = json.loads(cloud.write_clouds_yaml(tmp_path / "clouds.yaml").read_text())
    clouds["clouds"]["demo"]["notifications"] = {"transport_url": broker.url}
    (tmp_path / "clouds.yaml").write_text(json.dumps(clouds))
    options = {
        "clouds": {"names": "demo", "file": tmp_path / "clouds.yaml"},
        "store": {"url": f"sqlite:///{tmp_path}/store.sqlite"},
        "api": {"port": port, "bookmark_interval": 1},
        "sampling": {
            "sweep_interval": scale.sweep,
            "poll_interval": POLL,
            "outline_interval": 3 * POLL,
            "calls_per_second": 200,
        },
    }
    started = launcher(options).start(120)
    started.store = options["store"]["url"]
    for plugin in LISTENERS:
        started.heard(rf"{plugin}@demo.*listening to notifications", 120)
    return started


@pytest.fixture
def witness(service, eventually):
    """The witness, once every type was sampled."""

    def sampled():
        known = made.store.collections()
        return len(known) > 60 and all(each.sampled_at for each in known)

    made = Witness(service.store)
    try:
        eventually(sampled, 240, service.said)
        yield made
    finally:
        made.close()


@pytest.fixture
def mirrors(service, witness, eventually):
    types = tuple(each.collection.type for each in witness.store.collections())
    made = [Watched(service.url, types), Watched(service.url, ("nova.server", "neutron.port"))]
    eventually(lambda: all(each.mirror.synced for each in made), 120, service.said)
    yield made
    for each in made:
        each.mirror.close()


def truth_of(cloud, type_):
    """Return what a listing of the whole cloud would show of a type, by id."""
    resource = resource_of(type_)
    try:
        bodies = cloud.state(type_, (resource.microversion or ("", ""))[1])
    except HTTPError:
        assert type_ in NOT_KEPT
        return {}
    for id_, body in bodies.items():
        if resource.each:  # the truth names their parents already
            for name in resource.only_single:
                body.pop(name, None)
        else:
            bodies[id_] = resource.shape(body)
    return essences(type_, bodies)


def unlistable(cloud, type_):
    """Return the ids that no listing shows.

    Nova keeps the key pairs of a user whom Keystone deleted, and lists key pairs by user.
    Who was not told of them before cannot know them.
    """
    if type_ != "nova.keypair":
        return set()
    users = cloud.state("keystone.user").keys()
    return {id_ for id_ in cloud.state(type_) if id_.partition("/")[0] not in users}


def await_quiet(cloud):
    """Wait until nothing happens any more, and what was sent late has arrived."""
    seq = cloud.pause()
    while newer := cloud.log(seq, wait=LATE + 2):
        seq = newer[-1]["seq"]


class Convergence:
    """Watches the store become equal to a cloud that is quiet, type by type."""

    def __init__(self, cloud, witness):
        self._witness = witness
        self._begun = time.monotonic()
        self._quiet_at = time.time()
        self._sweeps = self._swept()
        self._truth = {type_: truth_of(cloud, type_) for type_ in self._sweeps}
        self._unlistable = {type_: unlistable(cloud, type_) for type_ in self._sweeps}
        self.seconds = {}

    def _swept(self):
        known = self._witness.store.collections()
        return {each.collection.type: each.sweeps for each in known}

    def _over(self):
        """Return the types of which two sweeps began later, and that are known up to then."""
        # One may have been under way: two that began later are over with the third.
        return {
            each.collection.type
            for each in self._witness.store.collections()
            if each.sweeps >= self._sweeps[each.collection.type] + 3
            and (each.complete_to or 0.0) > self._quiet_at
        }

    def _confirm_held(self):
        """Be the operator who looks at the cloud: what is held must be gone from there."""
        for held in self._witness.store.held():
            assert not self._truth[held.collection.type].keys() & set(held.ids)
            if not held.decision:
                self._witness.store.decide(held.collection, "confirmed")

    def run(self, said):
        """Return when every type is equal; one that is not after two cycles is wrong.

        Args:
            said: tells why, should a type never be sampled again.
        """
        revision = -1
        while left := self._sweeps.keys() - self.seconds.keys():
            self._confirm_held()
            over = self._over()
            wrong = {}
            for type_ in left:
                differing = self.differing(type_)
                if not differing:
                    self.seconds[type_] = time.monotonic() - self._begun
                elif type_ in over:
                    wrong[type_] = differing
            assert not wrong, ("store and cloud, after two cycles", said())
            assert time.monotonic() - self._begun < PATIENCE, (left, said())
            revision = self._witness.store.wait(revision, 1.0)

    def cycles_over(self):
        return all(n >= self._sweeps[t] + 3 for t, n in self._swept().items())

    def differing(self, type_):
        """Return {id: (in the store, in the cloud)} of what is not the same."""
        head = self._witness.store.head().revision
        found = self._witness.snapshot({type_}, head)
        held = essences(type_, {id_: body for (_, id_), (_, body) in found.items()})
        wanted = self._truth[type_]
        return {
            id_: (held.get(id_), wanted.get(id_))
            for id_ in held.keys() | (wanted.keys() - self._unlistable[type_])
            if held.get(id_) != wanted.get(id_)
        }


class Arrivals:
    """How long it took from the cloud's journal to the log, as far as that can be told.

    A change is measured from the newest entry of its kind for its entity that is older than
    it. What comes within a second was hinted, or lucky.
    """

    def __init__(self, records, journal, since):
        self._at = {}
        for entry in journal:
            key = (entry["type"], entry["id"], entry["op"])
            self._at.setdefault(key, []).append(entry["at"])
        self.seconds = {"create": [], "update": [], "delete": []}
        self.ways = Counter()
        for record in records:
            if record.sampled_at >= since:
                self._count(record)

    def _count(self, record):
        type_ = record.collection.type
        known = self._at.get((type_, record.id, record.op), [])
        before = [at for at in known if at <= record.sampled_at]
        if not before:
            self.ways["follows from something else"] += 1
            return
        seconds = record.sampled_at - before[-1]
        self.seconds[record.op].append(seconds)
        if seconds <= 1:
            self.ways["within 1 s (hints)"] += 1
        elif resource_of(type_).polls and seconds <= 2 * POLL:
            self.ways[f"within {2 * POLL:.0f} s, polled"] += 1
        else:
            self.ways["later (sweeps, queues)"] += 1

    def lines(self):
        yield ", ".join(f"{way}: {count}" for way, count in self.ways.most_common())
        for op, seconds in self.seconds.items():
            seconds.sort()
            if seconds:
                p50, p99 = (seconds[int(len(seconds) * part)] for part in (0.5, 0.99))
                yield f"{op}d {len(seconds)}: p50 {p50:.2f} s, p99 {p99:.2f} s"


@pytest.fixture
def say(request, capsys):
    """Print lines: with ``--long`` in any case, else for those who look."""

    def say(lines):
        with capsys.disabled() if request.config.getoption("--long") else contextlib.nullcontext():
            print("", *lines, sep="\n")  # noqa: T201

    return say


class Scene:
    """Cloud and service, witness and mirrors, and what they must agree on."""

    def __init__(self, cloud, service, witness, mirrors, eventually):
        self.cloud, self.service, self.eventually = cloud, service, eventually
        self.witness, self.mirrors = witness, mirrors

    def look(self):
        for each in self.mirrors:
            check_mirror(each, self.witness, self.eventually)

    def converge(self, scale):
        """Let store and mirrors become equal to the quiet cloud, and stay it."""
        convergence = Convergence(self.cloud, self.witness)
        convergence.run(self.service.said)
        if scale.cycles:
            self.eventually(convergence.cycles_over, PATIENCE, self.service.said)
        head = self.witness.store.head().revision
        for each in self.mirrors:
            assert each.mirror.wait_revision(head, 60), each.mirror.fault
        self.look()
        unequal = {t: found for t in convergence.seconds if (found := convergence.differing(t))}
        assert not unequal, "what was equal stays equal"
        return convergence.seconds

    def judge(self):
        """Hold the log against the cloud's journal; return both."""
        witness, journal = self.witness, self.cloud.log()
        self.eventually(lambda: witness.revision >= witness.store.head().revision)
        records = list(witness.records)
        check_log(records, witness.revision)
        check_lives(records, journal, witness.store, derived=DERIVED)
        check_versions(records)
        for each in self.mirrors:
            check_told(each, records, witness, self.eventually)
        return records, journal


@pytest.fixture
def scene(cloud, service, witness, mirrors, eventually):
    return Scene(cloud, service, witness, mirrors, eventually)


def test_a_busy_day_with_a_lossy_bus_ends_equal_and_without_a_false_delete(scene, scale, say):
    begun, first = time.time(), scene.witness.store.head().revision
    day = Day(scene.cloud, hour=scale.hour, peak=scale.peak, every=scale.every, crowd=scale.crowd)
    day.run(scene.look)
    over = time.time()
    await_quiet(scene.cloud)
    seconds = scene.converge(scale)
    records, journal = scene.judge()
    told, head = scene.cloud.notified(), scene.witness.revision
    changes = Counter(record.op for record in records if record.revision > first)
    slowest = max(seconds, key=seconds.get)
    say(
        [
            f"{len(journal)} mutations in {over - begun:.0f} s: {dict(day.operations)}",
            f"notifications: {told}",
            f"{changes.total()} changes in {head - first} commits: {dict(changes)}",
            *Arrivals(records, journal, begun).lines(),
            f"equal to the cloud {seconds[slowest]:.1f} s after it was quiet ({slowest})",
        ]
    )
    assert len(journal) > 2000
    assert all(told[kind] > 0.1 * told["made"] for kind in ("lost", "doubled", "delayed"))
    said = "\n".join(scene.service.lines)
    assert "Traceback" not in said
    assert "internal error" not in said
