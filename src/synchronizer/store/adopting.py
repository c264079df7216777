"""Adopting a declaration: the digests of a collection are written anew, and nothing else.

No entity changes by it, so no revision is taken. It is one transaction with what says whose
digests they are. It counts like the beginning of a sweep, so that what samplers of the former
declaration have under way is refused.
"""

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from synchronizer.model.declaration import Adopted
from synchronizer.model.entity import Collection
from synchronizer.model.errors import UndeclaredError
from synchronizer.model.essence import Path
from synchronizer.model.relation import Declared
from synchronizer.store.names import declared_columns, is_row_of
from synchronizer.store.sealing import element_in, sealed
from synchronizer.store.tables import ID_CHUNK, collection, record

_decode = msgspec.json.Decoder(Adopted).decode


def adopted(connection: sa.Connection, place: Collection) -> Adopted | None:
    """Return of which declaration a collection's digests are; None when nobody said."""
    query = sa.select(collection.c.declaration).where(is_row_of(place))
    return _decoded(connection.execute(query).scalar())


def adopt(
    connection: sa.Connection,
    place: Collection,
    before: Adopted | None,
    after: Adopted,
    digests: Mapping[int, bytes],
    *,
    relations: Declared,
    volatile: Sequence[Path],
) -> bool:
    """Replace what was adopted *before*; return False when another one was faster.

    Args:
        digests: of records by their position; those that are superseded by now are left.

    Raises:
        UndeclaredError: the collection was never declared in this store.
    """
    query = sa.select(collection.c.id, collection.c.declaration).where(is_row_of(place))
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        raise UndeclaredError(f"{place} is not declared in this store; declare it.")
    number, text = row
    if _decoded(text) != before:
        return False
    positions = list(digests)
    for start in range(0, len(positions), ID_CHUNK):
        some = positions[start : start + ID_CHUNK]
        seals = connection.execute(
            sa.select(record.c.position, record.c.seal).where(
                record.c.position.in_(some),
                record.c.collection == number,
                record.c.superseded.is_(None),
            )
        ).all()
        if seals:
            connection.execute(
                sa.update(record)
                .where(record.c.position == sa.bindparam("place"))
                .values(digest=sa.bindparam("new"), seal=sa.bindparam("sealed")),
                [
                    {
                        "place": place,
                        "new": digests[place],
                        "sealed": sealed(element_in(seal), digests[place]),
                    }
                    for place, seal in seals
                ],
            )
    connection.execute(
        sa.update(collection)
        .where(collection.c.id == number)
        .values(
            declaration=msgspec.json.encode(after).decode(),
            begun=collection.c.begun + 1,
            **declared_columns(relations, volatile),
        )
    )
    return True


def _decoded(text: str | None) -> Adopted | None:
    return None if text is None else _decode(text)
