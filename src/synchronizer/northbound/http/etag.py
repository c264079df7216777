"""The ETag of a get all: spoiled by what was asked for, and by nothing else.

It is made of the log's epoch, the newest revision of the selected collections, which of
them are stale or not complete, and the request itself; so a change of another type leaves
it as it is.
"""

from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from synchronizer.store.contract import Head
from synchronizer.store.freshness import Freshness


def etag(
    head: Head, meant: Sequence[Freshness], now: float, at: int | None, asked: object
) -> bytes:
    """Return the tag.

    Args:
        at: the revision asked for; None for the newest.
        asked: everything else that shapes the answer.
    """
    newest = max((each.revision for each in meant), default=0)
    # Of a store that went back, the same revision may be of another history.
    log = [each.content.hex() for each in meant] if at is None else head.digest.hex()
    known = [(each.stale(now), each.complete_at) for each in meant]
    shape = msgspec.json.encode((asked, known, at, log))
    shown = min(newest, at) if at is not None else newest
    return b'"%b-%d-%b"' % (
        head.epoch[:8].encode(),
        shown,
        blake2b(shape + head.epoch.encode(), digest_size=8).hexdigest().encode(),
    )


def matches(if_none_match: str, tag: bytes) -> bool:
    """Whether a client's ``If-None-Match`` names the tag."""
    if not if_none_match:
        return False
    names = [name.strip().removeprefix("W/") for name in if_none_match.split(",")]
    return "*" in names or tag.decode() in names
