"""Changes: what the log holds and every door hands out."""

from typing import Any, Literal

import msgspec

from synchronizer.model.entity import Collection

Op = Literal["create", "update", "delete"]

OPS: tuple[Op, ...] = ("create", "update", "delete")


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """What a sampler saw and believes to be new; the store decides.

    Attributes:
        id: the entity's id within its collection.
        digest: of the essence (16 bytes); empty for a delete.
        body: the redacted body as JSON bytes; None for a delete.
        reason: for a delete, why we believe it (``"read answered 404"``); else None.
        stamp: what its service orders the entity's states by, as JSON; None if by nothing.
        confirmed: it counts even where it goes back in time: it was doubted and read again
            later, or the service itself told of it.
    """

    id: str
    digest: bytes = b""
    body: bytes | None = None
    reason: str | None = None
    stamp: str | None = None
    confirmed: bool = False

    @property
    def is_delete(self) -> bool:
        """Whether this says that the entity is gone."""
        return self.body is None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One create, update or delete, with the whole entity.

    Attributes:
        op: ``create``, ``update`` or ``delete``.
        revision: the commit; all changes of one commit become visible together.
        previous: revision of the entity's earlier version; null at create.
        sampled_at: when this version was first seen, ISO 8601 in UTC.
        changed: top-level fields of the body that differ from the earlier version.
        reason: for a delete, why we believe it.
        digest: of the log at *revision*, in hexadecimal, where a commit ends in a stream or
            page of changes; else it is left out.
        body: the whole entity; for a delete its last known state.
    """

    op: Op
    cloud: str
    region: str | None
    type: str
    id: str
    revision: int
    previous: int | None
    sampled_at: str
    changed: list[str] = []
    reason: str | None = None
    digest: str | None = None
    body: Any = None

    @property
    def collection(self) -> Collection:
        """The collection that the changed entity belongs to."""
        return Collection(self.cloud, self.region, self.type)


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a page of candidates.

    Attributes:
        revision: the revision that holds the accepted ones; None when nothing changed.
        accepted: ids that are now in the store as offered.
        refused: ids that somebody else committed after the ticket: read them again.
        behind: ids whose answer is older than what is known, or may be: read them a little
            later.
        digest: of the log at *revision*; empty when nothing changed.
    """

    revision: int | None
    accepted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    digest: bytes = b""
