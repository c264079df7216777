"""An asyncio loop in virtual time: each of its callbacks is something that is due in a world.

What is run beside it becomes a task of the world. Callbacks wait for nothing themselves.
"""

import asyncio
from asyncio import events
from typing import Any, cast

from synchronizer.testing.simulation.world import World


class Loop:
    """A loop of one world: of what loops have, what is used here."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks: set[asyncio.Task[Any]] = set()

    def time(self) -> float:
        """Return the time."""
        return self._world.time

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> Any:
        """Call next."""
        return self.call_later(0.0, callback, *args, context=context)

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> Any:
        """Call next; there is one thread only."""
        return self.call_later(0.0, callback, *args, context=context)

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> Any:
        """Call at a time."""
        handle = asyncio.TimerHandle(when, callback, args, cast("Any", self), context)
        self._world.after(max(0.0, when - self.time()), lambda: self._run(handle))
        return handle

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> Any:
        """Call after a while."""
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future."""
        return asyncio.Future(loop=cast("Any", self))

    def create_task(self, coro: Any, **more: Any) -> asyncio.Task[Any]:
        """Start a task."""
        task = asyncio.Task[Any](coro, loop=cast("Any", self), **more)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def run_in_executor(self, _executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:
        """Run something that may wait as a task of the world."""
        done = self.create_future()

        def work() -> None:
            try:
                found = func(*args)
            except Exception as error:  # noqa: BLE001 - it is the caller's
                if not done.done():
                    done.set_exception(error)
            else:
                if not done.done():
                    done.set_result(found)

        self._world.start("executor", work)
        return done

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Have the judge see what a callback died of."""
        error = context.get("exception")
        if isinstance(error, Exception):
            self._world.crashed.append((str(context.get("message")), error))

    def get_debug(self) -> bool:
        """Say that nothing is to be checked."""
        return False

    def is_running(self) -> bool:
        """Say that it runs, as it does while anything of it is called."""
        return True

    def is_closed(self) -> bool:
        """Say that it is open."""
        return False

    def end(self) -> None:
        """Cancel every task and let it end."""
        for task in self._tasks:
            task.cancel()
        self._world.run(self._world.time)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Do nothing: it is passed over when it is due."""

    def _run(self, handle: asyncio.TimerHandle) -> None:
        if handle.cancelled():
            return
        before = events._get_running_loop()  # noqa: SLF001 - as loops do it
        events._set_running_loop(cast("Any", self))  # noqa: SLF001
        try:
            handle._run()  # noqa: SLF001
        finally:
            events._set_running_loop(before)  # noqa: SLF001
