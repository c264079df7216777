"""From clouds.yaml to plain values and sessions; nothing is asked on the way."""

import json
import os
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
import trustme

from synchronizer.model.errors import CloudUnreachableError, ConfigurationError
from synchronizer.service.clouds import check, default_names, resolve, session_for
from synchronizer.service.settings import CloudAccess

AUTH = {
    "auth_url": "http://127.0.0.1:1/v3",
    "username": "u",
    "password": "hunter2",
    "project_name": "p",
    "user_domain_name": "Default",
    "project_domain_name": "Default",
}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith("OS_"):
            monkeypatch.delenv(name)


@pytest.fixture
def written(tmp_path):
    """Write one cloud's entry; return its access."""

    def write(**entry):
        path = tmp_path / "clouds.yaml"
        path.write_text(json.dumps({"clouds": {"one": {"auth": AUTH, **entry}}}))
        (access,) = resolve(["one"], str(path))
        return access

    return write


def test_an_entry_becomes_plain_values(written):
    access = written(region_name="R")
    assert (access.name, access.auth_type, access.regions) == ("one", "password", ("R",))
    assert AUTH.items() <= access.auth.items()
    assert (access.interface, access.verify, access.cert) == ("public", True, None)


@pytest.mark.parametrize(
    ("entry", "field", "value"),
    [
        ({"regions": ["A", "B"]}, "regions", ("A", "B")),
        ({"interface": "internal"}, "interface", "internal"),
        ({"verify": False}, "verify", False),
        ({"cacert": "/ca.pem"}, "verify", "/ca.pem"),
        ({"cert": "/c.pem"}, "cert", "/c.pem"),
        ({"cert": "/c.pem", "key": "/k.pem"}, "cert", ("/c.pem", "/k.pem")),
        ({"auth_type": "v3password"}, "auth_type", "v3password"),
    ],
)
def test_what_an_entry_says_is_kept(written, entry, field, value):
    assert getattr(written(**entry), field) == value


NAGIOS = {"url": "https://nagios.example.org/cgi-bin", "username": "w", "password": "hunter2"}
BUS = "rabbit://sync:hunter2@mq:5672/"


def test_systems_beside_and_notifications_are_kept(written):
    access = written(nagios=NAGIOS, notifications={"transport_url": BUS, "pool": "ours"})
    assert access.beside["nagios"] == NAGIOS
    assert (access.notifications.transport_url, access.notifications.pool) == (BUS, "ours")
    assert "hunter2" not in repr(access)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (None, "it has no fields"),
        ("https://nagios.example.org", "it has no fields"),
        ({"username": "w"}, "url is missing"),
        ({**NAGIOS, "url": "nagios.example.org"}, "url does not begin with a scheme"),
        ({"url": "https://n", "username": "w"}, "there is a username and no password"),
    ],
)
def test_a_wrong_entry_of_a_system_beside_is_told_with_the_remedy(written, entry, told):
    with pytest.raises(ConfigurationError) as caught:
        written(nagios=entry)
    assert f"Cloud 'one' has a wrong entry 'nagios': {told}. It is like" in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (BUS, "Expected `object`, got `str`"),
        ({"topics": ["notifications"]}, "missing required field `transport_url`"),
        ({"transport_url": ""}, "transport_url begins with none of"),
        ({"transport_url": "amqp://sync:hunter2@mq"}, "transport_url begins with none of"),
        ({"transport_url": "rabbit://[sync:hunter2@mq"}, "transport_url is no address"),
        ({"transport_url": "rabbit:/sync:hunter2@mq"}, "transport_url names no host"),
        ({"transport_url": BUS, "topics": "notifications"}, "Expected `array`, got `str`"),
        ({"transport_url": BUS, "topics": []}, "topics are empty"),
        ({"transport_url": BUS, "pool": ""}, "pool is empty"),
        ({"transport_url": BUS, "topic": ["notifications"]}, "unknown field `topic`"),
    ],
)
def test_a_wrong_entry_of_notifications_is_told_with_the_remedy(written, entry, told):
    with pytest.raises(ConfigurationError) as caught:
        written(notifications=entry)
    said = str(caught.value)
    assert "Cloud 'one' has a wrong entry 'notifications': " in said
    assert told in said
    assert "It needs at least transport_url" in said
    assert "hunter2" not in said


def test_without_a_region_there_is_none_to_choose(written):
    assert written().regions == ()


def test_a_misspelt_key_is_told(written):
    with pytest.raises(ConfigurationError, match=r"entry of cloud 'one' is wrong: .*colour"):
        written(auth={**AUTH, "colour": "red"})


def test_an_unknown_kind_of_authentication_is_told(written):
    with pytest.raises(ConfigurationError, match=r"entry of cloud 'one' is wrong: .*telepathy"):
        written(auth_type="telepathy")


def test_a_file_that_is_no_yaml_is_told(tmp_path):
    path = tmp_path / "clouds.yaml"
    path.write_text("clouds: {one: [")
    with pytest.raises(ConfigurationError):
        resolve(["one"], str(path))


def test_no_cloud_is_no_access(tmp_path):
    assert resolve([]) == ()


def test_a_session_is_made_and_nothing_is_asked(written):
    session = session_for(written(verify=False))
    assert session.verify is False
    assert session.auth.auth_url == AUTH["auth_url"]
    assert session.auth is not None


def test_missing_values_are_told_without_showing_those_that_are_there():
    access = CloudAccess(name="one", auth_type="password", auth={"password": "hunter2"})
    with pytest.raises(ConfigurationError, match="Cloud 'one'") as caught:
        session_for(access)
    assert "hunter2" not in str(caught.value)


