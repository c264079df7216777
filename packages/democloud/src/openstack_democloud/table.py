"""A table: the entities of one type that are few enough to be kept as objects."""

from collections.abc import Callable, Iterator
from typing import Any

from openstack_democloud.journal import Journal

Body = dict[str, Any]
_GONE_KEPT = 10_000


class Table:
    """Bodies by id, in the order of their creation; each mutation goes into the journal.

    A body holds the newest shape of the entity; names that begin with ``_`` are the demo
    cloud's own notes and never leave it. ``gone`` keeps the latest of what was removed, for
    the services that delete softly.
    """

    def __init__(
        self,
        type: str,
        journal: Journal,
        told: Callable[[str, Body, Body], None] = lambda _op, _old, _new: None,
    ) -> None:
        self.type = type
        self._journal = journal
        self._told = told
        self._rows: dict[str, Body] = {}
        self.gone: dict[str, Body] = {}
        self._order: list[str] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, id: object) -> bool:
        return id in self._rows

    def __iter__(self) -> Iterator[Body]:
        return iter(self._rows.values())

    def get(self, id: str) -> Body | None:
        """Return the body of *id*, or None."""
        return self._rows.get(id)

    def ids(self) -> list[str]:
        """Return all ids in the order of creation."""
        return list(self._rows)

    def items(self) -> Iterator[tuple[str, Body]]:
        """Iterate over ids and bodies."""
        return iter(self._rows.items())

    def by_id(self) -> list[str]:
        """Return all ids sorted, the order in which Keystone pages."""
        if self._order is None:
            self._order = sorted(self._rows)
        return self._order

    def seed(self, id: str, body: Body) -> Body:
        """Put *body* there at the beginning of the world: nothing is logged."""
        self._rows[id] = body
        self._order = None
        return body

    def grow(self, id: str, body: Body) -> Body:
        """Create an entity in a way that the service does not tell anybody of."""
        self.seed(id, body)
        self._journal.add("create", self.type, id)
        return body

    def add(self, id: str, body: Body) -> Body:
        """Create an entity."""
        self.grow(id, body)
        self._told("create", {}, body)
        return body

    def change(self, id: str, **fields: Any) -> Body:
        """Set some fields of an entity."""
        old = dict(self._rows[id])
        body = self.drift(id, **fields)
        self._told("update", old, body)
        return body

    def drift(self, id: str, **fields: Any) -> Body:
        """Set some fields in a way that the service does not tell anybody of."""
        body = self._rows[id]
        body.update(fields)
        self._journal.add("update", self.type, id)
        return body

    def remove(self, id: str) -> Body:
        """Delete an entity."""
        body = self.lose(id)
        self._told("delete", body, {})
        return body

    def lose(self, id: str) -> Body:
        """Delete an entity in a way that the service does not tell anybody of."""
        body = self.gone[id] = self._rows.pop(id)
        if len(self.gone) > _GONE_KEPT:
            del self.gone[next(iter(self.gone))]
        self._order = None
        self._journal.add("delete", self.type, id)
        return body


def shown(body: Body) -> Body:
    """Return *body* without the demo cloud's own notes."""
    return {name: value for name, value in body.items() if not name.startswith("_")}
