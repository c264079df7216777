"""The protocol between a cloud, samplers and a log, as small as it can be said.

A cloud has a few entities; each is absent, or present in one of two states, and may be any
of them again (so ids are used anew, and a state comes back). A listing has one page for
each entity. A sampler sweeps page by page, or reads one entity. A request leaves with a
ticket, the service decides on the answer at some later moment, and it arrives later still;
in between anything may happen. An entity that a sweep misses is read before it counts as
deleted, and so is one whose candidate was refused.

`Rules` can be taken out one by one. The properties, each by its name:

ordered
    the states that the log had of an entity are a subsequence of those that it had in the
    cloud, in the same order;
no false delete
    an entity is deleted in the log only if it was absent from the cloud meanwhile;
fresh
    what the log says of an entity was true at some time after the last complete sweep began;
no ghost
    what was absent all that time is absent from the log;
stable
    when the cloud has not moved since before the last complete sweep began, log = cloud.

Where replicas answer, the three last ones hold up to their lag.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from synchronizer.testing.model.search import Result, Step, search

PROPERTIES = ("ordered", "no false delete", "fresh", "no ghost", "stable")

ABSENT = 0
_STATES = (ABSENT, 1, 2)
_SHOWN = ("absent", "a", "b")

IDLE, WAITS, ASKED, DECIDED = range(4)


class Rules(NamedTuple):
    """What a sampler and the log do to be right; each can be taken out.

    Attributes:
        arrival: an answer is compared with the log as it is when the answer arrives.
        sweeps: which sweeps since its ticket make a candidate too old: those that ``began``,
            those that ``ended``, or ``none``.
        record: an answer from behind is judged by what is in the record, and not by what its
            own process remembers.
        flips: which records are too young to be contradicted on whether the entity exists:
            those of the ``newborn``, or ``any``, a tombstone as well.
        asked: a record is young when it was written within the lag before the request left,
            and not before the answer came.
        control: an answer counts only when something else was visible in it.
    """

    arrival: bool = True
    sweeps: Literal["none", "ended", "began"] = "began"
    record: bool = True
    flips: Literal["newborn", "any"] = "any"
    asked: bool = True
    control: bool = True


class Size(NamedTuple):
    """How far the search goes.

    Attributes:
        entities: and so many pages has a listing.
        changes: of the cloud, ticks of its clock included where it lags.
        lag: how many changes a replica may be behind.
        blind: how often the credentials may lose sight of everything.
    """

    samplers: int = 2
    entities: int = 1
    changes: int = 3
    sweeps: int = 2
    commits: int = 4
    restarts: int = 0
    lag: int = 0
    blind: int = 0


class Entity(NamedTuple):
    """What the log says of an entity.

    Attributes:
        place: the earliest in its history in the cloud that fits.
        written: when the record was; for the rule of the newborn, when it was born.
    """

    state: int = ABSENT
    revision: int = 0
    place: int = 0
    stamp: int = 0
    written: int = 0


class Sampler(NamedTuple):
    """What a sampler is doing.

    Attributes:
        known: what the log said when the ticket was taken.
        looks: the sweeps that counted when the ticket was taken.
        begun: when its sweep began; -1 when it reads.
        sure: an absence was seen in a listing already, and this is the read after it.
        answer: the state, its stamp, and whether something else was visible.
        stamps: of what it committed itself since it was started, one for each entity.
    """

    phase: int = IDLE
    page: int = 0
    ticket: int = 0
    known: int = ABSENT
    looks: int = 0
    begun: int = -1
    sure: bool = False
    asked: int = 0
    answer: tuple[int, int, bool] = (ABSENT, 0, True)
    stamps: tuple[int, ...] = ()


class State(NamedTuple):
    """Everything at one moment; *floor* is when the last complete sweep began."""

    cloud: tuple[tuple[int, ...], ...]
    log: tuple[Entity, ...]
    samplers: tuple[Sampler, ...]
    head: int = 0
    began: int = 0
    ended: int = 0
    floor: int = -1
    restarts: int = 0
    blind: bool = False
    blinded: int = 0


class Model:
    """The protocol under some rules, up to some size."""

    def __init__(self, rules: Rules, size: Size) -> None:
        self.rules = rules
        self.size = size
        nothing = (ABSENT,) * size.entities
        forgotten = Sampler(stamps=(0,) * size.entities)
        self.first = State((nothing,), (Entity(),) * size.entities, (forgotten,) * size.samplers)
        self._forgotten = forgotten

    def search(self, expected: tuple[str, ...] = ()) -> Result:
        """Visit everything; samplers that swap places are the same state."""
        return search(
            self.first,
            self.steps,
            alike=lambda state: (*state[:2], tuple(sorted(state[2])), *state[3:]),
            expected=expected,
        )

    def steps(self, state: State) -> Iterator[Step[State]]:
        """Yield all that may happen next."""
        yield from self._cloud_moves(state)
        for number, sampler in enumerate(state.samplers):
            if sampler.phase == IDLE:
                yield from self._begins(state, number, sampler)
            elif sampler.phase == WAITS:
                yield self._asks(state, number, sampler)
            elif sampler.phase == ASKED:
                yield from self._decides(state, number, sampler)
            else:
                yield self._arrives(state, number, sampler)
            if state.restarts < self.size.restarts:
                after = self._with(state, number, self._forgotten)
                yield f"{number} is restarted", after._replace(restarts=state.restarts + 1), ()

    # --- the cloud -------------------------------------------------------------

    def _cloud_moves(self, state: State) -> Iterator[Step[State]]:
        now = state.cloud[-1]
        if len(state.cloud) <= self.size.changes:
            for place, was in enumerate(now):
                for becomes in _STATES:
                    if becomes == was:
                        continue
                    new = (*now[:place], becomes, *now[place + 1 :])
                    after = state._replace(cloud=(*state.cloud, new))
                    yield f"{_name(place)} becomes {_SHOWN[becomes]}", after, ()
            if self.size.lag:
                yield "time passes", state._replace(cloud=(*state.cloud, now)), ()
        if state.blind:
            yield "sight comes back", state._replace(blind=False), ()
        elif state.blinded < self.size.blind:
            lost = state._replace(blind=True, blinded=state.blinded + 1)
            yield "sight is lost", lost, ()

    # --- a request ------------------------------------------------------------------

    def _begins(self, state: State, number: int, sampler: Sampler) -> Iterator[Step[State]]:
        now = len(state.cloud) - 1
        if state.began < self.size.sweeps:
            sweeps = sampler._replace(phase=WAITS, page=0, begun=now)
            after = self._with(state, number, sweeps)._replace(began=state.began + 1)
            yield f"{number} begins a sweep", after, ()
        for page in range(self.size.entities):
            reads = sampler._replace(phase=WAITS, page=page, begun=-1)
            yield self._asks(state, number, reads)

    def _asks(self, state: State, number: int, sampler: Sampler) -> Step[State]:
        asked = sampler._replace(
            phase=ASKED,
            ticket=state.head,
            known=state.log[sampler.page].state,
            looks=self._looks(state),
            asked=len(state.cloud) - 1 if self.size.lag else 0,
        )
        what = "reads" if sampler.begun < 0 or sampler.sure else "lists"
        said = f"{number} {what} {_name(sampler.page)} with ticket {state.head}"
        return said, self._with(state, number, asked), ()

    def _looks(self, state: State) -> int:
        return {"none": 0, "ended": state.ended, "began": state.began}[self.rules.sweeps]

    def _decides(self, state: State, number: int, sampler: Sampler) -> Iterator[Step[State]]:
        newest = len(state.cloud) - 1
        answers = set()
        for at in range(max(0, newest - self.size.lag), newest + 1):
            found, stamp = self._as_of(state, sampler.page, at)
            if state.blind:
                found, stamp = ABSENT, 0
            answers.add((found, stamp, not state.blind))
        for answer in sorted(answers):
            decided = sampler._replace(phase=DECIDED, answer=answer)
            said = f"the service decides for {number}: {_SHOWN[answer[0]]}"
            yield said, self._with(state, number, decided), ()

    def _as_of(self, state: State, place: int, at: int) -> tuple[int, int]:
        found = state.cloud[at][place]
        if not self.size.lag or found == ABSENT:
            return found, 0
        since = at
        while since and state.cloud[since - 1][place] == found:
            since -= 1
        return found, since

    # --- an answer ------------------------------------------------------------------

    def _arrives(self, state: State, number: int, sampler: Sampler) -> Step[State]:
        found, _, visible = sampler.answer
        entity = state.log[sampler.page]
        said = f"{_SHOWN[found]} arrives at {number}"
        if self.rules.control and not visible:
            void = self._forgotten._replace(stamps=sampler.stamps)
            return f"{said}, without a control", self._with(state, number, void), ()
        if found == (entity.state if self.rules.arrival else sampler.known):
            return self._settled(state, number, sampler, f"{said}, as known")
        if found == ABSENT and sampler.begun >= 0 and not sampler.sure:
            waits = sampler._replace(phase=WAITS, sure=True)
            return f"{said}, to be read", self._with(state, number, waits), ()
        behind = self.size.lag and self._is_behind(state, sampler, entity)
        if behind or entity.revision > sampler.ticket or sampler.looks != self._looks(state):
            why = "from behind" if behind else "refused"
            waits = sampler._replace(phase=WAITS)
            return f"{said}, {why}", self._with(state, number, waits), ()
        if state.head == self.size.commits:
            return f"{said}, too late", state, ()
        return self._commits(state, number, sampler, said)

    def _is_behind(self, state: State, sampler: Sampler, entity: Entity) -> bool:
        found, stamp, _ = sampler.answer
        known = entity.stamp if self.rules.record else sampler.stamps[sampler.page]
        asked = sampler.asked if self.rules.asked else len(state.cloud) - 1
        young = known > 0 and asked - entity.written < self.size.lag
        if found == ABSENT:
            return young
        if entity.state == ABSENT:
            return stamp <= known or (young and self.rules.flips == "any")
        return stamp < known

    def _commits(self, state: State, number: int, sampler: Sampler, said: str) -> Step[State]:
        found, stamp, _ = sampler.answer
        page, now = sampler.page, len(state.cloud) - 1
        entity = state.log[page]
        history = [each[page] for each in state.cloud]
        place = next((at for at in range(entity.place, now + 1) if history[at] == found), None)
        breaks: tuple[str, ...] = ()
        if place is None:
            breaks = ("no false delete" if found == ABSENT else "ordered",)
            place = now
        lags = bool(self.size.lag)
        anew = entity.state == ABSENT or self.rules.flips == "any"
        written = now if lags and anew else entity.written
        stamp = stamp if found != ABSENT else entity.stamp
        new = Entity(found, state.head + 1, place, stamp, written)
        log = (*state.log[:page], new, *state.log[page + 1 :])
        own = sampler.stamps
        mine = (*own[:page], stamp, *own[page + 1 :]) if lags and not self.rules.record else own
        after = state._replace(log=log, head=state.head + 1)
        _, after, more = self._settled(after, number, sampler._replace(stamps=mine), said)
        return f"{said}, committed as {after.head}", after, (*breaks, *more)

    def _settled(self, state: State, number: int, sampler: Sampler, said: str) -> Step[State]:
        """Go on to the next page, or end."""
        if sampler.begun >= 0 and sampler.page + 1 < self.size.entities:
            following = Sampler(WAITS, sampler.page + 1, begun=sampler.begun, stamps=sampler.stamps)
            return self._judge(said, self._with(state, number, following))
        after = self._with(state, number, self._forgotten._replace(stamps=sampler.stamps))
        if sampler.begun >= 0:
            floor = max(state.floor, sampler.begun)
            after = after._replace(ended=state.ended + 1, floor=floor)
            said = f"{said}; its sweep is complete"
        return self._judge(said, after)

    def _judge(self, said: str, state: State) -> Step[State]:
        if state.floor < 0:
            return said, state, ()
        since = state.cloud[max(0, state.floor - self.size.lag) :]
        breaks = []
        for place, entity in enumerate(state.log):
            true = {each[place] for each in since}
            if entity.state not in true:
                breaks.append("fresh")
                if true == {ABSENT}:
                    breaks.append("no ghost")
                if len(true) == 1:
                    breaks.append("stable")
        return said, state, tuple(breaks)

    @staticmethod
    def _with(state: State, number: int, sampler: Sampler) -> State:
        samplers = (*state.samplers[:number], sampler, *state.samplers[number + 1 :])
        return state._replace(samplers=samplers)


def _name(place: int) -> str:
    return "xyz"[place]
