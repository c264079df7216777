"""A walk comes to the true end of a listing, or says that it did not."""

from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synchronizer.model.errors import EndlessListingError, UnreachableError
from synchronizer.plugins.pagination import TAIL, walk
from synchronizer.plugins.plugin import Paging, Resource
from synchronizer.plugins.service import Answer

light = settings(max_examples=60, deadline=None)


class Page(NamedTuple):
    ids: list
    more: bool = False

    @property
    def size(self):
        return len(self.ids)

    @property
    def tail(self):
        return self.ids[-TAIL:]


class Marked(Resource):
    """Pages by marker."""

    plugin, name, path, key = "p", "marked", "/rows", "rows"
    paging, limit = Paging.MARKER, 3
    query = MappingProxyType({"all": "1"})
    sort = MappingProxyType({"sort_key": "id"})


class Wide(Marked):
    """Pages of six."""

    name, limit = "wide", 6


class Shifted(Marked):
    """Pages by offset."""

    name = "shifted"
    paging = Paging.OFFSET


class Whole(Marked):
    """One answer."""

    name = "whole"
    paging = Paging.NONE
    sort = MappingProxyType({})


class Child(Marked):
    """A listing for each parent."""

    name, path = "child", "/parents/{parent}/rows"
    each = "p.parent"


class Rows:
    """A service that holds rows and pages as a test wants; ids order as text."""

    def __init__(self, rows, *, cap=3, links=False):
        self.rows = list(rows)
        self.cap = cap
        self.links = links
        self.queries = []
        self.paths = []
        self.skip = set()
        self.before_answer = lambda number: None
        self.status_of = lambda number, query: 200
        self.cut_to = lambda limit: self.cap

    def get(self, path, query, *, microversion=None, allow=()):
        self.queries.append(dict(query))
        self.paths.append(path)
        self.before_answer(len(self.queries))
        status = self.status_of(len(self.queries), query)
        if status == 200 and "marker" in query and query["marker"] not in self.rows:
            status = 404
        if status != 200:
            assert status in allow
            return Answer(status, b"", 0.0)
        rows = self.rows
        if "marker" in query:
            rows = rows[rows.index(query["marker"]) + 1 :]
        rows = rows[int(query.get("offset", 0)) :]
        cut = rows[: self.cut_to(int(query["limit"]))] if "limit" in query else rows
        page = Page([row for row in cut if row not in self.skip], self.links)
        return Answer(200, page, 0.0)


def walked(resource, service, **more):
    return [page.ids for page in walk(resource(), service, lambda a, _: a.body, **more)]


def ids(pages):
    return [each for page in pages for each in page]


NINE = list("abcdefghi")


def test_the_end_is_an_empty_page_not_a_missing_next_link():
    service = Rows(NINE)
    assert walked(Marked, service) == [["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"], []]


def test_a_full_last_page_is_followed_by_one_more_call():
    service = Rows("abc")
    assert walked(Marked, service) == [["a", "b", "c"], []]
    assert service.queries[1]["marker"] == "c"


def test_a_short_page_is_not_the_last():
    """Rows that a service drops after it cut the page make short pages anywhere."""
    service = Rows(NINE)
    service.skip = {"b", "c", "e"}
    assert ids(walked(Marked, service)) == ["a", "d", "f", "g", "h", "i"]


def test_a_service_that_caps_the_page_is_walked_to_its_end():
    service = Rows(NINE, cap=2)
    assert ids(walked(Marked, service)) == NINE


def test_every_call_carries_limit_fixed_query_and_sort():
    service = Rows(NINE)
    walked(Marked, service, query={"changes-since": "T"})
    fixed = {"limit": "3", "all": "1", "sort_key": "id", "changes-since": "T"}
    assert all(fixed.items() <= query.items() for query in service.queries)
    assert [query.get("marker") for query in service.queries] == [None, "c", "f", "i"]


def test_one_answer_holds_everything_where_there_is_no_paging():
    service = Rows(NINE)
    assert walked(Whole, service) == [NINE]
    assert service.queries == [{"all": "1"}]


def test_an_offset_grows_by_what_came():
    service = Rows(NINE[:7])
    assert ids(walked(Shifted, service)) == NINE[:7]
    assert [query.get("offset") for query in service.queries] == [None, "3", "6", "7"]


def test_an_empty_listing_is_one_call():
    service = Rows([])
    assert walked(Marked, service) == [[]]
    assert len(service.queries) == 1


def test_a_marker_that_is_gone_is_replaced_by_the_row_before_it():
    service = Rows(NINE)

    def delete(number):
        if number == 2:
            service.rows.remove("c")

    service.before_answer = delete
    assert ids(walked(Marked, service)) == NINE
    assert [query.get("marker") for query in service.queries[:4]] == [None, "c", "b", "f"]


def test_two_markers_that_are_gone_are_replaced_by_the_one_before():
    service = Rows(NINE)
    service.before_answer = lambda number: (
        [service.rows.remove(each) for each in "bc"] if number == 2 else None
    )
    assert ids(walked(Marked, service)) == NINE


