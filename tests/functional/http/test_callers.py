"""A web page reaches nothing on this machine: not by asking, and not by a name of its own."""

import http.client
from contextlib import closing

import pytest

CALLS = [
    ("GET", "/v1/types"),
    ("HEAD", "/v1/entities?max_age=0"),
    ("GET", "/v1/changes"),
    ("GET", "/healthcheck"),
    ("GET", "/no/such/path"),
    ("POST", "/v1/types/nova.server/sweep"),
]


@pytest.fixture
def asked(door):
    """Ask with exactly these headers; return the status."""

    def ask(method, path, **headers):
        with closing(http.client.HTTPConnection("127.0.0.1", door.port, timeout=20)) as connection:
            connection.putrequest(method, path, skip_host=True)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            return connection.getresponse().status

    return ask


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8989"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost@evil.example"},
        {"Host": "10.0.0.1"},
        {"Host": "[::2]:80"},
        {"Host": "["},
        {"Host": "127.0.0.1, evil.example"},
        {"Host": "127.0.0.1", "Origin": "https://evil.example"},
        {"Host": "127.0.0.1:8989", "Origin": "http://127.0.0.1:3000"},
        {"Host": "127.0.0.1", "Origin": "null"},
        {"Host": "127.0.0.1", "Sec-Fetch-Site": "cross-site"},
        {"Host": "127.0.0.1", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_foreign_page_is_refused(asked, method, path, headers):
    assert asked(method, path, **headers) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "text/plain; application/json"},
        {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "keystoneauth1/5.0"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"X-Requested-With": ""},
    ],
)
@pytest.mark.parametrize("path", ["types/nova.server/sweep", "deletes/nova.server/confirm"])
def test_what_any_page_can_send_does_nothing(serve, headers, path):
    """Not even when a browser says nothing of where the page is from."""
    swept = []

    async def refresh(collections, max_age):
        swept.append(collections)

    with serve(refresh=refresh) as door:
        connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=20)
        with closing(connection):
            connection.request("POST", f"/v1/{path}", headers=headers)
            answer = connection.getresponse()
            body = answer.read().decode()
    assert answer.status == 403
    assert "synchronizer.request.simple" in body
    assert "Content-Type: application/json" in body
    assert not swept


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-Type": "Application/JSON; charset=utf-8"},
        {"X-Requested-With": "curl"},
        {"User-Agent": "openstack keystoneauth1/5.9 python-requests/2.32"},
    ],
)
def test_what_a_page_cannot_send_is_done(serve, headers):
    swept = []

    async def refresh(collections, max_age):
        swept.append(collections)

    with serve(refresh=refresh) as door:
        connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=20)
        with closing(connection):
            connection.request("POST", "/v1/types/nova.server/sweep", headers=headers)
            assert connection.getresponse().status == 200
    assert len(swept) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},  # HTTP/1.0
        {"Host": "localhost"},
        {"Host": "LocalHost:8989"},
        {"Host": "127.0.0.1:1"},
        {"Host": "[::1]:8989"},
        {"Host": "127.0.0.1:8989", "Origin": "http://127.0.0.1:8989"},
        {"Host": "127.0.0.1", "Sec-Fetch-Site": "same-origin"},
        {"Host": "127.0.0.1", "Sec-Fetch-Site": "none"},
    ],
)
def test_a_program_and_a_person_are_not(asked, headers):
    assert asked("GET", "/v1/types", **headers) == 200


def test_a_refusal_says_what_to_do(door):
    error = door.refused("/v1/types", 403, "synchronizer.request.host", Host="cloud.example")
    assert "[api] allowed_hosts" in error["detail"]
    door.refused("/v1/types", 403, "synchronizer.request.origin", Origin="https://horizon.example")


def test_names_that_are_configured_are_ours(serve):
    with serve(allowed_hosts=["cloud.example"]) as door:
        assert door.ask("/v1/types", Host="cloud.example:443").status == 200
        assert door.ask("/v1/types", Origin="https://cloud.example").status == 200
        assert door.ask("/v1/types", Host="other.example").status == 403


def test_no_answer_is_taken_for_something_else(door):
    for path in ("/v1/types", "/no/such/path", "/metrics"):
        assert door.ask(path).headers["X-Content-Type-Options"] == "nosniff"
