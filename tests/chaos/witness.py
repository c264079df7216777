"""Those who saw everything: a witness of the log, mirrors that remember, and what they prove."""

import threading

import msgspec

from synchronizer.client.http import HttpTransport
from synchronizer.client.mirror import Mirror
from synchronizer.model.entity import Collection
from synchronizer.plugins import installed
from synchronizer.store import open_store

TYPES = (
    "keystone.project",
    "keystone.role_assignment",
    "keystone.user",
    "nova.aggregate",
    "nova.migration",
    "nova.server",
)


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


VERSIONS = ("revision_number", "generation", "updated_at", "updated", "updated_time")
"""Fields of bodies that only grow, where a type has them."""


def resource_of(type_):
    """Return the declaration of an entity type."""
    plugin = installed()[type_.partition(".")[0]]
    (resource,) = [each for each in plugin.declared() if each.type == type_]
    return resource


def essences(type_, bodies):
    """Reduce {id: body} to what counts as state."""
    resource = resource_of(type_)
    reduced = {}
    for id_, body in bodies.items():
        resource.redact(body)
        reduced[id_] = resource.essence(body)
    return reduced


def check_log(records, head):
    """No gap, nothing twice, and each change follows its predecessor."""
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
    positions = [record.position for record in records]
    assert positions == sorted(set(positions))


def check_mirror(each, witness, eventually):
    """A mirror, as it is now, is the store's snapshot, and is what the changes so far make."""
    revision, held = each.mirror.snapshot()
    shown = {
        (Collection(*key[:3]), key.id): (entity.revision, entity.body)
        for key, entity in held.items()
    }
    eventually(lambda: witness.error or witness.revision >= revision)
    assert witness.error is None
    assert shown == witness.snapshot(each.types, revision)
    assert shown == each.expected(witness.records, revision)


def check_told(each, records, witness, eventually):
    """A mirror told the snapshot that it began with and then each change, in order, once."""
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


def check_lives(records, journal, store, *, derived=frozenset()):
    """Nothing was called deleted before it was, nor created before it was, each time.

    What the log calls the nth create or delete of an id was committed after the nth that the
    cloud's own journal has of it. What was there from the beginning was born before it.

    Args:
        derived: types that follow from others and are not in the journal.
    """
    begun = [float("-inf")]
    happened = {}
    for entry in journal:
        lives = happened.setdefault((entry["type"], entry["id"]), {"create": [], "delete": []})
        if entry["op"] != "create" and not lives["create"]:
            lives["create"] += begun
        if entry["op"] != "update":
            lives[entry["op"]].append(entry["at"])
    known = {}
    log_began = min((record.sampled_at for record in records), default=0.0)
    for record in records:
        type_ = record.collection.type
        if record.op == "update" or type_ in derived:
            continue
        lives = happened.get((type_, record.id), {"create": begun, "delete": []})
        number = known.setdefault((type_, record.id), {"create": 0, "delete": 0})
        of_kind = lives[record.op]
        said = f"{type_} {record.id}: {record.op} {record.reason} at {record.sampled_at}: {lives}"
        assert number[record.op] < len(of_kind), said
        if of_kind[number[record.op]] > log_began:
            assert store.revision_at(of_kind[number[record.op]]) < record.revision, said
        number[record.op] += 1


def check_versions(records):
    """No version of an entity is older than the one before it."""
    last = {}
    for record in records:
        key = (record.collection, record.id)
        body = msgspec.json.decode(record.body)
        shown = {name: body[name] for name in VERSIONS if body.get(name) is not None}
        before = last.get(key, {})
        for name in shown.keys() & before.keys():
            assert before[name] <= shown[name], f"{key} goes back: {before} to {shown}"
        last[key] = {} if record.op == "delete" else shown
