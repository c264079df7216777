"""The tree of processes: one supervisor, the API, and a sampler per plugin and cloud.

A child that ends is started again, after a pause that grows with each quick end; a child
that stops beating is killed. The supervisor itself touches no cloud and holds no state,
so nothing that a child does can harm another. When the supervisor dies, by whatever
means, the children see the end of their pipe and end themselves.
"""

import logging
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import msgspec

from synchronizer.model.errors import StoreError
from synchronizer.plugins import installed
from synchronizer.service.settings import Order, Role, Settings
from synchronizer.store import Store

log = logging.getLogger(__name__)

_SILENCE = 20.0
"""Seconds without a beat after which a child counts as hung."""
_FIRST_SILENCE = 60.0
_PAUSE_FIRST, _PAUSE_MOST = 0.5, 30.0
_SETTLED = 60.0
"""A child that lived so long starts again without a pause."""
_GRACE = 4.0
"""Seconds that children get to end by themselves."""
_COMPACT_EVERY = 60.0


class Child:
    """One child process, over its restarts."""

    def __init__(self, role: Role, settings: Settings) -> None:
        self.order = Order(role, settings)
        self.process: subprocess.Popen[bytes] | None = None
        self.failures = 0
        self.restarts = 0
        self.start_at = 0.0
        self.started = 0.0
        self.last_beat = 0.0
        self.beaten = False
        self.beat_fd = -1
        self._line = b""

    @property
    def name(self) -> str:
        """The role's name."""
        return self.order.role.name

    def spawn(self, now: float) -> None:
        """Start the process."""
        read_fd, write_fd = os.pipe()
        os.set_blocking(read_fd, False)
        try:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-m", "synchronizer.service.child", str(write_fd)],
                stdin=subprocess.PIPE,
                pass_fds=(write_fd,),
                start_new_session=True,
            )
        finally:
            os.close(write_fd)
        self.beat_fd = read_fd
        self.started = self.last_beat = now
        self.beaten = False
        stdin = self.process.stdin
        try:
            if stdin is not None:
                stdin.write(msgspec.json.encode(self.order) + b"\n")
                stdin.flush()
        except BrokenPipeError:
            pass  # it died at once: seen as an end like any other

    def hear(self, now: float) -> list[str]:
        """Read what the child wrote; return complete lines that are no mere beats."""
        try:
            told = os.read(self.beat_fd, 65536)
        except (BlockingIOError, OSError):
            return []
        if not told:
            return []
        self.last_beat, self.beaten = now, True
        *lines, self._line = (self._line + told)[-65536:].split(b"\n")
        return [line.decode("utf-8", "replace") for line in lines if line.strip(b".")]

    def silent(self, now: float) -> bool:
        """Whether the child has not beaten for too long."""
        return now - self.last_beat > (_SILENCE if self.beaten else _FIRST_SILENCE)

    def bury(self, now: float) -> None:
        """Plan the next start after an end."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
        os.close(self.beat_fd)
        self.process = None
        self._line = b""
        self.failures = 0 if now - self.started > _SETTLED else self.failures + 1
        pause = _PAUSE_FIRST * 2 ** min(self.failures, 8) if self.failures else 0.0
        self.start_at = now + min(_PAUSE_MOST, pause)
        self.restarts += 1


class Tree:
    """Keeps the children running. `start` and `stop` may be called from any thread.

    Args:
        told: called with a child's role and each line that it says.
    """

    def __init__(
        self, settings: Settings, store: Store, *, told: Callable[[Role, str], None]
    ) -> None:
        self._settings = settings
        self._store = store
        self._told = told
        self._children = [Child(role, settings) for role in roles(settings)]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tree")
        self._reload: Settings | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start all children."""
        self._thread.start()

    def pids(self) -> dict[str, int]:
        """Return the process ids of the living children by name."""
        with self._lock:
            return {
                child.name: child.process.pid
                for child in self._children
                if child.process is not None
            }

    def reload(self, settings: Settings) -> None:
        """Go on with other settings: children whose order changes are started again."""
        with self._lock:
            self._reload = settings

    def stop(self) -> None:
        """End all children, within a few seconds; return when they are gone."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        compact_at = time.monotonic() + _COMPACT_EVERY
        with selectors.DefaultSelector() as selector:
            while not self._stop.is_set():
                now = time.monotonic()
                with self._lock:
                    self._apply_reload()
                    for child in self._children:
                        self._tend(child, now, selector)
                for key, _ in selector.select(timeout=0.2):
                    child = key.data
                    lines = child.hear(time.monotonic())
                    for line in lines:
                        self._told(child.order.role, line)
                if now >= compact_at:
                    compact_at = now + _COMPACT_EVERY
                    threading.Thread(target=self._compact, daemon=True).start()
        self._end([child for child in self._children if child.process is not None])

    def _tend(self, child: Child, now: float, selector: selectors.BaseSelector) -> None:
        if child.process is None:
            if now >= child.start_at:
                child.spawn(now)
                selector.register(child.beat_fd, selectors.EVENT_READ, child)
            return
        code = child.process.poll()
        if code is None and child.silent(now):
            log.error("%s does not move; killing it", child.name)
            child.process.kill()
            code = child.process.wait()
        if code is not None:
            for line in child.hear(now):
                self._told(child.order.role, line)
            selector.unregister(child.beat_fd)
            child.bury(now)
            log.warning(
                "%s ended with %s; starting it again in %.1f s",
                child.name,
                code,
                max(0.0, child.start_at - now),
            )

    def _apply_reload(self) -> None:
        settings, self._reload = self._reload, None
        if settings is None:
            return
        known = {child.order: child for child in self._children}
        wanted = [Order(role, settings) for role in roles(settings)]
        leaving = [child for order, child in known.items() if order not in wanted]
        for child in leaving:
            if child.process is not None:
                child.process.terminate()
        self._settings = settings
        staying = {child.order.role: child for child in self._children}
        self._children = []
        for order in wanted:
            child = staying.get(order.role) or Child(order.role, settings)
            child.order = order  # its next start uses it
            self._children.append(child)
        gone = [child for role, child in staying.items() if role not in roles(settings)]
        self._end([child for child in gone if child.process is not None])

    def _end(self, children: list[Child]) -> None:
        for child in children:
            if child.process is not None:
                child.process.terminate()
        until = time.monotonic() + _GRACE
        for child in children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.05, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("%s does not end by itself; killing it", child.name)
                child.process.kill()
                child.process.wait()
            child.bury(time.monotonic())

    def _compact(self) -> None:
        try:
            forgotten = self._store.compact(self._settings.history)
        except StoreError as error:
            log.warning("compaction: %s", error)
            return
        if forgotten:
            log.info("forgot %d superseded versions", forgotten)


def roles(settings: Settings) -> list[Role]:
    """Return the roles of an instance: the API, and a sampler per plugin and cloud."""
    plugins = [name for name in installed() if not settings.plugins or name in settings.plugins]
    samplers = [
        Role(kind="sampler", cloud=cloud.name, plugin=plugin)
        for cloud in settings.clouds
        for plugin in plugins
    ]
    return [Role(kind="api"), *samplers]
