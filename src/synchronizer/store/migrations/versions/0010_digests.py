"""Digests of the log and of its content, computed for what is there."""

from collections.abc import Iterator
from hashlib import blake2b
from itertools import groupby
from typing import Any
from zlib import crc32

import sqlalchemy as sa
import zstandard
from alembic import op

revision = "0010"
down_revision = "0009"

_DELETE = 3
_PAGE = 1000
_BITS = 10
_MODULUS = 1 << 128
_NOTHING = bytes(16)

# Each record with the one that it superseded; a position is the revision times 1024 and more.
_FOLLOWED = (
    "SELECT n.position, n.collection, n.op, n.previous, n.changed, n.reason, n.seal,"
    " b.seal AS older_seal, b.op AS older_op FROM record n LEFT JOIN record b"
    " ON b.collection = n.collection AND b.id = n.id AND b.position < n.position"
    " AND b.superseded * 1024 <= n.position AND n.position < (b.superseded + 1) * 1024"
)


def upgrade() -> None:
    """Add the columns, seal every record, and reckon the digests from the seals."""
    for table, *columns in (
        ("head", sa.Column("digest", sa.LargeBinary(16))),
        ("collection", sa.Column("content", sa.LargeBinary(16))),
        (
            "commits",
            sa.Column("digest", sa.LargeBinary(16)),
            sa.Column("content", sa.LargeBinary(16)),
        ),
        ("record", sa.Column("seal", sa.LargeBinary(20))),
    ):
        for column in columns:
            op.add_column(table, column)
    connection = op.get_bind()
    contents = _sealed(connection)
    for number, content in contents.items():
        connection.execute(
            sa.text("UPDATE collection SET content = :c WHERE id = :n"),
            {"c": _bytes(content), "n": number},
        )
    _chained(connection, contents)


def _sealed(connection: sa.Connection) -> dict[int, int]:
    """Seal every record; return the content of each collection."""
    named = {
        row.id: f"{row.cloud}\0{row.region}\0{row.type}\0"
        for row in connection.execute(sa.text("SELECT id, cloud, region, type FROM collection"))
    }
    unpack: dict[int | None, Any] = {None: zstandard.ZstdDecompressor()}
    for number, content in connection.execute(sa.text("SELECT id, content FROM dictionary")):
        chosen = zstandard.ZstdCompressionDict(content)
        unpack[number] = zstandard.ZstdDecompressor(dict_data=chosen)
    contents = dict.fromkeys(named, 0)
    for rows in _pages(
        connection,
        "SELECT position, collection, id, superseded, op, digest, dictionary, body FROM record",
    ):
        seals = []
        for row in rows:
            names = f"{named[row.collection]}{row.id}\0{row.position >> _BITS}\0".encode()
            body = unpack[row.dictionary].decompress(row.body)
            element = blake2b(names + body, digest_size=16).digest()
            digest = crc32(row.digest).to_bytes(4, "big")
            seals.append({"p": row.position, "s": element + digest})
            if row.superseded is None and row.op != _DELETE:
                contents[row.collection] += int.from_bytes(element, "big")
        connection.execute(sa.text("UPDATE record SET seal = :s WHERE position = :p"), seals)
    return contents


def _chained(connection: sa.Connection, contents: dict[int, int]) -> None:
    """Give each commit the log's digest, from the oldest revision on.

    And its collection's content: what is now, less what came after.
    """
    ((oldest,),) = connection.execute(sa.text("SELECT oldest FROM head")).all()
    digest, digests, moved = _NOTHING, {}, []
    for number, entries in _commits(connection, oldest):
        parts = [digest, b"%d" % number]
        delta = 0
        for row in entries:
            names = f"\0{row.op}\0{row.previous or 0}\0{row.changed or ''}\0{row.reason or ''}\0"
            parts += (names.encode(), row.seal[:16])
            delta += _number(row.seal) if row.op != _DELETE else 0
            delta -= _number(row.older_seal) if row.older_seal and row.older_op != _DELETE else 0
        digest = blake2b(b"".join(parts), digest_size=16).digest()
        digests[number] = digest
        moved.append((number, entries[0].collection, delta))
    after = dict(contents)
    filled = []
    for number, collection, delta in reversed(moved):
        filled.append({"r": number, "d": digests[number], "c": _bytes(after[collection])})
        after[collection] -= delta
    if filled:
        query = sa.text("UPDATE commits SET digest = :d, content = :c WHERE revision = :r")
        connection.execute(query, filled)
    connection.execute(sa.text("UPDATE head SET digest = :d"), {"d": digest})


def _commits(connection: sa.Connection, oldest: int) -> Iterator[tuple[int, list[Any]]]:
    rows = (row for page in _pages(connection, _FOLLOWED, oldest + 1, "n.") for row in page)
    for number, group in groupby(rows, key=lambda row: row.position >> _BITS):
        yield number, list(group)


def _pages(
    connection: sa.Connection, query: str, revision: int = 0, of: str = ""
) -> Iterator[list[Any]]:
    """Yield the rows of a query over records, in order of position."""
    text = f"{query} WHERE {of}position > :after ORDER BY {of}position LIMIT {_PAGE}"
    after = (revision << _BITS) - 1
    while rows := connection.execute(sa.text(text), {"after": after}).all():
        yield list(rows)
        after = rows[-1].position


def _number(seal: bytes) -> int:
    return int.from_bytes(seal[:16], "big")


def _bytes(total: int) -> bytes:
    return (total % _MODULUS).to_bytes(16, "big")
