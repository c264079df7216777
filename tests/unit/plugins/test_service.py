"""Asking a service: every way in which an answer can be less than one."""

import gzip
import logging

import pytest
from keystoneauth1.identity.v3 import Password
from keystoneauth1.noauth import NoAuth
from keystoneauth1.plugin import BaseAuthPlugin
from keystoneauth1.session import Session

from synchronizer.model.errors import (
    AbsentServiceError,
    MalformedError,
    OtherMicroversionError,
    RefusedError,
    SampleError,
    SlowAnswerError,
    ThrottledError,
    UnreachableError,
)
from synchronizer.plugins import service as module
from synchronizer.plugins.service import adapter_for

OWN_404 = b'{"itemNotFound": {"code": 404, "message": "gone"}}'
PATIENT = [0.2 * 4, 0.2 * 16]
"""The pauses between three attempts."""


class TestAWholeAnswer:
    def test_status_body_and_date_come_back(self, wire, ask):
        date = "Date: Fri, 15 Jan 2027 08:00:00 GMT"
        wire.says(wire.answer(body=b'{"a": 1}', headers=[date]))
        assert ask().get("/rows", {}) == (200, b'{"a": 1}', 1_800_000_000.0)

    @pytest.mark.parametrize("headers", [[], ["Date: yesterday"], ["Date: "]])
    def test_without_a_readable_date_it_is_our_own(self, wire, ask, headers):
        wire.says(wire.answer(headers=headers))
        assert ask().get("/rows", {}).date == 77.0

    def test_path_and_query_are_sent(self, wire, ask):
        ask().get("/rows?a=1", {"b": "ü &", "c": "2"})
        assert wire.target() == "/rows?a=1&b=%C3%BC+%26&c=2"

    def test_json_is_asked_for_and_no_compression(self, wire, ask):
        ask().get("/rows", {})
        assert wire.header("Accept") == "application/json"
        assert wire.header("Accept-Encoding") == "identity"
        assert wire.header("User-Agent").startswith("openstack-synchronizer")

    def test_a_header_of_the_plugin_goes_with_each_request(self, wire):
        session = Session(auth=NoAuth(endpoint=wire.url), timeout=5)
        adapter = adapter_for(session, "x", "", None, "public", headers={"X-Experimental": "true"})
        module.Service("x", adapter).get("/rows", {})
        session.session.close()
        assert wire.header("X-Experimental") == "true"
        assert wire.header("Accept") == "application/json"

    @pytest.mark.parametrize("kind", ["application/json", "text/plain"])
    def test_a_log_at_debug_takes_nothing_of_it(self, wire, ask, caplog, kind):
        caplog.set_level(logging.DEBUG)
        wire.says(wire.answer(body=b'{"a": 1}', headers=[f"Content-Type: {kind}"]))
        assert ask().get("/rows", {}).body == b'{"a": 1}'

    def test_a_chunked_answer_is_put_together(self, wire, ask):
        wire.says(wire.chunked(b'{"a"', b": 1}"))
        assert ask().get("/rows", {}).body == b'{"a": 1}'

    @pytest.mark.parametrize("length", [True, False])
    def test_a_compressed_answer_is_unpacked_though_nobody_asked(self, wire, ask, length):
        body = b'{"a": "' + b"x" * 5000 + b'"}'
        headers = ["Content-Encoding: gzip"]
        wire.says(wire.answer(body=gzip.compress(body), headers=headers, length=length))
        assert ask().get("/rows", {}).body == body

    def test_an_empty_body_is_an_answer(self, wire, ask):
        wire.says(wire.answer(body=b""))
        assert ask().get("/rows", {}).body == b""

    def test_what_it_cost_is_counted(self, wire, ask):
        service = ask()
        wire.says(wire.answer(body=b"x" * 10))
        service.get("/rows", {})
        service.get("/rows", {})
        calls, seconds, size = service.usage()
        assert (calls, size) == (2, 20)
        assert seconds > 0


