"""What was asked of the cloud: the figures that show whether a sampler is gentle."""

import time
from typing import Any


class Calls:
    """Counters per path family (``GET /compute/v2.1/servers/{id}``) and over everything."""

    def __init__(self) -> None:
        self.families: dict[str, dict[str, int]] = {}
        self._second = 0
        self._in_second = 0

    def _count(self, family: str) -> dict[str, int]:
        return self.families.setdefault(
            family,
            {"calls": 0, "in_flight": 0, "max_in_flight": 0, "bytes": 0, "errors": 0, "peak": 0},
        )

    def start(self, family: str) -> None:
        """Count a request in."""
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._in_second = second, 0
        self._in_second += 1
        for count in (self._count(family), self._count("total")):
            count["calls"] += 1
            count["in_flight"] += 1
            count["max_in_flight"] = max(count["max_in_flight"], count["in_flight"])
        count["peak"] = max(count["peak"], self._in_second)

    def end(self, family: str, status: int, size: int) -> None:
        """Count its answer out."""
        for count in (self._count(family), self._count("total")):
            count["in_flight"] -= 1
            count["bytes"] += size
            count["errors"] += status >= 400

    def report(self) -> dict[str, Any]:
        """Return all counters; ``peak`` of ``total`` is the most calls in one second."""
        families = {name: dict(count) for name, count in self.families.items()}
        total = families.pop("total", dict(self._count("total")))
        for count in families.values():
            del count["peak"]
        return {"total": total, "families": families}

    def clear(self) -> None:
        """Start again from zero; what is in flight stays counted."""
        for count in self.families.values():
            count.update(calls=0, bytes=0, errors=0, peak=0, max_in_flight=count["in_flight"])
