"""Churn: the cloud lives on its own, so many mutations a second."""

import asyncio
import random
from typing import Any

from openstack_democloud.cloud import Cloud

_TICK = 0.05


class Churn:
    """Runs in the event loop. It has dice of its own, so that mutations on request keep theirs."""

    def __init__(self, cloud: Cloud, rate: float) -> None:
        self._cloud = cloud
        self._dice = random.Random(cloud.size.seed + 1)
        mix = [line for service in cloud.services for line in service.churn]
        self._shares = [share for share, _, _ in mix]
        self._mutations = [cloud.services.mutations[op, type_] for _, op, type_ in mix]
        self.rate = rate
        self.paused = False

    def once(self) -> None:
        """Do one mutation."""
        self._dice.choices(self._mutations, self._shares)[0](self._cloud, self._dice)

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
