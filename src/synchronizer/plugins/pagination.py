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
* A row may be listed and be no marker all the same, and stay so: Nova lists from its cells
  and looks markers up elsewhere, where a server that is being built, or whose build failed
  halfway, may be missing. Such a row is passed over, and the pages are cut elsewhere.
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
    markers = _Markers(resource.type)
    offset, largest, few, full = 0, 0, 0, False
    for _ in range(PAGES_MOST):
        more = dict(fixed)
        if markers.left:
            more["marker"] = markers.left[-1]
        elif offset:
            more["offset"] = str(offset)
        before()
        answer = resource.ask(service, parent, more)
        if answer.status != 200 and markers.left:
            fixed = fixed if markers.refuse() or not full else _cut_elsewhere(fixed)
            continue
        if answer.status != 200:
            return  # the parent is gone, and with it what it had
        page = split(answer, parent)
        yield page
        # Where nothing on a page can be named, what follows cannot be asked for.
        if not page.size or not page.tail or (resource.paging is Paging.NONE and not page.more):
            return
        full = page.more or page.size >= int(str(fixed.get("limit", 1)))
        usable = markers.usable(page.tail)
        if not usable:
            if not full:
                return  # what is no marker is listed, and nothing behind it
            markers.begin_again()
            fixed = _cut_elsewhere(fixed)
            continue
        largest = max(largest, page.size)
        few = few + 1 if page.size * _FEW <= largest and not page.more else 0
        if few == _CHASED:
            return
        if usable[-1] in markers.ends:
            if page.more or _knows_limit(resource, service, split, parent, fixed, page):
                raise markers.endless(usable[-1])
            return
        markers.ends.add(usable[-1])
        if resource.paging is Paging.OFFSET:
            offset += page.size
        else:
            markers.left = usable[-TAIL:]
    raise EndlessListingError(f"{resource.type}: no end after {PAGES_MOST} pages")


class _Markers:
    """The rows behind which a listing may be gone on from.

    Attributes:
        left: those of the last page that the service did not refuse yet.
        ends: where earlier pages ended.
    """

    def __init__(self, type_: str) -> None:
        self._type = type_
        self._refused: set[str] = set()
        self._restarts = 1
        self.left: list[str] = []
        self.ends: set[str] = set()

    def usable(self, tail: Sequence[str]) -> list[str]:
        """Return the markers of a page that were never refused."""
        return [each for each in tail if each not in self._refused]

    def refuse(self) -> bool:
        """Give up the last one; return whether one is left, else the walk begins again."""
        self._refused.add(self.left.pop())
        if not self.left:
            self.begin_again()
        return bool(self.left)

    def endless(self, marker: str) -> EndlessListingError:
        """Return the error of a listing that came to a marker again."""
        return EndlessListingError(
            f"{self._type}: the listing repeats the page that ends with {marker}; "
            "the service ignores the marker"
        )

    def begin_again(self) -> None:
        """Forget where the walk is.

        Raises:
            UnreachableError: it began again already.
        """
        if not self._restarts:
            raise UnreachableError(
                f"{self._type}: rows vanish faster than the listing can be walked, or the service "
                "knows none of the last ones of a page as a marker"
            )
        self._restarts -= 1
        self.ends.clear()
        self.left = []


def _cut_elsewhere(fixed: dict[str, str | Sequence[str]]) -> dict[str, str | Sequence[str]]:
    """Return the parameters for pages that end at other rows."""
    limit = int(str(fixed.get("limit", 0)))
    return {**fixed, "limit": str(max(1, limit * 2 // 3))} if limit else fixed


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
