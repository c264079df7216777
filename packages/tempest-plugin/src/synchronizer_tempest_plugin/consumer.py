"""A consumer for tests: a mirror over one door, what it was told, and waiting for facts."""

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack

import msgspec

from synchronizer.client.mirror import Mirror
from synchronizer.client.transport import Transport
from synchronizer.model.change import Change

Fact = Callable[[Any], object]
"""What is asked of a body; None stands for that of something that is not there."""


class Place(TypedDict):
    """The cloud and region that a call is about; None leaves it open."""

    cloud: str | None
    region: str | None


class Consumer:
    """Follows some types through one door until it is closed.

    Owned by its maker, used by one thread.

    Args:
        name: of the door, for what went wrong.

    Attributes:
        mirror: its live copy.
    """

    def __init__(
        self, name: str, transport: Transport, types: Sequence[str], **place: Unpack[Place]
    ) -> None:
        self.name = name
        self.transport = transport
        self._told: list[Change] = []
        self._news = threading.Condition()
        self.mirror = Mirror(transport, types, on_change=self._hear, **place)

    def told(self, type: str, id: str) -> list[Change]:
        """Return the changes of one entity so far, in their order."""
        with self._news:
            return [each for each in self._told if (each.type, each.id) == (type, id)]

    def wait_told(self, type: str, id: str, fact: Fact, timeout: float) -> Any:
        """Wait until the entity's body satisfies *fact*; return the body.

        A deleted entity, or one not there yet, has the body None.

        Raises:
            TimeoutError: with the last body.
        """
        until = time.monotonic() + timeout
        with self._news:
            while True:
                body = self._body(type, id)
                if fact(body):
                    return body
                left = until - time.monotonic()
                if left <= 0 or not self._news.wait(left):
                    trouble = f"; {self.mirror.fault}" if self.mirror.fault else ""
                    raise TimeoutError(
                        f"{self.name} did not tell it of {type} {id} within {timeout} s; "
                        f"the last that it told is {body}{trouble}"
                    )

    def close(self) -> None:
        """End it."""
        self.mirror.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _hear(self, change: Change) -> None:
        # The log's digest belongs to the stream, and not to an entity's history.
        kept = msgspec.structs.replace(change, digest=None)
        with self._news:
            self._told.append(kept)
            self._news.notify_all()

    def _body(self, type: str, id: str) -> Any:
        # Of what was told and not of the mirror, which is ahead of it: what a test has waited
        # for has been told.
        for each in reversed(self._told):
            if (each.type, each.id) == (type, id):
                return None if each.op == "delete" else each.body
        return None