class TestAnAnswerOutOfACache:
    @pytest.mark.parametrize("age", ["1", "37", "odd"])
    def test_it_is_no_answer_to_what_was_asked(self, wire, ask, age):
        wire.says(wire.answer(body=b'{"rows": []}', headers=[f"Age: {age}"]))
        with pytest.raises(UnreachableError, match="a cache answered instead"):
            ask().get("/rows", {})

    def test_it_proves_no_absence_either(self, wire, ask):
        wire.says(wire.answer(404, OWN_404, headers=["Age: 5"]))
        with pytest.raises(UnreachableError):
            ask().get("/rows/1", {}, allow=(404,))

    @pytest.mark.parametrize("age", ["0", " 0", ""])
    def test_one_that_was_fetched_just_now_is_taken(self, wire, ask, age):
        wire.says(wire.answer(body=b"{}", headers=[f"Age: {age}"]))
        assert ask().get("/rows", {}).body == b"{}"

    def test_caches_are_told_to_ask(self, wire, ask):
        ask().get("/rows", {})
        assert wire.header("Cache-Control") == "no-cache"


class TestACutAnswer:
    @pytest.mark.parametrize("keep", [0, 1, 7])
    def test_a_body_shorter_than_its_length_is_no_answer(self, wire, ask, pauses, keep):
        whole = wire.answer(body=b'{"a": 1}')
        wire.says(whole[: len(whole) - 8 + keep])
        with pytest.raises(UnreachableError, match="no complete answer"):
            ask().get("/rows", {})
        assert len(wire.requests) == 3
        assert pauses == pytest.approx(PATIENT)

    def test_a_chunked_body_without_its_end_is_no_answer(self, wire, ask):
        wire.says(wire.chunked(b'{"a": 1}', end=False))
        with pytest.raises(UnreachableError):
            ask().get("/rows", {})

    def test_a_chunk_that_is_cut_is_no_answer(self, wire, ask):
        wire.says(wire.chunked(b'{"a": 1}', end=False)[:-4])
        with pytest.raises(UnreachableError):
            ask().get("/rows", {})

    def test_what_is_not_gzip_though_it_says_so_is_no_answer(self, wire, ask):
        wire.says(wire.answer(body=b"{}" * 50, headers=["Content-Encoding: gzip"]))
        with pytest.raises(UnreachableError):
            ask().get("/rows", {})

    @pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 OK\r\n\r\n"])
    def test_what_is_no_http_is_no_answer(self, wire, ask, said):
        wire.says(said)
        with pytest.raises(UnreachableError):
            ask().get("/rows", {})

    @pytest.mark.parametrize("keep", [12, 20, 60])
    def test_half_a_head_has_no_body_and_is_no_proof(self, wire, ask, keep):
        """Nothing tells it from a whole one; its empty body is no JSON, so it is refused later."""
        wire.says(wire.answer(200, b'{"rows": []}')[:keep])
        assert ask().get("/rows", {}).body == b""
        wire.says(wire.answer(404, OWN_404)[:keep])
        with pytest.raises(UnreachableError):
            ask().get("/rows", {}, allow=(404,))

    def test_silence_is_no_answer(self, wire, ask, monkeypatch):
        monkeypatch.setattr(module, "_ATTEMPTS", 1)
        wire.says(None)
        with pytest.raises(UnreachableError):
            ask(timeout=0.2).get("/rows", {})

    def test_a_closed_port_is_no_answer(self, wire, ask):
        service = ask()
        wire.close()
        with pytest.raises(UnreachableError):
            service.get("/rows", {})

    def test_the_next_attempt_may_be_whole(self, wire, ask, pauses):
        whole = wire.answer(body=b'{"a": 1}')
        wire.says(whole[:-3], b"", whole)
        assert ask().get("/rows", {}).body == b'{"a": 1}'
        assert pauses == pytest.approx(PATIENT)


class TestAnAnswerTooLarge:
    @pytest.fixture(autouse=True)
    def small(self, monkeypatch):
        monkeypatch.setattr(module, "PAGE_BYTES", 1000)

    def test_the_limit_itself_is_read(self, wire, ask):
        wire.says(wire.answer(body=b"x" * 1000))
        assert len(ask().get("/rows", {}).body) == 1000

    def test_by_its_length(self, wire, ask, pauses):
        wire.says(wire.answer(body=b"x" * 1001))
        with pytest.raises(MalformedError, match="larger than"):
            ask().get("/rows", {})
        assert pauses == []

    def test_by_its_chunks(self, wire, ask):
        wire.says(wire.chunked(*[b"x" * 500] * 5))
        with pytest.raises(MalformedError, match="larger than"):
            ask().get("/rows", {})

    def test_by_what_unpacks_from_it(self, wire, ask):
        body = gzip.compress(b"x" * 5_000_000)
        wire.says(wire.answer(body=body, headers=["Content-Encoding: gzip"]))
        with pytest.raises(MalformedError, match="larger than"):
            ask().get("/rows", {})


