"""A service in memory that lists items as a resource declares, one fault at a time."""

import copy
import random
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import quote
from uuid import uuid4
from zlib import crc32

import msgspec

from synchronizer.model import entity
from synchronizer.model.clock import SystemClock
from synchronizer.model.errors import (
    UnreachableError,
)
from synchronizer.model.essence import Path, names
from synchronizer.plugins.plugin import Paging, Resource
from synchronizer.plugins.service import Answer, Query, Service
from synchronizer.sampling.deletion import APART
from synchronizer.sampling.sampler import Sampler
from synchronizer.sampling.scope import Scope
from synchronizer.sampling.setup import Setup
from synchronizer.store import Store

if TYPE_CHECKING:
    from synchronizer.testing.plugin.items import Items


CANARY = "CANARY-SECRET"
"""Stands at every declared secret; it must never come out."""

PARENTS = ("parent-0", "parent-1")
ROWS = 5
MANY = 20
"""More than that many are not deleted without a control."""
_PAGE = 2


class Row(NamedTuple):
    """An item that the bench's service has, and whether it still has it."""

    resource: Resource
    id: str
    parent: str | None
    item: dict[str, Any]
    alive: bool = True


class Bench:
    """A service in memory; it pages in twos, announces no next page, and may be damaged.

    Args:
        contract: says in which shape its service answers.

    Attributes:
        hidden: ids that listings leave out, unless asked for by their id.
        edit: changes the items of each page before it is sent.
        damage: changes the bytes of each listing's page, given the number of the call.
        ignores_paging: it sends everything, whatever the marker.
        announces: it promises a next page, always.
        asked: path and microversion of each call.
    """

    def __init__(self, contract: "Items") -> None:
        self._contract = contract
        self.rows: dict[tuple[str, str], Row] = {}
        self.hidden: set[str] = set()
        self.edit: Callable[[list[dict[str, Any]]], list[Any]] = lambda items: items
        self.damage: Callable[[int, bytes], bytes] = lambda _number, body: body
        self.ignores_paging = False
        self.announces = False
        self.asked: list[tuple[str, tuple[str, str] | None]] = []

    def put(self, row: Row) -> None:
        """Have this row, perhaps instead of one with its id."""
        self.rows[row.resource.type, row.id] = row

    def delete(self, row: Row) -> None:
        """Have it no more."""
        self.put(row._replace(alive=False))

    # --- the seam that a Service has -------------------------------------------

    def get(
        self,
        path: str,
        query: Query,
        *,
        microversion: tuple[str, str] | None = None,
        allow: Collection[int] = (),
    ) -> Answer:
        """Answer a listing or a single read."""
        self.asked.append((path, microversion))
        number = len(self.asked)
        for row in self.rows.values():
            if single_of(row) == path:
                return self._single(row, allow)
        for row in self.rows.values():
            if listing(row.resource, row.parent) == path:
                found = self._page(row.resource, row.parent, query)
                if found is None:
                    return absent(allow)
                body = msgspec.json.encode(found)
                return Answer(200, self.damage(number, body), 1_800_000_000.0)
        beside = self._contract.beside(path)
        if beside is not None:
            return Answer(200, msgspec.json.encode(beside), 1_800_000_000.0)
        return absent(allow)

    def usage(self) -> tuple[int, float, int]:
        """Return calls, seconds and bytes so far."""
        return len(self.asked), 0.0, 0

    def _single(self, row: Row, allow: Collection[int]) -> Answer:
        resource = row.resource
        listed = resource.key != "" and resource.single_key == resource.key
        if not row.alive and not listed:
            return absent(allow)
        item = copy.deepcopy(row.item)
        inner = item[resource.unwrap] if resource.unwrap else item
        for path in resource.only_single:
            put(inner, path, "only here")
        if resource.unwrap and resource.single_key == resource.unwrap:
            item = inner
        if listed:
            body = self._contract.page(resource, [item] if row.alive else [])
        else:
            body = {resource.single_key: item} if resource.single_key else item
        return Answer(200, msgspec.json.encode(body), 1_800_000_000.0)

    def _page(self, resource: Resource, parent: str | None, query: Query) -> Any:
        rows = [
            row
            for row in self.rows.values()
            if (row.resource.type, row.parent) == (resource.type, parent)
            and (row.alive or (resource.since in query and resource.gone))
            and (row.id not in self.hidden or (resource.bulk and resource.bulk in query))
            and is_asked_for(row, query)
        ]
        if resource.bulk in query:
            pass  # so few that no service cuts them
        elif resource.paging is Paging.NONE:
            assert not {"limit", "marker", "offset"} & query.keys(), "this listing has no pages"
        elif not self.ignores_paging:
            assert int(str(query["limit"])) > 0
            start = int(str(query.get("offset", 0)))
            if "marker" in query:
                markers = [marker_of(row) for row in rows]
                if query["marker"] not in markers:
                    return None
                start = markers.index(str(query["marker"])) + 1
            rows = rows[start : start + _PAGE]
        items = self.edit([marked(row) for row in rows])
        if "fields" in query:
            items = [{each: item[each] for each in query["fields"]} for item in items]
        found = self._contract.page(resource, items)
        if self.announces and isinstance(found, dict):
            found[f"{resource.key}_links"] = [{"rel": "next", "href": "x"}]
        return found


