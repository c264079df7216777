"""Who may call: programs that name this machine, and no page of a foreign web site.

Loopback is no border for a browser. A page can ask any address (its own script does not see
the answer, but the call is made), and a name of its own site may lead to 127.0.0.1 (then it
does). The first is told by the headers that browsers add, the second by the Host. What a call
does, such as a sweep, is done only for one with a header that a page may not send to another
site without asking that first: so it does not depend on what a browser adds.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from synchronizer.model.loopback import is_loopback
from synchronizer.northbound.http.errors import HostError, OriginError, SimpleRequestError
from synchronizer.northbound.http.exchange import Exchange

_JSON = "application/json"
_OUR_CLIENT = "keystoneauth1/"
_FOREIGN = frozenset({"cross-site", "same-site"})


class OriginCheck:
    """Tells callers that are meant from others.

    Args:
        hosts: names of this service besides those of loopback.
    """

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        self._hosts = frozenset(name.strip("[]").lower() for name in hosts)

    def check(self, call: Exchange) -> None:
        """Refuse a call that is not meant for us, or that a foreign page makes.

        Raises:
            HostError, OriginError
        """
        host = call.header(b"host")
        name = _name(host)
        if host and not is_loopback(name) and name not in self._hosts:
            raise HostError(
                f"{name[:100]!r} is no name of this service; ask 127.0.0.1, or add the name to "
                "[api] allowed_hosts."
            )
        origin = call.header(b"origin")
        if origin:
            if origin.partition("://")[2] != host and _name(origin) not in self._hosts:
                raise OriginError(
                    f"A page of {origin[:100]!r} made this call; add its host to [api] "
                    "allowed_hosts if it may."
                )
        elif call.header(b"sec-fetch-site") in _FOREIGN:
            raise OriginError("A page of another site made this call; call from a program.")


def check_not_simple(call: Exchange) -> None:
    """Refuse a call that any page can have a browser send: it would do something.

    Raises:
        SimpleRequestError
    """
    kind = call.header(b"content-type").partition(";")[0].strip().lower()
    if kind == _JSON or call.header(b"x-requested-with"):
        return
    if not kind and _OUR_CLIENT in call.header(b"user-agent"):
        return  # of an earlier release; no browser is called so, and no page can change that
    raise SimpleRequestError(
        f"{call.method} wants the header Content-Type: {_JSON} (or X-Requested-With, with any "
        "value), which no page of another site can send; add it."
    )


def _name(host: str) -> str:
    try:
        return urlsplit(host if "://" in host else f"//{host}").hostname or ""
    except ValueError:
        return ""
