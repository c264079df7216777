"""From a plan that breaks a promise to the few operations that it takes (delta debugging)."""

from collections.abc import Callable

from synchronizer.sampling.sampler import Sampler
from synchronizer.testing.simulation.plan import Operation, Plan
from synchronizer.testing.simulation.run import run

_TRIES = 400


def shrunk(plan: Plan, promise: str, sampling: type[Sampler] = Sampler) -> Plan:
    """Return a plan with as few operations as it takes to break a promise."""
    tries = 0

    def breaks(operations: tuple[Operation, ...]) -> bool:
        nonlocal tries
        tries += 1
        found = run(plan._replace(operations=operations), sampling)
        return any(each.promise == promise for each in found)

    left = plan.operations
    parts = 2
    while len(left) > 1 and tries < _TRIES:
        smaller = _without_a_part(left, parts, breaks)
        if smaller is not None:
            left, parts = smaller, max(2, parts - 1)
        elif parts < len(left):
            parts = min(len(left), parts * 2)
        else:
            break
    return plan._replace(operations=left)


def _without_a_part(
    operations: tuple[Operation, ...],
    parts: int,
    breaks: Callable[[tuple[Operation, ...]], bool],
) -> tuple[Operation, ...] | None:
    size = -(-len(operations) // parts)
    for start in range(0, len(operations), size):
        rest = operations[:start] + operations[start + size :]
        if breaks(rest):
            return rest
    return None
