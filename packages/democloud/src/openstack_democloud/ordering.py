"""Rows in the order a listing asks for, and where in it a marker stands."""

from collections.abc import Iterable
from typing import Any

from openstack_democloud.table import Body

#: Field, and whether the largest comes first.
Sort = tuple[str, bool]


def ordered(rows: Iterable[Body], sorts: Iterable[Sort]) -> list[Body]:
    """Return *rows* sorted by several fields; null is the smallest, as in MySQL."""
    found = list(rows)
    for field, descending in reversed(list(sorts)):
        found.sort(key=lambda body: _key(body.get(field)), reverse=descending)
    return found


def behind(rows: list[Body], sorts: Iterable[Sort], marker: Body | None) -> list[Body]:
    """Return the sorted *rows* that come after *marker*, which need not be among them."""
    if marker is None:
        return rows
    if not any(body is marker for body in rows):
        rows = ordered([*rows, marker], sorts)
    place = next(number for number, body in enumerate(rows) if body is marker)
    return rows[place + 1 :]


def _key(value: Any) -> tuple[bool, Any]:
    return (value is not None, value)
