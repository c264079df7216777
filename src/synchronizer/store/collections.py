"""Collections as rows: numbers for names, and how fresh each one is."""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa

from synchronizer.model.cost import Spent
from synchronizer.model.digests import NOTHING
from synchronizer.model.entity import Collection
from synchronizer.model.errors import UndeclaredError
from synchronizer.model.essence import Path
from synchronizer.model.relation import Declared, Relations, parsed
from synchronizer.store.engine import Database
from synchronizer.store.freshness import Fault, Freshness, Rejected
from synchronizer.store.log_digest import digest_at
from synchronizer.store.tables import collection as table
from synchronizer.store.tables import head

_NOTES = {"sampled_at", "polled_at", "complete_to", "scope", "fault", "rejected"}
_COST = ("calls", "call_seconds", "call_bytes")
_COUNTERS = {*_COST, "sweeps", "begun", "faults"}


_declared = msgspec.json.Decoder(dict[str, str | tuple[str, ...]]).decode

_IS_NUMBER = table.c.id == sa.bindparam("number")
_ENDED = sa.select(table.c.scope, table.c.concluded).where(_IS_NUMBER)
_CONCLUDED = sa.update(table).where(_IS_NUMBER).values(concluded=sa.bindparam("sweep"))

_CYCLE_ENDS = (
    sa.update(table)
    .where(_IS_NUMBER)
    .ordered_values(
        # In this order: MariaDB computes each value from what those before it have set.
        *((table.c[f"cycle_{name}"], table.c[name] - table.c[f"marked_{name}"]) for name in _COST),
        *((table.c[f"marked_{name}"], table.c[name]) for name in _COST),
    )
)


def _note(connection: sa.Connection, number: int, fields: dict[str, Any]) -> None:
    unknown = fields.keys() - _NOTES - _COUNTERS
    if unknown:
        raise ValueError(f"not a field of Freshness: {', '.join(sorted(unknown))}")
    values = dict(fields)
    for name in ("fault", "rejected"):
        if values.get(name) is not None:
            values[name] = msgspec.json.encode(values[name]).decode()
    if "sampled_at" in fields:
        values.setdefault("complete_to", fields["sampled_at"])
    given = {f"to_{name}": value for name, value in values.items()}
    unsampled = "sampled_at" in fields and fields["sampled_at"] is None
    statement = _noting(tuple(sorted(values)), unsampled=unsampled)
    connection.execute(statement, {"number": number} | given)
    if "sweeps" in fields:
        connection.execute(_CYCLE_ENDS, {"number": number})


def _key(row: Any) -> Collection:
    return Collection(row.cloud, row.region or None, row.type)


IS_ROW_OF = sa.and_(
    table.c.cloud == sa.bindparam("in_cloud"),
    table.c.region == sa.bindparam("in_region"),
    table.c.type == sa.bindparam("of_type"),
)
"""The condition that a row is a collection's, whatever its number is by now: see `place`."""


def place(collection: Collection) -> dict[str, str]:
    """Return the parameters of `IS_ROW_OF`."""
    return {
        "in_cloud": collection.cloud,
        "in_region": collection.region or "",
        "of_type": collection.type,
    }


# Statements that run all the time are made once: making one costs more than running it.
_ID = sa.select(table.c.id).where(IS_ROW_OF)
_BEGUN = sa.select(table.c.begun).where(IS_ROW_OF)
_ALL = sa.select(table).order_by(table.c.cloud, table.c.region, table.c.type)


def begun(connection: sa.Connection, collection: Collection) -> int:
    """Return how many sweeps of a collection began; none of one that is not declared."""
    return connection.execute(_BEGUN, place(collection)).scalar() or 0


@lru_cache(maxsize=256)
def _noting(names: tuple[str, ...], *, unsampled: bool) -> sa.Update:
    """Return the statement that sets some fields of freshness, and adds to counters.

    Args:
        unsampled: the collection counts as never sampled from now on.
    """
    values: dict[str, Any] = {}
    for name in names:
        given = sa.bindparam(f"to_{name}", type_=table.c[name].type)
        values[name] = table.c[name] + given if name in _COUNTERS else given
    if unsampled:
        values["complete_at"] = sa.null()
    elif "sampled_at" in names:
        now_at = sa.select(head.c.revision).scalar_subquery()
        values["complete_at"] = sa.func.coalesce(table.c.complete_at, now_at)
    return sa.update(table).where(_IS_NUMBER).values(**values)


