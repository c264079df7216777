"""Tokens: how long one serves, and that asking for one is a call like any other.

keystoneauth1 compares the time at which a token ends, by Keystone's clock, with the time
here. A machine whose clock is an hour ahead so asks for a new one with every call. Here a
token serves for as long as it was issued for, from when it came.
"""

import time
from collections.abc import Callable
from typing import Any

import keystoneauth1.exceptions as ksa
from keystoneauth1.access import AccessInfo
from keystoneauth1.identity.base import BaseIdentityPlugin
from keystoneauth1.session import Session

from synchronizer.plugins.retry_after import THROTTLED, wait_asked_for
from synchronizer.plugins.service import Gate

_BEFORE_END = 120.0
"""So many seconds before its end a token is replaced, as keystoneauth1 does; at most half of
its life."""

_LEAST = 5.0
"""A token serves so many seconds at least; when it is refused, there is another one anyway."""


def govern(
    auth: Any,
    name: str,
    gate: Gate,
    *,
    now: Callable[[], float] = time.time,
    elapsed: Callable[[], float] = time.monotonic,
) -> None:
    """Let *auth* keep its tokens by our own clock, and ask for each through *gate*.

    Args:
        auth: a keystoneauth1 plugin; one that gets no tokens is left as it is.
        name: for the gate. No service's: a call waits for its token while it has its turn.
    """
    if isinstance(auth, BaseIdentityPlugin):
        kind = type(auth)
        auth.__class__ = type(kind.__name__, (_Governed, kind), {})
        auth.tokens = _Tokens(name, gate, now, elapsed)


class _Tokens:
    """The turn of each request for a token, and until when the last one serves."""

    def __init__(
        self, name: str, gate: Gate, now: Callable[[], float], elapsed: Callable[[], float]
    ) -> None:
        self._name = name
        self._gate = gate
        self._now = now
        self._elapsed = elapsed
        self._serves_until = 0.0

    def asked(self, ask: Callable[[], AccessInfo]) -> AccessInfo:
        """Return the token that *ask* gets, when the gate permits it."""
        status, retry_after = 0, None
        with self._gate(self._name) as turn:
            started = self._elapsed()
            try:
                found = ask()
                status = 201
            except ksa.HttpError as error:
                status = error.http_status
                if error.response is not None and status in THROTTLED:
                    retry_after = wait_asked_for(error.response.headers, self._now())
                raise
            finally:
                came = self._elapsed()
                turn.done(seconds=came - started, size=0, status=status, retry_after=retry_after)
        life = _life(found)
        self._serves_until = came + max(_LEAST, life / 2, life - _BEFORE_END)
        return found

    def served(self) -> bool:
        """Whether the last token is at its end."""
        return self._elapsed() >= self._serves_until


class _Governed:
    """What is other in a plugin of keystoneauth1."""

    tokens: _Tokens

    def get_auth_ref(self, session: Session, **options: Any) -> AccessInfo:
        """Get a token."""
        above: Any = super()
        return self.tokens.asked(lambda: above.get_auth_ref(session, **options))

    def _needs_reauthenticate(self) -> bool:
        # keystoneauth1's own hook, called under its lock.
        held: Any = getattr(self, "auth_ref", None)
        return held is None or (getattr(self, "reauthenticate", True) and self.tokens.served())


def _life(token: AccessInfo) -> float:
    """Return for how many seconds a token was issued, both ends by Keystone's clock."""
    try:
        life: float = (token.expires - token.issued).total_seconds()
    except (AttributeError, KeyError, TypeError, ValueError):
        return 0.0
    return life
