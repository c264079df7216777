"""A child process of the supervisor: reads its order from a pipe, works, shows that it lives.

``python -m synchronizer.service.supervisor.child_main BEAT_FD ROLE`` reads one line of JSON
(an `ChildSpec`) from standard input; the role is for ``ps``. The pipe stays open as long as the
parent lives: its end means that the parent is gone, and the child ends at once. Nothing is
lost by that, because whatever was committed is on disk.

On BEAT_FD the child writes a dot each second while all its lanes move on, and once a
line with its result (the API's port; the outcome of a single run).
"""

import contextlib
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.errors import AbsentServiceError, SynchronizerError
from synchronizer.service.logs import set_up_logs
from synchronizer.service.settings import ChildSpec, CloudAccess, Settings
from synchronizer.store import Store, open_store

if TYPE_CHECKING:
    from synchronizer.sampling.limits.governor import Governor
    from synchronizer.sampling.worker import Worker
    from synchronizer.service.refresh import Refresh

log = logging.getLogger(__name__)

_BEAT_SECONDS = 1.0
_LATE = 5.0
"""Seconds between two beats after which nothing here ran, no lane less than others."""
_LAST_SECONDS = 2.0
"""For a sampler that was told to end; whatever it committed is on disk."""


class Heartbeat:
    """Writes the beats: as long as every lane has moved within the limit."""

    def __init__(self, fd: int, hang_limit: float, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._fd = fd
        self._hang_limit = hang_limit
        self._moved: dict[int, float] = {}
        self._looked_at = self._clock.monotonic()

    def moved(self, lane: int = 0) -> None:
        """Note that a lane moved on."""
        self._moved[lane] = self._clock.monotonic()

    def say(self, line: str) -> None:
        """Write the result line."""
        left = f"\n{' '.join(line.split())}\n".encode()
        while left:  # a pipe takes as much as it has room for
            left = left[os.write(self._fd, left) :]

    def start(self) -> None:
        """Beat from a thread of its own."""
        threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def _run(self) -> None:
        with contextlib.suppress(BrokenPipeError):  # the parent is gone, and so are we
            while True:
                self.beat()
                time.sleep(_BEAT_SECONDS)

    def beat(self) -> None:
        """Write a beat, unless a lane stands still; not when the whole process did."""
        now = self._clock.monotonic()
        late, self._looked_at = now - self._looked_at, now
        for lane, moved in tuple(self._moved.items()) if late > _LATE else ():
            self._moved[lane] = min(now, moved + late)
        if now - min(self._moved.values(), default=now) < self._hang_limit:
            os.write(self._fd, b".")


def main() -> int:
    """Read the order and carry it out; return the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: _end_soon(stop))
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=ChildSpec)
    settings, role = order.settings, order.role
    set_up_logs(role.name, debug=settings.debug)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    resource.setrlimit(resource.RLIMIT_DATA, (settings.memory_limit, settings.memory_limit))
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    pulse = Heartbeat(int(sys.argv[1]), settings.hang_limit)
    try:
        # The supervisor has brought the schema up to date.
        store = open_store(settings.store, migrate=False)
        if role.kind == "api":
            pulse.start()
            _api(order, store, pulse, stop)
        elif role.kind == "rpc":
            pulse.start()
            _rpc(order, store, stop)
        elif role.kind == "relay":
            pulse.start()
            _relay(order, store, pulse, stop)
        elif role.kind == "scout":
            pulse.start()
            _scout(order, store, pulse, stop)
        elif role.kind == "sampler":
            pulse.start()
            _sampler(order, store, pulse, stop)
        else:
            _once(order, store, pulse)
        store.close()
    except SynchronizerError as error:
        if role.kind != "api":  # the supervisor tells the API's
            log.error("%s", error)  # noqa: TRY400 - the sentence is for operators
        pulse.say(f"error {error.code} {error}")
        return error.exit_code
    return 0


def _end_soon(stop: threading.Event) -> None:
    """Let the work end, and end without it when a lane waits for its service."""
    deadline = threading.Timer(_LAST_SECONDS, os._exit, (0,))
    deadline.daemon = True
    deadline.start()
    stop.set()


def _access(order: ChildSpec) -> CloudAccess:
    (access,) = [each for each in order.settings.clouds if each.name == order.role.cloud]
    return access


# What only one kind of child needs is imported there: the others go without its memory.


def _scout(order: ChildSpec, store: Store, pulse: Heartbeat, stop: threading.Event) -> None:
    from synchronizer.service.supervisor.scout import Scout  # noqa: PLC0415

    scout = Scout(_access(order), order.settings, store, say=pulse.say, beat=pulse.moved)
    scout.run(stop)


def _sampler(order: ChildSpec, store: Store, pulse: Heartbeat, stop: threading.Event) -> None:
    """Sample, and listen to the cloud's notifications if they are to be had."""
    from synchronizer.plugins import load  # noqa: PLC0415
    from synchronizer.plugins.hints import Hints  # noqa: PLC0415
    from synchronizer.sampling.notifications.counters import NotificationCounters  # noqa: PLC0415
    from synchronizer.sampling.notifications.listener import Listener  # noqa: PLC0415

    plugin = load(order.role.plugin)
    notifications = _access(order).notifications
    if notifications is None or not plugin.exchanges:
        _worker(order, store, pulse.moved).run(stop)
        return
    name = f"{order.role.cloud}.{plugin.name}"
    hints = Hints(plugin.declared())
    listener = Listener(notifications, plugin.exchanges, hints, name=name)
    worker = _worker(order, store, pulse.moved, notified=listener.flows)
    listener.start(worker.hint)
    NotificationCounters(store, order.role.cloud, plugin.name, listener).start(stop)
    try:
        worker.run(stop)
    finally:
        listener.stop()


def _governor(settings: Settings) -> "Governor":
    from synchronizer.sampling.limits.governor import Governor  # noqa: PLC0415

    intervals = settings.intervals
    return Governor(
        calls_per_second=intervals.calls_per_second,
        in_flight=intervals.in_flight,
        sleep=time.sleep,
        closed_most=intervals.sweep,
        folder=settings.limits_folder,
    )


def _worker(
    order: ChildSpec,
    store: Store,
    beat: Callable[[int], None],
    notified: Callable[[], bool] = lambda: False,
    governor: "Governor | None" = None,
) -> "Worker":
    from synchronizer.plugins import load  # noqa: PLC0415
    from synchronizer.sampling.worker import Worker  # noqa: PLC0415
    from synchronizer.service.clouds import entries_of  # noqa: PLC0415

    settings, role = order.settings, order.role
    access = _access(order)
    governor = governor or _governor(settings)
    return Worker(
        load(role.plugin)(),
        role.cloud,
        entries_of(access, governor.gate),
        store,
        intervals=settings.intervals,
        beside=access.beside,
        notified=notified,
        gate=governor.gate,
        beat=beat,
    )


def _refresh(order: ChildSpec, store: Store) -> "Refresh":
    from synchronizer.service.on_demand import run_once  # noqa: PLC0415
    from synchronizer.service.refresh import Refresh  # noqa: PLC0415

    settings = order.settings
    return Refresh(partial(run_once, settings), store, settings.demand_interval)


def _samplers_of(settings: Settings) -> list[tuple[str, str]]:
    """Return the cloud and the plugin of every sampler that there may be."""
    from synchronizer.plugins import names  # noqa: PLC0415
    from synchronizer.service.supervisor.supervisor import samplers  # noqa: PLC0415

    installed = tuple(names())
    roles = samplers(settings, {cloud.name: installed for cloud in settings.clouds})
    return [(role.cloud, role.plugin) for role in roles]


def _api(order: ChildSpec, store: Store, pulse: Heartbeat, stop: threading.Event) -> None:
    import uvloop  # noqa: PLC0415

    from synchronizer.northbound.http.app import build  # noqa: PLC0415
    from synchronizer.northbound.http.server import serve  # noqa: PLC0415

    api = order.settings.api
    refresh = _refresh(order, store)
    app = build(
        store,
        refresh=refresh,
        samplers=_samplers_of(order.settings),
        bookmark_interval=api.bookmark_interval,
        allowed_hosts=(api.host, *api.allowed_hosts),
    )
    end_watches = app.state.stop

    def end_all() -> None:
        refresh.stop()  # whoever waits for a run is answered before the door closes
        end_watches()

    app.state.stop = end_all
    uvloop.run(
        serve(app, api.host, api.port, ready=lambda port: pulse.say(f"port {port}"), stop=stop)
    )


def _rpc(order: ChildSpec, store: Store, stop: threading.Event) -> None:
    from synchronizer.northbound.http.app import build  # noqa: PLC0415
    from synchronizer.northbound.rpc.endpoint import Endpoint  # noqa: PLC0415
    from synchronizer.northbound.rpc.in_process import InProcessClient  # noqa: PLC0415
    from synchronizer.northbound.rpc.server import RpcServer  # noqa: PLC0415

    bus = order.settings.bus
    inside = InProcessClient(
        build(store, refresh=_refresh(order, store), samplers=_samplers_of(order.settings))
    )
    endpoint = Endpoint(inside, bus.page_bytes, _publisher_id())
    server = RpcServer(bus.url, bus.exchange, socket.gethostname(), endpoint)
    inside.start()
    server.start()
    stop.wait()
    server.stop()
    inside.stop()


def _publisher_id() -> str:
    return f"synchronizer.{socket.gethostname()}"


def _relay(order: ChildSpec, store: Store, pulse: Heartbeat, stop: threading.Event) -> None:
    from synchronizer.northbound.relay.leadership import Leadership  # noqa: PLC0415
    from synchronizer.northbound.relay.relay import Relay  # noqa: PLC0415
    from synchronizer.service.bus_interface import publisher  # noqa: PLC0415

    bus = order.settings.bus
    lead = Leadership(store, "bus", bus.owner, SystemClock())
    relay = Relay(
        store,
        publisher(bus, _publisher_id()),
        lead,
        window=bus.window,
        bookmark_interval=bus.bookmark_interval,
        beat=pulse.moved,
    )
    relay.run(stop)


def _once(order: ChildSpec, store: Store, pulse: Heartbeat) -> None:
    """Sweep the ordered collections once, each with its own outcome."""
    from synchronizer.sampling.on_demand import sweep_now  # noqa: PLC0415

    governor = _governor(order.settings)
    worker = _worker(order, store, pulse.moved, governor=governor)
    worker.discover()
    wanted = {
        collection: sampler
        for collection, sampler in worker.samplers.items()
        if collection in order.role.collections
    }
    if order.role.urgent:
        for sampler in wanted.values():
            governor.open(sampler.service.name)

    def rest(seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            pulse.moved()
            time.sleep(min(1.0, left))

    outcome = sweep_now(wanted, rest)
    for collection in order.role.collections:
        absent = f"{AbsentServiceError.code} the catalogue has no service for {collection}"
        outcome.setdefault(str(collection), absent)
    pulse.say(f"outcome {msgspec.json.encode(outcome).decode()}")


def _end_with_parent() -> None:
    # Unbuffered: a thread that waits in a buffered read cannot be left at exit.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
