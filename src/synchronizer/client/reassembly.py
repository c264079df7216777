"""Messages of a bus put together again: whole commits in order, or the word that some is missing.

Pure. A bus repeats, reorders and loses. Messages wait here until a bookmark of all topics
comes, which says what the latest commit on each topic is. When every commit since our
position is there with all its parts, and each follows from the one before it on its topic,
the commits come out in order; else something is missing, and the log must be asked.

1. What comes out is whole commits, each once, in order of revision.
2. Nothing comes out while something before it is missing.
3. No more than `MOST` changes wait; more than that counts as a gap.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from synchronizer.bus.payloads import BookmarkPayload, ChangePayload
from synchronizer.model.change import Change
from synchronizer.model.status import CollectionStatus, ContentDigest

MOST = 5000

T = TypeVar("T", Change, CollectionStatus, ContentDigest)


class Commit(NamedTuple):
    """One whole commit."""

    revision: int
    changes: list[Change]


class Reassembly:
    """What waits behind *position*, up to which everything has come out.

    Args:
        wanted: whether a topic of that entity type is listened to.
    """

    def __init__(self, position: int, wanted: Callable[[str], bool]) -> None:
        self.position = position
        self._wanted = wanted
        self._waiting: dict[int, dict[int, ChangePayload]] = {}
        self._held = 0

    def offer(self, told: ChangePayload) -> None:
        """Let a change wait; drop it when it is known already."""
        if told.revision > self.position:
            parts = self._waiting.setdefault(told.revision, {})
            self._held += told.part not in parts
            parts[told.part] = told

    def overfull(self) -> bool:
        """Tell whether more waits than should: bookmarks must have been lost."""
        return self._held > MOST

    def complete(self, marks: BookmarkPayload) -> list[Commit] | None:
        """Return the commits up to a bookmark and move there; None when one is missing."""
        if marks.revision < self.position:
            return []  # told late, of what is known
        due = sorted(each for each in self._waiting if each <= marks.revision)
        latest: dict[str, int] = {}
        commits = []
        for revision in due:
            parts = self._waiting[revision]
            first = next(iter(parts.values()))
            whole = len(parts) == first.parts and not any(each.oversize for each in parts.values())
            if not whole or first.prior > latest.get(first.type, self.position):
                return None
            latest[first.type] = revision
            commits.append(Commit(revision, [parts[part].change for part in sorted(parts)]))
        for type_, prior in marks.priors.items():
            if self._wanted(type_) and prior > latest.get(type_, self.position):
                return None
        self.reached(marks.revision)
        return commits

    def reached(self, position: int) -> None:
        """Move on: everything up to *position* has come out, this way or another."""
        self.position = position
        for revision in [each for each in self._waiting if each <= position]:
            self._held -= len(self._waiting.pop(revision))


def chosen(changes: Iterable[T], cloud: str | None, region: str | None) -> list[T]:
    """Return those of a cloud and region; what has no region is in all of its cloud."""
    return [
        each
        for each in changes
        if cloud in {None, each.cloud} and (region is None or each.region in {None, region})
    ]
