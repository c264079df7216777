"""The worker: samples all collections of one plugin in one cloud, for as long as it lives.

It runs in a process of its own. Each region has five lanes (threads): two sweep, one polls,
and two read what was hinted, so that a long listing delays no news, and a region that does
not answer delays no other. Every collection's fault is its own: it is noted with the
collection, and the others go on.
"""

import logging
import threading
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any

from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.entity import Collection
from synchronizer.model.errors import (
    AwaitedParentsError,
    OlderDeclarationError,
    SampleError,
    StoreError,
    SynchronizerError,
    UndeclaredError,
)
from synchronizer.plugins.plugin import Plugin, Resource
from synchronizer.plugins.service import Gate, open_gate
from synchronizer.sampling.catalogue import Entry, places_of
from synchronizer.sampling.declaration import is_newers
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.sampler import Sampler
from synchronizer.sampling.schedule import Among, Job, Kind, Schedule, all_of_them
from synchronizer.sampling.setup import Setup
from synchronizer.sampling.unsampled import belongs, left, mark, retire
from synchronizer.store.contract import Store
from synchronizer.store.freshness import Freshness

log = logging.getLogger(__name__)

_LANES: tuple[frozenset[Kind], ...] = (
    frozenset({"sweep"}),
    frozenset({"sweep"}),
    frozenset({"poll"}),
    frozenset({"read"}),
    frozenset({"read"}),
)
_AGAIN = 30.0
"""Seconds until a listing is asked again because only that can settle a doubt: not
sooner, or one short outage would be its own second witness, and a storm without end a
sweep without end."""
_NAP = 2.0
"""The longest that a lane sleeps before it looks for work again."""
_DEBOUNCE = 0.05
"""Seconds in which hints of the same entity count as one."""
_SECOND_LOOK = 2.0
"""Seconds after which a hinted entity that had not changed is read again: services tell of
a change before everybody can see it."""
_READ_CHECK = 60.0
_STORM, _STORM_BULK = 200, 2000
"""More waiting hints than these are settled by listings."""
_CALM = 2.0
"""A sweep that found nothing new rests so many intervals, while notifications reach us."""
_RETRY = 5.0
"""Seconds between two attempts to get the first catalogue."""
_LATECOMERS = 60.0
"""Seconds after our start within which every plugin should have begun."""
_SPACING_LEAST, _SPACING_MOST, _SPACING_TIMES = 1.0, 10.0, 20.0
"""Seconds between two listings that hints ask for: so many times what the last one took."""


