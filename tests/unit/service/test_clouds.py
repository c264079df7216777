"""From clouds.yaml to plain values and sessions; nothing is asked on the way."""

import json

import pytest

from synchronizer.model.errors import ConfigurationError
from synchronizer.service.clouds import default_names, resolve, session_for
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
    for name in ("OS_CLOUD", "OS_REGION_NAME", "OS_AUTH_URL"):
        monkeypatch.delenv(name, raising=False)


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


def test_the_environment_names_the_default_cloud(monkeypatch):
    assert default_names() == []
    monkeypatch.setenv("OS_CLOUD", "mycloud")
    assert default_names() == ["mycloud"]
