"""What a release counts as state of an entity type: its declaration, as a store keeps it.

Digests of two declarations cannot be compared, and releases of two may be at work on one store
while it is upgraded. So the store says whose digests it holds, and releases have an order.
"""

from re import compile as compiled
from typing import NamedTuple

import msgspec

_RELEASE = compiled(
    r"(?P<number>\d+(?:\.\d+)*)(?:(?P<phase>a|b|rc)(?P<of>\d+))?"
    r"(?:\.post(?P<post>\d+))?(?:\.dev(?P<dev>\d+))?"
)
_DEV, _PHASES, _FINAL, _POST = 0, {"a": 1, "b": 2, "rc": 3}, 4, 5
_NO_DEV = 1 << 62


class Declaration(msgspec.Struct, frozen=True):
    """Whose digests a store holds.

    Attributes:
        release: of the distribution that declares.
        fingerprint: of what is declared.
    """

    release: str
    fingerprint: str


class Adopted(NamedTuple):
    """The declaration that a collection's digests are of.

    Attributes:
        turn: goes up with each adoption.
        at: epoch seconds of it.
    """

    declaration: Declaration
    turn: int
    at: float


def place(release: str) -> tuple[tuple[int, ...], int, int, int]:
    """Return what orders releases as PEP 440 does; what is no release comes first."""
    found = _RELEASE.match(release)
    if found is None:
        return ((), 0, 0, 0)
    number = [int(part) for part in found["number"].split(".")]
    while len(number) > 1 and not number[-1]:
        number.pop()
    dev = int(found["dev"]) if found["dev"] else _NO_DEV
    if found["phase"]:
        return (tuple(number), _PHASES[found["phase"]], int(found["of"]), dev)
    if found["post"]:
        return (tuple(number), _POST, int(found["post"]), dev)
    return (tuple(number), _DEV if found["dev"] else _FINAL, 0, dev)
