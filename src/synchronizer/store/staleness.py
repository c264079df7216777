"""Answers from behind: what a replica that lags says, judged by what the record holds.

Services answer from several workers and read replicas, so two answers in a row may go back in
time. What is in the record tells, and to every process alike:

* its *stamp*, where entities carry one that never falls (a revision, the time of the last
  update): an answer with a lower one is older, and so is one without any, which is from
  before the first update; a tombstone's own stamp is no news either;
* *when it was written*: within the first seconds not every replica knows that there is such an
  entity, or that there is none any more.

What was doubted once and read again later counts whatever it is (`Candidate.confirmed`): a
database that was restored goes back for good.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import sqlalchemy as sa

from synchronizer.model.change import Candidate
from synchronizer.store.tables import ID_CHUNK, commits

LAG = 5.0
"""Seconds after which an answer that goes back is believed: replicas catch up sooner."""

YOUNG = 2.0
"""Seconds for which not every replica may know that an entity exists, or that it is gone."""

_NULL = "null"


_WRITTEN = sa.select(commits.c.revision, commits.c.elapsed).where(
    commits.c.revision.in_(sa.bindparam("revisions", expanding=True))
)


class Known(NamedTuple):
    """What the record of an entity holds to judge an answer by.

    Attributes:
        revision: of the record.
        stamp: as JSON; None when it has none.
    """

    revision: int
    alive: bool
    stamp: str | None


def is_older(stamp: str | None, known: Known) -> bool:
    """Whether a stamp is from before that of the record."""
    then = known.stamp
    if stamp is None or then is None:
        return False
    if stamp == then:
        return not known.alive
    if _NULL in (stamp, then):
        return stamp == _NULL or not known.alive
    if stamp[0] == then[0] == '"':
        return _text_is_older(stamp[1:-1], then[1:-1])
    try:
        return int(stamp) < int(then)
    except ValueError:
        return False  # of two kinds, which nothing orders


def _text_is_older(text: str, then: str) -> bool:
    """Compare times as ISO 8601: services drop a fraction of zero, and write UTC in three ways."""
    try:
        return _moment(text) < _moment(then)
    except ValueError:
        pass
    try:
        return int(text) < int(then)
    except ValueError:
        return text < then


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def contradicts(candidate: Candidate, known: Known) -> bool:
    """Whether candidate and record differ on whether the entity exists at all."""
    return candidate.is_delete is known.alive


def from_behind(
    connection: sa.Connection,
    candidates: Iterable[Candidate],
    records: Mapping[str, Known],
    asked: float,
) -> frozenset[str]:
    """Return the ids of the candidates that are older than their record, or may be.

    Args:
        asked: when the request went out, in the time in which the log was written.
    """
    judged = [
        (each, records[each.id]) for each in candidates if each.id in records and not each.confirmed
    ]
    flips = {known.revision for each, known in judged if contradicts(each, known)}
    young = {
        revision
        for revision, written in _written(connection, sorted(flips))
        if asked - written < YOUNG
    }
    return frozenset(
        each.id
        for each, known in judged
        if (not each.is_delete and is_older(each.stamp, known))
        or (contradicts(each, known) and known.revision in young)
    )


def _written(connection: sa.Connection, revisions: list[int]) -> Iterator[tuple[int, float]]:
    """Yield revisions and when they were written; those that are compacted are missing."""
    for start in range(0, len(revisions), ID_CHUNK):
        some = {"revisions": revisions[start : start + ID_CHUNK]}
        for row in connection.execute(_WRITTEN, some):
            yield row.revision, row.elapsed
