"""What one entity is related to at one revision, in both directions.

Outward: the references in its body are looked up, by id, or by the value of a field of the
target. Inward: the types whose declarations lead here are searched for bodies that hold its
id or the value that it is known by. What is searched are the lines that get all keeps, and
of these only the few are decoded that hold the text at all.

The order is fixed: outward by path and then as the body has it; inward by collection, then
in the order of the log, then by path.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import msgspec

from synchronizer.model.entity import Collection
from synchronizer.model.relation import (
    Direction,
    Reference,
    Relation,
    Target,
    reached,
    references,
    values,
)
from synchronizer.northbound.serving.encoding import entity_parts
from synchronizer.northbound.serving.page_cache import PageCache
from synchronizer.northbound.serving.prefilter import lines_with, needles
from synchronizer.northbound.serving.projection import Projection
from synchronizer.northbound.serving.snapshot_walk import order
from synchronizer.store.contract import Record, Store
from synchronizer.store.freshness import Freshness

_decode = msgspec.json.Decoder().decode


class _Line(msgspec.Struct):
    """What is needed of an entity's line."""

    id: str
    revision: int
    body: msgspec.Raw


_line = msgspec.json.Decoder(_Line).decode


class _Hit(NamedTuple):
    line: _Line
    path: str
    value: str


class Behind(NamedTuple):
    """The inward relation that a walk goes on behind."""

    cloud: str
    region: str | None
    type: str
    id: str
    path: str
    value: str


