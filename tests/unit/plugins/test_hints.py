"""What notifications say: paths, ids, families, and what cannot be understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchronizer.model.errors import MalformedError
from synchronizer.plugins.hints import EVENT_LIMIT, IDS_MOST, Hint, Hinted, Hints
from synchronizer.plugins.ids import ID_LIMIT
from synchronizer.plugins.plugin import Resource


def hints_of(*hints, type="p.row", hinted=None):
    class Row(Resource):
        plugin, _, name = type.partition(".")
        path, key = "/rows", "rows"

    Row.hints = hints
    if hinted is not None:
        Row.hinted = lambda self, event_type, payload: hinted
    return Hints([Row()])


def ids_of(payload, *paths):
    """Return the ids that a payload names at some paths."""
    said = hints_of(Hint("row.*", *paths)).of("row.update", payload)
    return [id_ for each in said for id_ in each.ids]


class TestPaths:
    def test_a_path_is_dotted(self):
        assert ids_of({"row": {"id": "a"}}, "row.id") == ["a"]

    def test_a_star_stands_for_each_item(self):
        assert ids_of({"rows": [{"id": "a"}, {"id": "b"}]}, "rows.*.id") == ["a", "b"]

    def test_each_path_may_name_some(self):
        paths = ("row.id", "rows.*.id", "row_id")
        assert ids_of({"row": {"id": "a"}, "row_id": "b"}, *paths) == ["a", "b"]
        assert ids_of({"row": {"id": "a"}, "row_id": "a"}, *paths) == ["a"]

    def test_parts_of_an_id_are_joined(self):
        assert ids_of({"user": {"id": "u"}, "name": "n"}, "user.id/name") == ["u/n"]

    def test_a_number_is_an_id(self):
        assert ids_of({"id": 0}, "id") == ["0"]

    @pytest.mark.parametrize("namespace", ["nova_object", "ironic_object", "versioned_object"])
    def test_a_versioned_object_is_seen_through(self, namespace):
        def wrapped(data):
            return {
                f"{namespace}.name": "Row",
                f"{namespace}.namespace": "p",
                f"{namespace}.version": "7.3",
                f"{namespace}.data": data,
            }

        payload = wrapped({"id": "a", "rows": [wrapped({"id": "b"})], "row": wrapped({"id": "c"})})
        assert ids_of(payload, "id", "rows.*.id", "row.id") == ["a", "b", "c"]

    @pytest.mark.parametrize(
        "payload", [{"row": {"id": None}}, {"row": {"id": ""}}, {"row": None}, {"rows": []}]
    )
    def test_what_names_nobody_concerns_nobody(self, payload):
        assert hints_of(Hint("row.*", "row.id", "rows.*.id")).of("row.update", payload) == []

    def test_that_it_was_deleted_is_said_where_the_resource_declares_so(self):
        found = hints_of(Hint("row.*", "id"), Hint("row.delete.end", "id", gone=True))
        assert found.of("row.update.end", {"id": "a"}) == [Hinted("p.row", ("a",))]
        assert Hinted("p.row", ("a",), gone=True) in found.of("row.delete.end", {"id": "a"})


class TestMalformed:
    @pytest.mark.parametrize(
        "payload",
        [
            {},
            {"row": {}},
            {"row": []},
            {"row": "a"},
            {"row": {"id": ["a"]}},
            {"row": {"id": {"id": "a"}}},
            {"row": {"id": True}},
            {"row": {"id": 1.5}},
            {"row": {"id": "x" * (ID_LIMIT + 1)}},
            {"row": {"id": "a\0"}},
            {"row": {"id": "\ud800"}},
            {"rows": {"*": {"id": "a"}}},
            [],
            None,
            7,
            "text",
        ],
    )
    def test_what_names_nothing_that_can_be_an_id(self, payload):
        with pytest.raises(MalformedError):
            hints_of(Hint("row.*", "row.id", "rows.*.id")).of("row.update", payload)

    @pytest.mark.parametrize("event_type", [None, 7, "", "x" * (EVENT_LIMIT + 1), [], b"row.x"])
    def test_what_is_no_event_type(self, event_type):
        with pytest.raises(MalformedError):
            hints_of(Hint("row.*", "id")).of(event_type, {"id": "a"})

    def test_one_type_that_is_not_named_harms_no_other(self):
        class One(Resource):
            plugin, name, path, key = "p", "one", "/", "k"
            hints = (Hint("row.*", "one.id"),)

        class Two(Resource):
            plugin, name, path, key = "p", "two", "/", "k"
            hints = (Hint("row.*", "two.id"),)

        assert Hints([One(), Two()]).of("row.x", {"two": {"id": "b"}}) == [Hinted("p.two", ("b",))]

    @given(
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
            lambda inner: (
                st.lists(inner) | st.dictionaries(st.sampled_from(["row", "id", "*"]), inner)
            ),
        )
    )
    def test_anything_is_understood_or_malformed(self, payload):
        found = hints_of(Hint("row.*", "row.id", "rows.*.id", "id/row.id"))
        try:
            said = found.of("row.update", payload)
        except MalformedError:
            return
        for each in said:
            assert all(0 < len(id_.encode()) <= ID_LIMIT for id_ in each.ids)


class TestFamilies:
    def test_an_event_type_is_matched_as_a_whole_and_by_letter(self):
        found = hints_of(Hint("row.*.end", "id"))
        assert found.expects("row.create.end")
        for other in ("row.create.start", "arow.create.end", "row.create.ends", "ROW.create.end"):
            assert not found.expects(other)
            assert found.of(other, {"id": "a"}) == []

    def test_without_a_path_some_entity_is_meant(self):
        assert hints_of(Hint("row.*")).of("row.update", {}) == [Hinted("p.row", ())]

    def test_a_resource_may_find_the_ids_itself(self):
        found = hints_of(Hint("row.*", "id"), hinted=["a/b"])
        assert found.of("row.update", {}) == [Hinted("p.row", ("a/b",))]

    def test_a_resource_that_knows_only_that_something_changed_says_so(self):
        assert hints_of(Hint("row.*", "id"), hinted=[]).of("row.x", {}) == [Hinted("p.row", ())]

    def test_a_bulk_message_with_too_many_is_some_entity(self):
        payload = {"rows": [{"id": number} for number in range(IDS_MOST + 500)]}
        found = hints_of(Hint("row.*", "rows.*.id"))
        assert found.of("row.update", payload) == [Hinted("p.row", ())]
        payload = {"rows": payload["rows"][:IDS_MOST]}
        assert len(found.of("row.update", payload)[0].ids) == IDS_MOST

    def test_two_lists_in_one_id_are_bounded(self):
        payload = {"a": list(range(100_000)), "b": list(range(100_000))}
        assert hints_of(Hint("row.*", "a.*/b.*")).of("row.x", payload) == [Hinted("p.row", ())]

    def test_entities_that_come_whole_come_along(self):
        found = hints_of(Hint("row.*", "row.id", "rows.*.id", whole="row"))
        row = {"id": "a", "more": 1}
        assert found.of("row.x", {"row": row}) == [Hinted("p.row", ("a",), (row,))]
        assert found.of("row.x", {"rows": [row]}) == [Hinted("p.row", ("a",), ())]

    def test_event_types_from_outside_are_not_remembered_for_ever(self):
        found = hints_of(Hint("row.*", "id"))
        for number in range(10_000):
            found.expects(f"unheard.of.{number}")
        assert found._matching.cache_info().currsize <= 2048
