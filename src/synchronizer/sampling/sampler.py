"""The sampler of one collection: sweep, poll and read, each a transaction against the store.

A sample that fails, is cut short, or looks doubtful changes nothing that it did not see
whole, and deletes nothing. An answer is compared with the log as it is when the answer
arrives. What differs is offered to the store with the *ticket*, taken before the request went
out. The store refuses an entity that somebody committed since, and all when a sweep began
since: they are read again.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from synchronizer.model.change import Candidate
from synchronizer.model.clock import iso
from synchronizer.model.entity import Collection
from synchronizer.model.errors import (
    CanaryError,
    IncompleteSweepError,
    MalformedError,
    SampleError,
    SynchronizerError,
)
from synchronizer.plugins.pagination import walk
from synchronizer.plugins.plugin import Resource
from synchronizer.plugins.service import Service
from synchronizer.sampling.announced_deletes import AnnouncedDeletes
from synchronizer.sampling.baseline import Baseline
from synchronizer.sampling.control import Controls
from synchronizer.sampling.credentials import Credentials
from synchronizer.sampling.declaration import DeclarationCheck
from synchronizer.sampling.deletion import DeletionDetector
from synchronizer.sampling.items import Item, mark_of
from synchronizer.sampling.listing import KnownPage, ListingPass
from synchronizer.sampling.outline import Outline
from synchronizer.sampling.read_queue import ReadQueue
from synchronizer.sampling.reader import Reader
from synchronizer.sampling.scope import keep
from synchronizer.sampling.setup import Setup
from synchronizer.sampling.stale_answers import StaleAnswers
from synchronizer.sampling.ticket import Ticket
from synchronizer.store.contract import COMMIT_LIMIT
from synchronizer.store.freshness import Fault
from synchronizer.store.staleness import YOUNG

OVERLAP = 60.0
"""Seconds that an incremental listing reaches back before the last one: clocks differ,
and a transaction may become visible late."""

GUARD_LEAST = 10
"""So many absences are never a mass delete."""


class Sampler:
    """Samples one collection. Sweep, poll and read may run in different threads.

    Attributes:
        doubts: what waits to be read.
        farewells: what its service told to be deleted.
        behind: what was doubted because it goes back in time.
        controls: what vouches for an absence.
        credentials: whether they see what they saw.
        again: only another sweep can settle a doubt, some time later.
        hurry: a sweep is wanted at once.
        calm: the last sweep found nothing that polls and hints do not tell anyway.
        witnessed: whether the witness fields were shown in earlier sweeps.
    """

    def __init__(
        self, collection: Collection, resource: Resource, service: Service, setup: Setup
    ) -> None:
        self.collection = collection
        self.resource = resource
        self.service = service
        self.setup = setup
        self.baseline = Baseline(outlined=bool(resource.outline))
        self.pages: dict[bytes, KnownPage] = {}
        self.doubts = ReadQueue()
        self.farewells = AnnouncedDeletes(setup.clock)
        self.behind = StaleAnswers()
        self.reading = Reader(self)
        self.declaring = DeclarationCheck(self)
        self.controls = Controls(self)
        self.again = self.hurry = self.witnessed = self.calm = False
        self._lock = threading.RLock()
        self._absence = DeletionDetector(self)
        self._outline = Outline(self)
        self._cursor: float | None = None
        self._noted = (0, 0.0, 0)
        self._faulted_by: str | None = None
        self._begun: int | None = None  # the number of our own last sweep
        self._committed: tuple[tuple[int, bytes], ...] = ()  # our last commit: revision, digest
        self.credentials = Credentials(self)

    # --- the three ways of looking -----------------------------------------

    def sweep(self) -> bool:
        """List everything; what is missing and stays missing is deleted.

        Returns:
            Whether all that it showed is in the log, or will be without another sweep.

        Raises:
            SampleError: the listing was not complete; nothing was deleted.
        """
        started = self.setup.clock.now()
        self.credentials.check()
        hidden = self._canary()
        # It took a request: another scope may have begun the first sweep meanwhile.
        scope, before = self.credentials.check()
        # From here on nothing is committed that was asked for before, so what this sweep finds
        # to be as known is not undone by an older answer.
        earlier = self.begun()
        claim = self.credentials.claim(scope) if before is None else {}
        self.setup.store.note(self.collection, begun=1, **claim)
        with self._lock:
            self.baseline.settle()
            first_ticket = self.ticket()
            self._begun = earlier + 1 if first_ticket.sweep == earlier + 1 else None
            replaced, self._committed = self.baseline.replaced, ()
            # Who wants a sweep from here on, wants one after this.
            self.again = self.hurry = False
            self.controls.begin(self.baseline.revision)
            self.witnessed = before is not None and before.witness
            look = ListingPass(self, sweeping=True, witnessed=self.witnessed)
            deleted = self.reading.phantoms.before()
        # Children are known no later than their parents were when the walk began.
        parents_known_to = self._parents_known_to() if self.resource.each else []
        for page in self._walk(look, None):
            look.count += page.size
        look.check()
        if not look.count and self.resource.never_empty:
            raise MalformedError(
                f"{self.resource.type}: the listing is empty, which cannot be; "
                "check the service and the role of the credentials"
            )
        self.pages = look.pages
        self._absence.seen(look, first_ticket)
        self._settle_doubts(look)
        if hidden is not None:
            # What was seen is committed; what was not seen proves nothing.
            raise hidden
        held = self._absence.after(look, first_ticket)
        self.credentials.check()
        self.calm = not look.differed and not look.doubts
        self.reading.phantoms.swept(deleted, self.lives)
        if look.date is not None:
            self._cursor = look.date
        self._faulted_by = None
        witness = bool(self.resource.witness) and look.witness is True
        self.witnessed = self.witnessed or witness
        if self.resource.measured:
            self.setup.store.measure(self.collection, look.measured)
        known: dict[str, float | None] = {}
        complete = self.is_complete(look)
        if held is not None:
            # It is sampled all the time; what is held may be so as the log has it, or not.
            known["sampled_at"], known["complete_to"] = started, self._complete_to()
        elif complete:
            known["sampled_at"] = started
            known["complete_to"] = min([look.began or started, *parents_known_to])
        self.conclude(
            earlier + 1,
            replaced,
            fault=None,
            rejected=look.rejections.told(),
            scope=keep(scope, witness=self.witnessed),
            sweeps=1,
            **known,
            **self._cost(),
        )
        if held is not None:
            self.fail(held)
        return complete

    def poll(self) -> None:
        """List what changed since the last look; a deletion seen here is confirmed by a read.

        Does nothing before the first sweep, and for types without a cheap listing.
        """
        if self._cursor is None or not self.resource.polls:
            return
        started = self.setup.clock.now()
        if self.resource.since is not None:
            self._poll_since(self.resource.since, self._cursor)
        else:
            every = self.setup.outline if self.setup.notified() else 0.0
            self._outline.poll(every=every)
        healed = {"fault": None} if self._faulted_by == "poll" else {}
        self._faulted_by = None if healed else self._faulted_by
        self.setup.store.note(self.collection, polled_at=started, **healed, **self._cost())

    def read(
        self, ids: Iterable[str], whole: Mapping[str, dict[str, Any]] | None = None
    ) -> set[str]:
        """Read entities because of hints; return those that were as known.

        Args:
            whole: complete entities that came with some of the hints.

        Raises:
            SampleError: they could not all be read, and are doubted again.
        """
        if self._waits_for_its_first_sweep():
            return set()  # that shows them, and says under which scope they are known
        wanted = list(ids)
        failed: dict[str, SampleError] = {}
        try:
            passed = self.reading.pass_on(whole or {})
            same = self.reading.read([id_ for id_ in wanted if id_ not in passed], failed)
        except SynchronizerError:
            self.doubts.add(wanted)
            raise
        if failed:
            # Those that were as known may have been told of too early: they get a second look.
            self.doubts.add({*failed, *same}, self.setup.clock.monotonic() + YOUNG)
            raise next(iter(failed.values()))
        self.setup.store.note(self.collection, **self._cost())
        return same

    def fail(self, error: SynchronizerError, kind: str = "sweep") -> None:
        """Note why a sample failed; the last good state stays and counts as stale.

        What a failed poll noted is healed by a good poll, the rest by a good sweep.
        """
        if self._faulted_by != "sweep":
            self._faulted_by = kind
        fault = Fault(error.code, error.title, str(error), iso(self.setup.clock.now()))
        self.setup.store.note(self.collection, fault=fault, faults=1, **self._cost())

    # --- shared with Look and Absence ----------------------------------------

    def ticket(self) -> Ticket:
        """Catch the baseline up with the store; return the ticket of what is asked next."""
        asked_at, moment = self.setup.clock.now(), self.setup.clock.monotonic()
        begun = self.begun()
        with self._lock:
            self.catch_up()
            head = self.baseline.head
        assert head is not None
        return Ticket(head.revision, begun, asked_at, moment, head.digest)

    def begun(self) -> int:
        """Return how many sweeps began, by anyone, in a log with the digests of our declaration.

        Raises:
            OlderDeclarationError: a newer release is at work.
        """
        return self.declaring.begun()

    def arrived(self) -> None:
        """Catch up because an answer came: it is compared with the log as it is now."""
        self.catch_up()

    def catch_up(self) -> int:
        """Bring the baseline level with the store; return the revision it is at."""
        with self._lock:
            return self.baseline.catch_up(self.setup.store, self.collection)

    def lives(self, id_: str) -> bool:
        """Whether the baseline has an entity alive."""
        with self._lock:
            return self.baseline.lives(int(self.baseline.find([id_])[0]))

    def is_late(
        self, id_: str, told: Mapping[str, Any], known: Mapping[str, Any], ticket: Ticket
    ) -> bool:
        """Whether a state that a notification told may be over, though its version is higher.

        It may when it moves on without a version, and when a look has shown another version
        since that of the log, *known*: that one was found to be no change. Where others began
        a sweep since our last one, such a look may be theirs.
        """
        if ticket.sweep != self._begun or self.resource.in_flux(told):
            return True
        mark = np.array([mark_of(self.resource, known)], np.uint64)
        with self._lock:
            return bool(self.baseline.moved(self.baseline.find([id_]), mark)[0])

    def is_complete(self, look: ListingPass) -> bool:
        """Whether the log has all that a complete listing showed, or will after reads.

        What was refused and can only be listed waits for the next sweep, and so does what is
        missing and has no second witness: until then the log is as old as it was.
        """
        return not self._absence.waits and all(self.resource.reads(id_) for id_ in look.refused)

    def conclude(self, sweep: int, replaced: int, **fields: Any) -> None:
        """Note the end of a sweep, if the log has what it committed and compared with.

        Raises:
            IncompleteSweepError: the store went back meanwhile, or the type was purged.
        """
        with self._lock:
            self.catch_up()
            head, same = self.baseline.head, self.baseline.replaced == replaced
        assert head is not None
        log = [(head.revision, head.digest), *self._committed]
        if not (same and self.setup.store.conclude(self.collection, sweep, log, **fields)):
            raise IncompleteSweepError(
                f"{self.resource.type}: while it was swept the store was restored or its log "
                "named anew, or the type was purged; the next sweep takes up what is missing"
            )

    def locked(self) -> threading.RLock:
        """Return the lock of the baseline."""
        return self._lock

    def commit(self, ticket: Ticket, candidates: list[Candidate]) -> tuple[str, ...]:
        """Commit candidates page by page; return the ids that were refused.

        What is from behind is read again later.

        Raises:
            VisibilityLostError: the credentials see less by now.
        """
        self.credentials.recheck()
        refused: list[str] = []
        for start in range(0, len(candidates), COMMIT_LIMIT):
            done = self.setup.store.commit(
                self.collection,
                ticket.revision,
                candidates[start : start + COMMIT_LIMIT],
                sampled_at=ticket.asked_at,
                sweep=ticket.sweep,
                log=ticket.log,
                answered=ticket.answered,
            )
            if done.revision is not None:
                self._committed = ((done.revision, done.digest),)
                self.credentials.committed()
            refused.extend(done.refused)
            self.behind.settle(done.accepted)
            if done.behind:
                self._doubt(frozenset(done.behind), candidates)
            self.setup.beat()
        return tuple(refused)

    def told(self, item: Item) -> bool:
        """Whether a hint told of an entity and waits to be read, or the next poll will show it."""
        if self._cursor is None:
            return False  # there was no sweep yet
        if item.id in self.doubts:
            return True
        if self._faulted_by is not None:
            return False  # polls may fail, too
        if self.resource.outline:
            marks = np.array([item.mark], np.uint64)
            return bool(self.baseline.moved(self.baseline.find([item.id]), marks)[0])
        if self.resource.since is None or not isinstance(item.stamp, str):
            return False
        second = len("2026-01-01T00:00:00")
        return item.stamp[:second] >= iso(self._cursor)[:second]

    def take(self, ticket: Ticket, items: Sequence[Item]) -> tuple[str, ...]:
        """Commit entities as they are now; return the ids that were refused."""
        self.farewells.withdraw([each.id for each in items], ticket.moment)
        stamped = bool(self.resource.stamp or self.resource.version)
        candidates = [
            Candidate(
                id=each.id,
                digest=each.digest,
                body=each.body,
                stamp=msgspec.json.encode(each.stamp).decode() if stamped else None,
                confirmed=self.outlasted(each.id, ticket),
            )
            for each in items
        ]
        return self.commit(ticket, candidates)

    def believe(
        self, ids: Iterable[str], ticket: Ticket, reason: str, *, proven: bool = False
    ) -> tuple[str, ...]:
        """Commit deletes; return the ids that were refused.

        What was written a moment ago is read again instead, as it may be too new to be known
        everywhere, unless its service itself told that it deleted it.

        Args:
            proven: they are no mere absence, which a replica that lags would show, too.
        """
        ids = list(ids)
        self.credentials.before_deletes()
        told = self.farewells.among(ids)
        candidates = [
            Candidate(
                id=id_,
                reason=reason,
                confirmed=proven or id_ in told or self.outlasted(id_, ticket, gone=True),
            )
            for id_ in ids
        ]
        return self.commit(ticket, candidates)

    def outlasted(self, id_: str, ticket: Ticket, *, gone: bool = False) -> bool:
        """Whether an answer counts although it goes back, because it was doubted before."""
        return self.behind.outlasted(id_, gone=gone, asked=ticket.moment)

    def guard(self, living: int) -> float:
        """Return how many absences at most are no mass delete."""
        return max(GUARD_LEAST, self.setup.delete_guard * living)

    # --- inside ----------------------------------------------------------

    def _walk(self, look: ListingPass, query: dict[str, str] | None) -> Iterator[ListingPass.Page]:
        resource = self.resource
        parents = iter(self.setup.parents(resource.each)) if resource.each else None
        return walk(
            resource,
            self.service,
            look.take,
            before=look.ask,
            parents=parents,
            query=query,
            most=self.setup.listing_limit,
            passed=look.rejections.pass_over,
        )

    def _poll_since(self, parameter: str, cursor: float) -> None:
        look = ListingPass(self, sweeping=False)
        since = self.resource.since_value.format(iso(cursor - OVERLAP)[:19] + "Z")
        for page in self._walk(look, {parameter: since}):
            look.count += page.size
        self._settle_doubts(look)
        if look.date is not None:
            self._cursor = look.date

    def _doubt(self, behind: frozenset[str], candidates: Iterable[Candidate]) -> None:
        now = self.setup.clock.monotonic()
        for each in candidates:
            if each.id in behind:
                self.doubts.add([each.id], self.behind.doubt(each.id, gone=each.is_delete, now=now))

    def _parents_known_to(self) -> list[float]:
        """Return up to when those are known for each of which this type is listed."""
        cloud, region, _ = self.collection
        return [
            each.complete_to
            for each in self.setup.store.collections()
            if each.complete_to is not None
            and each.collection.type == self.resource.each
            and each.collection.cloud == cloud
            and each.collection.region in {None, region}
        ]

    def _waits_for_its_first_sweep(self) -> bool:
        store = self.setup.store
        return not store.begun(self.collection) and any(
            each.collection == self.collection for each in store.collections()
        )

    def _complete_to(self) -> float | None:
        """Return up to when all was known by the last sweep that left nothing open."""
        known = self.setup.store.collections()
        return next((e.complete_to for e in known if e.collection == self.collection), None)

    def _canary(self) -> CanaryError | None:
        """Ask the canary before the walk; its word counts at the end of it."""
        if self.resource.canary:
            try:
                self.setup.plugin.canary(self.service)
            except CanaryError as error:
                return error
        return None

    def _settle_doubts(self, look: ListingPass) -> None:
        if look.doubts:
            failed: dict[str, SampleError] = {}
            self.reading.read(sorted(look.doubts), failed)
            for id_, error in failed.items():
                if not isinstance(error, MalformedError):
                    raise error
                look.reject(id_, error)

    def _cost(self) -> dict[str, float]:
        usage = self.service.usage()
        before, self._noted = self._noted, usage
        return {
            "calls": usage[0] - before[0],
            "call_seconds": usage[1] - before[1],
            "call_bytes": usage[2] - before[2],
        }
