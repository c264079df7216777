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
from synchronizer.store.collections import IS_ROW_OF, declared_columns, place
from synchronizer.store.log_digest import element_in, sealed
from synchronizer.store.tables import ID_CHUNK, record
from synchronizer.store.tables import collection as table

_decode = msgspec.json.Decoder(Adopted).decode

_DECLARATION = sa.select(table.c.declaration).where(IS_ROW_OF)


def adopted(connection: sa.Connection, collection: Collection) -> Adopted | None:
    """Return of which declaration a collection's digests are; None when nobody said."""
    return _decoded(connection.execute(_DECLARATION, place(collection)).scalar())


def adopt(
    connection: sa.Connection,
    collection: Collection,
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
    query = sa.select(table.c.id, table.c.declaration).where(IS_ROW_OF)
    row = connection.execute(query.with_for_update(), place(collection)).first()
    if row is None:
        raise UndeclaredError(f"{collection} is not declared in this store; declare it.")
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
                        "place": position,
                        "new": digests[position],
                        "sealed": sealed(element_in(seal), digests[position]),
                    }
                    for position, seal in seals
                ],
            )
    connection.execute(
        sa.update(table)
        .where(table.c.id == number)
        .values(
            declaration=msgspec.json.encode(after).decode(),
            begun=table.c.begun + 1,
            **declared_columns(relations, volatile),
        )
    )
    return True


def _decoded(text: str | None) -> Adopted | None:
    return None if text is None else _decode(text)
