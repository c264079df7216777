"""When a commit was made, reckoned so that no single reading of a clock is trusted.

Clocks step: back by an hour when NTP comes up, two days ahead in a machine that woke up
wrong. Three readings are kept with each commit:

* *committed_at* is the clock, but never before that of an earlier commit, so a time names
  one place in the log.
* *clock* is what the clock said.
* *elapsed* is the time in which the log was written. A gap between two commits counts for
  at most `GAP`, whatever the clock says of it, so a clock that ran ahead costs at most
  `GAP` of the history, and one that was set back nothing. History is kept by it.

After a clock ran ahead, the commits that follow are counted by the clock's own steps, so
that history does not grow until the clock catches up.
"""

from typing import NamedTuple

import sqlalchemy as sa

from synchronizer.store.tables import commits

GAP = 3600.0
"""Seconds for which a gap between two commits counts at most."""


_STAMP = sa.select(commits.c.committed_at, commits.c.clock, commits.c.elapsed).where(
    commits.c.revision == sa.bindparam("at")
)


class Stamp(NamedTuple):
    """When a commit was made, in three ways; all are epoch seconds but *elapsed*."""

    committed_at: float
    clock: float
    elapsed: float


def stamped(before: Stamp | None, now: float) -> Stamp:
    """Return the stamp of a commit that follows *before* when the clock says *now*."""
    if before is None:
        return Stamp(now, now, 0.0)
    behind = before.committed_at if now >= before.committed_at else before.clock
    passed = min(max(0.0, now - behind), GAP)
    return Stamp(max(now, before.committed_at), now, before.elapsed + passed)


def stamp_behind(connection: sa.Connection, newest: int, now: float) -> Stamp:
    """Return the stamp of a commit that would follow the *newest* when the clock says *now*."""
    row = connection.execute(_STAMP, {"at": newest}).first()
    return stamped(None if row is None else Stamp(*row), now)
