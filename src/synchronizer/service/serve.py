"""``synchronizer serve``: one instance in the foreground, until a signal ends it."""

import logging
import signal
import sys
from collections.abc import Callable
from queue import SimpleQueue

from synchronizer.model.errors import SynchronizerError
from synchronizer.service.logs import logging_to, set_up_logs
from synchronizer.service.settings import Settings
from synchronizer.service.synchronizer import Synchronizer

log = logging.getLogger(__name__)

_END, _AGAIN = "end", "again"


def serve(load: Callable[[], Settings], log_file: str | None = None) -> int:
    """Run until SIGTERM or SIGINT; SIGHUP reads the configuration again.

    Args:
        load: reads the configuration; called at start and at each reload.
        log_file: where all logs go, instead of standard error.

    Raises:
        SynchronizerError: at start; its exit code says what kind.
    """
    # A queue, because its put is safe in a signal handler at any instant; an Event's set is not.
    told: SimpleQueue[str] = SimpleQueue()
    starting = [True]

    def end(*_: object) -> None:
        told.put(_END)
        if starting:
            starting.clear()
            raise SystemExit(0)  # the checks of a start may take a minute

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGHUP, lambda *_: told.put(_AGAIN))
    settings = load()
    with logging_to(log_file):
        set_up_logs("supervisor", debug=settings.debug)
        synchronizer = Synchronizer(settings=settings)
        try:
            synchronizer.start()
            starting.clear()
            sys.stderr.write(f"Synchronizer listens on {synchronizer.url}\n")
            sys.stderr.flush()
            while _END not in _all(told):
                try:
                    synchronizer.reload(load())
                    log.info("configuration read again")
                except SynchronizerError as error:
                    log.error("configuration not changed: %s", error)  # noqa: TRY400
        finally:
            synchronizer.stop()
    return 0


def _all(told: SimpleQueue[str]) -> set[str]:
    """Wait for a signal; return what all that have come say."""
    found = {told.get()}
    while not told.empty():
        found.add(told.get())
    return found
