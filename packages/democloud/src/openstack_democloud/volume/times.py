"""Cinder's filter by time: ``updated_at=gte:2026-01-01T00:00:00``."""

from collections.abc import Callable

from openstack_democloud.clock import parse
from openstack_democloud.exchange import Ask, RefusalError
from openstack_democloud.table import Body

Test = Callable[[Body], bool]
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "gt": lambda held, given: held > given,
    "gte": lambda held, given: held >= given,
    "lt": lambda held, given: held < given,
    "lte": lambda held, given: held <= given,
    "eq": lambda held, given: held == given,
    "neq": lambda held, given: held != given,
}


def time_tests(ask: Ask) -> list[Test]:
    """Return what tells whether a row passes the filters by time.

    Several operators in one value are OR-ed, and null never matches, both as in Cinder.
    """
    query = ask.query
    return [_test(name, query[name]) for name in ("created_at", "updated_at") if name in query]


def _test(name: str, text: str) -> Test:
    wanted: list[tuple[str, float]] = []
    for part in text.split(","):
        operator, _, value = part.strip().partition(":")
        if operator not in _COMPARE:
            raise RefusalError(400, f"Comparison operator is not supported in {name}: {part}")
        try:
            wanted.append((operator, parse(value.replace(" ", "+"))))
        except ValueError as error:
            raise RefusalError(400, f"{name} is not an ISO 8601 time: {value}") from error

    def test(body: Body) -> bool:
        if body[name] is None:
            return False
        held = parse(body[name])
        return any(_COMPARE[operator](held, given) for operator, given in wanted)

    return test
