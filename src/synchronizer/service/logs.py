"""Logs: one line an event on standard error, in oslo.log's order of fields."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def set_up_logs(process: str, *, debug: bool = False) -> None:
    """Send this process's logs to standard error."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if debug else logging.INFO,
        format="%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s "
        f"[{process}] %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
        force=True,
    )
    # Below INFO these write headers and bodies, tokens among them, or which backend they load.
    for name in (
        "keystoneauth",
        "urllib3",
        "alembic",
        "uvicorn.access",
        "uvicorn.error",
        "oslo_service",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def logging_to(path: str | None) -> Iterator[None]:
    """Let what this process and those below it say go to a file; errors at the end do not."""
    if not path:
        yield
        return
    before = os.dup(2)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
    os.dup2(file, 2)
    os.close(file)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(before, 2)
        os.close(before)
