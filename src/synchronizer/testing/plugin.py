"""The contract of every plugin as a suite of tests: for its author, who builds nothing.

::

    class TestNova(PluginContract):
        plugin = Nova

That checks each declaration, what becomes of items that are made from it, and how the
sampler fares with a service in memory (`Bench`) that lists such items as the declaration
says, one fault at a time. Where a service's items are built in a way that no declaration
tells, override `PluginContract.item`.
"""

import contextlib
import copy
import random
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from string import Formatter
from typing import Any, ClassVar, NamedTuple, cast
from urllib.parse import quote
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synchronizer.model import entity
from synchronizer.model.errors import (
    CanaryError,
    EndlessListingError,
    MalformedError,
    SampleError,
    UnreachableError,
)
from synchronizer.model.essence import Path, names
from synchronizer.plugins.plugin import REDACTED, Paging, Plugin, Resource
from synchronizer.plugins.service import Answer, Service
from synchronizer.sampling.sampler import Sampler, Setup
from synchronizer.sampling.split import Item, examine
from synchronizer.store import Store, open_store

CANARY = "CANARY-SECRET"
"""Stands at every declared secret; it must never come out."""

PARENTS = ("parent-0", "parent-1")
ROWS = 5
_PAGE = 2

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TYPE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_VERSION = re.compile(r"\d+\.\d+")

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=6,
)
noise = st.dictionaries(st.text(max_size=3), _json, max_size=3)
"""What a service may say beside what is declared."""


class Row(NamedTuple):
    """An item that the bench's service has, and whether it still has it."""

    resource: Resource
    id: str
    parent: str | None
    item: dict[str, Any]
    alive: bool = True


class Bench:
    """A service in memory; it pages in twos, announces no next page, and may be damaged.

    Attributes:
        hidden: ids that listings leave out.
        edit: changes the items of each page before it is sent.
        damage: changes the bytes of each listing's page, given the number of the call.
        ignores_paging: it sends everything, whatever the marker.
        announces: it promises a next page, always.
        asked: path and microversion of each call.
    """

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Row] = {}
        self.hidden: set[str] = set()
        self.edit: Callable[[list[dict[str, Any]]], list[Any]] = lambda items: items
        self.damage: Callable[[int, bytes], bytes] = lambda _number, body: body
        self.ignores_paging = False
        self.announces = False
        self.asked: list[tuple[str, tuple[str, str] | None]] = []

    def put(self, row: Row) -> None:
        """Have this row, perhaps instead of one with its id."""
        self.rows[row.resource.type, row.id] = row

    def delete(self, row: Row) -> None:
        """Have it no more."""
        self.put(row._replace(alive=False))

    # --- the seam that a Service has -------------------------------------------

    def get(
        self,
        path: str,
        query: Mapping[str, str],
        *,
        microversion: tuple[str, str] | None = None,
        allow: Collection[int] = (),
    ) -> Answer:
        """Answer a listing or a single read."""
        self.asked.append((path, microversion))
        number = len(self.asked)
        for row in self.rows.values():
            if row.resource.reads(row.id) and row.resource.single_path(row.id) == path:
                return self._single(row, allow)
        for row in self.rows.values():
            if _listing(row.resource, row.parent) == path:
                found = self._page(row.resource, row.parent, query)
                if found is None:
                    return _absent(allow)
                body = msgspec.json.encode(found)
                return Answer(200, self.damage(number, body), 1_800_000_000.0)
        return _absent(allow)

    def usage(self) -> tuple[int, float, int]:
        """Return calls, seconds and bytes so far."""
        return len(self.asked), 0.0, 0

    def _single(self, row: Row, allow: Collection[int]) -> Answer:
        resource = row.resource
        listed = resource.single_key == resource.key
        if not row.alive and not listed:
            return _absent(allow)
        item = copy.deepcopy(row.item)
        inner = item[resource.unwrap] if resource.unwrap else item
        for path in resource.only_single:
            put(inner, path, "only here")
        if resource.unwrap and resource.single_key == resource.unwrap:
            item = inner
        found: Any = [item] if row.alive else []
        found = found if listed else item
        body = {resource.single_key: found} if resource.single_key else found
        return Answer(200, msgspec.json.encode(body), 1_800_000_000.0)

    def _page(self, resource: Resource, parent: str | None, query: Mapping[str, str]) -> Any:
        rows = [
            row
            for row in self.rows.values()
            if (row.resource.type, row.parent) == (resource.type, parent)
            and (row.alive or (resource.since in query and resource.gone))
            and row.id not in self.hidden
        ]
        if resource.paging is Paging.NONE:
            assert not {"limit", "marker", "offset"} & query.keys(), "this listing has no pages"
        elif not self.ignores_paging:
            assert int(query["limit"]) > 0
            start = int(query.get("offset", 0))
            if "marker" in query:
                markers = [marker_of(row) for row in rows]
                if query["marker"] not in markers:
                    return None
                start = markers.index(query["marker"]) + 1
            rows = rows[start : start + _PAGE]
        items = self.edit([_marked(row) for row in rows])
        if not resource.key:
            return items
        if resource.lone:
            return {resource.key: items[0]} if items else None
        links = [{"rel": "next", "href": "x"}] if self.announces else []
        return {resource.key: items, f"{resource.key}_links": links}


