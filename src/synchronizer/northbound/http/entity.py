"""``/v1/entities/{type}/{id}``: one entity, now or as it was, and its history."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from synchronizer.model.errors import AmbiguousError, UnknownEntityError
from synchronizer.northbound.http.exchange import Exchange, Response
from synchronizer.northbound.http.parameters import AT, FIELDS
from synchronizer.northbound.http.query import selection_of
from synchronizer.northbound.http.state import AppState
from synchronizer.northbound.serving import encoding
from synchronizer.northbound.serving.projection import Projection
from synchronizer.store.contract import Head, Record
from synchronizer.store.freshness import Freshness

T = TypeVar("T")


def entity(north: AppState, call: Exchange) -> Response:
    """Return one entity."""
    head, known = north.standing()
    revision = moment(north, call, head)
    place, found = living(north, call, known, revision)
    if call.query[FIELDS]:
        found = found._replace(body=Projection(call.query[FIELDS])(found.body))
    return Response(encoding.entity(found, place.stale(north.clock.now())), head, revision)


def moment(north: AppState, call: Exchange, head: Head) -> int:
    """Return the revision that a call asks for."""
    at = call.query[AT]
    if isinstance(at, float):
        at = north.store.revision_at(at)
    return head.revision if at is None else at


def living(
    north: AppState, call: Exchange, known: Sequence[Freshness], revision: int
) -> tuple[Freshness, Record]:
    """Return the one entity that a call's path names, as it lived at *revision*.

    Raises:
        UnknownEntityError, AmbiguousError, UnknownTypeError
        RevisionCompactedError, RevisionAheadError
    """
    type_, id_ = call.of_path("type"), call.of_path("id")
    meant = selection_of(call.query, type_).of(known)

    def find(where: Freshness) -> Record | None:
        return north.store.entity(where.collection, id_, revision)

    place, found = _one(meant, find, lambda record: record.op != "delete", f"{type_} {id_!r}")
    if found.op == "delete":
        raise UnknownEntityError(
            f"{type_} {id_!r} was deleted at revision {found.revision}"
            f" ({found.reason or 'no reason given'}); its history may show more."
        )
    return place, found


def history(north: AppState, call: Exchange) -> Response:
    """Return the kept versions of one entity, oldest first."""
    head, known = north.standing()
    type_, id_ = call.of_path("type"), call.of_path("id")
    meant = selection_of(call.query, type_).of(known)

    def find(where: Freshness) -> list[Record]:
        return north.store.history(where.collection, id_)

    _, found = _one(meant, find, lambda records: records[-1].op != "delete", f"{type_} {id_!r}")
    kept = [each for each in found if each.revision <= head.revision]
    body = b'{"revision":%d,"versions":[%b]}' % (head.revision, encoding.changes(kept))
    return Response(body, head)


def _one(
    meant: Sequence[Freshness],
    find: Callable[[Freshness], T | None],
    alive: Callable[[T], bool],
    name: str,
) -> tuple[Freshness, T]:
    """Return the one place that has the entity; living ones come before deleted ones."""
    found = [(where, there) for where in meant if (there := find(where))]
    found = [pair for pair in found if alive(pair[1])] or found
    if not found:
        waiting = any(where.complete_at is None for where in meant)
        partly = " Its type has not been completely sampled yet: ask again later."
        raise UnknownEntityError(f"No {name} at that revision.{partly if waiting else ''}")
    if len(found) > 1:
        choices = ", ".join(
            f"{c.cloud}/{c.region or '-'}" for c in (w.collection for w, _ in found)
        )
        raise AmbiguousError(f"{name} is in {choices}: name one by cloud= and region=.")
    return found[0]
