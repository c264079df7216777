"""Which rule each promise stands on: how many seeds it takes until one breaks without it.

What only a rare coincidence shows has a plan that was kept (``tests/simulation/kept``). One
rule shows in no run, because the next sweep mends what its lack breaks and the judge allows
for what was true since the last one: `ComparesWithTheTicket`, see
``tests/unit/sampling/test_fixes_are_needed.py``.
"""

import time
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from synchronizer.sampling.sampler import Sampler
from synchronizer.testing import unfixed
from synchronizer.testing.simulation.judge import Broken
from synchronizer.testing.simulation.plan import drawn
from synchronizer.testing.simulation.run import run
from synchronizer.testing.undigested import Undigested

RULES = {
    name: partial(run, sampling=rule)
    for name, rule in sorted(vars(unfixed).items())
    if isinstance(rule, type) and issubclass(rule, Sampler) and rule.__module__ == unfixed.__name__
} | {"Undigested": partial(run, seen=Undigested)}
"""By the name of what stands in for the rule: how a plan is run without it."""


class Hole(NamedTuple):
    """What became of a rule that was taken out.

    Attributes:
        seeds: how many it took, or how many were tried.
        broken: the first promise that was broken; None when none was.
        seconds: of CPU.
    """

    rule: str
    seeds: int
    broken: Broken | None
    seconds: float


def find(first: int, seeds: int, features: tuple[str, ...] | None = None) -> Iterator[Hole]:
    """Yield each rule with the first seed that shows that it is needed.

    Args:
        first: the first seed to try.
        seeds: how many to try at most.
        features: what happens in each run; None draws it.
    """
    for rule, attempt in RULES.items():
        begun, broken, tried = time.process_time(), list[Broken](), 0
        while tried < seeds and not broken:
            plan = drawn(first + tried, features)
            broken = attempt(plan)
            if broken and run(plan):
                broken = []  # it shows something else
            tried += 1
        seconds = time.process_time() - begun
        yield Hole(rule, tried, broken[0] if broken else None, seconds)


def table(holes: Iterator[Hole]) -> Iterator[str]:
    """Yield the lines of a table, each as soon as it is known."""
    yield f"{'without the rule of':24} {'found within':>14} {'CPU s':>7}  broken promise"
    for each in holes:
        found = f"{each.seeds} seed{'s' * (each.seeds != 1)}" if each.broken else "not found"
        promise = each.broken.promise if each.broken else f"in {each.seeds} seeds"
        yield f"{each.rule:24} {found:>14} {each.seconds:7.1f}  {promise}"
