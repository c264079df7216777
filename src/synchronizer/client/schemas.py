"""What a synchronizer replies with, whichever way it comes."""

from typing import Any, TypeVar

import msgspec

from synchronizer.client.transport import EntityType, HeldDelete
from synchronizer.model.change import Change
from synchronizer.model.errors import TransportError
from synchronizer.model.relation import Relation
from synchronizer.model.status import CollectionStatus

SWEEP_SECONDS = 900.0
"""For an answer that samples first: that takes as long as the cloud needs."""
PAGE = 10_000

T = TypeVar("T")


class Types(msgspec.Struct):
    """Every type."""

    revision: int
    types: list[EntityType]


class Deletes(msgspec.Struct):
    """Every type of which deletes are held."""

    deletes: list[HeldDelete]


class Entities(msgspec.Struct):
    """A page of a get all, its entities still JSON; *next* is where it goes on."""

    revision: int
    entities: list[msgspec.Raw]
    epoch: str = ""
    next: str | None = None
    complete: bool | None = None
    digest: str | None = None


class Changes(msgspec.Struct):
    """A page of the log."""

    revision: int
    changes: list[Change]
    epoch: str = ""
    next: Any = None
    collections: tuple[CollectionStatus, ...] = ()
    digest: str | None = None


class Versions(msgspec.Struct):
    """The kept versions of one entity."""

    versions: list[Change]


class Relations(msgspec.Struct):
    """A page of relations."""

    revision: int
    relations: list[Relation]
    next: str | None = None


def decoded(reply: bytes | msgspec.Raw, kind: type[T], asked: str) -> T:
    """Return a reply as *kind*; *asked* says what it answers.

    Raises:
        TransportError: it has another shape.
    """
    try:
        return msgspec.json.decode(reply, type=kind)
    except msgspec.MsgspecError as error:
        raise TransportError(
            f"{asked} answered JSON of another shape ({error}); "
            "are client and synchronizer of the same major version?"
        ) from None
