"""Sees everything and names what was broken: the cloud's history, the log, the consumers.

ordered
    an entity's states in the log are a subsequence of its states in the cloud, in order;
    and nobody is told an older one behind a newer one. (A replica that lags may show one that
    was over lately, if nothing orders the two: of a type without a stamp, or where the stamp
    did not move.)
no false delete
    what the log calls deleted had been absent from the cloud by then. (Of a service of which
    not more than ten entities are known, two empty listings are believed while it is silent.)
fresh or flagged
    a collection without a fault says of each entity what was true at some time since its
    last complete sweep began (less the lag of replicas), or the entity waits to be read, or
    those who began the first sweep cannot see it.
convergent
    once the cloud is quiet, two cycles bring the store to it, and the mirrors.
gentle
    no commit tells of nothing, and when the cloud is quiet none comes any more.
survives
    no task dies of anything but what it may die of.

What concerns consumers stands in `synchronizer.testing.simulation.consumers`.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from synchronizer.model.change import Candidate, Commit
from synchronizer.model.entity import Collection
from synchronizer.sampling.deletion import TWICE
from synchronizer.sampling.sampler import GUARD_LEAST
from synchronizer.sampling.scope import kept
from synchronizer.testing.simulation.cloud import EVERYTHING, Cloud, owner
from synchronizer.testing.simulation.kinds import KINDS, shown
from synchronizer.testing.simulation.world import World

LAG_MOST = 1.0
"""Seconds that a replica may be behind."""

PATIENCE = 30.0
"""Seconds for which an entity may be neither fresh nor waiting to be read."""

UNDER_WAY = 360.0
"""Seconds that the last listing of a silent service may take, and what follows it."""

Shown = tuple[object, ...] | None


class Broken(NamedTuple):
    """A promise that was broken: which, when, and how."""

    promise: str
    at: float
    said: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.said} (at {self.at:.1f} s)"


class Held(NamedTuple):
    """What the log says of an entity, and the earliest place in its history that fits."""

    state: Shown
    place: int
    progress: int | None = None


class Checkpoint(NamedTuple):
    """What the judge knew when the store was backed up."""

    log: dict[tuple[str, str], Held]
    floors: dict[str, float]
    faults: dict[str, bool]


class Judge:
    """Judges one run.

    Args:
        doubted: whether a living process is about to read an entity.

    Attributes:
        broken: what was found.
        floors: kind to when its last complete sweep began.
        scopes: kind to the project whose credentials began its first sweep.
    """

    def __init__(self, world: World, cloud: Cloud, doubted: Callable[[str, str], bool]) -> None:
        self.broken: list[Broken] = []
        self.floors: dict[str, float] = {}
        self.log: dict[tuple[str, str], Held] = {}
        self.scopes: dict[str, str] = {}
        self._faults: dict[str, bool] = {}
        self._living = 0  # before the commit that it sees
        self._claimed: set[str] = set()
        self._complete_to: dict[str, float] = {}
        self._old: dict[tuple[str, str], float] = {}
        self._world = world
        self._cloud = cloud
        self._doubted = doubted

    def found(self, promise: str, said: str) -> None:
        """Note that a promise was broken."""
        self.broken.append(Broken(promise, self._world.time, said))

    # --- what it sees ---------------------------------------------------------------

    def committed(
        self, collection: Collection, candidates: Sequence[Candidate], done: Commit
    ) -> None:
        """See a commit."""
        kind = _kind(collection)
        accepted = set(done.accepted)
        moved = False
        self._living = sum(each.state is not None for each in self.log.values())
        for each in candidates:
            if each.id not in accepted:
                continue
            body = None if each.body is None else msgspec.json.decode(each.body)
            if body is not None and body["password"] != "***":
                self.found("secrets", f"{kind} {each.id} was stored with its password")
            state: Shown = None if body is None else shown(body, kind)
            progress = body.get("progress") if body else None
            held = self.log.get((kind, each.id), Held(None, 0))
            moved |= state != held.state or None in (progress, held.progress)
            moved |= progress != held.progress
            if state != held.state:
                place = self._place(kind, each, state, held)
                self.log[kind, each.id] = Held(state, place, progress)
            else:
                self.log[kind, each.id] = held._replace(progress=progress)
        if done.revision is not None and not moved:
            self.found("gentle", f"{done.revision} tells of {kind} although nothing moved")

    def noted(self, collection: Collection, fields: dict[str, Any]) -> None:
        """See a note."""
        kind, complete_to = _kind(collection), fields.get("complete_to") or 0.0
        if complete_to > self._complete_to.get(kind, 0.0):
            self._complete_to[kind] = complete_to
            self._claimed.add(kind)
        if "scope" in fields:
            self.scopes[kind] = _project(fields["scope"])
        if "fault" in fields:
            self._faults[kind] = fields["fault"] is not None

    def swept(self, collection: Collection, begun: float) -> None:
        """See the end of a sweep; it counts if it claimed that all is known."""
        kind = _kind(collection)
        if kind not in self._claimed:
            return
        self._claimed.remove(kind)
        self.floors[kind] = max(begun, self.floors.get(kind, 0.0))

    def checkpoint(self) -> Checkpoint:
        """Return what is known of the log."""
        return Checkpoint(dict(self.log), dict(self.floors), dict(self._faults))

    def back_to(self, before: Checkpoint) -> None:
        """See that the store was put back."""
        self.log, self.floors = dict(before.log), dict(before.floors)
        self._faults = dict(before.faults)
        self._complete_to.clear()
        self._old.clear()

    # --- what it looks at now and then --------------------------------------------------

    def look(self) -> None:
        """Compare the log with what it says of itself."""
        old = {}
        for kind, floor in self.floors.items():
            if self._faults.get(kind):
                continue
            ids = {id_ for of, id_ in self.log if of == kind} | self._cloud.past[kind].keys()
            for id_ in ids:
                key = (kind, id_)
                if self._is_fresh(kind, id_, floor) or self._is_excused(kind, id_):
                    continue
                since = old[key] = self._old.get(key, self._world.time)
                if self._world.time - since > PATIENCE:
                    held = self.log.get(key)
                    self.found(
                        "fresh or flagged",
                        f"{kind} {_short(id_)} is {held and held.state} in the log since "
                        f"{since:.0f} s and was not so at any time since {floor:.0f} s",
                    )
                    old[key] = float("inf")
        self._old = old

    def converged(self) -> None:
        """Compare the log with a cloud that has been quiet for long."""
        for kind in self._cloud.past:
            wanted = {id_: shown(row, kind) for id_, row in self._cloud.alive(kind).items()}
            held = {
                id_: each.state
                for (of, id_), each in self.log.items()
                if of == kind and each.state is not None
            }
            if held != wanted:
                wrong = {
                    _short(id_): (held.get(id_), wanted.get(id_))
                    for id_ in held.keys() | wanted.keys()
                    if held.get(id_) != wanted.get(id_)
                }
                self.found("convergent", f"{kind}: (log, cloud) differ: {wrong}")
            if self._faults.get(kind):
                self.found("convergent", f"{kind} still has a fault")
        for name, error in self._world.crashed:
            self.found("survives", f"{name} died of {type(error).__name__}: {error}")

    # --- inside ----------------------------------------------------------

    def _place(self, kind: str, candidate: Candidate, state: Shown, held: Held) -> int:
        """Return the earliest place in an entity's history, from what was held on, that fits."""
        history = self._history(kind, candidate.id)
        for place in range(held.place, len(history)):
            if history[place][1] == state:
                return place
        if state is None and self._is_believed(candidate):
            return len(history) - 1
        if state is not None and self._is_from_a_replica(kind, candidate.id, state, held):
            return held.place
        promise = "no false delete" if state is None else "ordered"
        reason = f" ({candidate.reason})" if candidate.reason else ""
        self.found(
            promise, f"{kind} {_short(candidate.id)} goes from {held.state} to {state}{reason}"
        )
        return len(history) - 1

    def _is_from_a_replica(self, kind: str, id_: str, state: Shown, held: Held) -> bool:
        """Whether a replica showed what was over, and no stamp says so."""
        lately = self._world.time - UNDER_WAY
        if not self._cloud.lagged or not self._was(kind, id_, state, since=lately):
            return False
        if not KINDS[kind].stamp and not KINDS[kind].version:
            return True
        past = self._cloud.past[kind].get(id_, ())[: held.place]
        then = past[-1].body if past else None
        return then is not None and any(
            each.body["updated_at"] == then["updated_at"] and shown(each.body, kind) == state
            for each in past
            if each.body is not None
        )

    def _is_believed(self, candidate: Candidate) -> bool:
        """Whether so little is known that a service which shows nothing twice is believed."""
        now = self._world.time
        if not self._cloud.silent <= now <= self._cloud.emptied + UNDER_WAY:
            return False
        return candidate.reason == TWICE and self._living <= GUARD_LEAST

    def _history(self, kind: str, id_: str) -> list[tuple[float, Shown]]:
        past = self._cloud.past[kind].get(id_, ())
        return [
            (0.0, None),
            *((each.at, shown(each.body, kind) if each.body else None) for each in past),
        ]

    def _is_excused(self, kind: str, id_: str) -> bool:
        """Whether nobody could know better by now, or will know soon."""
        if self._doubted(kind, id_):
            return True
        held = self.log.get((kind, id_))
        if held is not None and held.state is not None:
            return False
        if self.scopes.get(kind, EVERYTHING) not in {EVERYTHING, owner(id_)}:
            return True  # whoever began its first sweep cannot see it
        empty = self._cloud.emptied > self.floors[kind]
        return empty or (kind, id_) in self._cloud.shy  # never listed

    def _is_fresh(self, kind: str, id_: str, floor: float) -> bool:
        held = self.log.get((kind, id_))
        return self._was(kind, id_, held.state if held else None, since=floor)

    def _was(self, kind: str, id_: str, state: Shown, *, since: float) -> bool:
        """Whether an entity was so at any time since then, less what replicas may be behind."""
        history = self._history(kind, id_)
        for place, (_, was) in enumerate(history):
            ends = history[place + 1][0] if place + 1 < len(history) else float("inf")
            if ends > since - LAG_MOST and was == state:
                return True
        return False


def _project(scope: str | None) -> str:
    """Return whose credentials a collection's scope is of."""
    known = kept(scope)
    return EVERYTHING if known is None else known.target.removeprefix("project:")


def _kind(collection: Collection) -> str:
    return collection.type.partition(".")[2]


def _short(id_: str) -> str:
    return id_.partition("-")[0].lstrip("0") or "0"
