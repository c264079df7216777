"""What must be true of everything that a consumer was told about one entity."""

from collections.abc import Collection, Sequence
from itertools import pairwise

from synchronizer.model.change import Change


def faults(changes: Sequence[Change], fields: Collection[str] = ()) -> list[str]:
    """Return what is wrong with the life of one entity, as sentences; nothing when all is well.

    It was told once: one create at the beginning, at most one delete and that at the end,
    each change follows the one before it, and no two tell the same. It was told whole:
    each body has all of *fields*, a delete has the last known state.
    """
    found = []
    ops = [change.op for change in changes]
    if ops[:1] != ["create"] or "create" in ops[1:]:
        found.append(f"it was not created once: {ops}")
    if "delete" in ops[:-1]:
        found.append(f"there is something after its delete: {ops}")
    found += [_lacking(change, fields) for change in changes if _lacking(change, fields)]
    for before, after in pairwise(changes):
        found += _steps(before, after)
    return found


def _steps(before: Change, after: Change) -> list[str]:
    found = []
    where = f"{after.op} at revision {after.revision}"
    if after.revision <= before.revision:
        found.append(f"{where}: comes after revision {before.revision}")
    if after.previous != before.revision:
        found.append(f"{where}: follows {after.previous}, and {before.revision} was told")
    if after.op == "delete" and after.body != before.body:
        found.append(f"{where}: is not the last known state")
    if after.op == "update" and (after.body == before.body or not after.changed):
        found.append(f"{where}: changes nothing")
    return found


def _lacking(change: Change, fields: Collection[str]) -> str:
    lacking = sorted(set(fields) - set(change.body))
    if not lacking:
        return ""
    return f"{change.op} at revision {change.revision}: lacks {', '.join(lacking)}"
