"""The ticket of a request: what was known before it went out, by which its answer is judged."""

from typing import NamedTuple


class Ticket(NamedTuple):
    """Taken before a request goes out, and offered to the store with what it brought.

    Attributes:
        revision: of the log, which the baseline was level with.
        sweep: how many sweeps of the collection had begun, by anyone.
        asked_at: epoch seconds.
        moment: the same by the monotonic clock of this process.
        log: the digest of the log at *revision*: the log that the ticket is of.
        answered: what it is offered with was asked for, and not told by a notification.
    """

    revision: int
    sweep: int | None
    asked_at: float
    moment: float
    log: bytes
    answered: bool = True
