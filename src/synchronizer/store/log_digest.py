"""What proves that the log is as it was written: a seal on each record, a digest on each commit.

The *seal* of a record is its element of the content digest (`synchronizer.model.digests`)
and the CRC-32 of its essence's digest. Whoever writes a record's body or digest writes its
seal.

The *digest of the log* at a revision is the BLAKE2b-128 of the digest at the revision
before, the revision, and operation, previous revision, element, changed fields and reason of
each record of the commit. So two logs that have it in common at one revision are one log up
to there.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple
from zlib import crc32

import sqlalchemy as sa

from synchronizer.model.digests import NOTHING, SIZE
from synchronizer.store.tables import commits

_DIGEST_AT = sa.select(commits.c.digest).where(commits.c.revision == sa.bindparam("at"))


class Entry(NamedTuple):
    """What a record adds to the digest of the log."""

    op: int
    previous: int | None
    changed: str | None
    reason: str | None
    seal: bytes


def sealed(element: bytes, digest: bytes) -> bytes:
    """Return the seal of a record."""
    return element + crc32(digest).to_bytes(4, "big")


def element_in(seal: bytes) -> bytes:
    """Return the element that a seal holds."""
    return seal[:SIZE]


def log_digest(before: bytes, revision: int, entries: Iterable[Entry]) -> bytes:
    """Return the digest of the log at a revision.

    Args:
        before: the digest at the revision before.
        entries: of the commit's records, in their order.
    """
    parts = [before, b"%d" % revision]
    for op, previous, changed, reason, seal in entries:
        named = f"\0{op}\0{previous or 0}\0{changed or ''}\0{reason or ''}\0"
        parts += (named.encode(), element_in(seal))
    return blake2b(b"".join(parts), digest_size=SIZE).digest()


def digest_at(connection: sa.Connection, revision: int) -> bytes:
    """Return the digest of the log at a revision that is kept."""
    return connection.execute(_DIGEST_AT, {"at": revision}).scalar() or NOTHING
