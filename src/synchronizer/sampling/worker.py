"""The worker: samples all collections of one plugin in one cloud, for as long as it lives.

It runs in a process of its own. Three lanes (threads) share the work: two sweep, and one
polls and reads, so that a long listing delays no news. Every collection's fault is its
own: it is noted with the collection, and the others go on.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator

import keystoneauth1.exceptions as ksa
from keystoneauth1.session import Session

from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.entity import Collection
from synchronizer.model.errors import (
    AbsentServiceError,
    AwaitedParentsError,
    SampleError,
    StoreError,
    SynchronizerError,
    UnreachableError,
)
from synchronizer.plugins.plugin import Plugin
from synchronizer.plugins.service import Gate, Service, adapter_for, open_gate
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.sampler import Sampler, Setup
from synchronizer.sampling.schedule import Job, Kind, Schedule
from synchronizer.store.contract import Store

log = logging.getLogger(__name__)

_LANES: tuple[frozenset[Kind], ...] = (
    frozenset({"sweep"}),
    frozenset({"sweep"}),
    frozenset({"poll", "read"}),
)
_AGAIN = 30.0
"""Seconds until a listing is asked again because only that can settle a doubt: not
sooner, or one short outage would be its own second witness."""
_NAP = 0.5
"""The longest that a lane sleeps before it looks for work again."""


class Worker:
    """Samples one plugin's collections of one cloud.

    Args:
        cloud: its name.
        session: authenticated.
        regions: names to sample; empty takes all of the catalogue.
        interface: of the endpoints (``public``, ``internal``).
        pause: waits between the attempts of one request.
        beat: called with the lane's number whenever it moves on.
    """

    def __init__(
        self,
        plugin: Plugin,
        cloud: str,
        session: Session,
        store: Store,
        *,
        intervals: Intervals,
        regions: tuple[str, ...] = (),
        interface: str = "public",
        gate: Gate = open_gate,
        pause: Callable[[float], None] = time.sleep,
        clock: Clock | None = None,
        beat: Callable[[int], None] = lambda _lane: None,
    ) -> None:
        self.samplers: dict[Collection, Sampler] = {}
        self._plugin = plugin
        self._cloud = cloud
        self._session = session
        self._store = store
        self._intervals = intervals
        self._regions = regions
        self._interface = interface
        self._gate = gate
        self._pause = pause
        self._clock = clock or SystemClock()
        self._beat = beat
        self._lane = threading.local()
        self._schedule = Schedule()
        self._changed = threading.Condition()

    # --- what there is to sample ----------------------------------------------

    def discover(self) -> None:
        """Look at the catalogue: take up new collections, leave those that vanished.

        Raises:
            SampleError: Keystone does not answer or refuses.
        """
        endpoints = self._endpoints()
        wanted: dict[Collection, Sampler] = {}
        for region in endpoints:
            for resource in self._plugin.declared():
                if not self._intervals.wants(resource):
                    continue
                collection = Collection(self._cloud, region, resource.type)
                known = self.samplers.get(collection)
                wanted[collection] = known or Sampler(
                    collection, resource, self._service(region), self._setup(region)
                )
        now = self._clock.monotonic()
        for collection in wanted.keys() - self.samplers.keys():
            self._take_up(wanted[collection], now)
        with self._changed:
            for collection in self.samplers.keys() - wanted.keys():
                self._schedule.drop(collection)
        for collection in self.samplers.keys() - wanted.keys():
            self.samplers[collection].fail(
                AbsentServiceError(
                    f"{self._plugin.name} has left the catalogue of {self._cloud}; its entities "
                    "are kept as they were last seen"
                )
            )
        self.samplers = wanted

    def _take_up(self, sampler: Sampler, now: float) -> None:
        collection, resource = sampler.collection, sampler.resource
        self._store.declare(collection, stale_after=self._intervals.stale_of(resource))
        with self._changed:
            self._schedule.add(
                Job(collection, "sweep"), self._intervals.sweep_of(resource), first=now
            )
            if resource.since is not None:
                poll = self._intervals.poll
                self._schedule.add(Job(collection, "poll"), poll, first=now + poll)
            self._changed.notify_all()

    def _endpoints(self) -> list[str | None]:
        """Return the regions to sample, one for each distinct endpoint."""
        try:
            access = self._session.auth.get_access(self._session)
        except ksa.ClientException as error:
            raise UnreachableError(f"{self._cloud}: no token ({type(error).__name__})") from None
        if not access.has_service_catalog():
            raise AbsentServiceError(f"{self._cloud}: the token has no catalogue; scope it")
        catalogue = access.service_catalog.get_endpoints_data(
            service_type=self._plugin.service_type, interface=self._interface
        )
        by_url: dict[str, str] = {}
        for endpoints in catalogue.values():
            for endpoint in sorted(endpoints, key=lambda each: each.region_name or ""):
                region = endpoint.region_name or ""
                if not self._regions or region in self._regions:
                    # Regions that share an endpoint share its entities: sampled once.
                    by_url.setdefault(endpoint.url.rstrip("/"), region)
        if not by_url:
            return []
        return list(by_url.values()) if self._plugin.regional else [None]

    def _service(self, region: str | None) -> Service:
        adapter = adapter_for(
            self._session,
            self._plugin.service_type,
            self._plugin.version,
            region if self._plugin.regional else None,
            self._interface,
        )
        name = f"{self._cloud}/{region or '-'}/{self._plugin.service_type}"
        return Service(name, adapter, gate=self._gate, pause=self._pause)

    def _setup(self, region: str | None) -> Setup:
        return Setup(
            store=self._store,
            plugin=self._plugin,
            parents=lambda type_: self._parents(type_, region),
            roles=self._roles,
            delete_guard=self._intervals.delete_guard,
            clock=self._clock,
            beat=lambda: self._beat(getattr(self._lane, "number", 0)),
        )

    def _roles(self) -> str | None:
        try:
            access = self._session.auth.get_access(self._session)
        except ksa.ClientException as error:
            raise UnreachableError(f"{self._cloud}: no token ({type(error).__name__})") from None
        return ",".join(sorted(access.role_names or []))

    def _parents(self, type_: str, region: str | None) -> Iterator[str]:
        for each in self._store.collections():
            place = each.collection
            if (
                place.cloud == self._cloud
                and place.type == type_
                and place.region in (None, region)
            ):
                if each.sampled_at is None:
                    break
                head = self._store.head().revision
                for versions in self._store.versions(place, 0, head):
                    yield from (version.id for version in versions)
                return
        raise AwaitedParentsError(f"{type_} must be sampled first; it is retried")

    # --- doing it ------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Sample until *stop* is set."""
        lanes = [
            threading.Thread(target=self._work, args=(number, kinds, stop), name=f"lane-{number}")
            for number, kinds in enumerate(_LANES)
        ]
        discovered = False
        for lane in lanes:
            lane.start()
        while not stop.is_set():
            try:
                self.discover()
                discovered = True
            except SynchronizerError as error:
                log.warning("%s: %s", self._cloud, error)
                self._fail_all(error)
            stop.wait(self._intervals.rediscover if discovered else 5.0)
        with self._changed:
            self._changed.notify_all()
        for lane in lanes:
            lane.join()

    def sweep_now(self, type_: str) -> None:
        """Let the sweep of a type be due at once."""
        with self._changed:
            for collection in self.samplers:
                if collection.type == type_:
                    self._schedule.hasten(Job(collection, "sweep"), self._clock.monotonic())
            self._changed.notify_all()

    def do(self, job: Job) -> bool:
        """Do one job; return whether it succeeded. Its fault is noted with the collection."""
        sampler = self.samplers.get(job.collection)
        if sampler is None:
            return False
        try:
            if job.kind == "sweep":
                sampler.sweep()
            elif job.kind == "poll":
                sampler.poll()
            if sampler.doubts:
                sampler.read([sampler.doubts.pop() for _ in range(len(sampler.doubts))])
        except AwaitedParentsError as error:
            self._note(sampler, error)
            return False
        except SampleError as error:
            log.warning("%s %s: %s", job.kind, job.collection, error)
            self._note(sampler, error, job.kind)
            return False
        except StoreError as error:
            log.error("%s %s: %s", job.kind, job.collection, error)  # noqa: TRY400
            return False
        except Exception as error:  # the edge of a lane: the others must go on
            log.exception("%s %s", job.kind, job.collection)
            said = f"internal error ({type(error).__name__}); see the log"
            self._note(sampler, SampleError(said))
            return False
        return True

    def _work(self, number: int, kinds: frozenset[Kind], stop: threading.Event) -> None:
        self._lane.number = number
        while not stop.is_set():
            self._beat(number)
            with self._changed:
                job = self._schedule.take(self._clock.monotonic(), kinds)
                if job is None:
                    due = self._schedule.next_due(kinds)
                    wait = _NAP if due is None else due - self._clock.monotonic()
                    self._changed.wait(min(_NAP, max(0.01, wait)))
                    continue
            done = self.do(job)
            with self._changed:
                self._schedule.done(job, self._clock.monotonic(), failed=not done)
                sampler = self.samplers.get(job.collection)
                if done and sampler is not None and sampler.again:
                    again = self._clock.monotonic() + _AGAIN
                    self._schedule.hasten(Job(job.collection, "sweep"), again)

    def _fail_all(self, error: SynchronizerError) -> None:
        for sampler in self.samplers.values():
            self._note(sampler, error)

    def _note(self, sampler: Sampler, error: SynchronizerError, kind: Kind = "sweep") -> None:
        """Note a fault with its collection; a store that takes no note must end no lane."""
        try:
            sampler.fail(error, kind)
        except StoreError as unnoted:
            log.error("%s: %s", sampler.collection, unnoted)  # noqa: TRY400
