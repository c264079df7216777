"""The mutation log: what truly happened to the cloud, in order.

Tests compare what the synchronizer reported with this. It is kept in columns, because a
million deletes at once must not cost a million objects.
"""

import asyncio
import time
from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Key = str | int
OPS = ("create", "update", "delete")


class Journal:
    """Append-only; entry N has seq N+1. Owned by the event loop.

    A key is an id, or a number that ``naming[type]`` turns into one when the log is read.
    """

    def __init__(self) -> None:
        self._at = array("d")
        self._op = bytearray()
        self._type = array("H")
        self._key: list[Key] = []
        self._types: dict[str, int] = {}
        self.naming: dict[str, Callable[[int], str]] = {}
        self.grown = asyncio.Event()

    @property
    def seq(self) -> int:
        """Return the seq of the newest entry, 0 when there is none."""
        return len(self._key)

    def add(self, op: str, type: str, key: Key) -> int:
        """Append one mutation and return its seq."""
        self._at.append(time.time())
        self._op.append(OPS.index(op))
        self._type.append(self._types.setdefault(type, len(self._types)))
        self._key.append(key)
        self.grown.set()
        return len(self._key)

    def since(self, seq: int) -> list[dict[str, Any]]:
        """Return all entries after *seq*."""
        types = list(self._types)
        entries = []
        for index in range(max(seq, 0), len(self._key)):
            type_, key = types[self._type[index]], self._key[index]
            entries.append(
                {
                    "seq": index + 1,
                    "at": self._at[index],
                    "op": OPS[self._op[index]],
                    "type": type_,
                    "id": self.naming[type_](key) if isinstance(key, int) else key,
                }
            )
        return entries
