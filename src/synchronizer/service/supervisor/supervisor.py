"""The tree of processes: one supervisor, the doors, and for each cloud a scout and samplers.

The scout says which plugins have something to sample; each of those gets a sampler.

A child that ends is started again, after a pause that grows with each quick end; a child
that stops beating is killed, unless it was the supervisor that was paused. The supervisor
itself touches no cloud, imports no plugin and holds no state, so nothing that a child does
can harm another. When the supervisor dies, by whatever means, the children see the end of
their pipe and end themselves.
"""

import logging
import selectors
import subprocess
import threading
from collections.abc import Callable
from uuid import uuid4

import msgspec

from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.errors import ConfigurationError, SampleError, StoreError
from synchronizer.plugins import names
from synchronizer.sampling.limits.folder import LimitsFolder
from synchronizer.service.settings import Role, Settings, order_for
from synchronizer.service.supervisor.child_handle import ChildHandle
from synchronizer.service.supervisor.scout import WORD
from synchronizer.store import Store
from synchronizer.store.contract import STORE

log = logging.getLogger(__name__)

_GRACE = 4.0
"""Seconds that children get to end by themselves."""
_COMPACT_EVERY = 60.0
_CHECKED = 5000
"""Records that are checked with each compaction: all of them in time."""

_LATE = 5.0
"""Seconds between two looks at the children after which it was we who did not run."""


