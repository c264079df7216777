"""What was committed lately, so that a replica that lags is not taken for a change back.

Services answer from several workers and read replicas, and two answers in a row may go back
in time. An answer that is *older* than what was committed last (its stamp says so), that
brings back what was just deleted, or that knows nothing of an entity which was just taken
up, is not believed at once: the entity is read again a little later, and then the answer
counts whatever it is. (A service whose clock or database was set back is followed, too.)

Known for types whose entities carry a stamp, and for the last so many entities of each.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from synchronizer.model.clock import Clock
    from synchronizer.sampling.split import Item

LAG = 5.0
"""Seconds after which an answer that goes back is believed: replicas catch up sooner."""

YOUNG = 2.0
"""Seconds for which an entity that was just taken up may not be known to every replica."""

_MOST = 10_000


class _Seen(NamedTuple):
    stamp: str | int | None
    born: float | None = None
    gone: bool = False


class Recent:
    """The entities of one collection that were committed lately; thread-safe.

    Args:
        stamped: whether they carry a stamp; of others nothing is known.
    """

    def __init__(self, clock: "Clock", *, stamped: bool) -> None:
        self._clock = clock
        self._stamped = stamped
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
        self._doubted: dict[str, float] = {}

    def took(self, items: "Iterable[Item]", born: set[str]) -> None:
        """Note what was committed; *born* are the ids that did not live before."""
        now = self._clock.monotonic()
        with self._lock:
            for item in items:
                self._note(item.id, _Seen(item.stamp, now if item.id in born else None))

    def buried(self, ids: Iterable[str]) -> None:
        """Note deletes."""
        with self._lock:
            for id_ in ids:
                known = self._seen.get(id_)
                self._note(id_, _Seen(known.stamp if known else None, gone=True))

    def settled(self, id_: str) -> None:
        """Note that an answer shows what was committed last."""
        with self._lock:
            self._doubted.pop(id_, None)

    def goes_back(self, item: "Item") -> bool:
        """Whether an answer is older than what was committed last, and not believed yet."""
        with self._lock:
            known = self._seen.get(item.id)
            if known is None or not _is_older(item.stamp, known):
                return False
            now = self._clock.monotonic()
            return now - self._doubted.setdefault(item.id, now) < LAG

    def too_young(self, ids: Iterable[str]) -> set[str]:
        """Return those that were taken up so lately that a replica may not know them."""
        limit = self._clock.monotonic() - YOUNG
        with self._lock:
            known = {id_: self._seen.get(id_) for id_ in ids}
        return {id_ for id_, seen in known.items() if seen and seen.born and seen.born > limit}

    def _note(self, id_: str, seen: _Seen) -> None:
        if not self._stamped:
            return
        self._doubted.pop(id_, None)
        self._seen[id_] = seen
        self._seen.move_to_end(id_)
        if len(self._seen) > _MOST:
            oldest, _ = self._seen.popitem(last=False)
            self._doubted.pop(oldest, None)


def _is_older(stamp: str | int | None, known: _Seen) -> bool:
    """Whether a stamp is from before; none at all is from before the first update."""
    if stamp is None or known.stamp is None:
        return known.gone or (stamp is None and known.stamp is not None)
    if isinstance(stamp, str) and isinstance(known.stamp, str):
        return stamp <= known.stamp if known.gone else stamp < known.stamp
    if isinstance(stamp, int) and isinstance(known.stamp, int):
        return stamp <= known.stamp if known.gone else stamp < known.stamp
    return False
