"""``synchronizer serve``: one instance in the foreground, until a signal ends it."""

import logging
import signal
import sys
import threading
from collections.abc import Callable

from synchronizer.model.errors import SynchronizerError
from synchronizer.service.instance import Synchronizer
from synchronizer.service.logs import set_up_logs
from synchronizer.service.settings import Settings

log = logging.getLogger(__name__)


def serve(load: Callable[[], Settings]) -> int:
    """Run until SIGTERM or SIGINT; SIGHUP reads the configuration again.

    Args:
        load: reads the configuration; called at start and at each reload.

    Raises:
        SynchronizerError: at start; its exit code says what kind.
    """
    settings = load()
    set_up_logs("supervisor", debug=settings.debug)
    stop, wake = threading.Event(), threading.Event()
    reload, starting = threading.Event(), threading.Event()

    def end(*_: object) -> None:
        stop.set()
        wake.set()
        if starting.is_set():
            raise SystemExit(0)  # the checks of a start may take a minute

    def again(*_: object) -> None:
        reload.set()
        wake.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGHUP, again)
    synchronizer = Synchronizer(settings=settings)
    try:
        starting.set()
        synchronizer.start()
        starting.clear()
        sys.stderr.write(f"Synchronizer listens on {synchronizer.url}\n")
        sys.stderr.flush()
        while not stop.is_set():
            wake.wait()
            wake.clear()
            if reload.is_set():
                reload.clear()
                try:
                    synchronizer.reload(load())
                    log.info("configuration read again")
                except SynchronizerError as error:
                    log.error("configuration not changed: %s", error)  # noqa: TRY400
    finally:
        synchronizer.stop()
    return 0