class TestPatience:
    @pytest.mark.parametrize("status", [413, 429, 503])
    def test_a_retry_after_is_waited_for(self, wire, ask, pauses, status):
        wire.says(wire.answer(status, headers=["Retry-After: 7"]), wire.answer())
        assert ask().get("/rows", {}).status == 200
        assert pauses == [7.0]

    def test_a_date_is_reckoned_from_the_service_s_own(self, wire, ask, pauses):
        headers = [
            "Date: Fri, 15 Jan 2027 08:00:00 GMT",
            "Retry-After: Fri, 15 Jan 2027 08:00:12 GMT",
        ]
        wire.says(wire.answer(429, headers=headers), wire.answer())
        ask().get("/rows", {})
        assert pauses == [12.0]

    def test_without_one_a_413_is_no_throttling(self, wire, ask):
        wire.says(wire.answer(413))
        with pytest.raises(MalformedError):
            ask().get("/rows", {})

    def test_a_429_without_one_waits_a_second(self, wire, ask, pauses):
        wire.says(wire.answer(429), wire.answer())
        ask().get("/rows", {})
        assert pauses == [1.0]

    def test_three_refusals_are_enough(self, wire, ask, pauses):
        wire.says(wire.answer(429, headers=["Retry-After: 2"]))
        with pytest.raises(ThrottledError, match="calls_per_second") as caught:
            ask().get("/rows", {})
        assert caught.value.retry_after == 2.0
        assert pauses == [2.0, 2.0]

    @pytest.mark.parametrize("text", ["30.5", "86400", "inf", "1e400"])
    def test_nobody_waits_longer_than_half_a_minute(self, wire, ask, pauses, text):
        wire.says(wire.answer(503, headers=[f"Retry-After: {text}"]))
        with pytest.raises(ThrottledError):
            ask().get("/rows", {})
        assert pauses == []
        assert len(wire.requests) == 1


class TestADrippingAnswer:
    @pytest.mark.parametrize("headers", [[], ["Content-Length: 1000000"]])
    def test_its_end_is_not_waited_for(self, wire, ask, pauses, headers):
        pieces = iter(range(10_000))
        service = ask(elapsed=lambda: 5.0 * next(pieces))  # each piece takes long
        wire.drips(wire.answer(body=b"", headers=headers, length=False), b"x")
        with pytest.raises(SlowAnswerError, match="not complete after 120 s"):
            service.get("/rows", {})
        assert pauses == []
        assert len(wire.requests) == 1


class TestStatuses:
    @pytest.mark.parametrize("status", [401, 403])
    def test_a_refusal_is_told_at_once(self, wire, ask, pauses, status):
        wire.says(wire.answer(status))
        with pytest.raises(RefusedError, match=r"lack|refused"):
            ask().get("/rows", {})
        assert pauses == []

    @pytest.mark.parametrize("status", [500, 502, 503, 504, 599, 404, 408])
    def test_trouble_is_tried_again_and_then_unreachable(self, wire, ask, pauses, status):
        wire.says(wire.answer(status))
        with pytest.raises(UnreachableError, match=str(status)):
            ask().get("/rows", {})
        assert pauses == pytest.approx(PATIENT)

    def test_trouble_may_pass(self, wire, ask):
        wire.says(wire.answer(502), wire.answer(500), wire.answer(body=b"[]"))
        assert ask().get("/rows", {}).body == b"[]"

    @pytest.mark.parametrize("status", [400, 405, 406, 409, 410, 413, 418])
    def test_what_no_retry_can_change_is_malformed(self, wire, ask, pauses, status):
        wire.says(wire.answer(status, b"why"))
        with pytest.raises(MalformedError, match=f"{status} to /rows: why"):
            ask().get("/rows", {})
        assert pauses == []

    @pytest.mark.parametrize("status", [400, 404])
    def test_an_allowed_status_of_the_service_itself_is_an_answer(self, wire, ask, status):
        wire.says(wire.answer(status, OWN_404))
        assert ask().get("/rows", {}, allow={400, 404}).status == status

    def test_an_answer_without_content_is_one_where_the_caller_asked_yes_or_no(self, wire, ask):
        wire.says(wire.answer(204, b"", kind="text/html"))
        assert ask().get("/rows/a", {}, allow=(204, 404)).status == 204
        with pytest.raises(MalformedError):
            ask().get("/rows/a", {}, allow=(404,))

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            (b"<html>404</html>", "text/html"),
            (b"<html>404</html>", "application/json"),
            (OWN_404, "text/plain"),
            (b"", "application/json"),
            (b'"no"', "application/json"),
        ],
    )
    def test_a_proxys_404_is_no_answer(self, wire, ask, body, kind):
        wire.says(wire.answer(404, body, kind=kind))
        with pytest.raises(UnreachableError):
            ask().get("/rows/a", {}, allow=(404,))

    def test_an_allowed_403_is_a_refusal_all_the_same(self, wire, ask):
        wire.says(wire.answer(403, OWN_404))
        with pytest.raises(RefusedError):
            ask().get("/rows/a", {}, allow=(403, 404))


