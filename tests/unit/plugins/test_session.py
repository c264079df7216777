"""A request reaches the path that was asked for, at the origin that was asked, or fails."""

from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from keystoneauth1.exceptions import Unauthorized
from keystoneauth1.identity import generic
from keystoneauth1.identity.v3 import Password
from tests.unit.plugins.conftest import Wire, answer

from synchronizer.model.address import segment
from synchronizer.model.errors import ForeignRedirectError
from synchronizer.plugins.plugin import Paging, Resource
from synchronizer.plugins.service import Service, adapter_for
from synchronizer.plugins.session import CloudSession, may_follow

OTHER = "http://127.0.0.2:1/"

ids = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1)
ODD = (
    ".",
    "..",
    "...",
    "a/b",
    "%2E%2E",
    "%",
    "?a=b",
    "#",
    ";",
    "a b",
    "é",
    "日本",
    "+",
    "&",
    "x" * 700,
)


def odd(test):
    for each in ODD:
        test = example(id_=each)(test)
    fixture = HealthCheck.function_scoped_fixture
    return settings(max_examples=30, deadline=None, suppress_health_check=[fixture])(test)


class Row(Resource):
    name, path, key, plugin = "row", "/tables/{parent}/rows", "rows", "toy"
    paging = Paging.MARKER
    single = "/rows/{id}"


class Filtered(Row):
    path = "/rows?table={parent}"
    single = "/rows?name={id}"
    bulk = "id"


class TestIds:
    """Each place in a request that an id may stand in."""

    @odd
    @given(id_=ids)
    def test_in_the_path(self, wire, ask, id_):
        ask().get(f"/rows/{segment(id_)}/more", {})
        assert [unquote(part) for part in wire.target().split("/")] == ["", "rows", id_, "more"]
        assert not {".", ".."} & set(wire.target().split("/"))

    @odd
    @given(id_=ids)
    def test_at_the_end_of_the_path(self, wire, ask, id_):
        resource = Row()
        if not resource.reads(id_):
            assert "/" in id_
            return
        ask().get(resource.single_path(id_), {})
        assert [unquote(part) for part in wire.target().split("/")] == ["", "rows", id_]
        assert not {".", ".."} & set(wire.target().split("/"))

    @odd
    @given(id_=ids)
    def test_in_a_fixed_query(self, wire, ask, id_):
        ask().get(f"/rows?name={segment(id_)}", {})
        assert parse_qs(urlsplit(wire.target()).query, keep_blank_values=True) == {"name": [id_]}

    @odd
    @given(id_=ids)
    def test_as_a_parent_in_the_path(self, wire, ask, id_):
        Row().ask(ask(), id_, {})
        split = urlsplit(wire.target())
        assert [unquote(part) for part in split.path.split("/")] == ["", "tables", id_, "rows"]

    @odd
    @given(id_=ids)
    def test_as_a_parent_in_the_query_with_a_marker_and_in_bulk(self, wire, ask, id_):
        Filtered().ask(ask(), id_, {"marker": id_, "id": [id_, "a", id_]})
        found = parse_qs(urlsplit(wire.target()).query, keep_blank_values=True)
        assert found == {"table": [id_], "marker": [id_], "id": [id_, "a", id_]}


class TestRedirects:
    def redirected(self, wire, ask, location, status=302):
        wire.says(wire.answer(status, headers=[f"Location: {location}"]), wire.answer(body=b"[]"))
        return ask().get("/rows", {})

    @pytest.mark.parametrize("location", ["/elsewhere", "{url}/elsewhere", "elsewhere"])
    def test_those_of_the_same_origin_are_followed(self, wire, ask, location):
        answer = self.redirected(wire, ask, location.format(url=wire.url))
        assert answer.body == b"[]"
        assert wire.target() == "/elsewhere"

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize(
        "location",
        [OTHER, "//127.0.0.2:1/", "http://127.0.0.1:1/", "file:///etc/passwd", "ftp://127.0.0.1/"],
    )
    def test_those_to_another_origin_are_not(self, wire, ask, pauses, location, status):
        with pytest.raises(ForeignRedirectError, match="was given no token"):
            self.redirected(wire, ask, location, status)
        assert len(wire.requests) == 1
        assert pauses == []

    def test_no_more_of_the_other_address_is_shown_than_its_origin(self, wire, ask):
        with pytest.raises(ForeignRedirectError) as caught:
            self.redirected(wire, ask, "http://user:CANARY@127.0.0.2:1/CANARY?CANARY")
        assert "CANARY" not in str(caught.value)

    @pytest.mark.parametrize("status", [301, 307, 308])
    def test_a_password_goes_to_no_other_host(self, wire, status):
        wire.says(wire.answer(status, headers=[f"Location: {OTHER}"]))
        auth = Password(
            wire.url, username="u", password="SECRET", user_domain_id="default", unscoped=True
        )
        session = CloudSession(auth=auth, timeout=5.0)
        with pytest.raises(ForeignRedirectError):
            session.get_token()
        session.session.close()


