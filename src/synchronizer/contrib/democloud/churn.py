"""Churn: the cloud lives on its own, so many mutations a second."""

import asyncio
import random
from typing import Any

from synchronizer.contrib.democloud.cloud import Cloud
from synchronizer.contrib.democloud.mutations import MUTATIONS

_TICK = 0.05
#: (share, operation, type): mostly servers, as in life.
_MIX = (
    (40, "update", "nova.server"),
    (18, "create", "nova.server"),
    (18, "delete", "nova.server"),
    (3, "create", "nova.migration"),
    (3, "update", "nova.migration"),
    (3, "update", "nova.service"),
    (2, "update", "nova.aggregate"),
    (2, "create", "keystone.project"),
    (2, "update", "keystone.project"),
    (1, "delete", "keystone.project"),
    (2, "create", "keystone.user"),
    (1, "update", "keystone.user"),
    (1, "delete", "keystone.user"),
    (2, "create", "keystone.role_assignment"),
    (2, "delete", "keystone.role_assignment"),
)


class Churn:
    """Runs in the event loop. It has dice of its own, so that mutations on request keep theirs."""

    def __init__(self, cloud: Cloud, rate: float) -> None:
        self._cloud = cloud
        self._dice = random.Random(cloud.size.seed + 1)
        self._shares = [share for share, _, _ in _MIX]
        self.rate = rate
        self.paused = False

    def once(self) -> None:
        """Do one mutation."""
        _, op, type_ = self._dice.choices(_MIX, self._shares)[0]
        MUTATIONS[op, type_](self._cloud, self._dice)

    async def run(self) -> None:
        """Mutate for ever at the rate that is set."""
        loop = asyncio.get_running_loop()
        owed, before = 0.0, loop.time()
        while True:
            await asyncio.sleep(_TICK)
            now = loop.time()
            owed += 0.0 if self.paused else self.rate * (now - before)
            before = now
            while owed >= 1:
                owed -= 1
                self.once()

    def report(self) -> dict[str, Any]:
        """Return how it stands."""
        return {"rate": self.rate, "paused": self.paused}
