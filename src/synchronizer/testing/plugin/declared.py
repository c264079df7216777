"""Facts about declarations: they are complete, and mean what they say."""

import re
from collections.abc import Mapping
from string import Formatter
from urllib.parse import quote

from synchronizer.model.essence import names
from synchronizer.model.relation import parsed
from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Paging, Resource
from synchronizer.testing.plugin.bench import listing
from synchronizer.testing.plugin.items import Items

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TYPE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_VERSION = re.compile(r"\d+\.\d+")


class Declared(Items):
    """Tests of each declaration."""

    def test_the_plugin_says_what_it_is(self) -> None:
        """Name, service type, version and a summary."""
        assert _NAME.fullmatch(self.plugin.name)
        assert self.plugin.service_type
        assert re.fullmatch(r"(\d+(\.\d+)?)?", self.plugin.version)
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
        assert listing(resource, "p").count("{") == 0
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
            resource.measured,
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
        dropped = {
            names(path) for path in (*resource.volatile, *resource.measured, *resource.only_single)
        }
        for path in (*resource.id, *resource.witness, *resource.ordered):
            assert names(path) not in dropped

    def test_relations_name_entity_types(self, resource: Resource) -> None:
        """Each is a path to an id of a type, to the value of a field of it, or one of several."""
        for targets in parsed(resource.relations).values():
            assert len(set(targets)) == len(targets)
            for target in targets:
                self._is_type(target.type)

    def test_hints_are_of_events_and_paths(self, resource: Resource) -> None:
        """Each is a `Hint` of a pattern that says more than "anything"."""
        for hint in resource.hints:
            assert isinstance(hint, Hint)
            assert hint.events.strip("*.")
            assert all(hint.ids)

    def test_what_is_listed_by_id_has_the_id_of_its_listing(self, resource: Resource) -> None:
        """One field is the id, and no parent stands between."""
        if resource.bulk:
            assert len(resource.id) == 1
            assert resource.each is None

    def test_an_outline_begins_with_the_id(self, resource: Resource) -> None:
        """It names a version beside it, and what is in flux is polled by it."""
        assert isinstance(resource.outline, tuple)
        if resource.outline:
            assert (resource.outline[0],) == resource.id
            assert len(resource.outline) > 1
        assert not resource.unsettled or resource.outline
        assert all(isinstance(values, tuple) for values in resource.unsettled.values())

    def test_the_incremental_filters_value_has_a_place_for_the_time(
        self, resource: Resource
    ) -> None:
        """Or it would list the same for ever."""
        assert "2026-01-01" in resource.since_value.format("2026-01-01")

    def test_variants_are_more_parameters(self, resource: Resource) -> None:
        """At least one walk, each with its own."""
        assert resource.variants
        assert all(isinstance(each, Mapping) for each in resource.variants)

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


def _summary(kind: type) -> str:
    text = vars(kind).get("__doc__") or ""
    first = text.strip().partition("\n")[0]
    return first if first.endswith(".") else ""
