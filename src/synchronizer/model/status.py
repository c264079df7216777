"""How far a consumer can trust what it holds of a collection, as bookmarks and get alls say it.

A stream in which nothing happens may mean a quiet cloud or a dead sampler, and an empty
listing an empty cloud or a first sweep under way. These few fields tell them apart.
"""

from collections.abc import Iterable

import msgspec

from synchronizer.model.entity import Collection


class Trouble(msgspec.Struct, frozen=True):
    """Why the last sample of a type failed: error code, sentences, ISO time."""

    code: str
    title: str = ""
    detail: str = ""
    at: str | None = None


class CollectionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One entity type in one region of one cloud, at the revision that it is given with.

    Attributes:
        complete: a complete sweep had ended by then; before that, what is missing says nothing.
        complete_to: whatever happened in the cloud before this time is in the log by then. ISO
            8601, by the service's own clock where that is known. None when there is no such
            time, or it is not known for that revision.
        state: ``unsampled``, ``retired``, ``fault``, ``stale`` or ``current``; stale by age
            alone, too.
        fault: why the last sample failed; None when it did not.
    """

    cloud: str
    region: str | None = None
    type: str
    complete: bool = False
    complete_to: str | None = None
    state: str = ""
    fault: Trouble | None = None

    @property
    def collection(self) -> Collection:
        """The collection that this describes."""
        return Collection(self.cloud, self.region, self.type)


class ContentDigest(msgspec.Struct, frozen=True, kw_only=True):
    """What is held of a collection by whoever has everything up to the revision it comes with.

    Attributes:
        content: its content digest (`synchronizer.model.digests`), in hexadecimal.
    """

    cloud: str
    region: str | None = None
    type: str
    content: str

    @property
    def collection(self) -> Collection:
        """The collection that this describes."""
        return Collection(self.cloud, self.region, self.type)


def content_of(collection: Collection, content: bytes) -> ContentDigest:
    """Return what a bookmark says of what is held of a collection."""
    return ContentDigest(**collection._asdict(), content=content.hex())


def all_complete(statuses: Iterable[CollectionStatus]) -> bool:
    """Whether there are any, and each was completely sampled once.

    What an operator has sampled no more before it was complete is not waited for.
    """
    found = [each.complete for each in statuses if each.complete or each.state != "retired"]
    return bool(found) and all(found)


def oldest(statuses: Iterable[CollectionStatus]) -> str | None:
    """Return the time up to which all of them are known; None when there is none."""
    times = [each.complete_to for each in statuses]
    known = [each for each in times if each is not None]
    return min(known) if known and len(known) == len(times) else None
