"""What is due when: pure bookkeeping over a clock that is passed in."""

import random
from typing import Literal, NamedTuple

import msgspec

from synchronizer.model.entity import Collection

Kind = Literal["sweep", "poll", "read"]

_RETRY_FIRST = 2.0
_RETRY_GROWTH = 2.0


class Job(NamedTuple):
    """Something to do for a collection."""

    collection: Collection
    kind: Kind


class _Line(msgspec.Struct):
    interval: float
    due: float
    failures: int = 0
    hastened: float | None = None  # asked for while it ran: it must run once more
    running: bool = False


class Schedule:
    """Intervals per collection and kind; one run of a job at a time.

    The first sweep of everything is due at once, polls follow their interval, reads come
    when they are asked for. A failed job comes again after 2 s, 4 s, 8 s … at most its
    interval.
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
            line.hastened = when

    def take(self, now: float, kinds: frozenset[Kind]) -> Job | None:
        """Return the job that is longest due among *kinds*, marked as running."""
        ripe = [
            (line.due, index, job)
            for index, (job, line) in enumerate(self._lines.items())
            if job.kind in kinds and not line.running and line.due <= now
        ]
        if not ripe:
            return None
        job = min(ripe)[2]
        self._lines[job].running = True
        return job

    def done(self, job: Job, now: float, *, failed: bool) -> None:
        """Plan the next run of a job that was taken."""
        line = self._lines.get(job)
        if line is None:
            return
        line.running = False
        if failed:
            wait = min(line.interval, _RETRY_FIRST * _RETRY_GROWTH**line.failures)
            line.failures = min(line.failures + 1, 16)
        else:
            line.failures = 0
            # A tenth of jitter keeps the collections of a cloud from marching in step.
            wait = line.interval * self._random.uniform(0.95, 1.05)
        line.due = now + wait
        if line.hastened is not None:
            line.due = min(line.due, line.hastened)
            line.hastened = None

    def next_due(self, kinds: frozenset[Kind]) -> float | None:
        """Return when the next of *kinds* is due; None when nothing is planned."""
        waiting = [
            line.due for job, line in self._lines.items() if job.kind in kinds and not line.running
        ]
        return min(waiting, default=None)