class TestTheGovernorIsTold:
    def test_of_every_call_and_how_it_went(self, wire, ask, told):
        busy = wire.answer(429, b"busy", headers=["Retry-After: 3"])
        wire.says(wire.answer(500, b"oh"), busy, wire.answer(body=b"12345"))
        ask().get("/rows", {})
        assert told.calls == [(2, 500, None), (4, 429, 3.0), (5, 200, None)]
        assert told.services == ["cloud/r/compute"] * 3

    def test_of_a_call_without_an_answer(self, wire, ask, told):
        wire.says(b"")
        with pytest.raises(UnreachableError):
            ask().get("/rows", {})
        assert told.calls == [(0, 0, None)] * 3


VERSIONS = b"""{"version": {"id": "v2.1", "status": "CURRENT", "min_version": "2.1",
"version": "2.79", "links": [{"rel": "self", "href": "%s/"}]}}"""


class TestMicroversions:
    @pytest.fixture
    def versioned(self, wire, ask):
        found = wire.answer(body=VERSIONS % wire.url.encode())
        wire.says(found, wire.answer())
        return ask()

    @pytest.mark.parametrize(
        ("wanted", "chosen"),
        [(("2.1", "2.96"), "2.79"), (("2.53", "2.60"), "2.60"), (("2.79", "2.100"), "2.79")],
    )
    def test_the_highest_that_both_know_is_sent(self, wire, versioned, wanted, chosen):
        versioned.get("/rows", {}, microversion=wanted)
        assert wire.header("OpenStack-API-Version") == f"compute {chosen}"

    def test_a_service_that_is_too_old_cannot_be_sampled(self, versioned):
        assert versioned.offers(("2.79", "2.96"))
        assert not versioned.offers(("2.80", "2.96"))
        with pytest.raises(SampleError, match=r"up to 2\.79; 2\.80 is the oldest"):
            versioned.get("/rows", {}, microversion=("2.80", "2.96"))

    def test_the_service_is_asked_once_for_its_versions(self, wire, versioned):
        for _ in range(3):
            versioned.get("/rows", {}, microversion=("2.1", "2.96"))
        assert [wire.target(number) for number in range(4)] == ["/", *["/rows"] * 3]

    @pytest.mark.parametrize(
        "header",
        [
            "OpenStack-API-Version: compute 2.1",
            "openstack-api-version: volume 3.0, compute 2.1",
            "X-OpenStack-Nova-API-Version: 2.1",
            "X-OpenStack-Ironic-API-Version: 1.1",
        ],
    )
    def test_an_answer_of_another_one_is_refused(self, wire, versioned, header):
        """So it is where a proxy drops the header that asks for it."""
        versioned.get("/rows", {}, microversion=("2.1", "2.60"))
        wire.says(wire.answer(headers=[header]))
        with pytest.raises(OtherMicroversionError, match=r"to a request for 2\.60"):
            versioned.get("/rows", {}, microversion=("2.1", "2.60"))
        wire.says(wire.answer(404, OWN_404, headers=[header]))
        with pytest.raises(OtherMicroversionError):  # nor does its 404 prove anything
            versioned.get("/rows", {}, microversion=("2.1", "2.60"), allow=(404,))

    @pytest.mark.parametrize(
        "headers",
        [
            ["OpenStack-API-Version: compute 2.60"],
            ["OpenStack-API-Version: volume 3.0, compute 2.60"],
            ["X-OpenStack-Nova-API-Version: 2.60", "OpenStack-API-Version: compute 2.60"],
            ["OpenStack-API-Maximum-Version: 2.96", "OpenStack-API-Minimum-Version: 2.1"],
            ["OpenStack-API-Version: "],
            ["Vary: OpenStack-API-Version"],
        ],
    )
    def test_an_answer_that_names_the_right_one_or_none_is_believed(self, wire, versioned, headers):
        versioned.get("/rows", {}, microversion=("2.1", "2.60"))
        wire.says(wire.answer(headers=headers))
        assert versioned.get("/rows", {}, microversion=("2.1", "2.60")).status == 200

    def test_without_one_no_header_is_sent(self, wire, ask):
        ask().get("/rows", {})
        assert wire.header("OpenStack-API-Version") is None


