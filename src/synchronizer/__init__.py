"""Synchronizer, the watch API for OpenStack.

One service lists every entity of a cloud, finds what changed, and gives consumers two
things that fit together exactly: *get all*, the whole snapshot at one revision, and
*change notifications*, every change after it.

Consumers need `Mirror` and `HttpTransport` (base installation). `Synchronizer` runs the
whole service from a program (installed with the ``server`` extra).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synchronizer.client.connect import transport_to
    from synchronizer.client.http import HttpTransport
    from synchronizer.client.mirror import Mirror
    from synchronizer.service.synchronizer import Synchronizer

__all__ = ["HttpTransport", "Mirror", "Synchronizer", "transport_to"]

_HOMES = {
    "HttpTransport": "synchronizer.client.http",
    "Mirror": "synchronizer.client.mirror",
    "Synchronizer": "synchronizer.service.synchronizer",
    "transport_to": "synchronizer.client.connect",
}


def __getattr__(name: str) -> Any:
    """Import public names when they are first used: a consumer never loads the server."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    try:
        return getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if name != "Synchronizer":
            raise
        said = f"{name} needs {error.name}: pip install 'openstack-synchronizer[server]'"
        raise ModuleNotFoundError(said, name=error.name) from None
