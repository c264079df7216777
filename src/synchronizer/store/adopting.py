"""Adopting a declaration: the digests of a collection are written anew, and nothing else.

No entity changes by it, so no revision is taken. It is one transaction with what says whose
digests they are. It counts like the beginning of a sweep, so that what samplers of the former
declaration have under way is refused.
"""

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from synchronizer.model.declaration import Adopted
from synchronizer.store.sealing import element_in, sealed
from synchronizer.store.tables import ID_CHUNK, collection, record

_decode = msgspec.json.Decoder(Adopted).decode


def adopted(connection: sa.Connection, number: int) -> Adopted | None:
    """Return of which declaration a collection's digests are; None when nobody said."""
    query = sa.select(collection.c.declaration).where(collection.c.id == number)
    text = connection.execute(query).scalar_one()
    return None if text is None else _decode(text)


def adopt(
    connection: sa.Connection,
    number: int,
    before: Adopted | None,
    after: Adopted,
    digests: Mapping[int, bytes],
) -> bool:
    """Replace what was adopted *before*; return False when another one was faster.

    Args:
        digests: of records by their position; those that are superseded by now are left.
    """
    query = sa.select(collection.c.declaration).where(collection.c.id == number)
    text = connection.execute(query.with_for_update()).scalar_one()
    if (None if text is None else _decode(text)) != before:
        return False
    positions = list(digests)
    for start in range(0, len(positions), ID_CHUNK):
        some = positions[start : start + ID_CHUNK]
        seals = connection.execute(
            sa.select(record.c.position, record.c.seal).where(
                record.c.position.in_(some), record.c.superseded.is_(None)
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
        .values(declaration=msgspec.json.encode(after).decode(), begun=collection.c.begun + 1)
    )
    return True
