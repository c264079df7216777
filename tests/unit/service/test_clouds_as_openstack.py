"""clouds.yaml is read as the command ``openstack`` itself reads it, over many shapes."""

import contextlib
import io
import json
import logging

import pytest
from openstack.config import OpenStackConfig

from synchronizer.service.clouds import TIMEOUT, entries_of, resolve

pytestmark = pytest.mark.filterwarnings("ignore")  # openstacksdk warns of its own defaults

HOME = "/home/operator"
AUTH = """
      auth_url: https://keystone.example.org/v3
      username: admin
      password: secret
      project_name: admin
      user_domain_name: Default
      project_domain_name: Default
"""
PLAIN = f"    auth:{AUTH}"

SHAPES = {
    "plain": PLAIN,
    "flow style": "    auth: {auth_url: 'http://k', username: a, password: b, project_name: c}",
    "a region": f"{PLAIN}    region_name: RegionOne\n",
    "regions": f"{PLAIN}    regions: [A, B]\n",
    "regions as one text": f"{PLAIN}    region_name: A,B\n",
    "region_name as a list": f"{PLAIN}    region_name: [A, B]\n",
    "regions without values": f"{PLAIN}    regions: [{{name: A}}, B]\n",
    "an interface for one region": f"{PLAIN}    regions:\n    - A\n"
    "    - {name: B, values: {interface: admin}}\n",
    "an auth_url for each region": f"""{PLAIN}    regions:
    - {{name: A, values: {{auth: {{auth_url: 'http://a:5000/v3'}}}}}}
    - {{name: B, values: {{auth: {{auth_url: 'http://b:5000/v3'}}}}}}
""",
    "an override for one region": f"""{PLAIN}    regions:
    - A
    - {{name: B, values: {{compute_endpoint_override: 'http://b:8774/v2.1', api_timeout: 9}}}}
""",
    "a project's id": f"{PLAIN}      project_id: abc\n",
    "a tenant": "    auth: {auth_url: 'http://k', username: a, password: b, tenant_name: c}",
    "a tenant's id": "    auth: {auth_url: 'http://k', username: a, password: b, tenant_id: c}",
    "one domain for both": "    auth: {auth_url: 'http://k', username: a, password: b, "
    "project_name: c, domain_name: Default}",
    "one domain's id for both": "    auth: {auth_url: 'http://k', username: a, password: b, "
    "project_name: c, domain_id: default}",
    "scoped to a domain": "    auth: {auth_url: 'http://k', username: a, password: b, "
    "domain_name: d, user_domain_name: d}",
    "scoped to the system": "    auth: {auth_url: 'http://k', username: a, password: b, "
    "system_scope: all, user_domain_id: default}",
    "scoped to a trust": "    auth: {auth_url: 'http://k', username: a, password: b, "
    "trust_id: t, user_domain_id: default}",
    "a user's id": "    auth: {auth_url: 'http://k', user_id: a, password: b, project_id: c}",
    "hyphens": "    auth: {auth-url: 'http://k', username: a, password: b, project-name: c, "
    "user-domain-name: d, project-domain-name: d}",
    "credentials outside of auth": "    username: a\n    password: b\n    project_name: c\n"
    "    auth: {auth_url: 'http://k'}",
    "version 3 by name": f"{PLAIN}    auth_type: v3password\n",
    "the old name of auth_type": f"{PLAIN}    auth_plugin: v3password\n",
    "an application credential": "    auth_type: v3applicationcredential\n    auth: {auth_url: "
    "'http://k/v3', application_credential_id: a, application_credential_secret: b}",
    "a token": "    auth_type: v3token\n    auth: {auth_url: 'http://k/v3', token: t, "
    "project_id: p}",
    "several factors": f"{PLAIN}    auth_type: v3multifactor\n    auth_methods: [v3password]\n",
    "a passcode": "    auth_type: v3totp\n    auth: {auth_url: 'http://k/v3', username: a, "
    "passcode: '123', user_domain_id: default, project_id: p}",
    "OpenID Connect": "    auth_type: v3oidcpassword\n    auth: {auth_url: 'http://k/v3', "
    "identity_provider: i, protocol: openid, client_id: c, client_secret: s, "
    "access_token_endpoint: 'http://i/token', discovery_endpoint: 'http://i', username: a, "
    "password: b, project_id: p}",
    "no Keystone": "    auth_type: none\n    baremetal_endpoint_override: http://ironic:6385\n",
    "HTTP basic": "    auth_type: http_basic\n    auth: {username: a, password: b}\n"
    "    baremetal_endpoint_override: http://ironic:6385\n",
    "an interface": f"{PLAIN}    interface: internal\n",
    "an interface as endpoint_type": f"{PLAIN}    endpoint_type: internalURL\n",
    "interfaces": f"{PLAIN}    interface: [internal, public]\n",
    "a service's interface": f"{PLAIN}    compute_interface: internal\n",
    "a service's endpoint_type": f"{PLAIN}    compute_endpoint_type: internal\n",
    "a service's region": f"{PLAIN}    image_region_name: Shared\n",
    "a service's endpoint": f"{PLAIN}    compute_endpoint_override: http://c/v2.1\n",
    "a service's endpoint, in short": f"{PLAIN}    network_endpoint: http://n\n",
    "a service by two words": f"{PLAIN}    block_storage_endpoint_override: http://v/v3\n",
    "a service by an alias": f"{PLAIN}    volume_endpoint_override: http://v/v3\n",
    "a service by another alias": f"{PLAIN}    volumev3_endpoint_override: http://v/v3\n",
    "a service's interface in regions": f"{PLAIN}    regions: [A, B]\n    image_interface: admin\n",
    "a time-out": f"{PLAIN}    api_timeout: 5\n",
    "a time-out as text": f"{PLAIN}    api_timeout: '7.5'\n",
    "not verified": f"{PLAIN}    verify: false\n",
    "not verified, as text": f"{PLAIN}    verify: 'false'\n",
    "insecure": f"{PLAIN}    insecure: true\n",
    "an authority": f"{PLAIN}    cacert: /etc/ca.pem\n",
    "an authority at home": f"{PLAIN}    cacert: ~/ca.pem\n",
    "an authority that does not count": f"{PLAIN}    cacert: /etc/ca.pem\n    verify: false\n",
    "a certificate and its key": f"{PLAIN}    cert: ~/c.pem\n    key: ~/k.pem\n",
    "a certificate with its key": f"{PLAIN}    cert: /etc/c.pem\n",
    "a name in braces": f"{PLAIN}    region_name: R\n".replace("keystone.", "{region_name}."),
    "merged from another": "    <<: *base\n    region_name: R\n",
    "a password beyond ASCII": PLAIN.replace("secret", "пароль ☃"),
    "a password that is a number": PLAIN.replace("secret", "12345"),
    "beside an empty one": f"{PLAIN}  lab:\n",
    "beside one with empty auth": f"{PLAIN}  lab:\n    auth:\n    region_name: R\n",
    "beside one with a vendor's profile": f"{PLAIN}  lab:\n    profile: https://192.0.2.1\n",
    "beside a misspelt one": f"{PLAIN}  lab:\n    auth: {{colour: red}}\n    auth_type: no\n",
    "beside one whose region is no text": f"{PLAIN}  lab:\n    region_name: NO\n    auth: {{}}\n",
}


