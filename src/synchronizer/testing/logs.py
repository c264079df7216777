"""Candidates and states in few words, for tests of stores."""

from collections.abc import Iterable
from hashlib import blake2b

import msgspec

from synchronizer.model.change import Candidate
from synchronizer.model.entity import Collection
from synchronizer.model.essence import digest
from synchronizer.store.contract import Record, Store

SERVERS = Collection("cloud", "region", "nova.server")
USERS = Collection("cloud", None, "keystone.user")


def upsert(id_: str, **fields: object) -> Candidate:
    """Return the candidate that says: this entity looks so."""
    body = {"id": id_, **fields}
    return Candidate(id=id_, digest=digest(body), body=msgspec.json.encode(body))


def gone(id_: str) -> Candidate:
    """Return the candidate that says: this entity is deleted."""
    return Candidate(id=id_, reason="read answered 404")


def state(store: Store, at: int, collections: Iterable[Collection] = (SERVERS, USERS)) -> dict:  # type: ignore[type-arg]
    """Return the snapshot at a revision as (collection, id) to (revision, body)."""
    return {
        (record.collection, record.id): (record.revision, msgspec.json.decode(record.body))
        for page in store.snapshot(list(collections), at)
        for record in page
    }


def apply(before: dict, records: list[Record]) -> dict:  # type: ignore[type-arg]
    """Return the state after changes."""
    after = dict(before)
    for record in records:
        key = (record.collection, record.id)
        if record.op == "delete":
            after.pop(key, None)
        else:
            after[key] = (record.revision, msgspec.json.decode(record.body))
    return after


def total(store: Store, at: int, collection: Collection) -> bytes:
    """Return the content digest of a collection at a revision, by its definition."""
    found = 0
    for page in store.snapshot([collection], at):
        for each in page:
            named = (collection.cloud, collection.region or "", collection.type, each.id)
            text = "\0".join((*named, str(each.revision), "")).encode() + each.body
            found += int.from_bytes(blake2b(text, digest_size=16).digest(), "big")
    return (found % 2**128).to_bytes(16, "big")
