"""Logs: one line an event on standard error, in oslo.log's order of fields."""

import logging
import sys


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
    # Below INFO these write headers and bodies, tokens among them.
    for name in ("keystoneauth", "urllib3", "alembic", "uvicorn.access", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.WARNING)
