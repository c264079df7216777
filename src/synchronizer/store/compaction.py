"""Forgetting: records that nobody may ask for any more leave the log.

The horizon is the newest revision older than the history to keep. What was superseded at
or before it goes, and so do tombstones from before it; the horizon becomes the oldest
revision that can be asked for. The horizon is raised *first*, in its own transaction, so
that a walk that is under way is told Gone and never sees holes.
"""

import sqlalchemy as sa

from synchronizer.store.committing import DELETE
from synchronizer.store.engine import Database
from synchronizer.store.tables import commits, first_position, head, record

_BATCH = 5000


def compact(database: Database, before: float) -> int:
    """Forget what was superseded before the epoch second *before*; return how many records."""
    with database.writing() as connection:
        horizon = connection.execute(
            sa.select(sa.func.max(commits.c.revision)).where(commits.c.committed_at <= before)
        ).scalar()
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
