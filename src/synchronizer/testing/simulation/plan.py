"""What will happen in a run: drawn from a seed, and nothing but data."""

import random
from typing import Any, NamedTuple

from synchronizer.testing.simulation.kinds import DRAWN

HORIZON = 300.0
"""Seconds in which things happen; then it is quiet."""

PROCESSES = 2
MIRRORS = 2


class Operation(NamedTuple):
    """Something that happens at a time; see `Run` for what each does."""

    at: float
    name: str
    given: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.at:7.2f} {self.name} {', '.join(map(str, self.given))}"


class Plan(NamedTuple):
    """A whole run.

    Attributes:
        kinds: of entities that there are.
        many: how many there are of each from the beginning.
        features: what may go wrong, for people.
    """

    seed: int
    kinds: tuple[str, ...]
    many: int
    features: tuple[str, ...]
    operations: tuple[Operation, ...]


FEATURES = (
    "lag",
    "restarts",
    "scope",
    "emptied",
    "restore",
    "releases",
    "clocks",
    "faults",
    "cuts",
    "compaction",
    "slow",
)
"""What may go wrong; a plan has a few of them."""

WAYS = ("bus", "http")
"""Other ways on which a mirror follows the log; a plan has one now and then."""

_STATUSES = ("ACTIVE", "REBOOT", "BUILD")


def drawn(seed: int, only: tuple[str, ...] | None = None) -> Plan:
    """Draw a plan from a seed.

    Args:
        only: the features to have, instead of some that are drawn.
    """
    dice = random.Random(seed)
    kinds = tuple(dice.sample(DRAWN, 2))
    features = only or tuple(sorted(dice.sample(FEATURES, dice.choice((1, 2, 2, 3)))))
    many = 13 if "emptied" in features else dice.choice((2, 3, 5))
    draw = _Draw(dice, kinds, many, features)
    draw.life()
    draw.looks()
    for each in features:
        getattr(draw, each)()
    if only is None:
        # By other dice: the rest of a plan is as it is without.
        features += draw.way(random.Random(f"{seed} way"))
    return Plan(seed, kinds, many, features, tuple(sorted(draw.operations)))