class Nowhere(BaseAuthPlugin):
    """Credentials of a cloud that has no such service."""

    def get_token(self, session, **kwargs):
        return "t"

    def get_endpoint(self, session, **kwargs):
        return None


def test_a_service_that_the_catalogue_lacks_is_absent(ask):
    with pytest.raises(AbsentServiceError, match="no endpoint"):
        ask(Nowhere()).get("/rows", {})


def test_a_service_that_the_catalogue_lacks_has_no_versions(ask):
    with pytest.raises(AbsentServiceError):
        ask(Nowhere()).get("/rows", {}, microversion=("2.1", "2.2"))


class Moving(Nowhere):
    """Credentials of a cloud whose catalogue a test edits."""

    url = None

    def get_endpoint(self, session, **kwargs):
        return self.url


def test_an_endpoint_that_moved_is_followed_when_it_is_looked_up_again(wire, ask):
    auth = Moving()
    auth.url = f"{wire.url}/old"
    service = ask(auth)
    targets = []
    for url, relocated in (("old", False), ("new", False), ("new", True)):
        auth.url = f"{wire.url}/{url}"
        if relocated:
            service.relocate()
        service.get("/rows", {})
        targets.append(wire.target())
    assert targets == ["/old/rows", "/old/rows", "/new/rows"]


class Secretive(Nowhere):
    """Credentials with a token that nobody may see."""

    def __init__(self, url):
        super().__init__()
        self.url = url

    def get_token(self, session, **kwargs):
        return "SECRET-TOKEN"

    def get_headers(self, session, **kwargs):
        return {"X-Auth-Token": "SECRET-TOKEN"}

    def get_endpoint(self, session, **kwargs):
        return self.url


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_no_message_shows_a_token_or_a_query(wire, ask, status):
    wire.says(wire.answer(status, b"{}"))
    service = ask(Secretive(wire.url))
    with pytest.raises(SampleError) as caught:
        service.get("/rows?a=SECRET", {"name": "SECRET"})
    assert "SECRET" in wire.target()
    assert "SECRET-TOKEN" in wire.requests[-1]
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "echo", ["SECRET-TOKEN", "pass%22word", 'pass\\"word', "x" * 150 + "SECRET-TOKEN"]
)
def test_a_service_that_repeats_what_it_was_given_gives_nothing_away(wire, ask, echo):
    wire.says(wire.answer(400, f'{{"you said": "{echo}"}}'.encode()))
    with pytest.raises(MalformedError) as caught:
        ask(Secretive(wire.url), secrets=['pass"word']).get("/rows", {})
    assert "you said" in str(caught.value)
    assert "***" in str(caught.value)
    assert "SECRET" not in str(caught.value)
    assert "word" not in str(caught.value)


def test_a_keystone_that_repeats_the_password_gives_nothing_away(wire, ask):
    wire.says(wire.answer(401, b'{"error": {"message": "no: SECRET-PASSWORD", "code": 401}}'))
    auth = Password(wire.url, username="u", password="SECRET-PASSWORD", user_domain_id="d")
    with pytest.raises(RefusedError, match=r"\*\*\*") as caught:
        ask(auth, secrets=["SECRET-PASSWORD"]).get("/rows", {})
    assert "SECRET" not in str(caught.value)


def test_an_excerpt_has_no_control_characters(wire, ask):
    wire.says(wire.answer(400, b"a\x1b[2Jb\nc\x9b\xff"))
    with pytest.raises(MalformedError) as caught:
        ask().get("/rows", {})
    assert str(caught.value).isprintable()


def test_no_message_of_a_broken_connection_shows_a_query(wire, ask):
    wire.says(b"")
    with pytest.raises(UnreachableError) as caught:
        ask(Secretive(wire.url)).get("/rows?a=SECRET", {"name": "SECRET"})
    assert "SECRET" not in str(caught.value)
