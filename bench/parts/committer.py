"""Whoever commits while others read: a process of its own, straight at the store."""

import os
import time
from typing import Any

import msgspec

from bench.parts.measuring import measured
from synchronizer.model.change import Candidate
from synchronizer.model.entity import Collection
from synchronizer.store import Store, open_store

COLLECTION = Collection("demo", "RegionOne", "nova.server")
_COMMIT = 1000


def _body(id_: str, size: int) -> bytes:
    """Return a body of *size* bytes that no other one equals."""
    body = {"id": id_, "name": "bench", "status": "ACTIVE", "at": time.time(), "pad": ""}
    room = max(0, size - len(msgspec.json.encode(body)))
    return msgspec.json.encode(body | {"pad": os.urandom(room // 2 + 1).hex()[:room]})


def _put(store: Store, ids: list[str], size: int) -> None:
    candidates = [Candidate(id=id_, digest=os.urandom(16), body=_body(id_, size)) for id_ in ids]
    done = store.commit(COLLECTION, store.head().revision, candidates, sampled_at=time.time())
    if done.refused or done.revision is None:
        raise SystemExit("a commit was refused: somebody else writes to this store")


def burst(database: str, changes: int, each: int, size: int) -> dict[str, Any]:
    """Change *changes* entities in commits of *each*, as fast as it goes."""
    store = open_store(f"sqlite:///{database}", migrate=False)
    ids = [f"entity-{number:08d}" for number in range(changes)]
    began = time.monotonic()
    _, took = measured(
        lambda: [_put(store, ids[at : at + each], size) for at in range(0, changes, each)]
    )
    return {"began": began, "ended": time.monotonic(), **took}


def pace(database: str, changes: int, interval: float, size: int) -> dict[str, Any]:
    """Change one entity every *interval* seconds; return when each commit was asked and done."""
    store = open_store(f"sqlite:///{database}", migrate=False)
    times = []
    for number in range(changes):
        asked = time.monotonic()
        _put(store, [f"entity-{number:08d}"], size)
        times.append((asked, time.monotonic()))
        time.sleep(interval)
    return {"commits": times}


def touch(database: str, changes: int) -> dict[str, Any]:
    """Change entities spread over all that the store has, in one commit."""
    store = open_store(f"sqlite:///{database}", migrate=False)
    head = store.head().revision
    ids = [v.id for page in store.versions(COLLECTION, None) for v in page.versions]
    chosen = ids[len(ids) // (2 * changes) :: len(ids) // changes][:changes]
    candidates = []
    for id_ in chosen:
        record = store.entity(COLLECTION, id_)
        if record is None:
            raise SystemExit(f"{id_} has gone")
        body = msgspec.json.decode(record.body) | {"name": f"touched-{time.time()}"}
        candidates.append(Candidate(id=id_, digest=os.urandom(16), body=msgspec.json.encode(body)))
    store.commit(COLLECTION, head, candidates, sampled_at=time.time())
    return {"changed": len(chosen)}


def fill(database: str, entities: int, size: int) -> dict[str, Any]:
    """Make a store of *entities* small ones, with UUIDs for ids."""
    store = open_store(f"sqlite:///{database}")
    store.declare(COLLECTION, stale_after=1e9)

    def work() -> None:
        for start in range(0, entities, _COMMIT):
            ids = [
                f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
                for h in (os.urandom(16).hex() for _ in range(min(_COMMIT, entities - start)))
            ]
            _put(store, ids, size)

    if entities:
        _, took = measured(work)
    else:
        took = {"cpu": 0.0, "wall": 0.0}
    store.note(COLLECTION, sampled_at=time.time())
    store.close()
    return {"entities": entities, **took}
