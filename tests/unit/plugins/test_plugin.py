"""What a resource's declaration means: ids, shapes, secrets, single reads."""

import copy
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synchronizer.model.errors import MalformedError, SampleError
from synchronizer.plugins import installed, load, names
from synchronizer.plugins.ids import ID_LIMIT
from synchronizer.plugins.keystone import Keystone, RoleAssignment
from synchronizer.plugins.nova import Keypair, Nova, Server
from synchronizer.plugins.plugin import REDACTED, Plugin, Resource, decode_object
from synchronizer.plugins.service import Answer

light = settings(max_examples=60, deadline=None)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


class Row(Resource):
    """A row."""

    plugin, name, path, key = "p", "row", "/rows", "rows"
    single, single_key = "/rows/{id}", "row"
    gone = ("status", frozenset({"DELETED"}))
    unlisted = ("status", frozenset({"SOFT"}))
    partial = ("status", "UNKNOWN")


class Pair(Resource):
    """A row with an id of two parts."""

    plugin, name, path, key = "p", "pair", "/pairs", "pairs"
    id = ("owner.id", "name")
    single, single_key = "/owners/{id[0]}/pairs?name={id[1]}", "pairs"


class Hiding(Resource):
    """A row with secrets."""

    plugin, name, path, key = "p", "hiding", "/rows", "rows"
    secret = ("password", "auth.token", "keys.*.private", "env.*", "tokens.*", ("a.b",))
    only_single = ("extra", "deep.extra")


class One:
    """A service with one answer."""

    def __init__(self, status, body):
        self.answer = Answer(status, body, 0.0)
        self.paths = []

    def get(self, path, query, *, microversion=None, allow=()):
        self.paths.append(path)
        return self.answer


