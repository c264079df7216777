"""Whether a snapshot is what the service itself lists, while others go on using the cloud."""

from collections.abc import Mapping, Sequence
from typing import Any

Rows = Mapping[str, Mapping[str, Any]]


def disagreements(
    before: Rows, snapshot: Rows, after: Rows, fields: Sequence[str]
) -> tuple[list[str], bool]:
    """Compare bodies, sampled between two listings, with those listings; all by id.

    What stands in both listings, and the same in both, was so in between: it must be in the
    snapshot, with the same *fields*. What stands in neither cannot be in the snapshot, unless it
    came and went in the meantime.

    Returns:
        What is wrong, as sentences; and whether the only thing wrong is something that may
        have come and gone, so that it is worth looking again.
    """
    wrong = []
    for its_id, row in before.items():
        if its_id not in after:
            continue
        if its_id not in snapshot:
            wrong.append(f"{its_id} is listed and not in the snapshot")
        elif row == after[its_id]:
            held = snapshot[its_id]
            wrong += [
                f"{its_id} has {field} {row[field]!r}, in the snapshot {held.get(field)!r}"
                for field in fields
                if row[field] != held.get(field)
            ]
    strangers = [its_id for its_id in snapshot if its_id not in before and its_id not in after]
    told = [f"{its_id} is in the snapshot and not listed" for its_id in strangers]
    return wrong + told, bool(strangers) and not wrong
