"""A walk over the entities of some collections at one revision, in pieces that fit.

The order is that of the collections' names and, within one, of the log. A *marker* names
the last entity that was given out, so another process, or this one after a restart, can
go on. It also names the log (its epoch): a walk never goes on in another one.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from synchronizer.model.entity import Collection
from synchronizer.model.errors import HistoryReplacedError, RequestError, RevisionCompactedError
from synchronizer.store.contract import Head, Record, Store

T = TypeVar("T")

_Packed = tuple[str, int, str, str | None, str, int, str]
_unpack = msgspec.json.Decoder(_Packed).decode


class Marker(NamedTuple):
    """Behind which record, at which revision, of which log (its epoch, and its digest there)."""

    epoch: str
    revision: int
    collection: Collection
    position: int
    digest: str

    def pack(self) -> str:
        """Return the marker as the opaque text of a URL."""
        return sealed((self.epoch, self.revision, *self.collection, self.position, self.digest))

    @staticmethod
    def unpack(text: str, head: Head) -> "Marker":
        """Read a marker.

        Raises:
            RequestError: it is none.
            RevisionCompactedError: it is of another log.
        """
        epoch, revision, cloud, region, type_, position, digest = unsealed(text, _unpack)
        if epoch != head.epoch:
            raise RevisionCompactedError(revision, head.oldest)
        return Marker(epoch, revision, Collection(cloud, region, type_), position, digest)

    def check(self, head: Head) -> None:
        """Refuse a marker whose revision is of another history.

        Args:
            head: with the marker's revision, and the log's digest there.

        Raises:
            HistoryReplacedError
        """
        if self.digest != head.digest.hex():
            raise HistoryReplacedError(self.revision, head.oldest)


def sealed(marker: Any) -> str:
    """Return a marker's values as the opaque text of a URL."""
    return urlsafe_b64encode(msgspec.json.encode(marker)).decode().rstrip("=")


def unsealed(text: str, read: Callable[[bytes], T]) -> T:
    """Return the values of a marker.

    Raises:
        RequestError: it is none.
    """
    try:
        return read(urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
    except (ValueError, msgspec.MsgspecError):
        raise RequestError("marker is not one that `next` gave; start the walk anew.") from None


def order(collection: Collection) -> tuple[str, str, str]:
    """Return by what collections are sorted."""
    return (collection.cloud, collection.region or "", collection.type)


def walk(
    store: Store,
    collections: Sequence[Collection],
    at: int,
    behind: Marker | None = None,
    limit: int | None = None,
) -> Iterator[list[Record]]:
    """Yield pages of live entities at revision *at*; a page is of one collection.

    Raises:
        RevisionCompactedError: also in the middle, when *at* is compacted meanwhile.
        RevisionAheadError
    """
    for collection in sorted(collections, key=order):
        after = 0
        if behind is not None:
            if order(collection) < order(behind.collection):
                continue
            after = behind.position if collection == behind.collection else 0
        for page in store.snapshot([collection], at, after=after, limit=limit):
            yield page
            if limit is not None:
                limit -= len(page)
        if limit is not None and limit <= 0:
            return
