"""Digests by which the two ends of a wire know that they hold the same.

The *content digest* of a collection is the sum, modulo 2 to the 128th, of one number for
each live entity: the BLAKE2b-128 of ``cloud NUL region NUL type NUL id NUL revision NUL
body``, its bytes read as a big-endian number. A region that is null counts as empty, the
revision is written in decimal digits, and the body is the JSON as it stands on the wire.

A sum needs no order, and a commit changes it by what the commit brought and took away.
It finds mistakes, not malice: whoever may choose entities can make two sets of one sum.
"""

from hashlib import blake2b
from typing import Any

import msgspec

from synchronizer.model.entity import Collection

MODULUS = 1 << 128

SIZE = 16
"""Bytes of every digest here."""

NOTHING = bytes(SIZE)
"""The content digest of an empty collection; the log digest of an empty log."""

encoded = msgspec.json.Encoder().encode
"""Writes a decoded body byte for byte as it came: every body is stored as this writes it."""


def element(collection: Collection, id_: str, revision: int, body: bytes) -> bytes:
    """Return what an entity adds to the content digest of its collection."""
    cloud, region, type_ = collection
    named = f"{cloud}\0{region or ''}\0{type_}\0{id_}\0{revision}\0".encode()
    return blake2b(named + body, digest_size=SIZE).digest()


def element_of(collection: Collection, id_: str, revision: int, body: Any) -> int:
    """Return the same for a decoded body, as a number."""
    return number(element(collection, id_, revision, encoded(body)))


def number(digest: bytes) -> int:
    """Return a digest as the number that is summed."""
    return int.from_bytes(digest, "big")


def digest_of(total: int) -> bytes:
    """Return a sum as a digest."""
    return (total % MODULUS).to_bytes(SIZE, "big")
