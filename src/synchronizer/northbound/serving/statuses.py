"""How the collections stand, in bookmarks and pages.

Becoming stale is no change and has no revision, so it travels with the bookmarks. Each
watcher is sent what is news to it: everything first, then what differs from that.
"""

from collections.abc import Iterable

import msgspec

from synchronizer.model.entity import Collection
from synchronizer.northbound.serving.selection import Selection
from synchronizer.store.freshness import Freshness

_encode = msgspec.json.Encoder().encode


class Statuses:
    """The latest statuses as they are sent, and since when each is so. Owned by the event loop.

    Attributes:
        version: goes up with every renewal that brings news.
    """

    def __init__(self) -> None:
        self.version = 0
        self._items: dict[Collection, tuple[int, bytes]] = {}
        self._joined: dict[tuple[Selection, int], bytes] = {}

    def renew(self, encoded: dict[Collection, bytes]) -> None:
        """Take in how every collection stands now."""
        self.version += 1
        self._joined.clear()
        for collection, text in encoded.items():
            if collection not in self._items or self._items[collection][1] != text:
                self._items[collection] = (self.version, text)

    def news(self, selection: Selection, version: int) -> bytes:
        """Return the statuses of *selection* that are newer than *version*, joined by commas."""
        if version == self.version:
            return b""
        key = (selection, version)
        if key not in self._joined:
            self._joined[key] = b",".join(
                text
                for collection, (since, text) in self._items.items()
                if since > version and selection.holds(collection)
            )
        return self._joined[key]


def encoded(known: Iterable[Freshness], at: int, now: float) -> dict[Collection, bytes]:
    """Return the status of each collection at revision *at* as JSON.

    What has changed after it is left out: its news comes with a later bookmark.
    """
    return {each.collection: _encode(each.status(at, now)) for each in known if each.revision <= at}


def listed(meant: Iterable[Freshness], at: int, now: float) -> bytes:
    """Return the statuses of *meant* at revision *at* as a JSON list."""
    return _encode([each.status(at, now) for each in meant])
