"""Walking a listing from its first page to its true end.

The traps that this walk knows (each is real, see docs/explanation/sampling.rst):

* A page without a "next" link, or shorter than asked for, is not the end: services drop
  duplicates and hidden rows after they cut the page. The end is an *empty* page.
* Some services ignore the marker, or restart from the beginning when its row is gone:
  a page that ends where an earlier page ended is an endless listing. Only a service that
  ignores the limit, too, knows no pages: then the first holds everything.
* Where rows are made faster than we ask, the last pages hold one or two new rows, and an
  empty one never comes.
* Some operators cut what was asked for as a whole (Neutron's ``pagination_max_limit``):
  there is more when the service says so.
* A marker may be deleted while we walk: then the row before it serves, three rows back
  at most, and after that the walk begins again, once.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from synchronizer.model.errors import EndlessListingError, UnreachableError
from synchronizer.plugins.plugin import Paging, Resource
from synchronizer.plugins.service import Answer, Query, Service

TAIL = 3
"""So many last markers of a page are kept."""

_FEW, _CHASED = 4, 5
"""After so many pages in a row that hold less than a fourth of the largest one, we only run
after what is being made just now: that is left to the next look."""

ITEMS_MOST = 1_000_000
"""A listing of more items than this is taken for one without an end."""

PAGES_MOST = 100_000
"""A listing of more pages than this has no end."""


class Page(Protocol):
    """What the walk must know of a page: how many items, and its last markers.

    *more* tells whether the service announced a next page. It is only believed where none
    was asked for, and when the listing repeats itself.
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
    query: Query | None = None,
    most: int = ITEMS_MOST,
    passed: Callable[[str], None] = lambda _: None,
) -> Iterator[P]:
    """Yield every page of a listing.

    Args:
        split: turns an answer into a page; may raise MalformedError.
        before: called before each request goes out (the sampler takes its ticket).
        parents: ids for a resource that is listed for each of them.
        query: more parameters, for an incremental listing.
        most: so many items have an end.
        passed: called with each parent that it cannot be listed for.

    Raises:
        SampleError: the walk could not be completed; what was yielded is no full listing.
    """
    count = 0
    for parent in [None] if resource.each is None else parents or ():
        if parent is not None and not resource.reaches(parent):
            passed(parent)
            continue
        for variant in resource.variants:
            fixed = {**resource.sort, **variant, **(query or {})}
            for page in _walk_one(resource, service, split, before, parent, fixed):
                yield page
                count += page.size
                if count > most:
                    raise EndlessListingError(
                        f"{resource.type}: no end after {count} items; if there really are so "
                        "many, raise [sampling] listing_limit"
                    )


def _walk_one(
    resource: Resource,
    service: Service,
    split: Callable[[Answer, str | None], P],
    before: Callable[[], None],
    parent: str | None,
    fixed: dict[str, str | Sequence[str]],
) -> Iterator[P]:
    if resource.paging is not Paging.NONE:
        fixed = {"limit": str(resource.limit), **fixed}
    ends: set[str] = set()
    tail: list[str] = []
    offset, restarts, largest, few = 0, 1, 0, 0
    for _ in range(PAGES_MOST):
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
        # Where nothing on a page can be named, what follows cannot be asked for.
        if not page.size or not page.tail or (resource.paging is Paging.NONE and not page.more):
            return
        largest = max(largest, page.size)
        few = few + 1 if page.size * _FEW <= largest and not page.more else 0
        if few == _CHASED:
            return
        if page.tail[-1] in ends:
            if not page.more and not _knows_limit(resource, service, split, parent, fixed, page):
                return
            raise EndlessListingError(
                f"{resource.type}: the listing repeats the page that ends with {page.tail[-1]}; "
                "the service ignores the marker"
            )
        ends.add(page.tail[-1])
        if resource.paging is Paging.OFFSET:
            offset += page.size
        else:
            tail = page.tail[-TAIL:]
    raise EndlessListingError(f"{resource.type}: no end after {PAGES_MOST} pages")


def _knows_limit(
    resource: Resource,
    service: Service,
    split: Callable[[Answer, str | None], P],
    parent: str | None,
    fixed: dict[str, str | Sequence[str]],
    page: P,
) -> bool:
    """Whether a service that repeats *page* cuts its pages, so that there may be more."""
    if page.size == 1:
        return False  # there is no smaller page to ask for
    answer = resource.ask(service, parent, {**fixed, "limit": "1"})
    return answer.status == 200 and split(answer, parent).size < page.size