def put(body: Any, path: Path, value: Any) -> None:
    """Set what *path* names; a star becomes an object's key, or a list's item at the end."""
    way = names(path)
    for place, name in enumerate(way):
        rest = way[place + 1 :]
        if isinstance(body, list):
            key: Any = 0
            if not body:
                body.append({} if rest else value)
        else:
            key = "starred" if name == "*" else name
        if not rest:
            body[key] = value
            return
        wanted = list if rest[0] == "*" and len(rest) <= 2 else dict
        if isinstance(body, dict) and not isinstance(body.get(key), dict | list):
            body[key] = wanted()
        body = body[key]


def marker_of(row: Row) -> str:
    """Return the marker of a row as the service means it."""
    item = row.item[row.resource.unwrap] if row.resource.unwrap else row.item
    return str(item[row.resource.marker])


def _listing(resource: Resource, parent: str | None) -> str:
    return resource.path.replace("{parent}", quote(parent or "", safe=""))


def _absent(allow: Collection[int]) -> Answer:
    if 404 not in allow:
        raise UnreachableError("the bench has no such thing")
    return Answer(404, b'{"itemNotFound": {"code": 404}}', 0.0)


def _marked(row: Row) -> dict[str, Any]:
    item = copy.deepcopy(row.item)
    if not row.alive and row.resource.gone:
        item[row.resource.gone[0]] = min(row.resource.gone[1])
    return item


def _shuffled(value: Any, dice: random.Random, ordered: frozenset[Path], at: Path = ()) -> Any:
    if isinstance(value, dict):
        return {key: _shuffled(v, dice, ordered, (*at, key)) for key, v in value.items()}
    if not isinstance(value, list):
        return value
    items = [_shuffled(item, dice, ordered, (*at, "*")) for item in value]
    if at not in ordered:
        dice.shuffle(items)
    return items


class Rig:
    """A bench with rows of one resource, a store, and a sampler between them."""

    def __init__(self, contract: "PluginContract", resource: Resource, store: Store) -> None:
        self.resource = resource
        self.store = store
        self.bench = Bench()
        self.plugin = contract.plugin()
        self.rows: list[Row] = []
        for parent in PARENTS if resource.each else (None,):
            for number in range(1 if resource.lone else ROWS):
                self.rows.append(contract.row(resource, number, parent))
        for row in self.rows:
            self.bench.put(row)
        for other in contract.plugin.declared():
            if other.type != resource.type and other.each is None:
                self.bench.put(contract.row(other, 0, None))
        self.collection = entity.Collection(uuid4().hex, "region", resource.type)
        store.declare(self.collection, stale_after=60)
        self.since = store.head().revision
        self.sampler = Sampler(
            self.collection,
            resource,
            cast("Service", self.bench),
            Setup(store, self.plugin, parents=lambda _type: PARENTS, roles=lambda: "admin"),
        )

    def sweep(self) -> None:
        """Sweep, and let a fault through."""
        self.sampler.sweep()

    def held(self) -> dict[str, Any]:
        """Return {id: body} of what the store has."""
        pages = self.store.snapshot([self.collection], self.store.head().revision)
        return {r.id: msgspec.json.decode(r.body) for page in pages for r in page}

    def ops(self) -> list[tuple[str, str, str | None]]:
        """Return op, id and reason of every change."""
        page = self.store.changes(self.since, [self.collection], limit=100_000)
        return [(record.op, record.id, record.reason) for record in page.records]

    def deleted(self) -> dict[str, str | None]:
        """Return {id: reason} of every delete."""
        return {id_: reason for op, id_, reason in self.ops() if op == "delete"}