def test_when_all_last_rows_are_gone_the_walk_begins_again():
    service = Rows(NINE)
    service.before_answer = lambda number: (
        [service.rows.remove(each) for each in "abc"] if number == 2 else None
    )
    assert ids(walked(Marked, service)) == NINE
    assert [query.get("marker") for query in service.queries[:6]] == [
        *(None, "c", "b", "a"),
        *(None, "f"),
    ]


def test_the_walk_begins_again_only_once():
    service = Rows(NINE)
    service.status_of = lambda number, query: 404 if "marker" in query else 200
    with pytest.raises(UnreachableError, match="rows vanish"):
        walked(Marked, service)
    assert [query.get("marker") for query in service.queries].count(None) == 2


@pytest.mark.parametrize("status", [400, 404])
def test_both_ways_to_refuse_a_marker_are_understood(status):
    service = Rows(NINE)
    service.status_of = lambda number, query: status if number == 2 else 200
    assert sorted(set(ids(walked(Marked, service)))) == NINE


def test_a_listing_that_repeats_itself_and_promises_more_is_endless():
    service = Rows("abc", links=True)
    service.rows = Repeating("abc")
    with pytest.raises(EndlessListingError, match="ignores the marker"):
        walked(Marked, service)
    assert len(service.queries) == 2


def test_a_listing_that_runs_in_a_circle_is_endless():
    pages = [["a", "b"], ["c", "d"], ["e", "f"]]
    service = Scripted([Page(pages[number % 3], more=True) for number in range(99)])
    with pytest.raises(EndlessListingError):
        walked(Marked, service)
    assert service.calls == 4


def test_a_listing_that_repeats_itself_without_promise_is_complete():
    """An old release knows no paging: it answers everything, each time."""
    service = Rows("abcd", cap=99)
    service.rows = Repeating("abcd")
    pages = walked(Marked, service)
    assert pages == [list("abcd")] * 2


def test_a_listing_that_repeats_itself_and_cuts_its_pages_is_endless_without_any_promise():
    """Where limit is honoured and the marker is not, the rest is out of reach."""
    service = Rows(NINE)
    service.rows = Repeating(NINE)
    service.cut_to = lambda limit: min(limit, 3)
    with pytest.raises(EndlessListingError, match="ignores the marker"):
        walked(Marked, service)
    assert [query["limit"] for query in service.queries] == ["3", "3", "1"]


def test_ever_new_rows_have_an_end_too(monkeypatch):
    monkeypatch.setattr("synchronizer.plugins.pagination.PAGES_MOST", 20)
    service = Scripted([Page([str(number)]) for number in range(99)])
    with pytest.raises(EndlessListingError, match="no end after 20 pages"):
        walked(Shifted, service)


@pytest.mark.parametrize("kind", [Marked, Shifted])
def test_a_listing_of_more_items_than_there_can_be_is_endless(kind):
    service = Rows(f"{number:03}" for number in range(100))
    with pytest.raises(EndlessListingError, match="listing_limit"):
        walked(kind, service, most=10)
    assert len(service.queries) == 4  # of three rows each


def test_pages_that_nobody_asked_for_are_walked_to_their_end():
    service = Scripted([Page(["a", "b"], more=True), Page(["c", "d"], more=True), Page(["e"])])
    assert walked(Whole, service) == [["a", "b"], ["c", "d"], ["e"]]
    assert [query.get("marker") for query in service.queries] == [None, "b", "d"]


def test_pages_that_nobody_asked_for_and_that_repeat_are_endless():
    service = Scripted([Page(["a", "b"], more=True)] * 9)
    with pytest.raises(EndlessListingError):
        walked(Whole, service)


def test_an_ignored_offset_is_endless_when_it_promises_more():
    service = Scripted([Page(["a", "b"], more=True)] * 9)
    with pytest.raises(EndlessListingError):
        walked(Shifted, service)


class Repeating(list):
    """Rows of a service that ignores the marker."""

    def index(self, _):
        return -1

    def __contains__(self, _):
        return True


class Scripted:
    def __init__(self, pages):
        self.pages = pages
        self.calls = 0
        self.queries = []

    def get(self, path, query, *, microversion=None, allow=()):
        self.calls += 1
        self.queries.append(dict(query))
        return Answer(200, self.pages[self.calls - 1], 0.0)


