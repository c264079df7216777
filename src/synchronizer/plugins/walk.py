"""Walking a listing from its first page to its true end.

The traps that this walk knows (each is real, see docs/explanation/sampling.rst):

* A page without a "next" link, or shorter than asked for, is not the end: services drop
  duplicates and hidden rows after they cut the page. The end is an *empty* page.
* Some services ignore the marker, or restart from the beginning when its row is gone:
  a page that ends where an earlier page ended is an endless listing.
* A marker may be deleted while we walk: then the row before it serves, three rows back
  at most, and after that the walk begins again, once.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeVar

from synchronizer.model.errors import EndlessListingError, UnreachableError
from synchronizer.plugins.plugin import Paging, Resource
from synchronizer.plugins.service import Answer, Service

TAIL = 3
"""So many last markers of a page are kept."""


class Page(Protocol):
    """What the walk must know of a page: how many items, and its last markers.

    *more* tells whether the service announced a next page. It is only believed when the
    listing repeats itself: without it the service knows no paging, with it it loops.
    """

    @property
    def size(self) -> int: ...  # noqa: D102 - see the class

    @property
    def tail(self) -> list[str]: ...  # noqa: D102

    @property
    def more(self) -> bool: ...  # noqa: D102


P = TypeVar("P", bound=Page)


def walk(
    resource: Resource,
    service: Service,
    split: Callable[[Answer, str | None], P],
    *,
    before: Callable[[], None] = lambda: None,
    parents: Iterator[str] | None = None,
    query: Mapping[str, str] | None = None,
) -> Iterator[P]:
    """Yield every page of a listing.

    Args:
        split: turns an answer into a page; may raise MalformedError.
        before: called before each request goes out (the sampler takes its ticket).
        parents: ids for a resource that is listed for each of them.
        query: more parameters, for an incremental listing.

    Raises:
        SampleError: the walk could not be completed; what was yielded is no full listing.
    """
    fixed = {**resource.sort, **(query or {})}
    if resource.each is None:
        yield from _walk_one(resource, service, split, before, None, fixed)
        return
    for parent in parents or ():
        yield from _walk_one(resource, service, split, before, parent, fixed)


def _walk_one(
    resource: Resource,
    service: Service,
    split: Callable[[Answer, str | None], P],
    before: Callable[[], None],
    parent: str | None,
    fixed: dict[str, str],
) -> Iterator[P]:
    if resource.paging is not Paging.NONE:
        fixed = {"limit": str(resource.limit), **fixed}
    ends: set[str] = set()
    tail: list[str] = []
    offset, restarts = 0, 1
    while True:
        more = dict(fixed)
        if tail:
            more["marker"] = tail[-1]
        elif offset:
            more["offset"] = str(offset)
        before()
        answer = resource.ask(service, parent, more)
        if answer.status != 200 and tail:
            tail.pop()
            if not tail:
                if not restarts:
                    raise UnreachableError(
                        f"{resource.type}: rows vanish faster than the listing can be walked"
                    )
                restarts -= 1
                ends.clear()
            continue
        if answer.status != 200:
            return  # the parent is gone, and with it what it had
        page = split(answer, parent)
        yield page
        if page.size == 0 or resource.paging is Paging.NONE:
            return
        if page.tail[-1] in ends:
            if not page.more:
                return
            raise EndlessListingError(
                f"{resource.type}: the listing repeats the page that ends with {page.tail[-1]}; "
                "the service ignores the marker"
            )
        ends.add(page.tail[-1])
        if resource.paging is Paging.MARKER:
            tail = page.tail[-TAIL:]
        else:
            offset += page.size
