"""What a sampler needs besides its collection."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.entity import Collection
from synchronizer.plugins.pagination import ITEMS_MOST
from synchronizer.plugins.plugin import Plugin
from synchronizer.sampling.scope import Scope
from synchronizer.store.contract import Store

if TYPE_CHECKING:
    from synchronizer.sampling.sampler import Sampler


class Setup(NamedTuple):
    """What a sampler needs besides its collection; the same for many samplers.

    Attributes:
        parents: yields the ids of an entity type, for resources listed for each of them.
        scope: returns the scope of the current token.
        delete_guard: fraction of a collection beyond which absences are held.
        listing_limit: so many items of a listing have an end.
        poll: seconds between polls.
        outline: seconds between whole outlines while notifications reach us.
        notified: whether they do.
        others: yields the samplers of the other types of a collection's service and region.
        beat: called whenever work moves on, so that a watchdog sees life.
    """

    store: Store
    plugin: Plugin
    parents: Callable[[str], Iterable[str]]
    scope: Callable[[], Scope] = Scope
    delete_guard: float = 0.2
    listing_limit: int = ITEMS_MOST
    poll: float = 15.0
    outline: float = 180.0
    notified: Callable[[], bool] = lambda: False
    clock: Clock = SystemClock()
    others: Callable[[Collection], Iterable["Sampler"]] = lambda _: ()
    beat: Callable[[], None] = lambda: None
