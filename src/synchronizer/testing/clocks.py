"""Clocks for tests."""


class Hurried:
    """A clock on which some seconds pass with every look: nothing is young, nothing at once."""

    def __init__(self, step: float = 10.0) -> None:
        self.time = 1_000_000_000.0
        self._step = step

    def now(self) -> float:
        """Return epoch seconds."""
        self.time += self._step
        return self.time

    def monotonic(self) -> float:
        """Return seconds of this process."""
        return self.now()
