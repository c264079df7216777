"""How current a collection is: what the store keeps of it beside its entities."""

import msgspec

from synchronizer.model.clock import iso
from synchronizer.model.cost import Cost, Spent
from synchronizer.model.digests import NOTHING
from synchronizer.model.entity import Collection
from synchronizer.model.errors import RetiredError
from synchronizer.model.essence import Path
from synchronizer.model.relation import Relations
from synchronizer.model.status import CollectionStatus, Trouble

SKEW = 60.0
"""Seconds by which the clocks of those who share a store may differ."""


class Fault(msgspec.Struct, frozen=True):
    """Why the last sample of a collection failed: error code, sentence, ISO time."""

    code: str
    title: str
    detail: str
    at: str


class Rejected(msgspec.Struct, frozen=True):
    """Records of the last complete sweep that could not be taken: how many, and some of them."""

    count: int
    examples: list[str]


class Freshness(msgspec.Struct, kw_only=True):
    """How current a collection is.

    Attributes:
        entities: how many live entities it has.
        revision: of its latest change.
        sampled_at: epoch seconds at which the last complete sweep began; None before it.
        polled_at: epoch seconds at which the last successful poll began.
        complete_to: by the service's own clock, the time up to which everything is known:
            when the last complete sweep began there. None before it.
        complete_at: where the log stood when the first complete sweep had ended.
        stale_after: declared age in seconds beyond which it counts as stale.
        scope: fingerprint of the roles that the last complete sweep was made with.
        fault: why the last sample failed; None when it did not.
        rejected: records of the last complete sweep that could not be taken; None for none.
        calls: requests made to the service for this collection, ever.
        call_seconds: how long they took together.
        call_bytes: how much they brought.
        cycle: the same from the end of one complete sweep to the end of the next, polls and
            reads between them included; None before the first sweep.
        sweeps: how many complete sweeps there were.
        begun: how many began, complete or not.
        faults: how many samples failed.
        relations: declared paths of fields that refer to other entities, and to which.
        volatile: declared paths of fields that have the value of the last change.
        content: the content digest of what lives (see `synchronizer.model.digests`).
    """

    collection: Collection
    entities: int = 0
    revision: int = 0
    sampled_at: float | None = None
    polled_at: float | None = None
    complete_to: float | None = None
    complete_at: int | None = None
    stale_after: float = 0.0
    scope: str | None = None
    fault: Fault | None = None
    rejected: Rejected | None = None
    calls: int = 0
    call_seconds: float = 0.0
    call_bytes: int = 0
    cycle: Spent | None = None
    sweeps: int = 0
    begun: int = 0
    faults: int = 0
    relations: Relations = {}
    volatile: tuple[Path, ...] = ()
    content: bytes = NOTHING

    @property
    def cost(self) -> Cost:
        """What sampling the collection costs its service."""
        return Cost(self.cycle, Spent(self.calls, self.call_seconds, self.call_bytes))

    def complete(self, at: int) -> bool:
        """Whether the log at revision *at* holds all that a complete sweep had found."""
        return self.complete_at is not None and self.complete_at <= at

    def status(self, at: int, now: float) -> CollectionStatus:
        """Return what a consumer may know that holds the log up to revision *at*."""
        complete = self.complete(at)
        # What changed after it may have happened in the cloud before the time.
        to = self.complete_to if complete and self.revision <= at else None
        return CollectionStatus(
            **self.collection._asdict(),
            complete=complete,
            complete_to=None if to is None else iso(to),
            state=self.state(now),
            fault=None if self.fault is None else Trouble(**msgspec.structs.asdict(self.fault)),
        )

    def age(self, now: float) -> float | None:
        """Return the seconds since the last complete sweep began.

        None before it, and when it lies in the future: a clock was set back, so nobody knows.
        """
        if self.sampled_at is None or self.sampled_at > now + SKEW:
            return None
        return max(0.0, now - self.sampled_at)

    def stale(self, now: float) -> bool:
        """Whether the collection is older than declared, of unknown age, or faulted."""
        age = self.age(now)
        return self.fault is not None or age is None or age > self.stale_after

    def state(self, now: float) -> str:
        """Return ``unsampled``, ``retired``, ``fault``, ``stale`` or ``current``."""
        if self.fault is not None and self.fault.code == RetiredError.code:
            return "retired"
        if self.fault is not None:
            return "fault"
        if self.sampled_at is None:
            return "unsampled"
        return "stale" if self.stale(now) else "current"
