"""Forgetting: records that nobody may ask for any more leave the log.

The horizon is the newest revision older than the history to keep, by the time in which
the log was written (`synchronizer.store.timestamps`): a clock that is wrong now, or was when
something was committed, makes nobody forget. What was superseded at or before it goes, and
so do tombstones from before it; the horizon becomes the oldest revision that can be asked
for. The horizon is raised *first*, in its own transaction, so
that a walk that is under way is told Gone and never sees holes.
"""

import sqlalchemy as sa

from synchronizer.store.commits import DELETE
from synchronizer.store.engine import Database
from synchronizer.store.tables import commits, first_position, head, record
from synchronizer.store.timestamps import stamp_behind

_BATCH = 5000


def compact(database: Database, history: float, clock: float) -> int:
    """Forget what was superseded more than *history* seconds ago; return how many records.

    Args:
        clock: epoch seconds, as our clock has them.
    """
    with database.writing() as connection:
        horizon = _horizon(connection, history, clock)
        if horizon is None:
            return 0
        connection.execute(sa.update(head).where(head.c.oldest < horizon).values(oldest=horizon))
        connection.execute(sa.delete(commits).where(commits.c.revision < horizon))
    dead = sa.or_(
        record.c.superseded <= horizon,
        sa.and_(record.c.op == DELETE, record.c.superseded.is_(None)),
    )
    forgotten, after = 0, 0
    while True:
        # In batches, so that samplers never wait long for the write lock.
        with database.writing() as connection:
            found = (
                connection.execute(
                    sa.select(record.c.position)
                    .where(
                        record.c.position > after,
                        record.c.position < first_position(horizon + 1),
                        dead,
                    )
                    .order_by(record.c.position)
                    .limit(_BATCH)
                )
                .scalars()
                .all()
            )
            if not found:
                return forgotten
            connection.execute(
                sa.delete(record).where(record.c.position == sa.bindparam("p")),
                [{"p": position} for position in found],
            )
        after = found[-1]
        forgotten += len(found)


def _horizon(connection: sa.Connection, history: float, clock: float) -> int | None:
    newest: int = connection.execute(sa.select(head.c.revision)).scalar_one()
    now = stamp_behind(connection, newest, clock).elapsed
    # Both grow with the revision, so the search ends at the first commit that is kept.
    kept = (
        sa.select(commits.c.revision)
        .where(commits.c.elapsed > now - history)
        .order_by(commits.c.revision)
        .limit(1)
    )
    first_kept = connection.execute(kept).scalar()
    older = sa.select(sa.func.max(commits.c.revision))
    if first_kept is not None:
        older = older.where(commits.c.revision < first_kept)
    return connection.execute(older).scalar()
