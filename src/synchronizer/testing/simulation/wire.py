"""The way to the service: a request leaves, the service decides, an answer arrives.

Each is a moment of its own, and anything may happen in between. How long it takes is drawn
for each request by what is asked and when, so that a plan with one operation less is not
another run altogether.
"""

import random
from collections.abc import Callable, Collection

from synchronizer.model.errors import MalformedError, UnreachableError
from synchronizer.plugins.service import Answer, Query
from synchronizer.testing.simulation.cloud import Cloud
from synchronizer.testing.simulation.world import BEGUN, World

_SLOW = 0.06
"""So many answers come a minute or two late: a worker stood still, or a process of ours."""


class Wire:
    """What a sampler has in the place of a `Service`.

    Attributes:
        calls: how many requests were made.
        held: seconds that the next request and its answer take longer.
    """

    def __init__(
        self, world: World, cloud: Cloud, scope: Callable[[], str], dice: random.Random
    ) -> None:
        self.calls = 0
        self.held = (0.0, 0.0)
        self._world = world
        self._cloud = cloud
        self._scope = scope
        self._dice = dice

    def get(
        self,
        path: str,
        query: Query,
        *,
        microversion: tuple[str, str] | None = None,  # noqa: ARG002 - the seam's signature
        allow: Collection[int] = (),
    ) -> Answer:
        """Ask, and wait for the answer."""
        world, cloud, dice = self._world, self._cloud, self._dice
        self.calls += 1
        (before, behind), self.held = self.held, (0.0, 0.0)
        world.pause(self._delay() + before)
        if cloud.outage > world.time:
            world.pause(1.0)
            raise UnreachableError("quarry answered 503; it is retried")
        lag = dice.random() * cloud.lag
        at = world.time - lag if dice.random() < 0.5 else world.time
        status, body = cloud.answer(path, query, self._scope(), at)
        date = BEGUN + world.time
        world.pause(self._delay() + behind)
        if status == 200 or status in allow:
            return Answer(status, body, date)
        if status >= 500 or status == 404:
            raise UnreachableError(f"quarry answered {status}; it is retried")
        raise MalformedError(f"quarry answered {status}")

    def relocate(self) -> None:
        """Do nothing: it is where it is."""

    def usage(self) -> tuple[int, float, int]:
        """Return calls, seconds and bytes so far."""
        return self.calls, 0.0, 0

    def _delay(self) -> float:
        long = self._dice.random() < _SLOW and not self._cloud.quiet
        return self._dice.uniform(5.0, 120.0) if long else self._dice.uniform(0.005, 0.3)
