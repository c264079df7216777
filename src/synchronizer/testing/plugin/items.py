"""What the tests of a plugin are made from: resources, items and rows."""

import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synchronizer.plugins.plugin import Paging, Plugin, Resource
from synchronizer.sampling.items import Item, examine
from synchronizer.store import Store, open_store
from synchronizer.testing.plugin.bench import CANARY, PARENTS, Rig, Row, put

if TYPE_CHECKING:
    from synchronizer.model.essence import Path

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=6,
)
noise = st.dictionaries(st.text(max_size=3), _json, max_size=3)
"""What a service may say beside what is declared."""


class Items:
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
        for path in (*resource.volatile, *resource.measured):
            put(body, path, number)
        for path in resource.secret:
            put(body, path, CANARY)
        for path in resource.ordered:
            put(body, path, [{"n": 2}, {"n": 1}])
        for path in resource.witness:
            put(body, path, "seen")
        for path in resource.whole:
            put(body, path, "there")
        for path in resource.outline[1:]:
            put(body, path, number)
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

    def page(self, resource: Resource, items: list[Any]) -> Any:
        """Return the answer that lists items, None for a 404.

        Override it for listings that `Resource.ask` brings to the declared shape.
        """
        if not resource.key:
            return items
        if resource.lone:
            return {resource.key: items[0]} if items else None
        return {resource.key: items}

    def beside(self, path: str) -> Any:  # noqa: ARG002 - for those who override
        """Return what the service answers to a path that belongs to no row; None for a 404."""
        return None

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

    def _over(self, check: Callable[[dict[str, Any]], None]) -> None:
        settings(max_examples=self.examples, deadline=None, database=None)(given(noise)(check))()
