"""Sampled as one project, then as another with the same roles, then for the system: nothing dies.

Neutron shows the two projects different networks, and the system none, by 200 each time.
"""

import time
from uuid import uuid4

import msgspec
import pytest
from keystoneauth1.adapter import Adapter

from synchronizer.model.errors import ScopeChangedError, WrongScopeError
from synchronizer.plugins import installed
from synchronizer.sampling.deletion import APART
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.schedule import Job
from synchronizer.sampling.worker import Worker
from synchronizer.service.clouds import entries_of, session_for
from synchronizer.store import open_store

NETWORKS = 3


class Clock:
    """The machine's time, of which some has passed between two sweeps."""

    def __init__(self):
        self.ahead = 0.0

    def now(self):
        return time.time() + self.ahead

    def monotonic(self):
        return time.monotonic() + self.ahead


def neutron_of(access):
    return Adapter(
        session_for(access),
        "network",
        interface=access.interface,
        region_name=access.regions[0] if access.regions else None,
        min_version="2",
        max_version="2.latest",
        raise_exc=True,
    )


@pytest.fixture
def neutron(access):
    return neutron_of(access)


@pytest.fixture
def persona(access, api, neutron):
    """A user with one role on two projects and on the system, and a few networks of the first."""
    keystone, made = api.identity, []

    def make(path, key, **body):
        body["name"] = f"scenario-scope-{uuid4().hex[:8]}"
        found = keystone.post(path, json={key: body}).json()[key]
        made.append((keystone, f"{path}/{found['id']}"))
        return found["id"]

    password = uuid4().hex
    projects = [make("/projects", "project") for _ in range(2)]
    user = make("/users", "user", password=password)
    (role,) = [
        each["id"] for each in keystone.get("/roles").json()["roles"] if each["name"] == "member"
    ]
    for project in projects:
        keystone.put(f"/projects/{project}/users/{user}/roles/{role}")
    keystone.put(f"/system/users/{user}/roles/{role}")
    for _ in range(NETWORKS):
        body = {"name": "scenario-scope", "project_id": projects[0]}
        network = neutron.post("/networks", json={"network": body}).json()["network"]
        made.append((neutron, f"/networks/{network['id']}"))

    def become(**scope):
        auth = {
            "auth_url": access.auth["auth_url"],
            "user_id": user,
            "password": password,
            **scope,
        }
        return msgspec.structs.replace(access, auth_type="password", auth=auth, further=())

    yield projects, become
    for adapter, path in reversed(made):
        adapter.delete(path)


class Sampled:
    """What Neutron shows of its networks, as one persona after the other sampled them."""

    def __init__(self, path):
        self.store = open_store(f"sqlite:///{path}")
        self.clock = Clock()

    def sample(self, access):
        """Start anew with these credentials and sweep three times; return how it stands."""
        worker = Worker(
            installed()["neutron"](),
            access.name,
            entries_of(access),
            self.store,
            intervals=Intervals(types=("neutron.network",)),
            clock=self.clock,
        )
        worker.discover()
        for _ in range(3):
            for collection in worker.samplers:
                worker.do(Job(collection, "sweep"))
                worker.do(Job(collection, "poll"))
            self.clock.ahead += APART + 1
        (known,) = self.store.collections()
        return known

    def state(self, known):
        return known.state(self.clock.now())

    def own(self, project):
        records = self.store.changes(0, limit=10**6).records
        created = {each.id for each in records if each.op == "create"}
        assert {each.op for each in records} <= {"create", "update"}
        bodies = {each.id: msgspec.json.decode(each.body) for each in records}
        return [id_ for id_ in created if bodies[id_]["project_id"] == project]


@pytest.fixture
def sampled(tmp_path):
    made = Sampled(tmp_path / "store.sqlite")
    yield made
    made.store.close()


def test_another_project_with_the_same_roles_deletes_nothing_and_says_so(persona, sampled):
    (one, other), become = persona
    assert sampled.state(sampled.sample(become(project_id=one))) == "current"
    assert len(sampled.own(one)) == NETWORKS
    before = sampled.store.head().revision

    known = sampled.sample(become(project_id=other))
    assert (sampled.state(known), known.fault.code) == ("fault", ScopeChangedError.code)
    assert known.fault.detail.endswith(
        "`synchronizer db accept-scope --cloud " + known.collection.cloud + "`"
    )
    assert sampled.store.head().revision == before

    known = sampled.sample(become(project_id=one))
    assert (sampled.state(known), known.fault) == ("current", None)
    assert sampled.store.head().revision == before


def test_credentials_for_the_system_are_refused_though_neutron_answers_200(persona, sampled):
    (one, _), become = persona
    sampled.sample(become(project_id=one))
    before = sampled.store.head().revision
    known = sampled.sample(become(system_scope="all"))
    assert (sampled.state(known), known.fault.code) == ("fault", WrongScopeError.code)
    assert sampled.store.head().revision == before


def test_neutron_itself_shows_the_others_nothing_of_the_first(access, persona):
    (one, other), become = persona
    scopes = {
        "one": {"project_id": one},
        "other": {"project_id": other},
        "system": {"system_scope": "all"},
    }
    seen = {}
    for name, scope in scopes.items():
        rows = neutron_of(become(**scope)).get("/networks").json()["networks"]
        seen[name] = [row for row in rows if row["project_id"] == one]
    assert {name: len(rows) for name, rows in seen.items()} == {
        "one": NETWORKS,
        "other": 0,
        "system": 0,
    }
