"""A page is taken apart into items, or is malformed: nothing in between."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synchronizer.model.errors import MalformedError
from synchronizer.model.essence import digest
from synchronizer.plugins.keystone import GroupMember, RoleAssignment
from synchronizer.plugins.nova import AvailabilityZone, Keypair, QuotaSet, Server
from synchronizer.plugins.plugin import Paging, Resource
from synchronizer.sampling import items
from synchronizer.sampling.items import decode, examine, hashes, raw_items, tail_of

light = settings(max_examples=60, deadline=None)
Raw = msgspec.Raw


class Row(Resource):
    """A row."""

    plugin, name, path, key = "p", "row", "/rows", "rows"
    paging = Paging.MARKER
    secret = ("password",)
    volatile = ("seen",)
    witness = ("host",)
    gone = ("status", frozenset({"DELETED"}))
    unlisted = ("status", frozenset({"SOFT"}))
    partial = ("status", "UNKNOWN")


class Bare(Row):
    """A row of a list that is the whole answer."""

    key = ""


class Lone(Row):
    """A row that comes alone."""

    lone = True


class Whole(Row):
    """A row of a listing without pages."""

    paging = Paging.NONE


class Wrapped(Row):
    """A row within another object."""

    unwrap, marker = "row", "name"


class Careless(Row):
    """A row whose plugin believes that every field is there."""

    def shape(self, item, parent=None):
        """Believe."""
        item["first"] = item["list"][0] + int(item["number"])
        return item


def item(text, resource=Row, parent=None):
    return decode(resource(), Raw(text), 0, parent)


class TestRawItems:
    @pytest.mark.parametrize(
        ("resource", "body", "items"),
        [
            (Row, b'{"rows": [{"id":1}, 2 ,"x"], "other": {}}', [b'{"id":1}', b"2", b'"x"']),
            (Row, b'{"rows": []}', []),
            (Bare, b'[{"id":1}]', [b'{"id":1}']),
            (Lone, b'{"rows": {"id":1}}', [b'{"id":1}']),
        ],
    )
    def test_the_items_are_found_where_the_declaration_says(self, resource, body, items):
        raw, more = raw_items(resource(), body)
        assert [bytes(each) for each in raw] == items
        assert not more

    @pytest.mark.parametrize(
        ("body", "more"),
        [
            (b'{"rows": [], "rows_links": [{"rel": "next", "href": "x"}]}', True),
            (b'{"rows": [], "rows_links": [{"rel": "self", "href": "x"}]}', False),
            (b'{"rows": [], "rows_links": []}', False),
            (b'{"rows": [], "rows_links": null}', False),
            (b'{"rows": [], "next": ""}', False),
            (b'{"rows": [], "links": {"next": "x", "self": "y"}}', True),
            (b'{"rows": [], "links": {"next": null}}', False),
            (b'{"rows": [], "links": []}', False),
            (b'{"rows": [], "links": [{"rel": "next", "href": "x"}]}', True),
            (b'{"rows": [], "next": "/v2/rows?marker=x"}', True),
            (b'{"rows": [], "next": null}', False),
            (b'{"rows": [], "truncated": false}', False),
        ],
    )
    def test_a_next_page_is_announced_in_either_way(self, body, more):
        assert raw_items(Row(), body)[1] is more

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b"[]",
            b"{}",
            b'{"rows": null}',
            b'{"rows": {}}',
            b'{"rows": "x"}',
            b'{"rows": [1,]}',
            b'{"rows": [1]',
            b'{"rows": [1]} x',
            b'{"rows": [1], "rows_links": {}}',
            b'{"rows": [1], "rows_links": [{"rel": 1}]}',
            b"<html>",
            b'\xff\xfe{"rows": []}',
            b'{"rows": [' + b"[" * 5000,
        ],
    )
    def test_anything_else_is_malformed(self, body):
        with pytest.raises(MalformedError, match=r"p\.row"):
            raw_items(Row(), body)

    def test_a_listing_that_the_service_cut_is_malformed(self):
        """Keystone before 2025.1 cuts at its list_limit, and there is no way to the rest."""
        body = b'{"links": {}, "rows": [{"id": "a"}], "truncated": true}'
        with pytest.raises(MalformedError, match="truncated"):
            raw_items(Row(), body)

    def test_a_full_page_that_says_so_too_is_a_page(self):
        """Keystone since 2025.1: marked as truncated, with a link to the next."""
        body = b'{"links": {"next": "x"}, "rows": [{"id": "a"}], "truncated": true}'
        raw, more = raw_items(Row(), body)
        assert (len(raw), more) == (1, True)

    def test_without_pages_a_link_to_the_next_is_no_way_to_the_rest(self):
        """Its list_limit cuts roles, too; their marker is ignored."""
        body = b'{"links": {"next": "x"}, "rows": [{"id": "a"}], "truncated": true}'
        with pytest.raises(MalformedError, match="truncated"):
            raw_items(Whole(), body)

    @light
    @given(st.binary(max_size=60))
    def test_any_bytes_are_items_or_malformed(self, body):
        for resource in (Row(), Bare(), Lone()):
            try:
                raw, _ = raw_items(resource, body)
            except MalformedError:
                continue
            assert all(isinstance(each, Raw) for each in raw)

    @light
    @given(st.data())
    def test_any_damage_to_a_page_is_told_or_leaves_its_items(self, data):
        """Bytes lost or changed anywhere: never an exception of another kind."""
        body = bytearray(
            b'{"rows": [{"id": "a", "n": [1, 2]}, {"id": "b"}], "links": {"next": null}}'
        )
        for _ in range(data.draw(st.integers(1, 3))):
            place = data.draw(st.integers(0, len(body) - 1))
            if data.draw(st.booleans()):
                del body[place]
            else:
                body[place] = data.draw(st.integers(0, 255))
        try:
            raw, _ = raw_items(Row(), bytes(body))
            for place, each in enumerate(raw):
                decode(Row(), each, place, None)
            if raw:
                tail_of(Row(), raw)
        except MalformedError:
            pass


class TestDecoding:
    def test_an_item_becomes_id_digest_and_redacted_body(self):
        found = item(b'{"id": "a", "password": "s", "seen": 5, "host": "h", "l": [2, 1]}')
        assert found.id == "a"
        assert msgspec.json.decode(found.body) == {
            "id": "a",
            "password": "***",
            "seen": 5,
            "host": "h",
            "l": [2, 1],
        }
        expected = {"id": "a", "password": "***", "host": "h", "l": [1, 2]}
        assert found.digest == digest(expected)
        assert (found.gone, found.partial, found.unlisted, found.witnessed) == (
            *(False, False, False),
            True,
        )

    @pytest.mark.parametrize(
        ("status", "mark"), [("DELETED", "gone"), ("SOFT", "unlisted"), ("UNKNOWN", "partial")]
    )
    def test_an_items_marks_are_seen(self, status, mark):
        found = item(b'{"id": "a", "status": "%s"}' % status.encode())
        assert [name for name in ("gone", "unlisted", "partial") if getattr(found, name)] == [mark]

    def test_a_missing_witness_is_seen(self):
        assert not item(b'{"id": "a"}').witnessed
        assert item(b'{"id": "a", "host": null}').witnessed

    @pytest.mark.parametrize(
        "text",
        [
            b"1",
            b"null",
            b"[]",
            b'"a"',
            b"{}",
            b'{"id": null}',
            b'{"id": ["a"]}',
            b'{"id": "a',
            b'{"id": "\xff"}',
            b'{"id": ' + b"[" * 5000,
        ],
    )
    def test_anything_else_is_malformed(self, text):
        with pytest.raises(MalformedError):
            item(text)

    @pytest.mark.parametrize("value", [b"[]", b"{}", b"[[]]", b"1", b"null", b"true"])
    def test_a_mark_of_another_kind_is_no_mark(self, value):
        found = item(b'{"id": "a", "status": %s}' % value)
        assert (found.gone, found.unlisted, found.partial) == (False, False, False)

    def test_an_item_that_is_too_large_is_malformed(self, monkeypatch):
        monkeypatch.setattr(items, "ITEM_BYTES", 100)
        with pytest.raises(MalformedError, match="larger"):
            item(b'{"id": "%s"}' % (b"x" * 100))

    @pytest.mark.parametrize("text", [b"{}", b'{"list": []}', b'{"list": [1], "number": "x"}'])
    def test_a_plugin_that_believes_too_much_makes_a_malformed_answer(self, text):
        """Whatever a plugin's own code trips over is the answer's shape, told as such."""
        with pytest.raises(MalformedError, match="wrong shape"):
            item(text, Careless)

    @light
    @given(
        st.dictionaries(
            st.sampled_from(
                ["id", "status", "keypair", "role", "user", "scope", "project", "name", "zoneName"]
            ),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(max_size=3),
                lambda inner: (
                    st.lists(inner, max_size=2)
                    | st.dictionaries(st.sampled_from(["id", "name", "project", "domain"]), inner)
                ),
                max_leaves=6,
            ),
        ),
    )
    def test_any_object_is_an_item_or_malformed(self, value):
        for kind in (Row, Server, Keypair, RoleAssignment, GroupMember, AvailabilityZone, QuotaSet):
            text = msgspec.json.encode(value)
            try:
                found = decode(kind(), Raw(text), 0, "parent")
            except MalformedError:
                continue
            assert found.id
            assert len(found.digest) == 16

    @light
    @given(st.integers())
    def test_numbers_of_any_size_are_kept(self, number):
        found = item(b'{"id": "a", "n": %d}' % number)
        assert msgspec.json.decode(found.body)["n"] == number

    def test_the_same_item_has_the_same_digest_in_either_way_of_looking(self):
        text = b'{"id": "a", "password": "s"}'
        again = examine(Row(), {"password": "other", "id": "a"}, 5, None)
        assert item(text).digest == again.digest


class TestHashes:
    def test_equal_bytes_have_equal_hashes_and_others_have_not(self):
        found = hashes([Raw(b"1"), Raw(b"2"), Raw(b"1")], None)
        assert found.shape == (3, 2)
        assert (found[0] == found[2]).all()
        assert (found[0] != found[1]).any()

    def test_a_parent_counts(self):
        raw = [Raw(b'{"id":1}')]
        assert len({hashes(raw, parent).tobytes() for parent in (None, "a", "b", "")}) == 4

    @light
    @given(st.text(max_size=5), st.binary(max_size=5), st.text(max_size=5), st.binary(max_size=5))
    def test_no_parent_and_item_look_like_another_pair(self, parent, text, other, words):
        parent, other = parent.replace("\0", ""), other.replace("\0", "")
        same = hashes([Raw(text)], parent).tobytes() == hashes([Raw(words)], other).tobytes()
        assert same == ((parent, text) == (other, words))

    def test_of_nothing_there_are_none(self):
        assert hashes([], None).shape == (0, 2)


ODD = [b"{}", b'{"id": null}', b'{"id": ""}', b'{"id": true}', b"1", b"null", b'{"id": "\\ud800"}']


class TestTail:
    def test_the_last_three_markers_are_kept(self):
        raw = [Raw(b'{"id": "%d"}' % number) for number in range(5)]
        assert tail_of(Row(), raw) == ["2", "3", "4"]
        assert tail_of(Row(), raw[:1]) == ["0"]

    def test_a_marker_may_be_a_number(self):
        assert tail_of(Row(), [Raw(b'{"id": 7}')]) == ["7"]

    def test_a_wrapped_marker_is_found(self):
        assert tail_of(Wrapped(), [Raw(b'{"row": {"name": "n"}}')]) == ["n"]

    @pytest.mark.parametrize("text", ODD)
    def test_an_odd_item_has_no_marker_and_the_one_before_it_serves(self, text):
        assert tail_of(Row(), [Raw(b'{"id": "a"}'), Raw(text)]) == ["a"]
        assert tail_of(Row(), [Raw(text)]) == []

    @pytest.mark.parametrize("text", [b'{"id": "a"}', b'{"id": "a", "name": null}'])
    def test_a_whole_item_without_a_marker_is_malformed(self, text):
        class Marked(Row):
            marker = "name"

        with pytest.raises(MalformedError):
            tail_of(Marked(), [Raw(text)])

    def test_the_same_row_ends_a_page_whatever_else_became_of_it(self):
        resource = Row()
        resource.paging = Paging.OFFSET
        one, later = Raw(b'{"id": 1, "state": "up"}'), Raw(b'{"id": 1, "state": "down"}')
        assert tail_of(resource, [one]) == tail_of(resource, [later])

    def test_a_listing_in_one_answer_needs_no_markers_unless_it_goes_on(self):
        resource = Row()
        resource.paging = Paging.NONE
        raw = [Raw(b'{"id": "n"}')]
        assert tail_of(resource, raw) == []
        assert tail_of(resource, raw, more=True) == ["n"]
