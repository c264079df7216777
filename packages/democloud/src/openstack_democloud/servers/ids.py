"""Server ids that lead back to the server: no index of a million ids is needed."""

import re

import numpy as np
from numpy.typing import NDArray

_MASK48 = (1 << 48) - 1
_MASK128 = (1 << 128) - 1
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_SPREAD = 0x9E3779B97F4B
_AGAIN = 0xC2B2AE3D27D5
_TAIL = 0x9E3779B97F4A7C15F39CC0605CEDC835
_FORMAT = b"%08x-%04x-4%03x-%04x-%012x"


class ServerIds:
    """A bijection from a server's number to its UUID.

    The first 48 bits are a permutation of the number, so they can be undone, and they alone
    give the order by UUID; the rest is there to look like a UUID and is checked.
    """

    def __init__(self, seed: int) -> None:
        self._add = (seed * 0xD6E8FEB86659 + 0x1234567) & _MASK48
        self._salt = seed * 2 + 1
        self._undo = (pow(_SPREAD, -1, 1 << 48), pow(_AGAIN, -1, 1 << 48))

    def head(self, seq: int) -> int:
        """Return the first 48 bits of the UUID of server *seq*."""
        x = (seq * _SPREAD + self._add) & _MASK48
        return ((x ^ (x >> 24)) * _AGAIN) & _MASK48

    def heads(self, count: int) -> NDArray[np.uint64]:
        """Return ``head`` of the first *count* servers at once."""
        x = (np.arange(count, dtype=np.uint64) * np.uint64(_SPREAD)) + np.uint64(self._add)
        x &= np.uint64(_MASK48)
        x ^= x >> np.uint64(24)
        return (x * np.uint64(_AGAIN)) & np.uint64(_MASK48)

    def encoded(self, seq: int) -> bytes:
        """Return the UUID of server *seq* as ASCII bytes."""
        x = (seq * _SPREAD + self._add) & _MASK48
        x = ((x ^ (x >> 24)) * _AGAIN) & _MASK48
        y = (x * _TAIL + self._salt * _SPREAD) & _MASK128
        return _FORMAT % (
            x >> 16,
            x & 0xFFFF,
            y >> 116,
            0x8000 | (y >> 90 & 0x3FFF),
            y >> 40 & _MASK48,
        )

    def id(self, seq: int) -> str:
        """Return the UUID of server *seq*."""
        return self.encoded(seq).decode("ascii")

    def seq(self, id: str) -> int | None:
        """Return the number of the server with this id; None if no server can have it."""
        if not _UUID.fullmatch(id):
            return None
        x = int(id[:8] + id[9:13], 16)
        x = (x * self._undo[1]) & _MASK48
        x ^= x >> 24
        seq = ((x - self._add) * self._undo[0]) & _MASK48
        return seq if self.id(seq) == id else None
