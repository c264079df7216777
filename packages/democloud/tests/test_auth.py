import pytest
from keystoneauth1 import exceptions
from keystoneauth1.identity.v3 import Password, Token
from keystoneauth1.session import Session

from openstack_democloud.registry import SERVICES


def test_keystoneauth_finds_every_service_in_the_catalogue(session, cloud):
    for service in SERVICES:
        found = session.get_endpoint(service_type=service.kind, region_name="RegionOne")
        assert found.startswith(cloud.base + service.root)
    assert session.get_endpoint(service_type="compute", region_name="RegionOne") == cloud.url
    assert session.get_endpoint(service_type="identity", interface="internal") == cloud.base


def test_keystoneauth_discovers_the_range_of_microversions(session):
    found = session.get_endpoint_data(service_type="compute", region_name="RegionOne")
    found = found.get_versioned_data(session, allow=None)
    assert (found.min_microversion, found.max_microversion) == ((2, 1), (2, 103))


def test_a_token_can_be_exchanged_for_another(session, cloud):
    session.invalidate()  # another test may have revoked the token of the shared session
    auth = Token(
        cloud.auth_url, session.get_token(), project_name="admin", project_domain_id="default"
    )
    assert Session(auth).get_project_id() == session.get_project_id()


def test_a_wrong_password_is_401_in_keystones_shape(raw, cloud):
    with pytest.raises(exceptions.Unauthorized):
        Session(Password(**cloud.auth | {"password": "wrong"})).get_token()
    user = {"name": "admin", "password": "wrong", "domain": {"name": "Default"}}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}}
    reply = raw.ask("POST", "/v3/auth/tokens", {"auth": auth})
    assert reply.status == 401
    error = reply.json()["error"]
    assert (error["code"], error["title"]) == (401, "Unauthorized")


@pytest.mark.parametrize("path", ["/v3/projects", "/compute/v2.1/servers/detail"])
def test_a_request_without_a_valid_token_is_401(raw, path):
    reply = raw.get(path, token="nonsense")
    assert reply.status == 401
    assert reply.json()["error"]["code"] == 401
    assert "Keystone uri" in reply.headers["WWW-Authenticate"]


def test_a_token_can_be_shown_checked_and_revoked(raw):
    subject = {"X-Subject-Token": raw.login()}
    shown = raw.get("/v3/auth/tokens", **subject)
    assert shown.json()["token"]["user"]["name"] == "admin"
    assert {role["name"] for role in shown.json()["token"]["roles"]} >= {
        "admin",
        "member",
        "reader",
    }
    assert raw.ask("HEAD", "/v3/auth/tokens", **subject).status == 200
    assert raw.ask("DELETE", "/v3/auth/tokens", **subject).status == 204
    assert raw.get("/v3/auth/tokens", **subject).status == 404


def test_a_project_member_sees_only_its_own_and_no_hosts(raw):
    token = raw.login("demo", "demo")
    reply = raw.nova("/servers/detail", token=token)
    project = {row["tenant_id"] for row in reply.json()["servers"]}
    assert len(project) <= 1
    assert not any("OS-EXT-SRV-ATTR:host" in row for row in reply.json()["servers"])
    assert raw.nova("/servers/detail?all_tenants=1", token=token).status == 403
    assert raw.nova("/os-services", token=token).status == 403
    assert raw.get("/v3/projects", token=token).status == 403


def test_version_documents(raw):
    assert raw.get("/", token="").status == 300
    assert raw.get("/v3", token="").json()["version"]["id"].startswith("v3")
    assert raw.get("/compute/", token="").json()["versions"][0]["version"] == "2.103"
    assert raw.get("/compute/v2.1/", token="").json()["version"]["min_version"] == "2.1"
