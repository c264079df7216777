"""What is due when: pure bookkeeping over a clock that is passed in."""

import random
from collections.abc import Callable
from typing import Literal, NamedTuple

import msgspec

from synchronizer.model.entity import Collection

Kind = Literal["sweep", "poll", "read"]

_RETRY_FIRST = 2.0
_RETRY_GROWTH = 2.0
_POLL_REST = 9.0
"""The pause after a poll, in times of what it took."""


Among = Callable[[Collection], bool]
"""Which collections somebody works for."""


def all_of_them(_collection: Collection) -> bool:
    """Choose every collection."""
    return True


class Job(NamedTuple):
    """Something to do for a collection."""

    collection: Collection
    kind: Kind


class _Line(msgspec.Struct):
    interval: float
    due: float
    failures: int = 0
    took: float = 0.0  # by the last good run
    hastened: float | None = None  # asked for while it ran: it must run once more
    running: bool = False


class Schedule:
    """Intervals per collection and kind; one run of a job at a time.

    The first sweep of everything is due at once, polls follow their interval, reads come
    when they are asked for. A failed job comes again after 2 s, 4 s, 8 s … at most its
    interval. A poll is given at most a tenth of the time, however long it takes: the shorter
    one of the last two counts, as one slow answer is no slow service.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._lines: dict[Job, _Line] = {}
        self._random = random.Random(seed)  # noqa: S311 - spreads load, guards nothing

    def add(self, job: Job, interval: float, first: float) -> None:
        """Plan a job every *interval* seconds, first at *first*."""
        self._lines[job] = _Line(interval, first)

    def drop(self, collection: Collection) -> None:
        """Forget a collection."""
        for job in [job for job in self._lines if job.collection == collection]:
            del self._lines[job]

    def hasten(self, job: Job, when: float) -> None:
        """Let a job be due at *when* at the latest."""
        line = self._lines.get(job)
        if line is None:
            return
        line.due = min(line.due, when)
        if line.running:
            line.hastened = when if line.hastened is None else min(when, line.hastened)

    def take(self, now: float, kinds: frozenset[Kind], among: Among = all_of_them) -> Job | None:
        """Return the job that is longest due among *kinds*, marked as running."""
        ripe = [
            (line.due, index, job)
            for index, (job, line) in enumerate(self._lines.items())
            if job.kind in kinds and not line.running and line.due <= now and among(job.collection)
        ]
        if not ripe:
            return None
        job = min(ripe)[2]
        self._lines[job].running = True
        return job

    def done(
        self, job: Job, now: float, *, failed: bool, took: float = 0.0, times: float = 1.0
    ) -> None:
        """Plan the next run of a job that was taken.

        Args:
            took: seconds that it took.
            times: so many intervals may pass until the next.
        """
        line = self._lines.get(job)
        if line is None:
            return
        line.running = False
        if failed:
            wait = min(line.interval, _RETRY_FIRST * _RETRY_GROWTH**line.failures)
            line.failures = min(line.failures + 1, 16)
        else:
            line.failures = 0
            # A tenth of jitter keeps the collections of a cloud from marching in step; the
            # interval is the longest that anything waits.
            wait = times * line.interval * self._random.uniform(0.9, 1.0)
            if job.kind == "poll":
                wait = max(wait, _POLL_REST * min(took, line.took))
            line.took = took
        line.due = now + wait
        if line.hastened is not None:
            line.due = min(line.due, line.hastened)
            line.hastened = None

    def next_due(self, kinds: frozenset[Kind], among: Among = all_of_them) -> float | None:
        """Return when the next of *kinds* is due; None when nothing is planned."""
        waiting = [
            line.due
            for job, line in self._lines.items()
            if job.kind in kinds and not line.running and among(job.collection)
        ]
        return min(waiting, default=None)
