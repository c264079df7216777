"""What is made in a further service of a real cloud is found, read in one shape, and missed.

Only with ``--clouds-yaml``: the demo cloud does not have these services.
"""

import contextlib
import json
import time
from uuid import uuid4

import pytest
from keystoneauth1.exceptions import EndpointNotFound

from synchronizer.plugins import load
from synchronizer.plugins.pagination import walk
from synchronizer.plugins.service import Service, adapter_for
from synchronizer.sampling.items import decode, examine, raw_items, tail_of
from synchronizer.sampling.listing import ListingPass
from synchronizer.service.clouds import session_for

SECRET = "CANARYSECRET"
NAME = f"further-{uuid4().hex[:8]}"
BAREMETAL, SHARES = "1.90", "2.78"


class Made:
    """One service of the cloud, what was made in it, and what the plugin sees there."""

    def __init__(self, plugin, session, region, cleanup):
        self.kinds = {kind.name: kind for kind in load(plugin).declared()}
        found = load(plugin)
        self.adapter = adapter_for(session, found.service_type, found.version, region, "public")
        self.service = Service(plugin, self.adapter)
        self._cleanup = cleanup

    def make(self, path, body, *, key="", id_="id", version=None, delete=None):
        """Create something, to be deleted at the end; return it."""
        found = self.adapter.post(path, json=body, microversion=version).json()
        found = found[key] if key else found
        target = f"{delete or path}/{found[id_]}"
        self._cleanup.callback(
            self._until_gone,
            target,
            version,
            lambda: self.adapter.get(target, microversion=version, raise_exc=False).status_code,
        )
        return found

    def _until_gone(self, target, version, status):
        until = time.monotonic() + 30
        while status() != 404 and time.monotonic() < until:
            self.adapter.delete(target, microversion=version, raise_exc=False)
            time.sleep(0.5)

    def listed(self, name, parents=()):
        """Return {id: item} of a type."""
        resource = self.kinds[name]
        items = {}

        def split(answer, parent):
            raw, more = raw_items(resource, answer.body)
            for place, one in enumerate(raw):
                item = decode(resource, one, place, parent)
                items[item.id] = item
            return ListingPass.Page(len(raw), tail_of(resource, raw) if raw else [], more)

        for _ in walk(resource, self.service, split, parents=iter(parents)):
            pass
        return items

    def read(self, name, id_):
        """Return what a read makes of an entity, or None."""
        resource = self.kinds[name]
        found = resource.read(self.service, id_)
        return found and examine(resource, found, 0, resource.parent_of(id_))

    def holds(self, name, id_, parents=()):
        """Check that it is listed and read alike, without a secret; and that another is not.

        Services go on working on what they have answered for: Designate moves the serial of a
        zone seconds after the zone is active. So a read counts between two listings that agree.
        """
        item, read = self.listed(name, parents)[id_], None
        if self.kinds[name].reads(id_):
            until = time.monotonic() + 30
            while time.monotonic() < until:
                before, read = item, self.read(name, id_)
                item = self.listed(name, parents)[id_]
                if item.digest == before.digest:
                    break
            assert json.loads(read.body).keys() == json.loads(item.body).keys()
            assert read.digest == item.digest
            nothing = "/".join([*id_.split("/")[:-1], str(uuid4())])
            assert self.read(name, nothing) is None
        assert SECRET.encode() not in item.body
        return json.loads(item.body)


@pytest.fixture
def service(real, access):
    if not real:
        pytest.skip("needs a real cloud (--clouds-yaml)")
    session = session_for(access)
    region = access.regions[0] if access.regions else "RegionOne"
    with contextlib.ExitStack() as cleanup:

        def of(plugin):
            made = Made(plugin, session, region, cleanup)
            try:
                made.adapter.get_endpoint_data()
            except EndpointNotFound:
                made.adapter = None
            if made.adapter is None or made.adapter.get_endpoint() is None:
                pytest.skip(f"this cloud has no {plugin}")
            return made

        yield of


def test_designate(service):
    """Of all projects; recordsets below their zones."""
    dns = service("designate")
    zone = dns.make("/zones", {"name": f"{NAME}.example.org.", "email": "a@example.org"})["id"]
    body = {"name": f"www.{NAME}.example.org.", "type": "A", "records": ["192.0.2.2", "192.0.2.1"]}
    recordset = dns.make(f"/zones/{zone}/recordsets", body)["id"]
    (pool,) = list(dns.listed("pool"))[:1]
    key = {"name": NAME, "algorithm": "hmac-sha256", "secret": SECRET}
    key = dns.make("/tsigkeys", {**key, "scope": "POOL", "resource_id": pool})["id"]
    pattern = dns.make("/blacklists", {"pattern": f"^{NAME}\\."})["id"]
    assert dns.holds("zone", zone)["pool_id"] == pool
    assert dns.holds("recordset", f"{zone}/{recordset}")["zone_id"] == zone
    assert dns.holds("tsigkey", key)["secret"] == "***"
    dns.holds("blacklist", pattern)
    dns.holds("pool", pool)
    assert dns.listed("service_status")


def test_aodh(service):
    """Whose actions are URLs with secrets."""
    alarming = service("aodh")
    alarm = {"name": NAME, "type": "event", "event_rule": {"event_type": "nothing"}}
    action = f"http://user:{SECRET}@192.0.2.1/"
    id_ = alarming.make("/alarms", {**alarm, "alarm_actions": [action]}, id_="alarm_id")
    assert alarming.holds("alarm", id_["alarm_id"])["alarm_actions"] == ["***"]


