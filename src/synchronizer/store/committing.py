"""One commit: a page of candidates becomes one revision, or is refused entity by entity."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from synchronizer.model.change import OPS, Candidate, Commit
from synchronizer.model.essence import Path, changed_fields
from synchronizer.store.bodies import Bodies
from synchronizer.store.contract import COMMIT_LIMIT
from synchronizer.store.names import decode_paths
from synchronizer.store.stamping import stamp_behind
from synchronizer.store.tables import collection as collection_table
from synchronizer.store.tables import commits, first_position, head, record, revision_of

CREATE, UPDATE, DELETE = 1, 2, 3
OF_NUMBER = dict(enumerate(OPS, start=1))

_ID_CHUNK = 500  # ids in one IN (...): below every database's limit of parameters


class _Current(NamedTuple):
    position: int
    op: int
    digest: bytes
    dictionary: int | None
    body: bytes


def commit(
    connection: sa.Connection,
    bodies: Bodies,
    number: int,
    ticket: int,
    candidates: Sequence[Candidate],
    *,
    frames: tuple[int | None, dict[str, bytes]],
    sampled_at: float,
    clock: float,
    sweep: int | None,
) -> Commit:
    """Decide on each candidate and write the accepted ones, inside one transaction.

    Args:
        number: of the collection.
        frames: the candidates' compressed bodies by id, made before the lock was taken.
        clock: epoch seconds, as our clock has them.
    """
    if len(candidates) > COMMIT_LIMIT:
        raise ValueError(f"a commit takes at most {COMMIT_LIMIT} candidates")
    newest, oldest, begun, volatile = _locked(connection, number)
    if ticket < oldest or sweep not in (None, begun):
        # Tombstones younger than the ticket may be compacted: nothing can be judged. And
        # what was asked for before a sweep began must not undo what that sweep found.
        return Commit(revision=None, refused=tuple(each.id for each in candidates))
    known = _current(connection, number, [each.id for each in candidates])
    revision = newest + 1
    start = first_position(revision)
    accepted: list[str] = []
    refused: list[str] = []
    superseded: list[int] = []
    rows: list[dict[str, Any]] = []
    growth = 0
    offered: set[str] = set()
    for candidate in candidates:
        now = known.get(candidate.id)
        if candidate.id in offered:
            refused.append(candidate.id)  # twice in one page: nobody can say which is later
            continue
        offered.add(candidate.id)
        if now is not None and revision_of(now.position) > ticket:
            refused.append(candidate.id)
            continue
        accepted.append(candidate.id)
        alive = now is not None and now.op != DELETE
        row: dict[str, Any] = {
            "position": start + len(rows),
            "collection": number,
            "id": candidate.id,
            "sampled_at": sampled_at,
            "previous": revision_of(now.position) if now is not None and alive else None,
            "digest": candidate.digest,
            "changed": None,
            "reason": None,
        }
        if candidate.is_delete:
            if now is None or not alive:
                continue
            row |= {"op": DELETE, "reason": candidate.reason, "digest": b""}
            row |= {"dictionary": now.dictionary, "body": now.body}
            growth -= 1
        else:
            if now is not None and alive and now.digest == candidate.digest:
                continue
            row |= {"dictionary": frames[0], "body": frames[1][candidate.id]}
            if now is not None and alive:
                row |= {"op": UPDATE, "changed": _changed(bodies, now, candidate, volatile)}
            else:
                row["op"] = CREATE
                growth += 1
        if now is not None:
            superseded.append(now.position)
        rows.append(row)
    if not rows:
        return Commit(revision=None, accepted=tuple(accepted), refused=tuple(refused))
    if superseded:
        connection.execute(
            sa.update(record)
            .where(record.c.position == sa.bindparam("old"))
            .values(superseded=revision),
            [{"old": position} for position in superseded],
        )
    connection.execute(sa.insert(record), rows)
    connection.execute(
        sa.insert(commits).values(
            revision=revision, **stamp_behind(connection, newest, clock)._asdict()
        )
    )
    connection.execute(
        sa.update(collection_table)
        .where(collection_table.c.id == number)
        .values(entities=collection_table.c.entities + growth, revision=revision)
    )
    connection.execute(sa.update(head).values(revision=revision))
    return Commit(revision=revision, accepted=tuple(accepted), refused=tuple(refused))


def _locked(connection: sa.Connection, number: int) -> tuple[int, int, int, tuple[Path, ...]]:
    """Return the newest and the oldest revision, and what a collection's row has, all locked.

    That is how many sweeps began, and which fields are volatile.
    """
    # The row lock on head is what makes commit order and revision order one.
    newest, oldest = connection.execute(
        sa.select(head.c.revision, head.c.oldest).with_for_update()
    ).one()
    # That on the collection lets a sweep begin only when what was before it is committed.
    begun, volatile = connection.execute(
        sa.select(collection_table.c.begun, collection_table.c.volatile)
        .where(collection_table.c.id == number)
        .with_for_update()
    ).one()
    return newest, oldest, begun, decode_paths(volatile)


def _current(connection: sa.Connection, number: int, ids: list[str]) -> dict[str, _Current]:
    columns = (
        record.c.id,
        record.c.position,
        record.c.op,
        record.c.digest,
        record.c.dictionary,
        record.c.body,
    )
    found = {}
    for start in range(0, len(ids), _ID_CHUNK):
        query = sa.select(*columns).where(
            record.c.collection == number,
            record.c.id.in_(ids[start : start + _ID_CHUNK]),
            record.c.superseded.is_(None),
        )
        for id_, *rest in connection.execute(query):
            found[id_] = _Current(*rest)
    return found


def _changed(
    bodies: Bodies, now: _Current, candidate: Candidate, volatile: tuple[Path, ...]
) -> str:
    (before,) = bodies.decompress(now.dictionary, [now.body])
    after = msgspec.json.decode(candidate.body or b"")
    fields = changed_fields(msgspec.json.decode(before), after, volatile)
    return msgspec.json.encode(fields).decode()
