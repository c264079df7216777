"""What sampling a type costs the service that is asked."""

import msgspec


class Spent(msgspec.Struct, frozen=True):
    """Requests, the seconds that they took together, and the bytes that they brought."""

    calls: int = 0
    seconds: float = 0.0
    bytes: int = 0


class Cost(msgspec.Struct, frozen=True):
    """What sampling a type costs its service.

    Attributes:
        cycle: `calls`, `seconds` and `bytes` from the end of one complete sweep to the end of
            the next, polls and reads between them included; null before the first sweep.
        total: the same since the store began.
    """

    cycle: Spent | None = None
    total: Spent = Spent()