def put(body: Any, path: Path, value: Any) -> None:
    """Set what *path* names; a star becomes an object's key, or a list's item at the end."""
    way = names(path)
    for place, name in enumerate(way):
        rest = way[place + 1 :]
        if isinstance(body, list):
            key: Any = 0
            if not body:
                body.append({} if rest else value)
        else:
            key = "starred" if name == "*" else name
        if not rest:
            body[key] = value
            return
        wanted = list if rest[0] == "*" and len(rest) <= 2 else dict
        if isinstance(body, dict) and not isinstance(body.get(key), dict | list):
            body[key] = wanted()
        body = body[key]


def single_of(row: Row) -> str | None:
    """Return the path that reads a row alone; None when there is none."""
    if row.resource.single is None or not row.resource.reads(row.id):
        return None
    return row.resource.single_path(row.id)


def is_asked_for(row: Row, query: Query) -> bool:
    """Whether a row is among what the query lists: by id, by state, by variant."""
    resource = row.resource
    item = row.item[resource.unwrap] if resource.unwrap else row.item
    for field, values in resource.unsettled.items():
        if field in query and item.get(field) not in values:
            return False
    if resource.bulk and resource.bulk in query and row.id not in _several(query[resource.bulk]):
        return False
    mine = resource.variants[crc32(row.id.encode()) % len(resource.variants)]
    return all(query.get(name) == value for name, value in mine.items())


def _several(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def marker_of(row: Row) -> str:
    """Return the marker of a row as the service means it."""
    item = row.item[row.resource.unwrap] if row.resource.unwrap else row.item
    return str(item[row.resource.marker])


def listing(resource: Resource, parent: str | None) -> str:
    """Return the path of a listing, with its parent."""
    return resource.path.replace("{parent}", quote(parent or "", safe=""))


def absent(allow: Collection[int]) -> Answer:
    """Answer that there is no such thing, where that is an answer."""
    if 404 not in allow:
        raise UnreachableError("the bench has no such thing")
    return Answer(404, b'{"itemNotFound": {"code": 404}}', 0.0)


def marked(row: Row) -> dict[str, Any]:
    """Return an item as an incremental listing shows it."""
    item = copy.deepcopy(row.item)
    if not row.alive and row.resource.gone:
        item[row.resource.gone[0]] = min(row.resource.gone[1])
    return item


def shuffled(value: Any, dice: random.Random, ordered: frozenset[Path], at: Path = ()) -> Any:
    """Return a value with its unordered lists in another order."""
    if isinstance(value, dict):
        return {key: shuffled(v, dice, ordered, (*at, key)) for key, v in value.items()}
    if not isinstance(value, list):
        return value
    items = [shuffled(item, dice, ordered, (*at, "*")) for item in value]
    if at not in ordered:
        dice.shuffle(items)
    return items


class Later(SystemClock):
    """The machine's time and what was added to it."""

    ahead = 0.0

    def now(self) -> float:
        """Return epoch seconds."""
        return super().now() + self.ahead

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return super().monotonic() + self.ahead


class Rig:
    """A bench with rows of one resource, a store, and a sampler between them."""

    def __init__(self, contract: "Items", resource: Resource, store: Store) -> None:
        self.resource = resource
        self.store = store
        self.bench = Bench(contract)
        self.plugin = contract.plugin()
        self.rows: list[Row] = []
        self._contract = contract
        self.parents: tuple[str, ...] = PARENTS
        self.more(1 if resource.lone else ROWS)
        for other in contract.plugin.declared():
            if other.type != resource.type and other.each is None:
                self.bench.put(contract.row(other, 0, None))
        self.collection = entity.Collection(uuid4().hex, "region", resource.type)
        store.declare(self.collection, stale_after=60)
        self.since = store.head().revision
        self._clock = Later()
        self.sampler = Sampler(
            self.collection,
            resource,
            cast("Service", self.bench),
            Setup(
                store,
                self.plugin,
                parents=lambda _type: self.parents,
                scope=lambda: Scope(roles="admin"),
                clock=self._clock,
            ),
        )

    def more(self, number: int) -> None:
        """Have so many rows of each parent, or so many parents where each has one."""
        lone = self.resource.lone
        if lone and number > 1:
            self.parents = tuple(f"parent-{each}" for each in range(number))
        self.rows = [
            self._contract.row(self.resource, each, parent)
            for parent in (self.parents if self.resource.each else (None,))
            for each in range(1 if lone else number)
        ]
        for row in self.rows:
            self.bench.put(row)

    def sweep(self) -> None:
        """Sweep some time after the last sweep, and let a fault through."""
        self._clock.ahead += APART
        self.sampler.sweep()

    def held(self) -> dict[str, Any]:
        """Return {id: body} of what the store has."""
        pages = self.store.snapshot([self.collection], self.store.head().revision)
        return {r.id: msgspec.json.decode(r.body) for page in pages for r in page}

    def ops(self) -> list[tuple[str, str, str | None]]:
        """Return op, id and reason of every change."""
        page = self.store.changes(self.since, [self.collection], limit=100_000)
        return [(record.op, record.id, record.reason) for record in page.records]

    def deleted(self) -> dict[str, str | None]:
        """Return {id: reason} of every delete."""
        return {id_: reason for op, id_, reason in self.ops() if op == "delete"}
