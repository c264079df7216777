"""Breadth-first search through every interleaving: the first counterexample is a shortest one."""

import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, NamedTuple, TypeVar

S = TypeVar("S", bound=Hashable)

Step = tuple[str, S, tuple[str, ...]]
"""What happens, the state after it, and the properties that it breaks."""


class Result(NamedTuple):
    """What a search found.

    Attributes:
        broken: property to the steps that break it.
    """

    states: int
    seconds: float
    broken: dict[str, list[str]]


class _Known(NamedTuple, Generic[S]):
    before: S | None
    step: str


def search(
    first: S,
    steps: Callable[[S], Iterable[Step[S]]],
    *,
    alike: Callable[[S], Hashable],
    expected: Iterable[str] = (),
) -> Result:
    """Visit every state that can be reached.

    Args:
        steps: yields what may happen in a state.
        alike: returns what two states have in common that need not both be visited.
        expected: end as soon as all of these properties are known to be broken.
    """
    begun = time.process_time()
    wanted = set(expected)
    known: dict[Hashable, _Known[S]] = {alike(first): _Known(None, "")}
    waiting = deque([first])
    broken: dict[str, list[str]] = {}
    while waiting:
        state = waiting.popleft()
        for step, after, breaks in steps(state):
            for name in breaks:
                if name not in broken:
                    broken[name] = [*_way_to(state, known, alike), step]
            key = alike(after)
            if key not in known:
                known[key] = _Known(state, step)
                waiting.append(after)
        if wanted and wanted <= broken.keys():
            break
    return Result(len(known), time.process_time() - begun, broken)


def _way_to(
    state: S, known: dict[Hashable, _Known[S]], alike: Callable[[S], Hashable]
) -> list[str]:
    way: list[str] = []
    while (found := known[alike(state)]).before is not None:
        way.append(found.step)
        state = found.before
    return way[::-1]