@pytest.fixture
def elsewhere():
    """A host that the token and the password are not for."""
    other = Wire()
    yield other
    other.close()


class TestVersionDocuments:
    """Wherever they link to, token and password stay with the origin that they were given to.

    keystoneauth1 takes no more of a link than its path.
    """

    SECRETS = {"username": "u", "password": "SECRET", "user_domain_id": "default"}  # noqa: RUF012

    def versions(self, url, kind="v2.1"):
        links = [{"rel": "self", "href": url}]
        found = [{"id": kind, "status": "CURRENT", "version": "2.90", "links": links}]
        return answer(body=msgspec.json.encode({"versions": found}))

    def service(self, wire, **more):
        """A service whose catalogue says that it is at the wire."""
        endpoint = {"interface": "public", "region_id": "A", "region": "A", "url": wire.url}
        catalog = [{"type": "compute", "name": "nova", "endpoints": [endpoint | {"id": "e"}]}]
        token = {"catalog": catalog, "methods": ["password"], "user": {"id": "u", "name": "u"}}
        token |= {"expires_at": "2999-01-01T00:00:00.0Z", "issued_at": "2026-01-01T00:00:00.0Z"}
        body = msgspec.json.encode({"token": token})
        given = answer(201, body, headers=["X-Subject-Token: TOKEN"])
        auth = Password(wire.url, **self.SECRETS, unscoped=True)
        session = CloudSession(auth=auth, timeout=5.0)
        adapter = adapter_for(session, "compute", "2.1", "A", "public", **more)
        return session, given, Service("nova", adapter, pause=lambda _: None)

    @pytest.mark.parametrize("microversion", [None, ("2.1", "2.90")])
    @pytest.mark.parametrize("named", [False, True])
    def test_a_token_goes_to_no_other_host(self, wire, elsewhere, microversion, named):
        session, token, service = self.service(wire, **({"endpoint": wire.url} if named else {}))
        document = self.versions(f"{elsewhere.url}/v2.1/")
        wire.says(token, document, document, answer(body=b"[]"))
        service.get("/servers", {}, microversion=microversion)
        assert elsewhere.requests == []
        assert (wire.target(), wire.header("X-Auth-Token")) == ("/v2.1/servers", "TOKEN")
        session.session.close()

    @pytest.mark.parametrize("link", ["{url}/v2.1/", "/v2.1/", "v2.1/"])
    def test_a_link_within_the_origin_is_followed(self, wire, link):
        session, token, service = self.service(wire)
        wire.says(token, self.versions(link.format(url=wire.url)), answer(body=b"[]"))
        assert service.get("/servers", {}).body == b"[]"
        assert wire.target() == "/v2.1/servers"
        session.session.close()

    def test_a_password_goes_to_no_other_host(self, wire, elsewhere):
        wire.says(self.versions(f"{elsewhere.url}/v3/", "v3.14"), answer(401))
        session = CloudSession(auth=generic.Password(wire.url, **self.SECRETS), timeout=5.0)
        with pytest.raises(Unauthorized):
            session.get_token()
        assert elsewhere.requests == []
        assert wire.target() == "/v3/auth/tokens"
        session.session.close()


@pytest.mark.parametrize(
    ("before", "after", "followed"),
    [
        ("http://h/a", "https://h/a", True),
        ("http://h:5000/a", "https://h:5000/a", True),
        ("https://h/a", "https://h:443/b", True),
        ("https://h/a", "http://h/a", False),
        ("http://h:5000/a", "https://h:6000/a", False),
        ("https://h/a", "https://h.example/a", False),
        ("https://h/a", "https://h:99999/a", False),
        ("https://h/a", "https://", False),
    ],
)
def test_a_host_may_ask_for_tls_and_for_nothing_else(before, after, followed):
    assert may_follow(urlsplit(before), urlsplit(after)) == followed
