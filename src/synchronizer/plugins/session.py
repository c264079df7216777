"""The session with a cloud: each request reaches the path that was asked for, or fails.

* requests turns ``%2E%2E`` back into ``..``, which some servers resolve: an entity whose id
  is two dots would be read at its parent's path, and its 404 be taken for a delete. Dot
  segments go out quoted.
* Token and password belong to the origin that they were given to. A redirect to another
  origin is refused; the one exception is the same host by TLS.
"""

from collections.abc import Collection, Mapping
from re import compile as compiled
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from keystoneauth1.session import Session, TCPKeepAliveAdapter

from synchronizer.model.errors import ForeignRedirectError

REDIRECTS = 5
"""The most redirects of one request."""

_DOTS = compiled(r"(?<=/)\.{1,2}(?=[/?]|$)")
_PORTS = {"http": 80, "https": 443}


class CloudSession(Session):  # type: ignore[misc]
    """A keystoneauth1 session that keeps to what it was given.

    Args:
        secrets: what no message may show, besides the token.
        options: as keystoneauth1's session takes them.
    """

    def __init__(self, *, secrets: Collection[str] = (), **options: Any) -> None:
        super().__init__(redirect=REDIRECTS, **options)
        self.secrets = tuple(secrets)
        for scheme in _PORTS:
            self.session.mount(f"{scheme}://", _Adapter())


class _Adapter(TCPKeepAliveAdapter):  # type: ignore[misc]
    def request_url(
        self, request: requests.PreparedRequest, proxies: Mapping[str, str] | None
    ) -> str:
        url = super().request_url(request, proxies)
        return _DOTS.sub(lambda found: "%2E" * len(found[0]), url)

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> requests.Response:
        response: requests.Response = super().send(request, *args, **options)
        target = response.headers.get("Location")
        if target and 300 <= response.status_code < 400:
            before = str(request.url)
            after = urljoin(before, target)
            if not may_follow(urlsplit(before), urlsplit(after)):
                response.close()
                raise ForeignRedirectError(
                    f"{_shown(before)} redirects to {_shown(after)}, which was given no token; "
                    "correct the endpoint in the catalogue, or auth_url"
                )
            response.headers["Location"] = after
        return response


def may_follow(before: SplitResult, after: SplitResult) -> bool:
    """Whether a redirect stays with its origin, or goes from it to TLS on the same host."""
    try:
        if not after.hostname or before.hostname != after.hostname:
            return False
        old, new = before.port or _PORTS[before.scheme], after.port or _PORTS[after.scheme]
    except (KeyError, ValueError):
        return False
    if before.scheme == after.scheme:
        return old == new
    upgrade = (before.scheme, after.scheme) == ("http", "https")
    return upgrade and (old == new or (old, new) == (80, 443))


def _shown(url: str) -> str:
    """Return a URL's origin: the rest may hold what nobody should read."""
    try:
        split = urlsplit(url)
        port = f":{split.port}" if split.port else ""
    except ValueError:
        return "an address that is none"
    return f"{split.scheme}://{split.hostname}{port}"
