"""What a mirror holds, and the rules by which a change comes into it: pure, without locks.

Changes wait until a bookmark says that their commit is complete; then they come in all
together. A change tells the revision of the version before it, so each one proves that
nothing is missing, or that something is.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from synchronizer.model.change import Change, Op
from synchronizer.model.digests import digest_of, element_of
from synchronizer.model.entity import Collection, Entity
from synchronizer.model.essence import changed_fields
from synchronizer.model.status import ContentDigest

ABSENT = "absent after re-list"
"""Reason of a delete that was not told but found by getting all again."""

_RECOUNT_SECONDS = 0.001
"""For each entity: it takes a hundredth of that to add one up."""

Shelves = dict[Collection, dict[str, Entity]]


class Key(NamedTuple):
    """What identifies an entity everywhere."""

    cloud: str
    region: str | None
    type: str
    id: str


class GapError(Exception):
    """A change does not follow from what is held: something was missed."""


class MismatchError(GapError):
    """What is held is not what a bookmark says that it should be."""


class MirrorState:
    """Entities at one revision of one epoch, and the changes that wait for their bookmark.

    *offer* and *complete* touch only what waits and may run beside readers of *shelves*;
    *commit* and *adopt* change what readers see and need the owner's lock.
    """

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.revision = 0
        self.shelves: Shelves = {}
        self.digest: str | None = None
        self._expected: dict[Collection, str] = {}  # content digests, as bookmarks told them
        self._sums: dict[Collection, int] = {}
        self._counted_at: dict[Collection, float] = {}
        self._waiting: list[Change] = []
        self._last: dict[Key, Change] = {}  # the latest waiting change of each entity

    def find(self, key: Key) -> Entity | None:
        """Return what is held of an entity."""
        return self.shelves.get(Collection(*key[:3]), {}).get(key.id)

    def offer(self, change: Change) -> None:
        """Let a change wait for its bookmark; drop it when it is known already.

        Raises:
            GapError: between it and what is held something is missing.
        """
        key = Key(change.cloud, change.region, change.type, change.id)
        waiting = self._last.get(key)
        if waiting is not None:
            alive, held = waiting.op != "delete", waiting.revision
        else:
            entity = self.find(key)
            alive, held = entity is not None, entity.revision if entity else 0
        if change.revision <= held:
            return  # a repetition
        if change.revision <= self.revision:
            if alive:
                raise GapError(f"{key} changed at {change.revision} and it was not told in time")
            return  # a repetition of what is deleted by now
        if change.previous != (held if alive else None):
            raise GapError(
                f"{key} goes from {change.previous} to {change.revision}, but {held} is held"
            )
        self._waiting.append(change)
        self._last[key] = change

    def complete(self, revision: int) -> bool:
        """Tell whether a bookmark at *revision* brings something or moves on."""
        if self._waiting and self._waiting[-1].revision > revision:
            return False  # late: it speaks of an earlier commit
        return revision > self.revision

    def commit(self, revision: int, digest: str | None = None) -> list[Change]:
        """Bring in what waits, as of *revision* of the log with *digest*; return it in order."""
        done = self._waiting
        for change in done:
            collection = change.collection
            shelf = self.shelves.setdefault(collection, {})
            before = shelf.get(change.id)
            if change.op == "delete":
                shelf.pop(change.id, None)
            else:
                shelf[change.id] = _entity(change)
            self._expected.pop(collection, None)
            if collection in self._sums:
                self._sums[collection] += _element(shelf.get(change.id)) - _element(before)
        self.revision, self.digest = revision, digest
        self.forget_waiting()
        return done

    def differing(self, told: Iterable[ContentDigest], now: float) -> list[Collection]:
        """Return the collections of which something else is held than bookmarks say.

        The sums go on with each change. They are also made anew from what lies in memory, as
        often as costs a hundredth of the time.

        Args:
            told: by a bookmark of our revision; what earlier ones told holds until the
                collection changes.
            now: monotonic seconds.
        """
        news = {each.collection: each.content for each in told}
        self._expected |= news
        found = []
        for collection, content in self._expected.items():
            shelf = self.shelves.get(collection, {})
            counted_at = self._counted_at.get(collection)
            if counted_at is None or now - counted_at >= len(shelf) * _RECOUNT_SECONDS:
                self._sums[collection] = sum(map(_element, shelf.values()))
                self._counted_at[collection] = now
            elif collection not in news:
                continue
            if digest_of(self._sums[collection]).hex() != content:
                found.append(collection)
        return found

    def forget_waiting(self) -> None:
        """Drop what waits: the stream that brought it broke, the next one brings it again."""
        self._waiting, self._last = [], {}

    def adopt(
        self, epoch: str, revision: int, shelves: Shelves, digest: str | None = None
    ) -> Shelves:
        """Hold a new listing instead; return what was held before."""
        before = self.shelves
        self.epoch, self.revision, self.shelves = epoch, revision, shelves
        self.digest = digest
        self._expected, self._sums, self._counted_at = {}, {}, {}
        self.forget_waiting()
        return before


def _element(entity: Entity | None) -> int:
    if entity is None:
        return 0
    return element_of(entity.collection, entity.id, entity.revision, entity.body)


def shelved(entities: Iterable[Entity]) -> Shelves:
    """Sort a listing onto shelves."""
    shelves: Shelves = {}
    shelf: dict[str, Entity] = {}
    collection: Collection | None = None
    for entity in entities:
        if collection is None or entity.collection != collection:
            collection = entity.collection
            shelf = shelves.setdefault(collection, {})
        # Staleness belongs to the type and changes without a revision: it is not held.
        held = msgspec.structs.replace(entity, stale=False) if entity.stale else entity
        shelf[entity.id] = held
    return shelves


def differences(
    before: Shelves, after: Shelves, revision: int, *, renumbered: bool
) -> list[Change]:
    """Return the changes that lead from one listing to another, in order of revision.

    *revision* is the later listing's; deletes carry it. *renumbered* says that the two are
    of different epochs, so that a revision that differs means nothing.
    """
    found = list(_vanished(before, after, revision))
    for collection, shelf in after.items():
        old_shelf = before.get(collection, {})
        for new in shelf.values():
            old = old_shelf.get(new.id)
            if old is None:
                found.append(_change(new, "create", None, []))
            elif (old.revision != new.revision and not renumbered) or old.body != new.body:
                fields = changed_fields(old.body, new.body)
                found.append(_change(new, "update", old.revision, fields))
    found.sort(key=lambda change: change.revision)
    return found


def _vanished(before: Shelves, after: Shelves, revision: int) -> Iterator[Change]:
    for collection, shelf in before.items():
        kept = after.get(collection, {})
        for old in shelf.values():
            if old.id not in kept:
                yield Change(
                    op="delete",
                    **collection._asdict(),
                    id=old.id,
                    revision=revision,
                    previous=old.revision,
                    sampled_at=old.sampled_at,
                    reason=ABSENT,
                    body=old.body,
                )


def _change(new: Entity, op: Op, previous: int | None, changed: list[str]) -> Change:
    return Change(
        op=op,
        **new.collection._asdict(),
        id=new.id,
        revision=new.revision,
        previous=previous,
        sampled_at=new.sampled_at,
        changed=changed,
        body=new.body,
    )


def _entity(change: Change) -> Entity:
    return Entity(
        **change.collection._asdict(),
        id=change.id,
        revision=change.revision,
        sampled_at=change.sampled_at,
        body=change.body,
    )
