"""One commit: a page of candidates becomes one revision, or is refused entity by entity."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from synchronizer.model.change import OPS, Candidate, Commit
from synchronizer.model.digests import NOTHING, digest_of, element
from synchronizer.model.digests import number as number_of
from synchronizer.model.entity import Collection
from synchronizer.model.essence import Path, changed_fields
from synchronizer.store.bodies import Bodies
from synchronizer.store.collections import decode_paths
from synchronizer.store.contract import COMMIT_LIMIT
from synchronizer.store.log_digest import Entry, digest_at, element_in, log_digest, sealed
from synchronizer.store.rows import execute_many
from synchronizer.store.staleness import Known, from_behind
from synchronizer.store.tables import ID_CHUNK, commits, first_position, head, record, revision_of
from synchronizer.store.tables import collection as collection_table
from synchronizer.store.timestamps import stamp_behind

CREATE, UPDATE, DELETE = 1, 2, 3
OF_NUMBER = dict(enumerate(OPS, start=1))

# Statements that run with every commit are made once: making one costs more than running it.
_LOCK_HEAD = sa.select(head.c.revision, head.c.oldest, head.c.digest).with_for_update()
_LOCK_COLLECTION = (
    sa.select(
        collection_table.c.cloud,
        collection_table.c.region,
        collection_table.c.type,
        collection_table.c.begun,
        collection_table.c.content,
        collection_table.c.volatile,
    )
    .where(collection_table.c.id == sa.bindparam("number"))
    .with_for_update()
)
_CURRENT = sa.select(
    record.c.id,
    record.c.position,
    record.c.op,
    record.c.digest,
    record.c.dictionary,
    record.c.body,
    record.c.seal,
    record.c.stamp,
).where(
    record.c.collection == sa.bindparam("number"),
    record.c.id.in_(sa.bindparam("ids", expanding=True)),
    record.c.superseded.is_(None),
)
_SUPERSEDE = (
    sa.update(record)
    .where(record.c.position == sa.bindparam("old"))
    .values(superseded=sa.bindparam("now"))
)
_INSERT = sa.insert(record)
_COMMITTED = sa.insert(commits)
_GROW = (
    sa.update(collection_table)
    .where(collection_table.c.id == sa.bindparam("number"))
    .values(
        entities=collection_table.c.entities + sa.bindparam("growth"),
        revision=sa.bindparam("now"),
        content=sa.bindparam("holds"),
    )
)
_MOVE = sa.update(head).values(revision=sa.bindparam("now"), digest=sa.bindparam("log"))


class _Current(NamedTuple):
    position: int
    op: int
    digest: bytes
    dictionary: int | None
    body: bytes
    seal: bytes
    stamp: str | None

    @property
    def revision(self) -> int:
        return revision_of(self.position)

    @property
    def alive(self) -> bool:
        return self.op != DELETE

    @property
    def judged(self) -> Known:
        """What answers are judged by."""
        return Known(self.revision, self.alive, self.stamp)


class _Base(NamedTuple):
    """What a commit stands on: the log's end and its collection, both locked.

    Attributes:
        log: the digest of the log.
        begun: how many sweeps of the collection began.
        content: its content digest, as a number.
        volatile: its volatile fields.
    """

    newest: int
    oldest: int
    log: bytes
    begun: int
    content: int
    volatile: tuple[Path, ...]


class _Rows:
    """The records that a commit adds, and what they do to the collection."""

    def __init__(self, collection: Collection, number: int, base: _Base) -> None:
        self.revision = base.newest + 1
        self.rows: list[dict[str, Any]] = []
        self.superseded: list[int] = []
        self.growth = 0
        self.content = base.content
        self._collection = collection
        self._number = number

    def add(self, op: int, id_: str, now: _Current | None, text: bytes, **values: Any) -> None:
        """Add a record; *now* is the one that it supersedes, *text* its body."""
        alive = now is not None and now.alive
        row = {
            "position": first_position(self.revision) + len(self.rows),
            "collection": self._number,
            "id": id_,
            "op": op,
            "previous": now.revision if now is not None and alive else None,
            "changed": None,
            "reason": None,
            **values,
        }
        added = element(self._collection, id_, self.revision, text)
        row["seal"] = sealed(added, row["digest"])
        self.rows.append(row)
        if now is not None:
            self.superseded.append(now.position)
        if now is not None and alive:
            self.growth -= 1
            self.content -= number_of(element_in(now.seal))
        if op != DELETE:
            self.growth += 1
            self.content += number_of(added)


def commit(
    connection: sa.Connection,
    bodies: Bodies,
    collection: Collection,
    number: int,
    ticket: int,
    candidates: Sequence[Candidate],
    *,
    frames: tuple[int | None, dict[str, bytes]],
    sampled_at: float,
    clock: float,
    sweep: int | None,
    log: bytes | None,
    answered: bool,
) -> Commit:
    """Decide on each candidate and write the accepted ones, inside one transaction.

    Args:
        number: of *collection*.
        frames: the candidates' compressed bodies by id, made before the lock was taken.
        clock: epoch seconds, as our clock has them.
    """
    if len(candidates) > COMMIT_LIMIT:
        raise ValueError(f"a commit takes at most {COMMIT_LIMIT} candidates")
    base = _locked(connection, collection, number)
    if (
        base is None
        or not base.oldest <= ticket <= base.newest
        or sweep not in (None, base.begun)
        or log not in (None, digest_at(connection, ticket))
    ):
        # Tombstones younger than the ticket may be compacted, or the store went back to before
        # it: nothing can be judged. And what was asked for before a sweep began must not undo
        # what that sweep found.
        return Commit(revision=None, refused=tuple(each.id for each in candidates))
    known = _current(connection, number, [each.id for each in candidates])
    stamp = stamp_behind(connection, base.newest, clock)
    behind = frozenset[str]()
    if sweep is not None:
        asked = stamp.elapsed - (clock - sampled_at)
        judged = {id_: now.judged for id_, now in known.items() if now.revision <= ticket}
        behind = from_behind(connection, candidates, judged, asked)
    added = _Rows(collection, number, base)
    accepted: dict[str, None] = {}
    refused: list[str] = []
    for candidate in candidates:
        now = known.get(candidate.id)
        # Twice in one page, nobody can say which is later.
        if candidate.id in accepted or (now is not None and now.revision > ticket):
            refused.append(candidate.id)
            continue
        if candidate.id in behind:
            continue
        accepted[candidate.id] = None
        alive = now if now is not None and now.alive else None
        values: dict[str, Any] = {"sampled_at": sampled_at, "digest": candidate.digest}
        if candidate.body is None:
            if alive is None:
                continue
            (text,) = bodies.decompress(alive.dictionary, [alive.body])
            values |= {"digest": b"", "reason": candidate.reason, "stamp": alive.stamp}
            values |= {"dictionary": alive.dictionary, "body": alive.body}
            added.add(DELETE, candidate.id, now, text, **values)
            continue
        if alive is not None and alive.digest == candidate.digest:
            continue
        values |= {"dictionary": frames[0], "body": frames[1][candidate.id]}
        values["stamp"] = candidate.stamp
        if alive is not None:
            values["changed"] = _changed(bodies, alive, candidate, base.volatile)
        op = CREATE if alive is None else UPDATE
        added.add(op, candidate.id, now, candidate.body, **values)
    done = Commit(
        revision=None, accepted=tuple(accepted), refused=tuple(refused), behind=tuple(behind)
    )
    if not added.rows:
        return done
    seen = ticket if answered and sweep is not None else None
    log = _write(connection, number, base, added, {**stamp._asdict(), "ticket": seen})
    return msgspec.structs.replace(done, revision=added.revision, digest=log)


def _write(
    connection: sa.Connection, number: int, base: _Base, added: _Rows, about: dict[str, Any]
) -> bytes:
    """Write the commit; return the digest of the log behind it."""
    revision, rows = added.revision, added.rows
    if added.superseded:
        moved = [{"old": position, "now": revision} for position in added.superseded]
        execute_many(connection, _SUPERSEDE, moved)
    execute_many(connection, _INSERT, rows)
    entries = [Entry(*(row[name] for name in Entry._fields)) for row in rows]
    log, content = log_digest(base.log, revision, entries), digest_of(added.content)
    left = {"digest": log, "content": content, **about}
    connection.execute(_COMMITTED, {"revision": revision, **left})
    growth = {"number": number, "growth": added.growth, "now": revision, "holds": content}
    connection.execute(_GROW, growth)
    connection.execute(_MOVE, {"now": revision, "log": log})
    return log


def _locked(connection: sa.Connection, collection: Collection, number: int) -> _Base | None:
    """Lock head and collection; return None when another collection has this number.

    That is so in a store that went back to before the collection was declared.
    """
    # The row lock on head is what makes commit order and revision order one.
    newest, oldest, log = connection.execute(_LOCK_HEAD).one()
    # That on the collection lets a sweep begin only when what was before it is committed.
    row = connection.execute(_LOCK_COLLECTION, {"number": number}).first()
    if row is None or Collection(row.cloud, row.region or None, row.type) != collection:
        return None
    content, volatile = number_of(row.content or NOTHING), decode_paths(row.volatile)
    return _Base(newest, oldest, log or NOTHING, row.begun, content, volatile)


def _current(connection: sa.Connection, number: int, ids: list[str]) -> dict[str, _Current]:
    found = {}
    for start in range(0, len(ids), ID_CHUNK):
        some = {"number": number, "ids": ids[start : start + ID_CHUNK]}
        for id_, *rest in connection.execute(_CURRENT, some):
            found[id_] = _Current(*rest)
    return found


def _changed(
    bodies: Bodies, now: _Current, candidate: Candidate, volatile: tuple[Path, ...]
) -> str:
    (before,) = bodies.decompress(now.dictionary, [now.body])
    after = msgspec.json.decode(candidate.body or b"")
    fields = changed_fields(msgspec.json.decode(before), after, volatile)
    return msgspec.json.encode(fields).decode()