class PluginContract:
    """Inherit it and name the plugin.

    Attributes:
        plugin: the class under test.
        examples: how many items hypothesis makes for each fact.
    """

    plugin: ClassVar[type[Plugin]]
    examples: ClassVar[int] = 10

    # --- what the tests are made from --------------------------------------------

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run a test with a *resource* once for each."""
        if "resource" in metafunc.fixturenames:
            kinds = self.plugin.declared()
            metafunc.parametrize("resource", kinds, ids=[kind.name for kind in kinds])

    @pytest.fixture(scope="class")
    @classmethod
    def plugin_store(cls) -> Iterator[Store]:
        """One store in memory for all tests; each samples into a cloud of its own."""
        store = open_store(f"sqlite:///file:{uuid4().hex}?mode=memory&cache=shared&uri=true")
        yield store
        store.close()

    @pytest.fixture
    def rig(self, resource: Resource, plugin_store: Store) -> Rig:
        """A service in memory with rows of the resource."""
        return Rig(self, resource, plugin_store)

    def item(self, resource: Resource, number: int, parent: str | None) -> dict[str, Any]:
        """Return an item as the service lists it, with a value at every declared path.

        Override it for resources whose items say the declared things elsewhere.
        """
        name = f"{resource.name}-{number}"
        body: dict[str, Any] = {"id": name, "name": name, "version": 1, "tags": ["b", "a"]}
        path: Path
        for path in resource.relations:
            put(body, path, f"related-{number}")
        for path in resource.volatile:
            put(body, path, number)
        for path in resource.secret:
            put(body, path, CANARY)
        for path in resource.ordered:
            put(body, path, [{"n": 2}, {"n": 1}])
        for path in resource.witness:
            put(body, path, "seen")
        for mark in (resource.gone, resource.unlisted, resource.partial):
            if mark is not None:
                put(body, (mark[0],), "ACTIVE")
        if resource.paging is Paging.MARKER:
            put(body, resource.marker, name)
        for place, path in enumerate(resource.id):
            first = place == 0 and parent is not None
            alone = len(resource.id) == 1
            if first and (resource.lone or not alone):
                put(body, path, parent)
            else:
                put(body, path, f"{name}-{parent}" if first else name)
        return {resource.unwrap: body} if resource.unwrap else body

    def row(self, resource: Resource, number: int, parent: str | None) -> Row:
        """Return an item with its id."""
        item = self.item(resource, number, parent)
        return Row(resource, self.examined(resource, item, parent).id, parent, item)

    def examined(self, resource: Resource, item: dict[str, Any], parent: str | None) -> Item:
        """Return what the sampler makes of an item; the item stays as it is."""
        return examine(resource, copy.deepcopy(item), 0, parent)

    def one(self, resource: Resource) -> Row:
        """Return one row."""
        return self.row(resource, 0, PARENTS[0] if resource.each else None)

    def with_noise(self, resource: Resource, extra: dict[str, Any]) -> tuple[Row, dict[str, Any]]:
        """Return a row, and its item with things that nobody declared."""
        row = self.one(resource)
        item = copy.deepcopy(row.item)
        inner = item[resource.unwrap] if resource.unwrap else item
        inner["x-noise"] = extra
        return row, item

    # --- declarations ------------------------------------------------------------

    def test_the_plugin_says_what_it_is(self) -> None:
        """Name, service type, version and a summary."""
        assert _NAME.fullmatch(self.plugin.name)
        assert self.plugin.service_type
        assert re.fullmatch(r"\d+(\.\d+)?", self.plugin.version)
        assert _summary(self.plugin)
        assert self.plugin.resources

    def test_names_are_unique(self) -> None:
        """No two resources share an entity type."""
        found = [kind.name for kind in self.plugin.resources]
        assert len(set(found)) == len(found)

    def test_it_has_a_type_and_a_summary(self, resource: Resource) -> None:
        """Its docstring is its line in the reference."""
        assert _TYPE.fullmatch(resource.type)
        assert resource.type == f"{self.plugin.name}.{resource.name}"
        assert _summary(type(resource)), "write a docstring: it is the reference's text"

    def test_no_attribute_is_misspelt(self, resource: Resource) -> None:
        """A class attribute that `Resource` does not know is a slip."""
        known = set(dir(Resource)) | set(Resource.__annotations__)
        mine = [
            name
            for kind in type(resource).__mro__
            if kind is not object and issubclass(kind, Resource) and kind is not Resource
            for name, value in vars(kind).items()
            if not name.startswith("_")
            and not callable(value)
            and not isinstance(value, staticmethod | classmethod | property)
        ]
        assert not set(mine) - known

    def test_it_says_where_it_is_listed(self, resource: Resource) -> None:
        """A path, with the parent's place just when there are parents, and a key."""
        assert resource.path.startswith("/")
        assert isinstance(resource.key, str)
        assert ("{parent}" in resource.path) == (resource.each is not None)
        assert _listing(resource, "p").count("{") == 0
        if resource.each is not None:
            self._is_type(resource.each)

    def test_it_declares_its_id(self, resource: Resource) -> None:
        """One path or several; never a bare string in place of a tuple."""
        assert isinstance(resource.id, tuple)
        assert resource.id
        assert all(isinstance(path, str) and path for path in resource.id)

    def test_paths_are_strings_or_tuples_of_names(self, resource: Resource) -> None:
        """``("links")`` is a string and means five paths."""
        for declared in (
            resource.volatile,
            resource.ordered,
            resource.secret,
            resource.only_single,
        ):
            assert isinstance(declared, tuple)
            for path in declared:
                assert isinstance(path, str | tuple)
                assert names(path)
                assert all(isinstance(name, str) and name for name in names(path))
            assert len(set(declared)) == len(declared)
        assert isinstance(resource.witness, tuple)
        assert all(isinstance(name, str) for name in resource.witness)

    def test_what_counts_is_not_volatile(self, resource: Resource) -> None:
        """An id, a witness or an ordered list that is dropped cannot serve."""
        dropped = {names(path) for path in (*resource.volatile, *resource.only_single)}
        for path in (*resource.id, *resource.witness, *resource.ordered):
            assert names(path) not in dropped

    def test_relations_name_entity_types(self, resource: Resource) -> None:
        """Each is a path to the id of an entity of a type."""
        for path, type_ in resource.relations.items():
            assert path
            self._is_type(type_)

    def test_microversions_are_a_range(self, resource: Resource) -> None:
        """From the oldest to the newest that is understood."""
        if resource.microversion is None:
            return
        lowest, highest = resource.microversion
        assert _VERSION.fullmatch(lowest)
        assert _VERSION.fullmatch(highest)
        low, high = ([int(part) for part in text.split(".")] for text in (lowest, highest))
        assert low <= high

    def test_paging_is_complete(self, resource: Resource) -> None:
        """By marker needs a marker; sizes and intervals are positive."""
        assert isinstance(resource.paging, Paging)
        assert resource.limit > 0
        if resource.paging is Paging.MARKER:
            assert resource.marker
        assert not (resource.lone and resource.paging is not Paging.NONE)
        assert all(
            isinstance(text, str)
            for pair in (*resource.query.items(), *resource.sort.items())
            for text in pair
        )
        assert resource.sweep is None or resource.sweep > 0

    def test_marks_are_a_field_and_its_values(self, resource: Resource) -> None:
        """A bare string in place of a set would match its letters."""
        for mark in (resource.gone, resource.unlisted):
            if mark is not None:
                assert isinstance(mark[0], str)
                assert isinstance(mark[1], frozenset)
                assert mark[1]
        if resource.partial is not None:
            assert all(isinstance(text, str) for text in resource.partial)
        assert resource.gone is None or resource.since is not None

    def test_a_single_path_takes_the_ids_parts(self, resource: Resource) -> None:
        """As many as the id has, each quoted."""
        if resource.single is None or type(resource).single_path is not Resource.single_path:
            return
        fields = [field for _, field, _, _ in Formatter().parse(resource.single) if field]
        count = len(resource.id)
        wanted = ["id"] if count == 1 else [f"id[{place}]" for place in range(count)]
        assert sorted(fields) == wanted
        parts = [f"a b{place}?" for place in range(count)]
        path = resource.single_path("/".join(parts))
        assert all(quote(part, safe="") in path for part in parts)

    def _is_type(self, type_: str) -> None:
        assert _TYPE.fullmatch(type_)
        plugin, _, name = type_.partition(".")
        if plugin == self.plugin.name:
            assert name in {kind.name for kind in self.plugin.resources}

    # --- what becomes of an item -----------------------------------------------------

    def test_identity_is_stable(self, resource: Resource) -> None:
        """Asked twice, and whatever else the item says, it is the same."""

        def check(extra: dict[str, Any]) -> None:
            row, item = self.with_noise(resource, extra)
            shaped = resource.shape(copy.deepcopy(item), row.parent)
            before = copy.deepcopy(shaped)
            assert resource.identify(shaped) == resource.identify(shaped) == row.id
            assert shaped == before

        self._over(check)

    def test_a_missing_part_of_the_id_is_malformed(self, resource: Resource) -> None:
        """Also one that is null, empty or of another kind."""
        with pytest.raises(MalformedError):
            resource.identify({})
        if type(resource).identify is not Resource.identify:
            return
        row = self.one(resource)
        for path in resource.id:
            values: tuple[Any, ...] = (None, "", True, [], {})
            for value in values:
                shaped = resource.shape(copy.deepcopy(row.item), row.parent)
                put(shaped, path, value)
                with pytest.raises(MalformedError):
                    resource.identify(shaped)

    def test_an_item_of_the_wrong_shape_is_malformed(self, resource: Resource) -> None:
        """Whatever a service answers, the plugin's own code trips over nothing."""

        def check(item: dict[str, Any]) -> None:
            try:
                self.examined(resource, item, PARENTS[0])
            except MalformedError:
                return

        self._over(check)

    def test_the_essence_is_idempotent_and_pure(self, resource: Resource) -> None:
        """The essence of an essence is itself, and equal items have equal ones."""

        def check(extra: dict[str, Any]) -> None:
            row, item = self.with_noise(resource, extra)
            shaped = resource.shape(copy.deepcopy(item), row.parent)
            again = copy.deepcopy(shaped)
            once = resource.essence(shaped)
            kept = copy.deepcopy(once)
            assert resource.essence(once) == kept == resource.essence(again)

        self._over(check)

    def test_volatile_fields_never_count(self, resource: Resource) -> None:
        """Whatever stands there, the digest is the same."""

        def check(extra: dict[str, Any]) -> None:
            row, item = self.with_noise(resource, {})
            before = self.examined(resource, item, row.parent).digest
            for path in resource.volatile:
                put(item[resource.unwrap] if resource.unwrap else item, path, extra)
                assert self.examined(resource, item, row.parent).digest == before

        self._over(check)

    def test_the_order_of_lists_counts_only_where_declared(self, resource: Resource) -> None:
        """Lists come out of joins and sets in any order."""
        ordered = frozenset(names(path) for path in resource.ordered)

        def check(extra: dict[str, Any]) -> None:
            row, item = self.with_noise(resource, extra)
            before = self.examined(resource, item, row.parent).digest
            start = frozenset({(resource.unwrap, *path) for path in ordered})
            kept = start if resource.unwrap else ordered
            moved = _shuffled(item, random.Random(len(str(extra))), kept)  # noqa: S311
            assert self.examined(resource, moved, row.parent).digest == before

        self._over(check)
        row = self.one(resource)
        for path in resource.ordered:
            item = copy.deepcopy(row.item)
            put(item[resource.unwrap] if resource.unwrap else item, path, [{"n": 1}, {"n": 2}])
            assert self.examined(resource, item, row.parent).digest != (
                self.examined(resource, row.item, row.parent).digest
            )

    def test_secrets_never_come_out(self, resource: Resource) -> None:
        """The body that is stored has stars in the place of each."""
        row = self.one(resource)
        found = self.examined(resource, row.item, row.parent)
        assert CANARY.encode() not in found.body
        shown = set(resource.secret) - set(resource.only_single)
        assert (REDACTED.encode() in found.body) == bool(shown)

    def test_a_secret_is_hidden_whatever_it_is(self, resource: Resource) -> None:
        """A structure, too."""
        for value in ([CANARY], {CANARY: CANARY}, {"deep": [{"deeper": CANARY}]}):
            row, item = self.with_noise(resource, {})
            for path in resource.secret:
                put(item[resource.unwrap] if resource.unwrap else item, path, value)
            assert CANARY.encode() not in self.examined(resource, item, row.parent).body

    # --- how it is sampled -------------------------------------------------------------

    def test_a_sweep_finds_everything(self, rig: Rig) -> None:
        """Page by page, each under its id, and with no secret in it."""
        rig.sweep()
        held = rig.held()
        assert sorted(held) == sorted(row.id for row in rig.rows)
        assert CANARY not in str(held)

    def test_a_second_sweep_changes_nothing(self, rig: Rig) -> None:
        """Nor does a third, in which lists moved and volatile fields ran on."""
        rig.sweep()
        rig.sweep()
        dice = random.Random(1)  # noqa: S311
        resource = rig.resource
        ordered = frozenset(names(path) for path in resource.ordered)
        for number, row in enumerate(rig.rows):
            inner = row.item[resource.unwrap] if resource.unwrap else row.item
            for path in resource.volatile:
                put(inner, path, 1000 + number)
            moved = _shuffled(inner, dice, ordered)
            item = {resource.unwrap: moved} if resource.unwrap else moved
            rig.bench.put(row._replace(item=item))
        rig.sweep()
        rig.sweep()
        assert len(rig.ops()) == len(rig.rows)

    def test_reading_what_was_listed_changes_nothing(self, rig: Rig) -> None:
        """The way of looking never looks like a change."""
        rig.sweep()
        rig.sampler.read([row.id for row in rig.rows])
        assert len(rig.ops()) == len(rig.rows)
        readable = all(rig.resource.reads(row.id) for row in rig.rows)
        assert rig.sampler.again is not readable

    def test_what_is_gone_is_deleted_by_the_proof_that_it_asks_for(self, rig: Rig) -> None:
        """By a read where it can be read, else by a second complete sweep."""
        rig.sweep()
        row = rig.rows[0]
        rig.bench.delete(row)
        rig.sweep()
        if not rig.resource.reads(row.id):
            assert rig.deleted() == {}
            rig.sweep()
            assert rig.deleted() == {row.id: "absent from two complete sweeps"}
        else:
            assert rig.deleted() == {row.id: "read answered 404"}
        rig.sweep()
        assert sorted(rig.held()) == sorted(each.id for each in rig.rows[1:])

    def test_what_a_listing_hides_is_not_deleted(self, rig: Rig) -> None:
        """Where a read can tell; where none can, one absence is not enough."""
        rig.sweep()
        row = rig.rows[-1]
        rig.bench.hidden = {row.id}
        rig.sweep()
        assert rig.deleted() == {}
        if rig.resource.reads(row.id):
            rig.sweep()
        rig.bench.hidden = set()
        rig.sweep()
        assert len(rig.ops()) == len(rig.rows)

    def test_an_empty_listing_deletes_nothing_that_lives(self, rig: Rig) -> None:
        """Not at once; and a listing that is never empty is malformed."""
        rig.sweep()
        rig.bench.hidden = {row.id for row in rig.rows}
        if rig.resource.never_empty:
            with pytest.raises(MalformedError):
                rig.sweep()
        else:
            rig.sweep()
        assert rig.deleted() == {}

    def test_a_cut_page_is_a_fault_and_deletes_nothing(self, rig: Rig) -> None:
        """Wherever the bytes end, on whichever page."""
        rig.sweep()
        calls = len(rig.bench.asked)
        rig.sweep()
        pages = len(rig.bench.asked) - calls
        for cut in (1, 0.5, 0):
            for page in {1, max(1, pages // 2)}:
                at = len(rig.bench.asked) + page
                # Another look makes the page unknown, or its bytes would not be read.
                rig.sampler.pages = {}

                def damage(number: int, body: bytes, at: int = at, cut: float = cut) -> bytes:
                    return body[: int(len(body) * cut) - 1] if number >= at else body

                rig.bench.damage = damage
                with pytest.raises(SampleError):
                    rig.sweep()
        assert rig.deleted() == {}

    def test_rows_that_are_no_rows_are_a_fault(self, rig: Rig) -> None:
        """Numbers, nulls and objects without an id."""
        rig.sweep()
        oddities: tuple[Any, ...] = (7, None, "x", [], {})
        for odd in oddities:
            rig.bench.edit = lambda items, odd=odd: [odd, *items[1:]]  # type: ignore[misc]
            with pytest.raises(MalformedError):
                rig.sweep()
        assert rig.deleted() == {}

    def test_a_listing_that_repeats_itself_for_ever_is_a_fault(self, rig: Rig) -> None:
        """The service ignores the marker and always promises more."""
        if rig.resource.paging is Paging.NONE:
            return
        rig.sweep()
        rig.bench.ignores_paging = rig.bench.announces = True
        with pytest.raises(EndlessListingError):
            rig.sweep()
        assert len(rig.ops()) == len(rig.rows)

    def test_a_service_that_knows_no_paging_is_listed_whole(self, rig: Rig) -> None:
        """It sends everything, again and again, and promises nothing."""
        if rig.resource.paging is Paging.NONE:
            return
        rig.bench.ignores_paging = True
        rig.sweep()
        assert sorted(rig.held()) == sorted(row.id for row in rig.rows)

    def test_two_parents_may_have_children_that_look_alike(self, rig: Rig) -> None:
        """They are two entities where the id says so, and stay so."""
        if rig.resource.each is None or len(rig.resource.id) == 1:
            return
        first, second = ([r for r in rig.rows if r.parent == parent] for parent in PARENTS)
        for one, other in zip(first, second, strict=True):
            rig.bench.put(other._replace(item=one.item))
        for _ in range(3):
            rig.sweep()
        listed = {
            self.examined(rig.resource, row.item, parent).id for row in first for parent in PARENTS
        }
        assert set(rig.held()) == listed
        assert len(rig.ops()) == len(listed)

    def test_a_poll_takes_up_what_is_new_and_deletes_nothing_unproven(self, rig: Rig) -> None:
        """Where there is an incremental filter."""
        if rig.resource.since is None:
            return
        rig.sweep()
        new = self.row(rig.resource, ROWS, rig.rows[0].parent)
        rig.bench.put(new)
        rig.bench.hidden = {rig.rows[1].id}
        rig.sampler.poll()
        assert sorted(rig.held()) == sorted([new.id, *(row.id for row in rig.rows)])
        if rig.resource.gone is not None and rig.resource.reads(new.id):
            rig.bench.delete(new)
            rig.sampler.poll()
            assert rig.deleted() == {new.id: "read answered 404"}

    def test_a_stand_in_is_not_taken_for_state(self, rig: Rig) -> None:
        """Where the service shows rows that are not whole."""
        partial = rig.resource.partial
        if partial is None:
            return
        rig.sweep()
        rig.bench.edit = lambda items: [{**item, partial[0]: partial[1]} for item in items]
        before = rig.held()
        with contextlib.suppress(CanaryError):  # these very rows may be the canary
            rig.sweep()
        assert rig.held() == before

    def test_a_canary_that_is_silent_deletes_nothing(self, rig: Rig) -> None:
        """And one that sings lets the proven deletes through."""
        if not rig.resource.canary:
            return
        rig.sweep()
        rig.bench.delete(rig.rows[0])
        sings = rig.plugin.canary

        def silent(service: Service) -> None:  # noqa: ARG001 - the seam's signature
            raise CanaryError("a part of the service is down")

        rig.plugin.canary = silent  # type: ignore[method-assign]
        for _ in range(3):
            with pytest.raises(CanaryError):
                rig.sweep()
        assert rig.deleted() == {}
        rig.plugin.canary = sings  # type: ignore[method-assign]
        rig.sweep()
        rig.sweep()
        assert set(rig.deleted()) == {rig.rows[0].id}

    def test_every_call_names_the_declared_microversion(self, rig: Rig) -> None:
        """Another one is another shape."""
        rig.sweep()
        rig.sampler.read([rig.rows[0].id])
        own = [_listing(rig.resource, parent) for parent in {row.parent for row in rig.rows}]
        wanted = rig.resource.microversion
        assert {sent for path, sent in rig.bench.asked if path in own} >= {wanted}

    def _over(self, check: Callable[[dict[str, Any]], None]) -> None:
        settings(max_examples=self.examples, deadline=None, database=None)(given(noise)(check))()


def _summary(kind: type) -> str:
    text = vars(kind).get("__doc__") or ""
    first = text.strip().partition("\n")[0]
    return first if first.endswith(".") else ""
