"""What a check of ``doctor`` found."""

from typing import Literal, NamedTuple


class Finding(NamedTuple):
    """One row: *verdict* is ``yes``, ``no``, or ``look`` for what may be meant so."""

    check: str
    verdict: Literal["yes", "look", "no"]
    found: str
    remedy: str = ""


def failed(check: str, error: Exception) -> Finding:
    """Return the finding that an error makes: its sentence tells the remedy, too."""
    found, _, remedy = str(error).partition("; ")
    return Finding(check, "no", found, remedy or "See `synchronizer help doctor`, or the log.")