@lru_cache(maxsize=1024)
def decode_paths(text: str | None) -> tuple[Path, ...]:
    """Decode the paths of fields that a collection's row holds."""
    return msgspec.json.decode(text, type=tuple[str | tuple[str, ...], ...]) if text else ()


@lru_cache(maxsize=1024)
def _relations(text: str | None) -> Relations:
    # Read with every request, declared once.
    return parsed(_declared(text)) if text else {}


def declared_columns(relations: Declared, volatile: Sequence[Path]) -> dict[str, str]:
    """Return the columns that hold what a release declares.

    Raises:
        ConfigurationError: these are no relations.
    """
    parsed(relations)  # refuses what could not be read again
    return {
        "relations": msgspec.json.encode(relations, order="sorted").decode(),
        "volatile": msgspec.json.encode(list(volatile)).decode(),
    }


class Collections:
    """Translates collections to their numbers and keeps their freshness."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._number: dict[Collection, int] = {}
        self._name: dict[int, Collection] = {}

    def declare(
        self,
        collection: Collection,
        stale_after: float,
        relations: Declared,
        volatile: Sequence[Path],
    ) -> None:
        """Make a collection known, or set what is declared of it anew."""
        declared = {"stale_after": stale_after, **declared_columns(relations, volatile)}
        with self._database.writing() as connection:
            found = connection.execute(_ID, place(collection)).scalar()
            if found is None:
                made = sa.insert(table).values(
                    cloud=collection.cloud,
                    region=collection.region or "",
                    type=collection.type,
                    **declared,
                )
                connection.execute(made)
            else:
                connection.execute(sa.update(table).where(table.c.id == found).values(**declared))

    def note(self, collection: Collection, fields: dict[str, Any]) -> None:
        """Set some fields of a collection's freshness, and add to its counters."""
        number = self.number(collection)
        with self._database.writing() as connection:
            _note(connection, number, fields)

    def conclude(
        self,
        collection: Collection,
        sweep: int,
        log: Sequence[tuple[int, bytes]],
        fields: dict[str, Any],
    ) -> bool:
        """Note the end of a sweep; return False if the log or the collection are others now."""
        number = self.number(collection)
        with self._database.writing() as connection:
            scope, concluded = connection.execute(_ENDED, {"number": number}).one()
            if scope is None or any(digest_at(connection, at) != digest for at, digest in log):
                return False
            if sweep < concluded:
                fields = {name: value for name, value in fields.items() if name in _COUNTERS}
            else:
                connection.execute(_CONCLUDED, {"number": number, "sweep": sweep})
            _note(connection, number, fields)
        return True

    def freshness(self, connection: sa.Connection | None = None) -> list[Freshness]:
        """Return every collection with its freshness, in order of name.

        Args:
            connection: of a transaction that they are to be of; else one of their own.
        """
        with self._database.reading() if connection is None else nullcontext(connection) as at:
            rows = at.execute(_ALL).all()
        for row in rows:
            self._remember(row.id, _key(row))
        return [
            Freshness(
                collection=_key(row),
                entities=row.entities,
                revision=row.revision,
                sampled_at=row.sampled_at,
                polled_at=row.polled_at,
                complete_to=row.complete_to,
                complete_at=row.complete_at,
                stale_after=row.stale_after,
                scope=row.scope,
                fault=msgspec.json.decode(row.fault, type=Fault) if row.fault else None,
                rejected=msgspec.json.decode(row.rejected, type=Rejected) if row.rejected else None,
                cycle=None
                if row.cycle_calls is None
                else Spent(row.cycle_calls, row.cycle_call_seconds, row.cycle_call_bytes),
                relations=_relations(row.relations),
                volatile=decode_paths(row.volatile),
                content=row.content or NOTHING,
                **{name: getattr(row, name) for name in _COUNTERS},
            )
            for row in rows
        ]

    def number(self, collection: Collection) -> int:
        """Return the number of a declared collection.

        Raises:
            UndeclaredError: it was never declared, or the store went back to before that.
        """
        if collection not in self._number:
            self.freshness()
        if collection not in self._number:
            raise UndeclaredError(f"{collection} is not declared in this store; declare it.")
        return self._number[collection]

    def name(self, number: int) -> Collection:
        """Return the collection of a number found in a record."""
        if number not in self._name:
            self.freshness()
        return self._name[number]

    def forget(self) -> None:
        """Read the numbers anew when they are needed: the store may have others now."""
        self._number, self._name = {}, {}

    def _remember(self, number: int, collection: Collection) -> None:
        self._number[collection] = number
        self._name[number] = collection
