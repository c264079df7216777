"""The sampler of one collection: sweep, poll and read, each a transaction against the store.

A sample that fails, is cut short, or looks doubtful changes nothing that it did not see
whole, and deletes nothing. What was seen is compared with the baseline as it was before
the request went out (the *ticket*), and the store refuses what somebody else committed
since: such an entity is read again.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from synchronizer.model.change import Candidate
from synchronizer.model.clock import Clock, SystemClock, iso
from synchronizer.model.entity import Collection
from synchronizer.model.errors import (
    CanaryError,
    MalformedError,
    SynchronizerError,
    VisibilityLostError,
)
from synchronizer.plugins.plugin import Plugin, Resource
from synchronizer.plugins.service import Service
from synchronizer.plugins.walk import walk
from synchronizer.sampling.absence import Absence
from synchronizer.sampling.baseline import Baseline
from synchronizer.sampling.look import KnownPage, Look
from synchronizer.sampling.scope import lost_roles, scope_of
from synchronizer.sampling.split import WRONG_SHAPE, Item, examine
from synchronizer.store.contract import COMMIT_LIMIT, Fault, Store

OVERLAP = 60.0
"""Seconds that an incremental listing reaches back before the last one: clocks differ,
and a transaction may become visible late."""

_READ_AGAIN = 3
"""So often a refused candidate is read again at once."""


class Setup(NamedTuple):
    """What a sampler needs besides its collection; the same for many samplers.

    Attributes:
        parents: yields the ids of an entity type, for resources listed for each of them.
        roles: returns the roles of the current token.
        delete_guard: fraction of a collection beyond which absences are held.
        beat: called whenever work moves on, so that a watchdog sees life.
    """

    store: Store
    plugin: Plugin
    parents: Callable[[str], Iterable[str]]
    roles: Callable[[], str | None]
    delete_guard: float = 0.2
    clock: Clock = SystemClock()
    beat: Callable[[], None] = lambda: None


class Sampler:
    """Samples one collection. Sweep, poll and read may run in different threads."""

    def __init__(
        self, collection: Collection, resource: Resource, service: Service, setup: Setup
    ) -> None:
        self.collection = collection
        self.resource = resource
        self.service = service
        self.setup = setup
        self.baseline = Baseline()
        self.pages: dict[bytes, KnownPage] = {}
        self.doubts: set[str] = set()
        self.again = False
        self._lock = threading.RLock()
        self._absence = Absence(self)
        self._cursor: float | None = None
        self._told = (0, 0.0, 0)
        self._faulted_by: str | None = None
        self._witnessed = False

    # --- the three ways of looking -----------------------------------------

    def sweep(self) -> None:
        """List everything; what is missing and stays missing is deleted.

        Raises:
            SampleError: the listing was not complete; nothing was deleted.
        """
        started = self.setup.clock.now()
        scope, known_scope = self._scope()
        hidden = self._canary()
        with self._lock:
            self.baseline.settle()
            first_ticket = self.ticket()
            self._witnessed = bool((known_scope or {}).get("witness"))
            look = Look(self, sweeping=True, witnessed=self._witnessed)
        for page in self._walk(look, None):
            look.count += page.size
        if not look.count and self.resource.never_empty:
            raise MalformedError(
                f"{self.resource.type}: the listing is empty, which cannot be; "
                "check the service and the role of the credentials"
            )
        self.pages = look.pages
        self.again = False
        self._settle_doubts(look)
        if hidden is not None:
            # What was seen is committed; what was not seen proves nothing.
            raise hidden
        held = self._absence.after(look, first_ticket)
        if look.date is not None:
            self._cursor = look.date
        self._faulted_by = None
        witness = bool(self.resource.witness) and look.witness is True
        self._witnessed = self._witnessed or witness
        kept = {"roles": scope, "witness": self._witnessed}
        self.setup.store.note(
            self.collection,
            sampled_at=started,
            fault=None,
            scope=msgspec.json.encode(kept).decode(),
            sweeps=1,
            **self._cost(),
        )
        if held is not None:
            self.fail(held)

    def poll(self) -> None:
        """List what changed since the last look; a deletion seen here is confirmed by a read."""
        if self.resource.since is None or self._cursor is None:
            return
        started = self.setup.clock.now()
        look = Look(self, sweeping=False)
        since = iso(self._cursor - OVERLAP)[:19] + "Z"
        for page in self._walk(look, {self.resource.since: since}):
            look.count += page.size
        self._settle_doubts(look)
        if look.date is not None:
            self._cursor = look.date
        healed = {"fault": None} if self._faulted_by == "poll" else {}
        self._faulted_by = None if healed else self._faulted_by
        self.setup.store.note(self.collection, polled_at=started, **healed, **self._cost())

    def read(self, ids: Iterable[str]) -> None:
        """Read entities one by one because of hints."""
        self._read(list(ids), _READ_AGAIN)
        self.setup.store.note(self.collection, **self._cost())

    def fail(self, error: SynchronizerError, kind: str = "sweep") -> None:
        """Note why a sample failed; the last good state stays and counts as stale.

        What a failed poll noted is healed by a good poll, the rest by a good sweep.
        """
        if self._faulted_by != "sweep":
            self._faulted_by = kind
        fault = Fault(error.code, error.title, str(error), iso(self.setup.clock.now()))
        self.setup.store.note(self.collection, fault=fault, faults=1, **self._cost())

    # --- shared with Look and Absence ----------------------------------------

    def ticket(self) -> int:
        """Catch the baseline up with the store; return the revision it is at."""
        with self._lock:
            return self.baseline.catch_up(self.setup.store, self.collection)

    def locked(self) -> threading.RLock:
        """Return the lock of the baseline."""
        return self._lock

    def commit(self, ticket: int, candidates: list[Candidate]) -> tuple[str, ...]:
        """Commit candidates page by page; return the ids that were refused."""
        refused: list[str] = []
        for start in range(0, len(candidates), COMMIT_LIMIT):
            done = self.setup.store.commit(
                self.collection,
                ticket,
                candidates[start : start + COMMIT_LIMIT],
                sampled_at=self.setup.clock.now(),
            )
            refused.extend(done.refused)
            self.setup.beat()
        return tuple(refused)

    def reread(self, id_: str) -> Item | None:
        """Read one entity; None when its service says that it does not exist."""
        try:
            found = self.resource.read(self.service, id_)
        except WRONG_SHAPE as error:
            raise MalformedError(
                f"{self.resource.type}: an answer has the wrong shape ({type(error).__name__})"
            ) from None
        self.setup.beat()
        if found is None or self.resource.is_gone(found):
            return None
        item = examine(self.resource, found, 0, self.resource.parent_of(id_))
        if self._witnessed and not item.witnessed and not item.partial:
            raise VisibilityLostError(
                f"{self.resource.type}: {', '.join(self.resource.witness)} is not shown any more; "
                "give the credentials their role again"
            )
        return item

    # --- inside ----------------------------------------------------------

    def _walk(self, look: Look, query: dict[str, str] | None) -> Iterator[Look.Page]:
        resource = self.resource
        parents = iter(self.setup.parents(resource.each)) if resource.each else None
        return walk(
            resource, self.service, look.take, before=look.ask, parents=parents, query=query
        )

    def _canary(self) -> CanaryError | None:
        """Ask the canary before the walk; its word counts at the end of it."""
        if self.resource.canary:
            try:
                self.setup.plugin.canary(self.service)
            except CanaryError as error:
                return error
        return None

    def _settle_doubts(self, look: Look) -> None:
        if not look.doubts:
            return
        self._read(sorted(look.doubts), _READ_AGAIN)

    def _read(self, ids: list[str], tries: int) -> None:
        waiting = [id_ for id_ in ids if self.resource.reads(id_)]
        if len(waiting) < len(ids):
            self.again = True  # nothing but another listing can tell
        for _ in range(tries):
            refused: list[str] = []
            for id_ in waiting:
                ticket = self.ticket()
                item = self.reread(id_)
                if item is None:
                    refused.extend(self._absence.believe([id_], ticket, "read answered 404"))
                elif not item.partial:
                    refused.extend(self._commit_item(ticket, item))
            if not refused:
                return
            waiting = refused
        self.doubts.update(waiting)

    def _commit_item(self, ticket: int, item: Item) -> tuple[str, ...]:
        with self._lock:
            if self.baseline.same(int(self.baseline.find([item.id])[0]), item.digest):
                return ()
        return self.commit(ticket, [Candidate(id=item.id, digest=item.digest, body=item.body)])

    def _scope(self) -> tuple[str | None, dict[str, object] | None]:
        """Compare the token's roles with those of the last complete sweep."""
        roles = self.setup.roles()
        for each in self.setup.store.collections():
            if each.collection == self.collection and each.scope:
                known = scope_of(each.scope)
                lost = lost_roles(known.get("roles"), roles)
                if lost:
                    raise VisibilityLostError(
                        f"{self.resource.type}: the credentials lost {lost}; what they cannot "
                        "see would look deleted. Grant it again, or remove the store to begin "
                        "with the new scope."
                    )
                return roles, known
        return roles, None

    def _cost(self) -> dict[str, float]:
        usage = self.service.usage()
        before, self._told = self._told, usage
        return {
            "calls": usage[0] - before[0],
            "call_seconds": usage[1] - before[1],
            "call_bytes": usage[2] - before[2],
        }