class TestEachParent:
    def test_there_is_one_listing_for_each(self):
        service = Rows("ab")
        assert walked(Child, service, parents=iter(["x", "y"])) == [["a", "b"], []] * 2
        assert service.paths == ["/parents/x/rows"] * 2 + ["/parents/y/rows"] * 2

    def test_without_parents_nothing_is_asked(self):
        service = Rows("ab")
        assert walked(Child, service, parents=iter([])) == []
        assert service.paths == []

    def test_a_parents_id_is_quoted(self):
        service = Rows([])
        walked(Child, service, parents=iter(["a b ?ü"]))
        assert service.paths == ["/parents/a%20b%20%3F%C3%BC/rows"]

    def test_a_parent_whose_id_a_path_cannot_hold_is_passed_over(self):
        """A service takes its slash for a separator, and 404 would say nothing."""
        rows = Rows(["a"])
        assert Child().reaches("p")
        assert not Child().reaches("p/q")
        assert walked(Child, rows, parents=iter(["p/q"])) == []
        assert rows.queries == []

    def test_a_parent_that_is_gone_has_no_rows_and_the_others_have(self):
        service = Rows("ab")
        service.status_of = lambda number, query: 404 if number == 1 else 200
        assert walked(Child, service, parents=iter(["x", "y"])) == [["a", "b"], []]

    def test_a_parent_that_goes_in_the_middle_ends_its_own_listing_only(self):
        service = Rows(NINE)
        service.status_of = lambda number, query: (
            404 if number > 1 and service.paths[-1] == "/parents/x/rows" else 200
        )
        pages = walked(Child, service, parents=iter(["x", "y"]))
        assert ids(pages) == [*NINE[:3], *NINE]

    def test_the_parent_is_told_to_the_one_who_splits(self):
        told = []

        def split(answer, parent):
            told.append(parent)
            return answer.body

        list(walk(Child(), Rows("a"), split, parents=iter(["x", "y"])))
        assert told == ["x", "x", "y", "y"]

    def test_pages_of_two_parents_may_end_alike(self):
        """The guard against endless listings is each listing's own."""
        service = Rows("ab", links=True)
        assert len(walked(Child, service, parents=iter(["x", "y", "z"]))) == 6


def test_before_is_called_before_each_request():
    events = []
    service = Rows("abcd")
    service.before_answer = lambda number: events.append("asked")

    def split(answer, _):
        events.append("page")
        return answer.body

    list(walk(Marked(), service, split, before=lambda: events.append("ticket")))
    assert events == ["ticket", "asked", "page"] * 3


def test_a_fault_of_the_split_ends_the_walk():
    def split(answer, parent):
        raise UnreachableError("cut")

    with pytest.raises(UnreachableError):
        list(walk(Marked(), Rows("a"), split))


@light
@given(
    st.lists(st.integers(0, 10**6), unique=True, max_size=30),
    st.integers(1, 7),
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 29)), max_size=6),
    st.booleans(),
)
def test_whatever_is_deleted_meanwhile_what_stays_is_seen(rows, cap, deletions, links):
    """Rows may vanish between any two pages; the rows that stay are all listed."""
    rows = [f"{row:07d}" for row in rows]
    service = Rows(rows, cap=cap, links=links)

    def delete(number):
        for when, place in deletions:
            if when == number and place < len(service.rows):
                del service.rows[place]

    service.before_answer = delete
    try:
        pages = walked(Marked, service)
    except (UnreachableError, EndlessListingError):
        return
    assert set(service.rows) <= set(ids(pages))


@light
@given(st.lists(st.text("ab", min_size=1), unique=True, max_size=25), st.integers(1, 5))
def test_a_quiet_listing_is_seen_once_and_in_order(rows, cap):
    assert ids(walked(Marked, Rows(rows, cap=cap))) == rows
    assert ids(walked(Shifted, Rows(rows, cap=cap))) == rows
    service = Rows(rows, cap=cap)
    walked(Marked, service)
    markers = [query.get("marker", "") for query in service.queries]
    assert all(rows.index(a) < rows.index(b) for a, b in pairwise(markers[1:]))


def test_rows_that_are_made_faster_than_we_ask_are_not_run_after_for_ever():
    service = Rows("abcdefghijklmnop", cap=8)
    service.before_answer = lambda number: service.rows.append(f"z{number:04}")
    listed = ids(walked(Marked, service))
    assert listed[:16] == list("abcdefghijklmnop")
    assert len(service.queries) < 12


class TestRowsThatAreNoMarkers:
    """A service lists them and does not know them as markers: Nova, while it builds a server."""

    @pytest.mark.parametrize(
        ("rows", "unknown"),
        [
            ("a", "a"),
            ("ab", "ab"),
            ("abc", "bc"),
            ("abcd", "d"),
            ("abcdef", "f"),
            ("abcdefg", "fg"),
            ("abcdefgh", "c"),
            ("abcdefgh", "cf"),
        ],
    )
    def test_all_is_listed_and_nothing_is_endless(self, rows, unknown):
        service = Rows(rows)
        service.status_of = lambda _, query: 400 if query.get("marker", "-") in unknown else 200
        assert sorted(set(ids(walked(Marked, service)))) == list(rows)

    def test_where_a_full_page_has_no_other_end_the_pages_are_cut_elsewhere(self):
        service = Rows(NINE)
        service.cut_to = lambda limit: limit
        service.status_of = lambda _, query: 404 if query.get("marker", "-") in "def" else 200
        assert sorted(set(ids(walked(Wide, service)))) == NINE
        assert {query["limit"] for query in service.queries} == {"6", "4"}

    def test_a_page_that_promises_more_and_has_no_marker_is_no_end(self):
        service = Rows("ab", links=True)
        service.status_of = lambda _, query: 400 if "marker" in query else 200
        with pytest.raises(UnreachableError, match="as a marker"):
            walked(Marked, service)
