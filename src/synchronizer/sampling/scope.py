"""The scope of a sample: with which roles it was made."""

from typing import Any

import msgspec


def scope_of(text: str) -> dict[str, Any]:
    """Decode the scope as the store keeps it."""
    found = msgspec.json.decode(text)
    return found if isinstance(found, dict) else {}


def lost_roles(before: object, now: str | None) -> str:
    """Return the roles of *before* that *now* lacks, for people; empty when none."""
    if not isinstance(before, str) or now is None:
        return ""
    lost = set(before.split(",")) - set(now.split(","))
    return ", ".join(sorted(lost))
