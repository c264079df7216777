"""What is searched: where every property holds, and what breaks when a rule is taken out."""

from typing import NamedTuple

from synchronizer.testing.model.protocol import Model, Rules, Size
from synchronizer.testing.model.search import Result

_PAGE = Size(changes=2)
_PAGES = Size(entities=2, changes=2, sweeps=1, commits=2)
_RESTART = Size(changes=2, commits=3, restarts=1)
_BLIND = Size(changes=2, sweeps=1, commits=2, blind=1)
_LAG = Size(changes=2, sweeps=1, commits=3, lag=1)


class Case(NamedTuple):
    """One search.

    Attributes:
        broken: the properties that it must find broken; none: every property holds.
        large: the size for which there is time now and then.
    """

    name: str
    rules: Rules
    size: Size
    broken: tuple[str, ...] = ()
    large: Size | None = None

    def search(self, *, large: bool = False) -> Result:
        """Search; with *large*, as far as there is time for now and then."""
        size = self.large if large and self.large else self.size
        return Model(self.rules, size).search(self.broken)

    def agrees(self, found: Result) -> bool:
        """Whether a search found what it must."""
        return set(self.broken) <= found.broken.keys() if self.broken else not found.broken


CASES = (
    Case("two samplers, one page", Rules(), _PAGE, large=Size(changes=4)),
    Case("three samplers", Rules(), Size(3, changes=1, commits=2), large=Size(3, changes=2)),
    Case("two pages", Rules(), _PAGES, large=_PAGES._replace(sweeps=2, commits=3)),
    Case("a restart", Rules(), _RESTART, large=_RESTART._replace(changes=3, restarts=2)),
    Case("sight is lost", Rules(), _BLIND, large=_BLIND._replace(sweeps=2, commits=3)),
    Case("replicas lag", Rules(), _LAG, large=_LAG._replace(changes=3)),
    Case(
        "compared with the log as it was at the ticket",
        Rules(arrival=False, sweeps="ended"),
        _PAGE,
        ("fresh", "no ghost", "stable"),
    ),
    Case(
        "a ticket names no sweep",
        Rules(sweeps="none"),
        _PAGE,
        ("fresh", "no ghost", "stable"),
    ),
    Case(
        "a ticket names the sweeps that ended, and not those that began",
        Rules(sweeps="ended"),
        _PAGES,
        ("fresh", "no ghost", "stable"),
    ),
    Case("no control", Rules(control=False), _BLIND, ("no false delete", "fresh", "stable")),
    Case(
        "answers from behind are judged by what a process remembers",
        Rules(record=False),
        _LAG,
        ("ordered", "no false delete"),
    ),
    Case(
        "a record's age is taken when the answer arrives",
        Rules(asked=False),
        _LAG,
        ("no false delete",),
    ),
    Case(
        "only the newborn are too young, and not what was just written",
        Rules(flips="newborn"),
        _LAG._replace(changes=3, sweeps=0),
        ("ordered", "no false delete"),
    ),
)
