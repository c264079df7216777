"""How long to wait before trying again: longer each time, and never all at once."""

import random


class Backoff:
    """Doubling delays with full jitter, so that a thousand mirrors do not return together.

    Args:
        first: upper bound of the first delay in seconds.
        most: upper bound of any delay.
    """

    def __init__(self, first: float = 0.1, most: float = 15.0) -> None:
        self._first = first
        self._most = most
        self._bound = first

    def reset(self) -> None:
        """Begin again with short delays: something worked."""
        self._bound = self._first

    def next(self) -> float:
        """Return the seconds to wait now."""
        bound, self._bound = self._bound, min(self._most, self._bound * 2)
        # Never less than a tenth: a server that refuses at once is not called in a tight loop.
        return bound * random.uniform(0.1, 1.0)  # noqa: S311 - jitter, no secret
