"""A toy cloud, a store and the samplers between them."""

import sqlite3
from uuid import uuid4

import msgspec
import pytest

from synchronizer.model.entity import Collection
from synchronizer.model.errors import SynchronizerError
from synchronizer.sampling.sampler import Sampler, Setup
from synchronizer.store import open_store
from synchronizer.testing.toy import Thing, Toy, ToyCloud


class Clock:
    """Time that moves when a test says so."""

    def __init__(self):
        self.time = 1_800_000_000.0

    def now(self):
        return self.time

    def monotonic(self):
        return self.time


class Shaped(ToyCloud):
    """A toy cloud whose listings and reads a test may edit before they are sent."""

    def __init__(self):
        super().__init__()
        self.listing = lambda rows, query: rows
        self.single = lambda row: row
        self.queries = []

    def limit_unasked(self, most):
        """Cut every answer, and say so."""
        answer = self._answer

        def cut(path, query):
            status, body = answer(path, query)
            found = msgspec.json.decode(body)
            rows = found["things"]
            links = [{"rel": "next", "href": "x"}] if len(rows) > most else []
            return status, msgspec.json.encode({"things": rows[:most], "things_links": links})

        self._answer = cut

    def _answer(self, path, query):
        status, body = super()._answer(path, query)
        if status == 200:
            found = msgspec.json.decode(body)
            if path == "/things":
                self.queries.append(dict(query))
                found = {**found, "things": self.listing(found["things"], query)}
            else:
                found = {"thing": self.single(found["thing"])}
            body = msgspec.json.encode(found)
        return status, body


class Rig:
    """One collection of a toy cloud, as samplers see it and as the store has it."""

    def __init__(self, store, kind=Thing, *, plugin=Toy, cloud=None, **setup):
        self.store = store
        self.cloud = cloud or Shaped()
        self.plugin = plugin()
        self.roles = "admin,reader"
        self.clock = Clock()
        kind.plugin = plugin.name
        self.resource = kind()
        self.collection = Collection("cloud", "region", self.resource.type)
        store.declare(self.collection, stale_after=60)
        parents = setup.pop("parents", lambda _: [])
        self.setup = Setup(
            store,
            self.plugin,
            parents=parents,
            roles=lambda: self.roles,
            clock=self.clock,
            **setup,
        )
        self.sampler = self.another()

    def another(self):
        """Return another sampler of the same collection, as another process has one."""
        return Sampler(self.collection, self.resource, self.cloud, self.setup)

    def attempt(self, kind="sweep", sampler=None):
        """Do it as the worker does: a fault is noted; return its class, else None."""
        sampler = sampler or self.sampler
        try:
            getattr(sampler, kind)()
        except SynchronizerError as error:
            sampler.fail(error, kind)
            return type(error)
        return None

    def held(self, at=None):
        """Return {id: body} of the store."""
        head = self.store.head().revision if at is None else at
        pages = self.store.snapshot([self.collection], head)
        return {r.id: msgspec.json.decode(r.body) for page in pages for r in page}

    def ops(self, since=0):
        """Return (op, id) of every change after a revision."""
        page = self.store.changes(since, [self.collection], limit=10**6)
        return [(record.op, record.id) for record in page.records]

    def reasons(self):
        page = self.store.changes(0, [self.collection], limit=10**6)
        return {record.id: record.reason for record in page.records if record.op == "delete"}

    def freshness(self):
        (found,) = [e for e in self.store.collections() if e.collection == self.collection]
        return found

    def fault(self):
        fault = self.freshness().fault
        return fault.code if fault else None


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """A store's file as the migrations leave it: made once, copied into memory by each test."""
    path = tmp_path_factory.mktemp("store") / "empty.sqlite"
    open_store(f"sqlite:///{path}").close()
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


@pytest.fixture
def store(empty):
    place = f"file:{uuid4().hex}?mode=memory&cache=shared"
    keeper = sqlite3.connect(place, uri=True)
    empty.backup(keeper)
    store = open_store(f"sqlite:///{place}&uri=true", migrate=False)
    yield store
    store.close()
    keeper.close()


@pytest.fixture
def rig(store):
    """Make rigs over one store."""
    return lambda *args, **more: Rig(store, *args, **more)


@pytest.fixture
def toy(rig):
    """A thing's rig with five things, swept once."""
    made = rig()
    for number in range(5):
        made.cloud.create(f"t{number}")
    made.sampler.sweep()
    return made