class Supervisor:
    """Keeps the children running. `start` and `stop` may be called from any thread.

    Args:
        told: called with a child's role and each line that it says.

    Raises:
        ConfigurationError: a plugin is named that is not installed.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        told: Callable[[Role, str], None],
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._limits = LimitsFolder()
        self._owner = uuid4().hex
        self._settings = settings = self._limited(settings)
        self._store = store
        self._told = told
        self._children = [ChildHandle(order_for(role, settings)) for role in roles(settings)]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tree")
        self._reload: Settings | None = None
        self._present: dict[str, tuple[str, ...]] = {}
        self._lock = threading.RLock()

    def start(self) -> None:
        """Start all children."""
        self._thread.start()

    def pids(self) -> dict[str, int]:
        """Return the process ids of the living children by name."""
        with self._lock:
            return {
                child.name: child.process.pid
                for child in self._children
                if child.process is not None and not child.leaving
            }

    def reload(self, settings: Settings) -> None:
        """Go on with other settings: children whose order changes are started again.

        Raises:
            ConfigurationError: a plugin is named that is not installed.
        """
        roles(settings)
        with self._lock:
            self._reload = settings

    def settle(self, port: int) -> Settings:
        """Let the API listen at *port* from its next start on; return the settings so changed."""
        with self._lock:
            api = msgspec.structs.replace(self._settings.api, port=port)
            self._settings = msgspec.structs.replace(self._settings, api=api)
            for child in self._children:
                if child.order.role.kind == "api":
                    child.order = order_for(child.order.role, self._settings)
            return self._settings

    def stop(self) -> None:
        """End all children, within a few seconds; return when they are gone."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._limits.remove()

    def _limited(self, settings: Settings) -> Settings:
        # One owner for all restarts of our relay: the next one need not wait for the last.
        bus = msgspec.structs.replace(settings.bus, owner=self._owner)
        return msgspec.structs.replace(settings, limits_folder=self._limits.path, bus=bus)

    def _run(self) -> None:
        looked_at = self._clock.monotonic()
        compact_at = looked_at + _COMPACT_EVERY
        try:
            with selectors.DefaultSelector() as selector:
                while not self._stop.is_set():
                    now = self._clock.monotonic()
                    late, looked_at = now - looked_at, now
                    with self._lock:
                        if late > _LATE:
                            self._forgive(late, now)
                        self._apply_reload(now)
                        for child in list(self._children):
                            self._tend(child, now, selector)
                    for key, _ in selector.select(timeout=0.2):
                        self._hear(key.data)
                    if now >= compact_at:
                        compact_at = now + _COMPACT_EVERY
                        threading.Thread(target=self._compact, daemon=True).start()
        finally:
            # Whatever ended the loop, no child outlives it.
            self._end()

    def _forgive(self, seconds: float, now: float) -> None:
        """After a pause of ours (a suspended machine, swapping) no child counts as hung."""
        log.warning("Did not run for %.0f s; children get as much longer.", seconds)
        for child in self._children:
            child.forgive(seconds, now)

    def _tend(self, child: ChildHandle, now: float, selector: selectors.BaseSelector) -> None:
        if child.process is None:
            if child.leaving:
                self._children.remove(child)
            elif now >= child.start_at and child.spawn(now):
                selector.register(child.beat_fd, selectors.EVENT_READ, child)
            return
        code = child.process.poll()
        if code is None and child.silent(now):
            self._hear(child)  # what it wrote while we did not read
        if code is None and child.silent(now):
            log.error("%s does not move; killing it", child.name)
            code = child.kill()
        elif code is None and child.overdue(now):
            log.warning("%s does not end by itself; killing it", child.name)
            code = child.kill()
        if code is None:
            return
        self._hear(child)
        selector.unregister(child.beat_fd)
        asked = child.end_by is not None
        child.bury(now)
        if asked:
            log.info("%s ended with %s, as it was told", child.name, code)
        else:
            pause = max(0.0, child.start_at - now)
            log.warning("%s ended with %s; starting it again in %.1f s", child.name, code, pause)

    def _hear(self, child: ChildHandle) -> None:
        for line in child.hear(self._clock.monotonic()):
            role = child.order.role
            word, _, rest = line.partition(" ")
            if role.kind == "scout" and word == WORD:
                self._present[role.cloud] = tuple(filter(None, rest.split(",")))
                self._add_samplers()
            else:
                self._told(role, line)

    def _add_samplers(self) -> None:
        """Start what the scouts found. What vanished goes on: its sampler marks it as stale."""
        with self._lock:
            running = {child.order.role for child in self._children if not child.leaving}
            for role in samplers(self._settings, self._present):
                if role not in running:
                    self._children.append(ChildHandle(order_for(role, self._settings)))

    def _apply_reload(self, now: float) -> None:
        settings, self._reload = self._reload, None
        if settings is None:
            return
        self._open_gates()
        self._settings = settings = self._limited(settings)
        due = [*roles(settings), *samplers(settings, self._present)]
        wanted = {role: order_for(role, settings) for role in due}
        for child in self._children:
            if child.leaving:
                continue
            order = wanted.pop(child.order.role, None)
            if order is None:
                child.leaving = True
                child.retire(now + _GRACE)
            elif order != child.order:
                child.order = order  # its next start uses it
                child.retire(now + _GRACE)
        self._children += [ChildHandle(order) for order in wanted.values()]

    def _open_gates(self) -> None:
        """Forget what services asked for with Retry-After: so an operator can end it."""
        try:
            self._limits.open_gates()
        except SampleError as error:
            log.warning("%s", error)

    def _end(self) -> None:
        until = self._clock.monotonic() + _GRACE
        with self._lock:
            children = [child for child in self._children if child.process is not None]
            for child in children:
                child.retire(until)
            for child in children:
                if child.process is None:
                    continue
                try:
                    child.process.wait(max(0.05, until - self._clock.monotonic()))
                except subprocess.TimeoutExpired:
                    log.warning("%s does not end by itself; killing it", child.name)
                    child.kill()
                child.bury(self._clock.monotonic())

    def _compact(self) -> None:
        try:
            forgotten = self._store.compact(self._settings.history)
            if damaged := self._store.check(_CHECKED):
                self._store.count("", STORE, damaged=len(damaged))
        except StoreError as error:
            log.warning("compaction: %s", error)
            return
        if forgotten:
            log.info("forgot %d superseded versions", forgotten)


def roles(settings: Settings) -> list[Role]:
    """Return the roles that an instance begins with: its doors, and a scout per cloud.

    Raises:
        ConfigurationError: a plugin is named that is not installed.
    """
    installed = names()
    for name in settings.plugins:
        if name not in installed:
            raise ConfigurationError(
                f"There is no plugin {name!r}; installed are {', '.join(installed)}. "
                "Correct [sampling] plugins, or install it."
            )
    bus = settings.bus
    doors = [Role(kind="api")]
    doors += [Role(kind="rpc")] if bus.url and bus.rpc else []
    doors += [Role(kind="relay")] if bus.url and bus.relay else []
    return [*doors, *(Role(kind="scout", cloud=each.name) for each in settings.clouds)]


def samplers(settings: Settings, present: dict[str, tuple[str, ...]]) -> list[Role]:
    """Return the samplers that the scouts' word calls for, as far as they are configured."""
    return [
        Role(kind="sampler", cloud=cloud.name, plugin=plugin)
        for cloud in settings.clouds
        for plugin in present.get(cloud.name, ())
        if settings.intervals.may_want(plugin)
        and (not settings.plugins or plugin in settings.plugins)
    ]