def test_the_environment_names_the_default_cloud():
    assert default_names({}) == []
    assert default_names({"OS_CLOUD": "mycloud", "OS_AUTH_URL": "http://k"}) == ["mycloud"]


def test_an_openrc_file_is_a_cloud_too(monkeypatch):
    for key, value in AUTH.items():
        monkeypatch.setenv(f"OS_{key.upper()}", value)
    monkeypatch.setenv("OS_STORE__URL", "sqlite:///{of}/ours")
    names = default_names(os.environ)
    assert names == ["envvars"]
    (access,) = resolve(names)
    assert AUTH.items() <= access.auth.items()


def test_what_the_environment_has_besides_disturbs_no_named_cloud(written, monkeypatch):
    monkeypatch.setenv("OS_TOKEN", "of another cloud")
    monkeypatch.setenv("OS_STORE__URL", "sqlite:///x")
    assert "token" not in written().auth


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"region_name": False}, "region_name is False and not a text; put it in quotes"),
        ({"regions": "A"}, "regions is not a list"),
        ({"auth": None}, "auth has no fields"),
        ({"auth": {**AUTH, "password": None}}, "password is missing; it is best kept in secure"),
        ({"auth": {**AUTH, "auth_url": "http//k"}}, "auth_url 'http//k' is not a URL"),
        ({"auth": {**AUTH, "auth_url": "http://a b"}}, "auth_url 'http://a b' is not a URL"),
        ({"auth": {**AUTH, "auth_url": "http://k/%(tenant_id)s"}}, "is not a URL; expected one"),
        ({"auth": {**AUTH, "auth_url": "http://k/{colour}"}}, "refers to 'colour', which it does"),
        ({"compute_endpoint_override": "nova"}, "the endpoint of compute, 'nova', is not a URL"),
        ({"api_timeout": "soon"}, "api_timeout is 'soon'; give a number of seconds"),
        ({"api_timeout": -1}, "api_timeout is -1; give a number of seconds"),
        ({"interface": [1]}, "interface is [1]; give public, internal, admin, or a list"),
        ({"auth_type": "none", "auth": {"endpoint": "http://i"}}, "baremetal_endpoint_override"),
        ({"regions": [{"name": "A", "values": {"auth": {"auth_url": "x"}}}]}, "auth_url 'x' is"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(written, entry, said):
    with pytest.raises(ConfigurationError) as caught:
        written(**entry)
    assert "The entry of cloud 'one' is wrong: " in str(caught.value)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_an_empty_entry_is_refused_with_its_name(tmp_path):
    path = tmp_path / "clouds.yaml"
    path.write_text("clouds: {one: }")
    with pytest.raises(ConfigurationError, match="entry of cloud 'one' has no fields"):
        resolve(["one"], str(path))


def test_passwords_may_stand_in_secure_yaml_beside_the_file(tmp_path, monkeypatch):
    path, secret = tmp_path / "ours.yaml", {"auth": {"password": "hunter2"}}
    public = {key: value for key, value in AUTH.items() if key != "password"}
    path.write_text(json.dumps({"clouds": {"one": {"auth": public}}}))
    (tmp_path / "secure.yaml").write_text(json.dumps({"clouds": {"one": secret}}))
    assert resolve(["one"], str(path))[0].auth["password"] == "hunter2"
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text(json.dumps({"clouds": {"one": {"auth": {"password": "hunter3"}}}}))
    monkeypatch.setenv("OS_CLIENT_SECURE_FILE", str(elsewhere))
    assert resolve(["one"], str(path))[0].auth["password"] == "hunter3"


def test_a_file_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "none.yaml"))
    with pytest.raises(ConfigurationError, match=r"There is no file .*none\.yaml"):
        resolve(["one"])


def test_without_any_file_the_places_that_were_searched_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr("openstack.config.loader.CONFIG_FILES", [str(tmp_path / "clouds.yaml")])
    with pytest.raises(ConfigurationError, match=r"No clouds.yaml was found \(searched: /.*clouds"):
        resolve(["one"])


def test_an_access_reaches_child_processes_whole(written):
    regions = ["A", {"name": "B", "values": {"interface": "admin"}}]
    access = written(interface=["internal", "public"], regions=regions, volume_endpoint="http://v")
    assert msgspec.json.decode(msgspec.json.encode(access), type=CloudAccess) == access
    assert [each.regions for each in (access, *access.further)] == [("A",), ("B",)]


def test_no_answer_and_an_answer_of_something_else_are_told_apart():
    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as server, socket.socket() as unheard:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        unheard.bind(("127.0.0.1", 0))  # and never listens
        for port, said in (
            (server.server_port, "is not Keystone"),
            (unheard.getsockname()[1], "does not answer at"),
        ):
            auth = {**AUTH, "auth_url": f"http://127.0.0.1:{port}"}
            with pytest.raises(CloudUnreachableError, match=said):
                check(CloudAccess(name="one", auth_type="password", auth=auth))
        server.shutdown()


def test_a_certificate_that_cannot_be_verified_is_called_that(tmp_path):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None
        threading.Thread(target=server.serve_forever, daemon=True).start()
        auth = {**AUTH, "auth_url": f"https://localhost:{server.server_port}/v3"}
        with pytest.raises(CloudUnreachableError, match="name the file of its authority with cac"):
            check(CloudAccess(name="one", auth_type="password", auth=auth))
        server.shutdown()
