"""A token goes to the synchronizer that was named, and to nobody else who could read it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from keystoneauth1 import session, token_endpoint

from synchronizer.client import HttpTransport
from synchronizer.model.errors import ConfigurationError, TransportError
from synchronizer.model.loopback import is_loopback


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(dict(self.headers))
        self.send_response(self.server.status)
        if self.server.to:
            self.send_header("Location", self.server.to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_):
        pass


@pytest.fixture
def answering():
    """Make servers that answer with a redirect, and keep what they are asked."""
    servers = []

    def make(host="127.0.0.1", status=200, to=None):
        server = ThreadingHTTPServer((host, 0), Answers)
        server.asked, server.status, server.to = [], status, to
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


def url(server):
    return f"http://{server.server_address[0]}:{server.server_address[1]}"


@pytest.fixture
def credentials():
    return session.Session(auth=token_endpoint.Token("http://keystone.invalid", "canary"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(answering, credentials, status):
    elsewhere = answering(host="127.0.0.2")
    named = answering(status=status, to=url(elsewhere))
    transport = HttpTransport(url(named), credentials)
    for ask in (
        transport.types,
        lambda: transport.get_all(["nova.server"]),
        lambda: transport.watch(None),
        lambda: transport.sweep("nova.server"),
    ):
        with pytest.raises(TransportError, match=r"redirects to .http://127\.0\.0\.2:"):
            ask()
    assert [each["X-Auth-Token"] for each in named.asked] == ["canary"] * 4
    assert not elsewhere.asked


@pytest.mark.parametrize("host", ["10.0.0.1", "sync.example.org", "localhost.example.org", "[::2]"])
def test_a_token_goes_over_plain_http_to_this_machine_only(credentials, host):
    with pytest.raises(ConfigurationError, match="in clear"):
        HttpTransport(f"http://{host}:8989", credentials)
    HttpTransport(f"https://{host}:8989", credentials)
    HttpTransport(f"http://{host}:8989", credentials, cleartext=True)
    HttpTransport(f"http://{host}:8989")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "::1"]
)
def test_this_machine_has_these_names(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "x", "localhost.example.org", "notlocalhost", "0.0.0.0", "128.0.0.1", "127.1", "::2"],
)
def test_others_are_not_this_machine(host):
    assert not is_loopback(host)
