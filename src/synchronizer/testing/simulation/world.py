"""Virtual time on one thread: tasks that wait, and whatever is due next.

A task is a greenlet: code of ours, which knows nothing of this, runs in it until it waits
for something. Nothing else decides on the order than the time at which things are due, and
what is due first among equals was asked for first.
"""

import heapq
import threading
from collections.abc import Callable
from itertools import count

from greenlet import GreenletExit, getcurrent, greenlet

BEGUN = 1_800_000_000.0
"""What the true wall clock shows when a run begins."""


class Signal:
    """Something that tasks wait for."""

    def __init__(self) -> None:
        self.waiting: list[Wait] = []


class Wait:
    """One task that waits: for its time, or for a signal."""

    def __init__(self, task: greenlet) -> None:
        self.task = task
        self.over = False


class World:
    """The time, and all that will happen.

    Attributes:
        time: seconds since the run began.
        crashed: what tasks died of.
    """

    def __init__(self) -> None:
        self.time = 0.0
        self.crashed: list[tuple[str, Exception]] = []
        self._order = count()
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._hub = getcurrent()
        self._tasks: set[greenlet] = set()

    def after(self, seconds: float, work: Callable[[], object]) -> None:
        """Do *work* some time later; it must not wait."""
        heapq.heappush(self._due, (self.time + seconds, next(self._order), work))

    def start(self, name: str, work: Callable[[], object]) -> greenlet:
        """Start a task; it begins when it is its turn."""

        def run() -> None:
            try:
                work()
            except GreenletExit:
                raise
            except Exception as error:  # noqa: BLE001  the judge tells of it
                self.crashed.append((name, error))
            finally:
                self._tasks.discard(task)

        task = greenlet(run, parent=self._hub)
        self._tasks.add(task)
        self.after(0, task.switch)
        return task

    def kill(self, task: greenlet) -> None:
        """End a task wherever it waits, as kill -9 would, but for its own `finally`."""
        if not task.dead:
            task.throw(GreenletExit)

    def pause(self, seconds: float) -> None:
        """Let the task that calls wait."""
        self.wait(None, seconds)

    def wait(self, signal: Signal | None, seconds: float) -> None:
        """Let the task that calls wait for a signal, and no longer than *seconds*."""
        wait = Wait(getcurrent())
        if signal is not None:
            signal.waiting.append(wait)
        self.after(seconds, lambda: self._resume(wait))
        self._hub.switch()

    def fire(self, signal: Signal) -> None:
        """Wake all who wait for a signal."""
        waiting, signal.waiting = signal.waiting, []
        for each in waiting:
            self.after(0, lambda wait=each: self._resume(wait))  # type: ignore[misc]

    def run(self, until: float) -> None:
        """Let everything happen that is due by then."""
        while self._due and self._due[0][0] <= until:
            self.time, _, work = heapq.heappop(self._due)
            work()
        self.time = max(self.time, until)

    def end(self) -> None:
        """End every task."""
        for task in list(self._tasks):
            self.kill(task)

    def _resume(self, wait: Wait) -> None:
        if not wait.over:
            wait.over = True
            if not wait.task.dead:
                wait.task.switch()


class Stop(threading.Event):
    """An event for which a task waits in virtual time; it shows when that is over."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def wait(self, timeout: float | None = None) -> bool:
        """Let the task that calls wait; return whether the event is set then."""
        if not self.is_set():
            self._world.pause(3600.0 if timeout is None else timeout)
        return self.is_set()


class Watch:
    """A clock of one machine, whose wall clock may be wrong."""

    def __init__(self, world: World) -> None:
        self.skew = 0.0
        self._world = world

    def now(self) -> float:
        """Return what the wall clock shows."""
        return BEGUN + self._world.time + self.skew

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return 1000.0 + self._world.time