class TestIdentity:
    def test_an_id_is_its_parts_joined(self):
        assert Row().identify({"id": "a"}) == "a"
        assert Row().identify({"id": 7}) == "7"
        assert Pair().identify({"owner": {"id": "o"}, "name": "n"}) == "o/n"

    @pytest.mark.parametrize("value", [None, "", True, 1.5, [], {}, ["a"]])
    def test_what_is_no_name_or_number_is_malformed(self, value):
        with pytest.raises(MalformedError, match="has no id"):
            Row().identify({"id": value})

    @pytest.mark.parametrize("item", [{}, {"owner": None}, {"owner": {"id": "o"}}, {"owner": []}])
    def test_a_missing_part_is_malformed(self, item):
        with pytest.raises(MalformedError):
            Pair().identify(item)

    def test_an_id_has_a_greatest_length_in_bytes(self):
        assert Row().identify({"id": "x" * ID_LIMIT})
        for long in ("x" * (ID_LIMIT + 1), "ü" * (ID_LIMIT // 2 + 1)):
            with pytest.raises(MalformedError):
                Row().identify({"id": long})

    def test_an_id_with_a_nul_is_malformed(self):
        with pytest.raises(MalformedError):
            Row().identify({"id": "a\0"})

    @light
    @given(json_values)
    def test_any_value_has_an_id_or_is_malformed(self, value):
        try:
            id_ = Row().identify({"id": value})
        except MalformedError:
            return
        assert id_ == str(value)


class TestMarks:
    def test_rows_say_that_they_are_gone_unlisted_or_partial(self):
        row = Row()
        assert row.is_gone({"status": "DELETED"})
        assert row.is_unlisted({"status": "SOFT"})
        assert row.is_partial({"status": "UNKNOWN"})
        for item in ({"status": "ACTIVE"}, {}):
            marks = (row.is_gone(item), row.is_unlisted(item), row.is_partial(item))
            assert marks == (False, False, False)

    @light
    @given(json_values)
    def test_any_value_may_stand_in_the_field(self, value):
        """A list where a word should be is no mark and no accident."""
        row = Row()
        item = {"status": value}
        assert row.is_gone(item) == (value == "DELETED")
        assert row.is_unlisted(item) == (value == "SOFT")
        assert row.is_partial(item) == (value == "UNKNOWN")


class TestSecrets:
    def test_every_declared_secret_is_replaced(self):
        item = {
            "tokens": ["s", None],
            "password": "s",
            "auth": {"token": {"deep": "s"}, "user": "u"},
            "keys": [{"private": "s", "public": "p"}, {"public": "p"}],
            "env": {"A": "s", "B": None},
            "a.b": ["s"],
            "a": {"b": "kept"},
        }
        Hiding().redact(item)
        assert item == {
            "tokens": [REDACTED, None],
            "password": REDACTED,
            "auth": {"token": REDACTED, "user": "u"},
            "keys": [{"private": REDACTED, "public": "p"}, {"public": "p"}],
            "env": {"A": REDACTED, "B": None},
            "a.b": REDACTED,
            "a": {"b": "kept"},
        }

    @light
    @given(st.dictionaries(st.sampled_from(["password", "auth", "keys", "env", "x"]), json_values))
    def test_redacting_twice_is_redacting_once(self, item):
        resource = Hiding()
        resource.redact(item)
        once = copy.deepcopy(item)
        resource.redact(item)
        assert item == once
        assert item.get("password") in (None, REDACTED)


class TestShape:
    def test_fields_of_the_single_read_are_left_out(self):
        item = {"id": "a", "extra": 1, "deep": {"extra": 1, "kept": 1}}
        assert Hiding().shape(item) == {"id": "a", "deep": {"kept": 1}}

    def test_a_wrapped_item_is_unwrapped(self):
        class Wrapped(Row):
            """A wrapped row."""

            unwrap = "row"

        assert Wrapped().shape({"row": {"id": "a"}}) == {"id": "a"}
        with pytest.raises(MalformedError, match="has no row"):
            Wrapped().shape({"row": "a"})


class TestSingleRead:
    def test_the_path_quotes_each_part(self):
        assert Row().single_path("a b?") == "/rows/a%20b%3F"
        assert Pair().single_path("o:1/n&m") == "/owners/o%3A1/pairs?name=n%26m"

    @pytest.mark.parametrize(("resource", "id_"), [(Row, "eu/1"), (Pair, "o/n/m"), (Pair, "o")])
    def test_an_id_with_a_slash_in_a_part_is_not_read(self, resource, id_):
        """A service would answer 404 for what lives."""
        assert not resource().reads(id_)

    def test_an_id_of_as_many_parts_as_declared_is_read(self):
        assert Row().reads("a")
        assert Pair().reads("o/n")
        assert not Hiding().reads("a")
        assert RoleAssignment().reads("r/user:u/project:p/inherited")

    def test_what_cannot_be_read_has_no_path(self):
        with pytest.raises(ValueError, match="one by one"):
            Hiding().single_path("a")

    def test_a_404_is_none(self):
        assert Row().read(One(404, b'{"itemNotFound": {}}'), "a") is None

    def test_an_entity_is_shaped(self):
        service = One(200, b'{"row": {"id": "a", "v": 1}}')
        assert Row().read(service, "a") == {"id": "a", "v": 1}
        assert service.paths == ["/rows/a"]

    def test_another_entity_than_asked_for_is_malformed(self):
        with pytest.raises(MalformedError, match="asked for a"):
            Row().read(One(200, b'{"row": {"id": "b"}}'), "a")

    def test_a_filtered_listing_stands_in_for_a_read(self):
        body = b"""{"pairs": [7, {"owner": {"id": "o"}, "name": "m"},
        {"owner": {"id": "o"}, "name": "n"}]}"""
        found = Pair().read(One(200, body), "o/n")
        assert found == {"owner": {"id": "o"}, "name": "n"}

    def test_an_empty_filtered_listing_is_none(self):
        assert Pair().read(One(200, b'{"pairs": []}'), "o/n") is None

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"row": 1}', b'{"row": {}}', b"\xff"])
    def test_anything_else_is_malformed(self, body):
        with pytest.raises(MalformedError):
            Row().read(One(200, body), "a")

    @light
    @given(json_values)
    @pytest.mark.parametrize("resource", [Server, Keypair, RoleAssignment])
    def test_any_answer_is_an_entity_none_or_malformed(self, resource, value):
        import msgspec  # noqa: PLC0415

        kind = resource()
        body = msgspec.json.encode({kind.single_key: value, "x": value})
        try:
            found = kind.read(One(200, body), "a/user:b/project:c")
        except SampleError:
            return
        assert found is None


class TestRoleAssignment:
    @pytest.mark.parametrize(
        ("scope", "end", "query"),
        [
            ({"project": {"id": "p"}}, "project:p", "scope.project.id=p"),
            ({"domain": {"id": "d"}}, "domain:d", "scope.domain.id=d"),
            ({"system": {"all": True}}, "system", "scope.system=all"),
            (
                {"domain": {"id": "d"}, "OS-INHERIT:inherited_to": "projects"},
                "domain:d/inherited",
                "scope.domain.id=d&scope.OS-INHERIT%3Ainherited_to=projects",
            ),
        ],
    )
    @pytest.mark.parametrize("actor", ["user", "group"])
    def test_an_id_says_role_actor_and_scope_and_leads_back(self, actor, scope, end, query):
        resource = RoleAssignment()
        id_ = resource.identify({"role": {"id": "r"}, actor: {"id": "a"}, "scope": scope})
        assert id_ == f"r/{actor}:a/{end}"
        assert resource.single_path(id_) == (f"/role_assignments?role.id=r&{actor}.id=a&{query}")

    @pytest.mark.parametrize("item", [{}, {"role": {"id": "r"}}, {"user": {"id": "u"}}])
    def test_without_role_or_actor_it_is_malformed(self, item):
        with pytest.raises(MalformedError):
            RoleAssignment().identify(item)


class TestAsking:
    @pytest.mark.parametrize(
        ("parent", "more", "allow"),
        [
            (None, {}, set()),
            (None, {"marker": "m"}, {400, 404}),
            ("p", {}, {404}),
            ("p", {"marker": "m"}, {400, 404}),
        ],
    )
    def test_only_a_marker_and_a_parent_may_be_gone(self, parent, more, allow):
        asked = []

        class Seam:
            def get(self, path, query, *, microversion=None, allow=()):
                asked.append((path, dict(query), microversion, set(allow)))

        class Each(Row):
            """A row for each parent."""

            path = "/parents/{parent}/rows"
            query = MappingProxyType({"fixed": "1"})
            microversion = ("2.1", "2.5")

        (Each() if parent else Row()).ask(Seam(), parent, more)
        path = "/parents/p/rows" if parent else "/rows"
        fixed = {"fixed": "1"} if parent else {}
        assert asked == [(path, {**fixed, **more}, ("2.1", "2.5") if parent else None, allow)]


class TestDiscovery:
    def test_the_built_in_plugins_come_through_the_entry_points(self):
        assert {"keystone", "nova"} <= set(names())
        assert load("nova") is Nova
        assert installed()["keystone"] is Keystone

    def test_a_plugin_that_is_not_installed_is_a_key_error(self):
        with pytest.raises(KeyError):
            load("nonesuch")

    def test_declared_resources_know_their_type(self):
        assert [each.type for each in Nova.declared()][:2] == ["nova.server", "nova.hypervisor"]

    def test_a_plugin_without_a_canary_has_one_that_sings(self):
        assert Plugin().canary(None) is None


@light
@given(st.binary(max_size=40))
def test_any_bytes_are_an_object_or_malformed(body):
    try:
        found = decode_object("p.row", body)
    except MalformedError:
        return
    assert isinstance(found, dict)
