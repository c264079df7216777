"""What the services tell the message bus, and what goes wrong on the way.

All notifications leave through one door, `Notices.tell`, which never waits. Behind it stand
outlets, any callables: a broker (``broker.py``), the list that ``/demo/notifications`` shows,
or a test's own list. Without an outlet no notification is even made.
"""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification, as a service hands it to its notifier.

    ``exchange`` is the service's control exchange. ``versioned`` sends it to Nova's topic of
    versioned notifications instead of the usual one. ``context`` is who made the request;
    Keystone sends none.
    """

    exchange: str
    publisher: str
    event_type: str
    payload: Payload
    priority: str = "INFO"
    versioned: bool = False
    context: Payload = field(default_factory=dict)


Outlet = Callable[[Notification], None]


@dataclass
class Trouble:
    """A fault of the bus: ``kind`` lost, doubled or delayed strikes events of a pattern."""

    kind: str
    probability: float = 1.0
    events: str = "*"
    seconds: float = 1.0


class Notices:
    """The door. Owned by the event loop; ``outlets`` take every notification, in order.

    ``counts`` has how many were made, and how many of them each kind of trouble struck.
    """

    def __init__(self, seed: int) -> None:
        self.outlets: list[Outlet] = []
        self.troubles: list[Trouble] = []
        self.counts: Counter[str] = Counter()
        self._dice = random.Random(seed + 2)

    @property
    def heard(self) -> bool:
        """Tell whether anybody takes them: if not, none need be made."""
        return bool(self.outlets)

    def tell(self, notification: Notification) -> None:
        """Send one notification; a trouble may lose it, send it twice, or send it late."""
        copies, late = 1, 0.0
        self.counts["made"] += 1
        for trouble in self.troubles:
            struck = fnmatchcase(notification.event_type, trouble.events)
            if struck and self._dice.random() < trouble.probability:
                self.counts[trouble.kind] += 1
                if trouble.kind == "lost":
                    return
                if trouble.kind == "doubled":
                    copies += 1
                else:
                    late += trouble.seconds
        for _ in range(copies):
            if late:
                asyncio.get_running_loop().call_later(late, self._send, notification)
            else:
                self._send(notification)

    def _send(self, notification: Notification) -> None:
        for outlet in self.outlets:
            outlet(notification)


def context(user: str, project: str) -> Payload:
    """Return the context of a request of an admin, as oslo.context puts it into messages."""
    return {
        "is_admin": True,
        "project_id": project,
        "request_id": f"req-{uuid.uuid4()}",
        "roles": ["admin", "member", "reader"],
        "user_id": user,
    }


class Shown:
    """The outlet behind ``GET /demo/notifications``: the newest so many, numbered from 1."""

    def __init__(self, kept: int = 20_000) -> None:
        self._kept = kept
        self._first = 1
        self._messages: list[Notification] = []

    def __call__(self, notification: Notification) -> None:
        """Keep one more."""
        self._messages.append(notification)
        if len(self._messages) > 2 * self._kept:
            del self._messages[: self._kept]
            self._first += self._kept

    def since(self, number: int) -> list[Payload]:
        """Return what is kept of those after *number*."""
        start = max(0, number + 1 - self._first)
        return [
            {
                "number": self._first + start + place,
                "exchange": message.exchange,
                "publisher_id": message.publisher,
                "event_type": message.event_type,
                "priority": message.priority,
                "versioned": message.versioned,
                "payload": message.payload,
            }
            for place, message in enumerate(self._messages[start:])
        ]
