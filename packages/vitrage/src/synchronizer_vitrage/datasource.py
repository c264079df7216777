"""What Vitrage calls a datasource, made from a mirror: one entity type of Vitrage's.

A subclass says which of our types it is made from, which of Vitrage's entities a change
touches, and how one looks. It decides nothing about order, time or completeness: that is
the driver's.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NamedTuple

from synchronizer.client.mirror import Mirror
from synchronizer.model.change import Change

Body = dict[str, Any]

DELETE = "delete_entity"
"""Vitrage's word for an event that deletes, which most of its transformers take."""


class Farewell(NamedTuple):
    """What tells Vitrage that an entity is gone, in the one way its transformer takes.

    Attributes:
        event: its type; None for an alarm that says in its own words that it is over.
    """

    body: Body
    action: str = "snapshot"
    event: str | None = DELETE


class Datasource:
    """One entity type of Vitrage's over a mirror.

    Attributes:
        name: what Vitrage calls it.
        types: of ours, that it is made from; Vitrage's ids are those of the first, unless
            `ids`, `touched` and `entity` say otherwise.
    """

    name: ClassVar[str]
    types: ClassVar[tuple[str, ...]]

    def __init__(self) -> None:
        self._mirror: Mirror | None = None

    def over(self, mirror: Mirror) -> None:
        """Take what is held by *mirror*."""
        self._mirror = mirror

    def of(self, type: str) -> Mapping[str, Any]:
        """Return the live entities of one of our types by id."""
        return self._mirror.of(type) if self._mirror is not None else {}

    def body(self, type: str, id: str) -> Body | None:
        """Return the body of one of our entities; None when there is none."""
        found = self.of(type).get(id)
        return None if found is None else found.body

    def ids(self) -> Iterable[str]:
        """Return the ids of all entities of this kind, and perhaps of some that are none."""
        return list(self.of(self.types[0]))

    def touched(self, change: Change) -> Iterable[str]:
        """Return the ids that *change* may have changed. Called with each one, in order."""
        return (change.id,)

    def entity(self, id: str) -> Body | None:
        """Return an entity as its transformer takes it in a snapshot; None: there is none."""
        return self.body(self.types[0], id)

    def farewell(self, entity: Body) -> Farewell:
        """Return what deletes an entity that was handed over."""
        return Farewell({"id": entity["id"]})
