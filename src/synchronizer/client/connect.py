"""Which transport a URL calls for."""

from typing import Any
from urllib.parse import unquote

from keystoneauth1.session import Session

from synchronizer.client.http import HttpTransport
from synchronizer.client.transport import Transport
from synchronizer.model.errors import ConfigurationError

_OURS = ("exchange", "epoch")
"""Options of a bus's URL that are not oslo.messaging's."""


def transport_to(
    url: str, session: Session | None = None, *, timeout: float | None = None
) -> Transport:
    """Return a transport to the synchronizer at *url*.

    ``http`` and ``https`` lead to its API, ``rabbit`` to the message bus it is on; there
    ``?exchange=NAME`` names its ``[bus] exchange`` when that is not ``openstack``, and
    ``?epoch=EPOCH`` the log to join where several synchronizers are on the bus.

    Args:
        session: a keystoneauth1 session whose credentials are sent over HTTP.
        timeout: seconds to wait for an answer, instead of a minute.

    Raises:
        ConfigurationError: no transport is known for it, or it needs the extra ``messaging``.
    """
    scheme, _, rest = url.partition("://")
    if not rest:
        raise ConfigurationError(
            "The address of the synchronizer is not a URL; it is like http://127.0.0.1:8989, or "
            "rabbit://user:password@host:5672/ for the bus."  # what it is may be a secret
        )
    patience: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
    if scheme in {"http", "https"}:
        return HttpTransport(url, session, **patience)
    if scheme == "rabbit":
        try:
            from synchronizer.client.bus import BusTransport  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise ConfigurationError(
                f"For a message bus, {error.name} is needed: install "
                "openstack-synchronizer[messaging], or use an http:// URL."
            ) from None
        bare, ours = _parted(url)
        return BusTransport(bare, **ours, **patience)
    raise ConfigurationError(
        f"No transport is known for {scheme}://; use http://, https://, or rabbit:// for the bus."
    )


def _parted(url: str) -> tuple[str, dict[str, Any]]:
    """Return *url* without our own options, which oslo.messaging does not know, and these."""
    bare, _, query = url.partition("?")
    named = [(each, *each.partition("=")[::2]) for each in query.split("&") if each]
    ours = {name: unquote(value) for _, name, value in named if name in _OURS}
    left = "&".join(each for each, name, _ in named if name not in _OURS)
    return (f"{bare}?{left}" if left else bare), ours