class RelationSearch:
    """The relations of one entity. Its methods block on the store: call them from a thread.

    Args:
        known: every collection; where they are declared to refer to is looked up there.
        at: the revision.
        now: epoch seconds, for what is stale.
        origin: the collection of the entity.
        record: the entity, as it was at the revision.
        fields: of related bodies, to be shown.
        check: called on the way; raises when the search is of no use any more.
    """

    def __init__(
        self,
        store: Store,
        lines: PageCache,
        known: Sequence[Freshness],
        at: int,
        now: float,
        *,
        origin: Freshness,
        record: Record,
        fields: Projection,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._check = check
        self._store = store
        self._lines = lines
        self._known = {each.collection: each for each in known}
        self._at = at
        self._now = now
        self._origin = origin
        self._record = record
        self._body = _decode(record.body)
        self._fields = fields

    def outward(self, types: frozenset[str] = frozenset()) -> Iterator[Relation]:
        """Yield what the entity refers to; no types are all types.

        Raises:
            RevisionCompactedError
        """
        refers = references(self._body, self._origin.relations)
        by_value = self._by_value(refers)
        for reference in refers:
            found = list(self._resolved(reference, by_value))
            if not found:
                meant = {target.type for target in reference.targets}
                if not types or types & meant:
                    yield self._missing(reference)
            yield from (each for each in found if not types or each.type in types)

    def inward(
        self, types: frozenset[str] = frozenset(), behind: Behind | None = None
    ) -> Iterator[Relation]:
        """Yield what refers to the entity; no types are all types.

        Raises:
            RevisionCompactedError
        """
        for place, wanted in self._sources():
            hits = None
            if behind is not None:
                last = Collection(behind.cloud, behind.region, behind.type)
                if order(place.collection) < order(last):
                    continue
                if place.collection == last:
                    hits = _behind(self._hits(place, wanted, behind.id), behind)
            if types and place.collection.type not in types:
                continue
            for line, path, value in hits or self._hits(place, wanted):
                yield self._relation("in", path, value, place, line)

    def referring(self, types: frozenset[str] = frozenset()) -> list[Freshness]:
        """Return the collections in which *inward* looks; no types are all types."""
        found = [place for place, _ in self._sources()]
        return [each for each in found if not types or each.collection.type in types]

    # --- outward ---------------------------------------------------------------

    def _resolved(
        self, reference: Reference, by_value: Mapping[Target, Mapping[str, list[Relation]]]
    ) -> Iterator[Relation]:
        path, value, targets = reference
        seen = set()
        for target in targets:
            if target.field is not None:
                found = [
                    msgspec.structs.replace(each, path=path)
                    for each in by_value[target].get(value, ())
                ]
            else:
                found = [
                    self._relation("out", path, value, place, record)
                    for place in self._reached(target.type)
                    if (record := self._entity(place, value)) and record.op != "delete"
                ]
            for each in found:
                key = (each.type, each.cloud, each.region, each.id)
                if key not in seen:
                    seen.add(key)
                    yield each

    def _by_value(self, refers: Sequence[Reference]) -> dict[Target, dict[str, list[Relation]]]:
        """Return what targets that are known by a field have, each searched once."""
        sought: dict[Target, set[str]] = {}
        for _, value, targets in refers:
            for target in targets:
                if target.field is not None:
                    sought.setdefault(target, set()).add(value)
        found: dict[Target, dict[str, list[Relation]]] = {}
        for target, texts in sought.items():
            of_target = found.setdefault(target, {})
            for place in self._reached(target.type):
                for line, _, value in self._hits(place, {target.field or "": frozenset(texts)}):
                    relation = self._relation("out", "", value, place, line)
                    of_target.setdefault(value, []).append(relation)
        return found

    def _missing(self, reference: Reference) -> Relation:
        """Return what there is to say of a reference to nothing that lives."""
        path, value, targets = reference
        types = {target.type for target in targets}
        places = [place for type_ in sorted(types) for place in self._reached(type_)]
        by_id = {target.type for target in targets if target.field is None}
        dead = [
            record
            for place in places
            if place.collection.type in by_id and (record := self._entity(place, value))
        ]
        last = max(dead, key=lambda each: each.revision, default=None)
        sampled = {place.collection.type for place in places if place.sampled_at is not None}
        unknown = sampled != types
        return Relation(
            direction="out",
            path=path,
            value=value,
            type=last.collection.type if last else types.pop() if len(types) == 1 else None,
            id=value if all(target.field is None for target in targets) else None,
            cloud=self._origin.collection.cloud,
            region=last.collection.region if last else None,
            exists=None if unknown and last is None else False,
            revision=last.revision if last else None,
            stale=unknown or any(place.stale(self._now) for place in places),
        )

    def _entity(self, place: Freshness, id_: str) -> Record | None:
        return self._store.entity(place.collection, id_, self._at)

    # --- inward ----------------------------------------------------------------

    def _sources(self) -> Iterator[tuple[Freshness, dict[str, frozenset[str]]]]:
        """Yield the collections that may refer here: which texts at which paths do."""
        own = self._origin.collection
        for collection in sorted(self._known, key=order):
            place = self._known[collection]
            wanted: dict[str, frozenset[str]] = {}
            for path, targets in place.relations.items():
                here = [target for target in targets if target.type == own.type]
                if here and own in reached(collection, own.type, self._known):
                    wanted[path] = frozenset(chain.from_iterable(map(self._known_by, here)))
            wanted = {path: texts for path, texts in wanted.items() if texts}
            if wanted:
                yield place, wanted

    def _known_by(self, target: Target) -> Iterator[str]:
        """Yield what a field holds that refers to the entity by *target*."""
        if target.field is None:
            yield self._record.id
        else:
            yield from values(self._body, target.field)

    # --- both ------------------------------------------------------------------

    def _reached(self, type_: str) -> list[Freshness]:
        found = reached(self._origin.collection, type_, self._known)
        return [self._known[each] for each in sorted(found, key=order)]

    def _hits(
        self, place: Freshness, wanted: Mapping[str, frozenset[str]], first: str | None = None
    ) -> Iterator[_Hit]:
        """Yield where bodies of a collection hold a wanted text, from the id *first* on."""
        sought = needles(frozenset(chain.from_iterable(wanted.values())))
        for piece in self._pieces(place, first):
            self._check()
            for raw in lines_with(piece, sought):
                line = _line(raw)
                body = _decode(line.body)
                for path, texts in sorted(wanted.items()):
                    for value in dict.fromkeys(values(body, path)):
                        if value in texts:
                            yield _Hit(line, path, value)

    def _pieces(self, place: Freshness, first: str | None) -> Iterator[bytes]:
        stale = place.stale(self._now)
        begin = None if first is None else self._entity(place, first)
        if begin is None:
            yield from self._lines.of(place.collection, self._at, stale=stale)
            return
        pages = self._store.snapshot([place.collection], self._at, after=begin.position - 1)
        for page in pages:
            yield b"".join(entity_parts(page, stale, b"\n"))

    def _relation(
        self,
        direction: Direction,
        path: str,
        value: str,
        place: Freshness,
        found: Record | _Line,
    ) -> Relation:
        collection = place.collection
        return Relation(
            direction=direction,
            path=path,
            value=value,
            type=collection.type,
            id=found.id,
            cloud=collection.cloud,
            region=collection.region,
            exists=True,
            revision=found.revision,
            stale=place.stale(self._now),
            body=msgspec.Raw(self._fields(bytes(found.body))) if self._fields else None,
        )


def _behind(hits: Iterator[_Hit], last: Behind) -> Iterator[_Hit]:
    for hit in hits:
        if hit.line.id != last.id:
            yield hit  # what was last does not refer here any more: it is declared anew
            break
        if (hit.path, hit.value) == (last.path, last.value):
            break
    yield from hits