def test_gnocchi(service):
    """Resources as their own type shows them, and metrics in one shape."""
    metrics = service("gnocchi")
    policy = {"name": NAME, "definition": [{"granularity": "5m", "points": 2}]}
    metrics.make("/archive_policy", policy, id_="name")
    rule = {"name": NAME, "metric_pattern": f"{NAME}.*", "archive_policy_name": NAME}
    metrics.make("/archive_policy_rule", rule, id_="name")
    kind = {"name": NAME, "attributes": {"host": {"type": "string", "required": False}}}
    metrics.make("/resource_type", kind, id_="name")
    id_ = str(uuid4())
    body = {"id": id_, "host": "compute-1", "metrics": {"load": {"archive_policy_name": NAME}}}
    made = metrics.make(f"/resource/{NAME}", body, delete="/resource/generic")
    assert metrics.holds("resource", id_)["host"] == "compute-1"
    metric = metrics.holds("metric", made["metrics"]["load"])
    assert (metric["resource_id"], metric["archive_policy_name"]) == (id_, NAME)
    for name in ("resource_type", "archive_policy", "archive_policy_rule"):
        metrics.holds(name, NAME)


def test_ironic(service):
    """With nothing of how a node is reached."""
    metal = service("ironic")
    options = {"id_": "uuid", "version": BAREMETAL}
    info = {"driver": "fake-hardware", "name": NAME, "driver_info": {"ipmi_password": SECRET}}
    node = metal.make("/nodes", {**info, "extra": {"a": SECRET}}, **options)["uuid"]
    body = {"node_uuid": node, "address": f"52:54:00:{NAME[8:10]}:{NAME[10:12]}:{NAME[12:14]}"}
    port = metal.make("/ports", body, **options)["uuid"]
    group = metal.make("/portgroups", {"node_uuid": node, "name": NAME}, **options)["uuid"]
    body = {"node_uuid": node, "type": "iqn", "connector_id": NAME}
    connector = metal.make("/volume/connectors", body, **options)["uuid"]
    body = {"node_uuid": node, "volume_type": "iscsi", "boot_index": 0, "volume_id": str(uuid4())}
    body["properties"] = {"auth_password": SECRET}
    target = metal.make("/volume/targets", body, **options)["uuid"]
    body = {"resource_class": NAME, "name": NAME}
    allocation = metal.make("/allocations", body, **options)["uuid"]
    assert metal.holds("node", node)["driver_info"] == {"ipmi_password": "***"}
    assert metal.holds("port", port)["node_uuid"] == node
    metal.holds("portgroup", group)
    metal.holds("volume_connector", connector)
    assert metal.holds("volume_target", target)["properties"] == {"auth_password": "***"}
    metal.holds("allocation", allocation)
    assert metal.listed("conductor")
    assert metal.listed("deploy_template") is not None


def test_manila(service):
    """A share with all that hangs on it."""
    shares = service("manila")
    body = {"name": NAME, "extra_specs": {"driver_handles_share_servers": "false"}}
    type_ = shares.make("/types", {"share_type": body}, key="share_type", version=SHARES)["id"]
    body = {"security_service": {"type": "ldap", "name": NAME, "password": SECRET}}
    directory = shares.make("/security-services", body, key="security_service", version=SHARES)[
        "id"
    ]
    network = shares.make(
        "/share-networks", {"share_network": {"name": NAME}}, key="share_network", version=SHARES
    )["id"]
    body = {"share": {"share_proto": "NFS", "size": 1, "name": NAME, "share_type": type_}}
    share = shares.make("/shares", body, key="share", version=SHARES)["id"]
    until = time.monotonic() + 30
    while b'"available"' not in shares.listed("share")[share].body and time.monotonic() < until:
        time.sleep(0.3)
    assert shares.holds("share_type", type_)["name"] == NAME
    assert shares.holds("security_service", directory)["password"] == "***"
    shares.holds("share_network", network)
    assert shares.holds("share", share)["share_type"] == type_
    instances = shares.listed("share_instance").values()
    assert share in {json.loads(item.body)["share_id"] for item in instances}
    assert shares.listed("service")
    assert shares.listed("pool")
    for name in ("snapshot", "share_group", "share_replica", "share_server"):
        assert shares.listed(name) is not None
    assert shares.listed("access_rule", [share]) == {}


def test_octavia(service):
    """What needs no load balancer; the listings of what does."""
    balancing = service("octavia")
    body = {"name": NAME, "provider_name": "amphora", "flavor_data": "{}"}
    profile = balancing.make("/lbaas/flavorprofiles", {"flavorprofile": body}, key="flavorprofile")[
        "id"
    ]
    body = {"name": NAME, "flavor_profile_id": profile, "enabled": True}
    flavor = balancing.make("/lbaas/flavors", {"flavor": body}, key="flavor")["id"]
    balancing.holds("flavor_profile", profile)
    assert balancing.holds("flavor", flavor)["flavor_profile_id"] == profile
    seen = {}
    for name, kind in balancing.kinds.items():
        seen[kind.type] = balancing.listed(name, seen.get(kind.each, ()))
        for id_ in seen[kind.type]:
            if kind.reads(id_):
                assert balancing.read(name, id_) is not None


def test_magnum(service):
    """Whose microversions stand in the list of its versions only."""
    containers = service("magnum")
    assert containers.listed("service")
    for name in ("cluster", "cluster_template"):
        for id_, item in containers.listed(name).items():
            assert containers.read(name, id_).digest == item.digest