class Worker:
    """Samples one plugin's collections of one cloud.

    Args:
        cloud: its name.
        entries: what ``clouds.yaml`` says of it, with authenticated sessions.
        beside: how to reach the systems beside the cloud, by key.
        notified: whether the cloud's notifications reach us (see `hint`).
        pause: waits between the attempts of one request.
        beat: called with the lane's number whenever it moves on.
    """

    def __init__(
        self,
        plugin: Plugin,
        cloud: str,
        entries: Sequence[Entry],
        store: Store,
        *,
        intervals: Intervals,
        beside: Mapping[str, Mapping[str, Any]] | None = None,
        notified: Callable[[], bool] = lambda: False,
        gate: Gate = open_gate,
        pause: Callable[[float], None] = time.sleep,
        clock: Clock | None = None,
        beat: Callable[[int], None] = lambda _lane: None,
    ) -> None:
        self.samplers: dict[Collection, Sampler] = {}
        self._plugin = plugin
        self._cloud = cloud
        self._store = store
        self._intervals = intervals
        self._places = places_of(type(plugin), cloud, entries, beside=beside)
        self._notified = notified
        self._gate = gate
        self._pause = pause
        self._clock = clock or SystemClock()
        self._beat = beat
        self._began = self._clock.monotonic()
        self._lane = threading.local()
        self._lanes: dict[str | None, list[threading.Thread]] = {}
        self._schedule = Schedule()
        self._changed = threading.Condition()
        self._rested: dict[Job, float] = {}  # from when on hints may ask for it again
        self._undeclared: set[Collection] = set()

    # --- what there is to sample ----------------------------------------------

    def discover(self, *, anew: bool = False) -> None:
        """Look at the catalogue: take up new collections, leave those that vanished.

        Args:
            anew: ask Keystone, and not a catalogue that came with an earlier token.

        Raises:
            SampleError: Keystone does not answer or refuses.
        """
        known = {each.collection.region for each in self._store.collections() if self._own(each)}
        regions = self._places.regions(anew=anew, known=known)
        wanted: dict[Collection, Sampler] = {}
        for region in regions:
            for resource in self._plugin.declared():
                if not self._intervals.wants(resource):
                    continue
                collection = Collection(self._cloud, region, resource.type)
                sampler = self.samplers.get(collection)
                wanted[collection] = sampler or self._sampler(collection, resource)
        now = self._clock.monotonic()
        for collection in [each for each in wanted if each not in self.samplers]:
            self._take_up(wanted[collection], now)
        with self._changed:
            for collection in self.samplers.keys() - wanted.keys():
                self._schedule.drop(collection)
        self._undeclared &= wanted.keys()
        self.samplers = wanted
        for region in known.difference(regions):
            self._depart(region)
        self._retire(wanted, regions)
        if anew:
            for sampler in wanted.values():
                sampler.service.relocate()

    def _own(self, known: Freshness) -> bool:
        return belongs(known.collection, self._cloud, self._plugin.name)

    def _depart(self, region: str | None) -> None:
        """Mark what the catalogue no longer has, also what left while nobody looked."""
        if self._places.wants(region):
            where = region if self.samplers else None  # it left one region, or all
            error = left(self._cloud, self._plugin.name, where)
            self._mark(error, lambda place: place.region == region)

    def _retire(self, wanted: Container[Collection], regions: Container[str | None]) -> None:
        """Mark what the catalogue has and the configuration leaves out."""

        def left_out(place: Collection) -> bool:
            here = place.region in regions or not self._places.wants(place.region)
            own = belongs(place, self._cloud, self._plugin.name)
            return own and here and place not in wanted

        try:
            retire(self._store, self._clock.now(), self._intervals.patience, left_out)
        except StoreError as unnoted:
            log.error("%s: %s", self._cloud, unnoted)  # noqa: TRY400

    def _mark(self, error: SynchronizerError, concerns: Among = all_of_them) -> None:
        """Note a fault with what is known of the service; a store may take no note."""
        try:
            mark(
                self._store,
                error,
                self._clock.now(),
                lambda place: belongs(place, self._cloud, self._plugin.name) and concerns(place),
            )
        except StoreError as unnoted:
            log.error("%s: %s", self._cloud, unnoted)  # noqa: TRY400

    def _sampler(self, collection: Collection, resource: Resource) -> Sampler:
        # A way of its own for each: what it costs is counted there.
        service = self._places.service(collection.region, self._gate, self._pause)
        return Sampler(collection, resource, service, self._setup(collection.region))

    def _take_up(self, sampler: Sampler, now: float) -> None:
        collection, resource = sampler.collection, sampler.resource
        known = {each.collection for each in self._store.collections()}
        if resource.optional and collection not in known:
            self._undeclared.add(collection)  # until it is known to exist
        else:
            self._declare(sampler)
        with self._changed:
            self._schedule.add(
                Job(collection, "sweep"), self._intervals.sweep_of(resource), first=now
            )
            if resource.polls:
                poll = self._intervals.poll
                self._schedule.add(Job(collection, "poll"), poll, first=now + poll)
            self._schedule.add(Job(collection, "read"), _READ_CHECK, first=now + _READ_CHECK)
            self._changed.notify_all()

    def _declare(self, sampler: Sampler) -> None:
        """Declare a collection, unless a newer release has done so and is at work."""
        ours = sampler.resource.declaration
        if is_newers(self._store, sampler.collection, ours, self._clock.now()):
            return
        self._store.declare(
            sampler.collection,
            stale_after=self._intervals.stale_of(sampler.resource),
            relations=sampler.resource.relations,
            volatile=sampler.resource.volatile,
        )

    def _declare_again(self, sampler: Sampler) -> None:
        """Declare what the store has lost, and have it swept at once."""
        try:
            self._declare(sampler)
        except StoreError as error:
            log.error("%s: %s", sampler.collection, error)  # noqa: TRY400
        self._sweep_by(sampler.collection, self._clock.monotonic())

    def _exists(self, sampler: Sampler) -> bool:
        """Whether this cloud has an optional type at all; where it has, it is declared."""
        if sampler.collection in self._undeclared:
            if not sampler.resource.exists(sampler.service):
                return False
            self._declare(sampler)
            self._undeclared.discard(sampler.collection)
        return True

    def _setup(self, region: str | None) -> Setup:
        return Setup(
            store=self._store,
            plugin=self._plugin,
            parents=lambda type_: self._parents(type_, region),
            scope=lambda: self._places.scope(region),
            delete_guard=self._intervals.delete_guard,
            listing_limit=self._intervals.listing_limit,
            poll=self._intervals.poll,
            outline=self._intervals.outline,
            notified=self._notified,
            clock=self._clock,
            others=self._others,
            beat=lambda: self._beat(getattr(self._lane, "number", 0)),
        )

    def _others(self, than: Collection) -> Iterator[Sampler]:
        for collection, sampler in list(self.samplers.items()):
            same_place = collection.region == than.region and collection not in self._undeclared
            if same_place and collection.type != than.type:
                yield sampler

    def _expected(self, type_: str | None, region: str | None) -> bool:
        """Whether the first sweep of a type is still to come, as far as is known."""
        known = [
            each
            for each in self._store.collections()
            if each.collection.cloud == self._cloud
            and each.collection.type == type_
            and each.collection.region in (None, region)
        ]
        if not known:
            # Its plugin may have begun later than we have.
            return self._clock.monotonic() - self._began < _LATECOMERS
        return all(each.fault is None for each in known)

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
                # Read to the end at once: whoever asks for them asks the service in between.
                pages = list(self._store.versions(place, None))
                yield from (version.id for page in pages for version in page.versions)
                return
        raise AwaitedParentsError(f"{type_} must be sampled first; it is retried")

    # --- doing it ------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Sample until *stop* is set."""
        discovered, said = False, ""
        while not stop.is_set():
            try:
                self.discover(anew=discovered)
                discovered = True
            except SynchronizerError as error:
                if str(error) != said:
                    log.warning("%s: %s", self._cloud, error)
                said = str(error)
                if not discovered:
                    self._mark(error)
            except Exception:  # without this thread nobody would look for regions again
                log.exception("%s: looking for what there is", self._cloud)
            else:
                said = ""
            for region in {each.region for each in self.samplers} - self._lanes.keys():
                self._open_lanes(region, stop)
            stop.wait(self._intervals.rediscover if discovered else _RETRY)
        with self._changed:
            self._changed.notify_all()
        for lanes in self._lanes.values():
            for lane in lanes:
                lane.join()

    def _open_lanes(self, region: str | None, stop: threading.Event) -> None:
        first = len(self._lanes) * len(_LANES)
        lanes = self._lanes[region] = [
            threading.Thread(
                target=self._work, args=(number, region, kinds, stop), name=f"lane-{number}"
            )
            for number, kinds in enumerate(_LANES, first)
        ]
        for lane in lanes:
            lane.start()

    def sweep_now(self, type_: str) -> None:
        """Let the sweep of a type be due at once."""
        with self._changed:
            for collection in self.samplers:
                if collection.type == type_:
                    self._schedule.hasten(Job(collection, "sweep"), self._clock.monotonic())
            self._changed.notify_all()

    def hint(
        self,
        type_: str,
        ids: Sequence[str],
        whole: Sequence[dict[str, Any]] = (),
        gone: bool = False,
    ) -> None:
        """Note that entities may have changed; they are read soon. Never blocks for long.

        Args:
            ids: of the entities; none: some entity of the type.
            whole: complete entities that came with the hint.
            gone: the service told that it deleted them.
        """
        now = self._clock.monotonic()
        for collection, sampler in list(self.samplers.items()):
            if collection.type != type_ or collection in self._undeclared:
                continue
            resource = sampler.resource
            readable = [id_ for id_ in ids if resource.reads(id_)]
            if gone:
                sampler.farewells.tell(readable)
            if readable:
                sampler.doubts.add(readable, now + _DEBOUNCE, whole=_by_id(resource, whole))
            if len(sampler.doubts) > (_STORM_BULK if resource.bulk else _STORM):
                sampler.doubts.clear()
                readable = []
                if resource.since:  # such a poll does not show all that hints tell of
                    self._sweep_by(collection, now + _AGAIN)
            if len(readable) < max(1, len(ids)):
                self._list_soon(collection, sampler, now)
            self._read_when_due(collection, sampler)

    def _list_soon(self, collection: Collection, sampler: Sampler, now: float) -> None:
        """Let the cheapest listing be due, but not right behind the last."""
        job = Job(collection, "poll" if sampler.resource.polls else "sweep")
        with self._changed:
            due = max(now + _DEBOUNCE, self._rested.get(job, now))
            self._schedule.hasten(job, due)
            self._changed.notify_all()

    def _sweep_by(self, collection: Collection, when: float) -> None:
        with self._changed:
            self._schedule.hasten(Job(collection, "sweep"), when)
            self._changed.notify_all()  # the lane that sweeps may sleep

    def _read_when_due(self, collection: Collection, sampler: Sampler) -> None:
        due = sampler.doubts.next_due()
        if due is not None:
            with self._changed:
                self._schedule.hasten(Job(collection, "read"), due)
                self._changed.notify_all()

    def do(self, job: Job) -> bool:
        """Do one job; return whether it succeeded. Its fault is noted with the collection."""
        sampler = self.samplers.get(job.collection)
        if sampler is None:
            return False
        done = self._attempt(job, sampler)
        if job.collection not in self.samplers:
            self._depart(job.collection.region)  # it left while we looked
        return done

    def _attempt(self, job: Job, sampler: Sampler) -> bool:
        try:
            if self._exists(sampler):
                self._do(job.kind, sampler)
        except AwaitedParentsError as error:
            # To wait for a first sweep is no fault, only never to get one.
            if not self._expected(sampler.resource.each, job.collection.region):
                self._note(sampler, error)
            return False
        except OlderDeclarationError as error:
            # The collection is current: its fault is none.
            level = logging.WARNING if job.kind == "sweep" else logging.DEBUG
            log.log(level, "%s %s: %s", job.kind, job.collection, error)
            return False
        except SampleError as error:
            log.warning("%s %s: %s", job.kind, job.collection, error)
            self._note(sampler, error, job.kind)
            return False
        except StoreError as error:
            log.error("%s %s: %s", job.kind, job.collection, error)  # noqa: TRY400
            if isinstance(error, UndeclaredError):  # the store went back to before it was
                self._declare_again(sampler)
            return False
        except Exception as error:  # the edge of a lane: the others must go on
            log.exception("%s %s", job.kind, job.collection)
            said = f"internal error ({type(error).__name__}); see the log"
            self._note(sampler, SampleError(said))
            return False
        return True

    def _do(self, kind: Kind, sampler: Sampler) -> None:
        if kind == "sweep":
            sampler.sweep()
        elif kind == "poll":
            sampler.poll()
        else:
            due = sampler.doubts.take(self._clock.monotonic())
            if due.ids:
                same = sampler.read(due.ids, due.whole)
                again = self._clock.monotonic() + _SECOND_LOOK
                sampler.doubts.add(same - due.again, again, again=True)

    def _work(
        self, number: int, region: str | None, kinds: frozenset[Kind], stop: threading.Event
    ) -> None:
        self._lane.number = number

        def here(collection: Collection) -> bool:
            return collection.region == region

        while not stop.is_set():
            self._beat(number)
            with self._changed:
                job = self._schedule.take(self._clock.monotonic(), kinds, here)
                if job is None:
                    due = self._schedule.next_due(kinds, here)
                    wait = _NAP if due is None else due - self._clock.monotonic()
                    self._changed.wait(min(_NAP, max(0.01, wait)))
                    continue
            begun = self._clock.monotonic()
            done = self.do(job)
            with self._changed:
                self._done(job, begun, failed=not done)

    def _done(self, job: Job, begun: float, *, failed: bool) -> None:
        """Plan what comes after a job that began at *begun*."""
        now = self._clock.monotonic()
        rest = min(_SPACING_MOST, max(_SPACING_LEAST, _SPACING_TIMES * (now - begun)))
        self._rested[job] = now + rest
        sampler = self.samplers.get(job.collection)
        calm = sampler is not None and sampler.calm and bool(sampler.resource.hints)
        rested = _CALM if job.kind == "sweep" and calm and self._notified() else 1.0
        self._schedule.done(job, now, failed=failed, took=now - begun, times=rested)
        if sampler is not None and not failed:
            self._follow_up(job.collection, sampler, now)

    def _follow_up(self, collection: Collection, sampler: Sampler, now: float) -> None:
        """Plan what a job left open."""
        if sampler.hurry or sampler.again:
            soon = max(now, self._rested.get(Job(collection, "sweep"), now))
            self._sweep_by(collection, soon if sampler.hurry else now + _AGAIN)
        self._read_when_due(collection, sampler)

    def _note(self, sampler: Sampler, error: SynchronizerError, kind: Kind = "sweep") -> None:
        """Note a fault with its collection; a store that takes no note must end no lane."""
        try:
            sampler.fail(error, kind)
        except StoreError as unnoted:
            log.error("%s: %s", sampler.collection, unnoted)  # noqa: TRY400


def _by_id(resource: Resource, whole: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {}
    for each in whole:
        try:
            found[resource.identify(each)] = each
        except SampleError:
            continue  # it is read like any other
    return found