class _Draw:
    """Draws operations; each feature is a method."""

    def __init__(
        self, dice: random.Random, kinds: tuple[str, ...], many: int, features: tuple[str, ...]
    ) -> None:
        self.operations: list[Operation] = []
        self._dice = dice
        self._kinds = kinds
        self._many = many
        self._features = features

    def life(self) -> None:
        """The cloud lives: entities come, move and go; the same ones move again soon."""
        dice = self._dice
        few = "emptied" in self._features
        for _ in range(dice.randrange(4, 14)):
            kind, index = dice.choice(self._kinds), dice.randrange(self._many + 2)
            at = dice.uniform(5, HORIZON)
            for _ in range(dice.choice((1, 1, 2, 3))):
                if dice.random() < (0.05 if few else 0.3):
                    self._add(at, "delete", kind, index)
                else:
                    silent = dice.random() < 0.15
                    self._add(at, "put", kind, index, dice.choice(_STATUSES), silent)
                at += dice.choice((0.2, 1.0, 4.0, 30.0, 90.0)) * dice.uniform(0.5, 1.5)

    def looks(self) -> None:
        """Everybody sweeps now and then, and polls more often."""
        dice = self._dice
        for process in range(PROCESSES):
            for kind in self._kinds:
                at = dice.uniform(0.0, 3.0)
                while at < HORIZON:
                    self._add(at, "look", process, kind, "sweep")
                    at += dice.uniform(40, 130)
                at = dice.uniform(5, 60)
                while at < HORIZON:
                    self._add(at, "look", process, kind, "poll")
                    at += dice.uniform(30, 120)

    def lag(self) -> None:
        """Replicas are behind, and what just moved is looked at from several sides."""
        dice = self._dice
        self._add(1.0, "lag", dice.uniform(0.5, 1.0))
        for _ in range(dice.randrange(3, 8)):
            kind, index, at = dice.choice(self._kinds), dice.randrange(20), self._some_time()
            name = dice.choice(("put", "put", "put", "delete"))
            given = (dice.choice(_STATUSES), False) if name == "put" else ()
            self._add(at, name, kind, index, *given)
            for process in range(PROCESSES):
                self._add(at + dice.uniform(0.02, 0.6), "hint", process, kind, index)
            self._add(at + 0.3, "look", dice.randrange(PROCESSES), kind, "sweep")

    def restarts(self) -> None:
        """Processes die and start again."""
        for _ in range(self._dice.randrange(1, 4)):
            self._add(self._some_time(), "restart", self._dice.randrange(PROCESSES))

    def scope(self) -> None:
        """A process comes back with the credentials of a project."""
        process, at = self._dice.randrange(PROCESSES), self._some_time()
        self._add(at, "project", process, self._dice.choice("ab"))
        if self._dice.random() < 0.5:
            self._add(at + 1, "look", process, self._dice.choice(self._kinds), "sweep")

    def emptied(self) -> None:
        """The service answers as if it had nothing."""
        at = self._some_time()
        self._add(at, "emptied", self._dice.uniform(20, 200))
        for process in range(PROCESSES):
            self._add(at + 1 + process, "look", process, self._dice.choice(self._kinds), "sweep")

    def restore(self) -> None:
        """The store is put back to what it was a while ago."""
        at = self._dice.uniform(20, HORIZON - 60)
        self._add(at, "backup")
        self._add(at + self._dice.uniform(10, 60), "restore")

    def releases(self) -> None:
        """One process after the other gets the next release."""
        at = self._dice.uniform(10, 200)
        for process in self._dice.sample(range(PROCESSES), PROCESSES):
            self._add(at, "release", process)
            at += self._dice.uniform(60, 200)
        at = 5.0
        while at < HORIZON:
            self._add(at, "progress")
            at += self._dice.uniform(20, 80)

    def clocks(self) -> None:
        """Wall clocks step."""
        for _ in range(self._dice.randrange(1, 4)):
            who = self._dice.choice((*range(PROCESSES), "store"))
            self._add(self._some_time(), "skew", who, self._dice.choice((-3600, -5, 5, 90000)))

    def faults(self) -> None:
        """The service fails in part."""
        dice = self._dice
        for _ in range(dice.randrange(1, 4)):
            name = dice.choice(("outage", "broken", "hide"))
            kind = dice.choice(self._kinds)
            given = (kind, dice.randrange(self._many)) if name == "hide" else ()
            if kind != "grain" or name != "hide":
                self._add(self._some_time(), name, dice.uniform(5, 90), *given)

    def cuts(self) -> None:
        """Connections of mirrors are cut."""
        for _ in range(self._dice.randrange(1, 5)):
            self._add(self._some_time(), "cut", self._dice.randrange(MIRRORS))

    def compaction(self) -> None:
        """History is forgotten soon."""
        for _ in range(self._dice.randrange(1, 4)):
            self._add(self._some_time(), "compact", self._dice.choice((0, 30, 120)))

    def slow(self) -> None:
        """A state is there and gone again while somebody's answer takes its time."""
        dice = self._dice
        for _ in range(dice.randrange(1, 4)):
            kind, index, at = (
                dice.choice(self._kinds),
                dice.randrange(self._many),
                self._some_time(),
            )
            late, quick = dice.sample(range(PROCESSES), 2)
            back = at + dice.uniform(1, 5)
            if dice.random() < 0.5:
                # A read sees it and arrives behind a sweep that saw what followed.
                self._add(at + 0.1, "hold", late, kind, 0.0, dice.uniform(15, 60))
                self._add(at + 0.2, "hint", late, kind, index)
                self._add(back + dice.uniform(0.1, 5), "look", quick, kind, "sweep")
            else:
                # A listing is asked for before it, and made behind it.
                self._add(at - 0.6, "hold", late, kind, dice.uniform(8, 30), 0.0)
                self._add(at - 0.5, "look", late, kind, dice.choice(("sweep", "sweep", "poll")))
                self._add(at + 0.2, "hint", quick, kind, index)
            self._add(at, "put", kind, index, dice.choice(_STATUSES[1:]), dice.random() < 0.5)
            self._add(back, "put", kind, index, "ACTIVE", True)

    def way(self, dice: random.Random) -> tuple[str, ...]:
        """One more mirror follows the log on another way, in some plans."""
        chosen = dice.choice((*WAYS, "", ""))
        if not chosen:
            return ()
        self._dice = dice
        getattr(self, chosen)()
        return (chosen,)

    def bus(self) -> None:
        """A mirror follows the log over a bus: relays die, the broker goes away."""
        dice = self._dice
        moves = [each.at for each in self.operations if each.name in {"put", "delete"}]
        for _ in range(dice.randrange(1, 4)):
            at = dice.choice(moves) + dice.uniform(0.5, 5)
            self._add(at, "relay", dice.randrange(2), dice.uniform(0.1, 30))
        for _ in range(dice.randrange(3)):
            self._add(dice.choice(moves) + dice.uniform(0.5, 10), "broker", dice.uniform(0.1, 40))
        for _ in range(dice.randrange(3)):
            self._add(self._some_time(), "cut", MIRRORS)

    def http(self) -> None:
        """A mirror follows the log over HTTP: it is slow, and connections are cut."""
        dice = self._dice
        for _ in range(dice.randrange(1, 4)):
            self._add(self._some_time(), "cut", MIRRORS)
        for _ in range(dice.randrange(3)):
            self._add(self._some_time(), "slow_reader", dice.uniform(1, 60))

    def _some_time(self) -> float:
        return self._dice.uniform(15, HORIZON - 20)

    def _add(self, at: float, name: str, *given: Any) -> None:
        self.operations.append(Operation(round(at, 2), name, given))
