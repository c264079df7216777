"""Writing to a store by hand, and reading the truth from it: what contract tests compare with."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from synchronizer.client.mirror_state import Key
from synchronizer.model.change import Candidate, Change
from synchronizer.model.entity import Collection, Entity
from synchronizer.model.essence import canonical, digest
from synchronizer.store.contract import Store

SERVERS = Collection("cloud", "region", "nova.server")
PORTS = Collection("cloud", "region", "neutron.port")
IMAGES = Collection("cloud", "region", "glance.image")
"""Not among those that `declare` makes known by itself."""
PROJECTS = Collection("cloud", None, "keystone.project")

Truth = dict[Key, tuple[int, bytes]]


def declare(store: Store, *collections: Collection) -> None:
    """Make collections known that have just been sampled: none of them is stale."""
    for each in collections or (SERVERS, PORTS, PROJECTS):
        store.declare(each, stale_after=3600)
        store.note(each, sampled_at=time.time())


def write(store: Store, bodies: Mapping[str, Any], collection: Collection = SERVERS) -> int:
    """Commit bodies by id (None deletes) as one revision; return the store's revision."""
    candidates = [
        Candidate(id=id_, reason="the test says so")
        if body is None
        else Candidate(id=id_, digest=digest(body), body=canonical(body))
        for id_, body in bodies.items()
    ]
    done = store.commit(collection, store.head().revision, candidates, sampled_at=1_800_000_000.0)
    return store.head().revision if done.revision is None else done.revision


def truth(store: Store, at: int, collections: Iterable[Collection] = ()) -> Truth:
    """Return revision and canonical body of everything in the store at a revision."""
    chosen = list(collections) or [each.collection for each in store.collections()]
    return {
        Key(*record.collection, record.id): (
            record.revision,
            canonical(msgspec.json.decode(record.body)),
        )
        for page in store.snapshot(chosen, at)
        for record in page
    }


def as_truth(entities: Iterable[Entity]) -> Truth:
    """Return the same of entities that came over a transport."""
    return {
        Key(each.cloud, each.region, each.type, each.id): (each.revision, canonical(each.body))
        for each in entities
    }


def applied(state: Truth, changes: Iterable[Change]) -> Truth:
    """Return *state* with changes applied the plain way: the later one wins."""
    result = dict(state)
    for each in changes:
        key = Key(each.cloud, each.region, each.type, each.id)
        if each.op == "delete":
            result.pop(key, None)
        else:
            result[key] = (each.revision, canonical(each.body))
    return result
