"""One endless stream of changes over connections that are not endless."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence

from synchronizer.client.mirror_state import Key
from synchronizer.client.transport import Bookmark, Transport
from synchronizer.model.backoff import Backoff
from synchronizer.model.change import Change
from synchronizer.model.errors import RevisionAheadError, TransportError

LOG = logging.getLogger(__name__)

_SETTLED_SECONDS = 5.0
"""A connection that lived so long, or brought a change, works: one bookmark is no proof."""


def following(
    transport: Transport,
    since: int | None,
    types: Sequence[str] = (),
    *,
    cloud: str | None = None,
    region: str | None = None,
    begun: Callable[..., None] = lambda *_, **__: None,
) -> Iterator[Change | Bookmark]:
    """Yield each change after *since* once, and bookmarks; go on after lost connections.

    It keeps nothing but its place, so it suits a consumer without a state of its own; one
    that wants the entities too takes a `Mirror`.

    Args:
        begun: called with the revision when a connection stands, and ``again=True`` when
            one had broken.

    Raises:
        TransportError: nobody answered the first call.
        RevisionCompactedError, RevisionAheadError, HistoryReplacedError: what came between is
            not to be had.
    """
    backoff = Backoff()
    place = {"cloud": cloud, "region": region}
    epoch: str | None = None
    digest: str | None = None
    position = since
    stood = False
    trouble: str | None = None
    told: set[tuple[Key, int]] = set()  # since the last bookmark
    while True:
        # A transport that tells no digests need not take any.
        known = {} if digest is None else {"digest": digest}
        try:
            with transport.watch(position, types, **known, **place) as watch:
                if epoch not in {None, watch.epoch}:
                    raise RevisionAheadError(position or 0, watch.since)
                epoch = watch.epoch
                position = watch.since if position is None else position
                if trouble is not None or not stood:
                    begun(position, again=stood)
                stood, trouble = True, None
                opened = time.monotonic()
                for item in watch:
                    if isinstance(item, Bookmark):
                        if item.revision >= position:
                            position, digest = item.revision, item.digest
                        told = {each for each in told if each[1] > position}
                        if time.monotonic() - opened > _SETTLED_SECONDS:
                            backoff.reset()
                        yield item
                        continue
                    key = Key(item.cloud, item.region, item.type, item.id)
                    if item.revision > position and (key, item.revision) not in told:
                        told.add((key, item.revision))
                        backoff.reset()
                        yield item
        except TransportError as error:
            if epoch is None:
                raise
            if str(error) != trouble:  # each trouble once, not at every attempt
                LOG.warning("%s Trying again from revision %s.", error, position)
            trouble = str(error)
            time.sleep(backoff.next())