@pytest.fixture(autouse=True)
def home(monkeypatch):
    monkeypatch.setenv("HOME", HOME)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    # The command sets up logging for a process of its own.
    root.handlers, root.level = handlers, level
    for name in ("openstack", "osc_lib", "openstackclient", "keystoneauth", "keystoneclient"):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def written(tmp_path):
    def write(entry):
        path = tmp_path / "clouds.yaml"
        path.write_text(
            f"base: &base\n  auth:{AUTH.replace('      ', '    ')}\nclouds:\n  demo:\n{entry}\n"
        )
        return str(path)

    return write


def ask_openstack(path, region, monkeypatch):
    """Return what ``openstack configuration show`` says of the cloud in a region."""
    from openstackclient.shell import OpenStackShell  # noqa: PLC0415 - its import warns

    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", path)
    place = ["--os-region-name", region] if region else []
    out = io.StringIO()
    shell = OpenStackShell()
    shell.stdout = out
    arguments = ["--os-cloud", "demo", *place, "configuration", "show", "--unmask", "-f", "json"]
    with contextlib.redirect_stdout(out):
        assert shell.run(arguments) == 0
    return json.loads(out.getvalue())


def in_region(access, region):
    """Return the access and the entry that serve a region."""
    pairs = zip((access, *access.further), entries_of(access), strict=True)
    return next(pair for pair in pairs if region in (pair[0].regions or ("",)))


@pytest.mark.parametrize("shape", SHAPES)
def test_an_entry_means_what_it_means_to_openstack(shape, written, monkeypatch):
    path = written(SHAPES[shape])
    (access,) = resolve(["demo"], path)
    regions = [region for each in (access, *access.further) for region in each.regions]
    for region in regions or [""]:
        ours, entry = in_region(access, region)
        theirs = ask_openstack(path, region, monkeypatch)
        assert (theirs.get("region_name") or "") == region
        assert theirs["auth_type"] == ours.auth_type
        nested = {key[len("auth.") :]: theirs[key] for key in theirs if key.startswith("auth.")}
        # It shows some credentials beside auth, and fills in domains that are not named.
        assert {key: nested.get(key, theirs.get(key)) for key in ours.auth} == ours.auth
        assert {key for key in nested.keys() - ours.auth.keys() if "domain" not in key} == set()
        assert theirs["interface"] == ours.interface
        assert float(theirs["api_timeout"] or TIMEOUT) == ours.timeout == entry.session.timeout


@pytest.mark.parametrize("shape", SHAPES)
def test_sessions_are_those_of_openstacksdk(shape, written):
    path = written(SHAPES[shape])
    (access,) = resolve(["demo"], path)
    regions = [region for each in (access, *access.further) for region in each.regions]
    config = OpenStackConfig(config_files=[path], load_envvars=False)
    for region in regions or [""]:
        ours, entry = in_region(access, region)
        theirs = config.get_one(cloud="demo", region_name=region)
        session = theirs.get_session()
        assert (entry.session.verify, entry.session.cert) == (session.verify, session.cert)
        assert isinstance(entry.session.auth, type(session.auth))
        assert plain(entry.session.auth) == plain(session.auth)
        for kind in ("compute", "block-storage", "network", "image", "baremetal"):
            own = entry.services.get(kind)
            found = (own and own.endpoint) or None
            assert found == theirs.get_endpoint(kind)
            assert ((own and own.interface) or ours.interface) == theirs.get_interface(kind)
            assert ((own and own.region) or region) == theirs.get_region_name(kind)


def plain(auth):
    """Return what a plugin of keystoneauth was made of."""
    found = {key: value for key, value in vars(auth).items() if isinstance(value, str | bool)}
    methods = [vars(each) for each in getattr(auth, "auth_methods", [])]
    return found, methods
