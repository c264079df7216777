"""Neutron: what is state, what is joined from elsewhere, and ports that cannot be bound."""

import copy

import pytest

from synchronizer.plugins.neutron import Neutron
from synchronizer.plugins.neutron_base import Versioned
from synchronizer.plugins.plugin import Paging
from synchronizer.sampling.items import examine


@pytest.fixture(scope="module")
def resources():
    return {each.name: each for each in Neutron.declared()}


def digest(resource, item):
    return examine(resource, copy.deepcopy(item), 0, "parent").digest


@pytest.mark.parametrize(
    ("name", "item", "moved"),
    [
        ("port", {"fixed_ips": [{"ip_address": "a"}, {"ip_address": "b"}]},
         {"fixed_ips": [{"ip_address": "b"}, {"ip_address": "a"}]}),
        ("port", {"trunk_details": None}, {"trunk_details": {"trunk_id": "t"}}),
        ("network", {"availability_zones": ["nova"]}, {"availability_zones": []}),
        ("network", {"revision_number": 1}, {"revision_number": 2}),
        ("floatingip", {"port_details": {"status": "DOWN"}}, {"port_details": {"status": "UP"}}),
        ("security_group", {"security_group_rules": [{"id": "r", "revision_number": 1}]},
         {"security_group_rules": [{"id": "r", "revision_number": 2}]}),
        ("subnet", {"host_routes": [{"nexthop": "a"}, {"nexthop": "b"}]},
         {"host_routes": [{"nexthop": "b"}, {"nexthop": "a"}]}),
        ("agent", {"heartbeat_timestamp": "1", "configurations": {"devices": 1}},
         {"heartbeat_timestamp": "2", "configurations": {"devices": 2}}),
        ("network_segment_range", {"used": {"5": "p"}}, {"used": {}}),
    ],
)  # fmt: skip
def test_this_is_no_change(resources, name, item, moved):
    item, moved = ({"id": "1", **each} for each in (item, moved))
    assert digest(resources[name], item) == digest(resources[name], moved)


@pytest.mark.parametrize(
    ("name", "item", "moved"),
    [
        ("subnet", {"dns_nameservers": ["a", "b"]}, {"dns_nameservers": ["b", "a"]}),
        ("port", {"status": "DOWN"}, {"status": "ACTIVE"}),
        ("agent", {"alive": True}, {"alive": False}),
        ("network", {"shared": False}, {"shared": True}),
        ("trunk", {"sub_ports": []}, {"sub_ports": [{"port_id": "p"}]}),
    ],
)
def test_this_is_a_change(resources, name, item, moved):
    item, moved = ({"id": "1", **each} for each in (item, moved))
    assert digest(resources[name], item) != digest(resources[name], moved)


def test_a_port_that_cannot_be_bound_has_no_bindings(wire, ask, resources):
    wire.says(wire.answer(400, b'{"NeutronError": {"type": "BadRequest"}}'))
    assert resources["port_binding"].ask(ask(), "p", {}).status == 400
    wire.says(wire.answer(body=b'{"bindings": []}'))
    assert resources["port_binding"].ask(ask(), "p", {}).status == 200
    assert wire.target() == "/ports/p/bindings"


def test_no_collection_is_paged(resources):
    """An unknown marker has three meanings in Neutron, one of them a listing that ends early."""
    assert {each.paging for each in resources.values()} == {Paging.NONE}


def test_a_quota_is_never_read_alone(resources):
    """Neutron answers with the defaults for any project, also for none."""
    assert not resources["quota"].reads("p")


def test_what_is_listed_by_its_id_has_that_id_alone(resources):
    for each in resources.values():
        if each.bulk:
            assert each.id == (each.bulk,), each.type
            assert each.each is None, each.type


def test_what_is_polled_by_its_outline_counts_its_revisions(resources):
    for each in resources.values():
        assert bool(each.outline) == isinstance(each, Versioned), each.type
        assert not each.unsettled or each.outline, each.type


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("port", "binding:profile"),
        ("port_binding", "profile"),
        ("ipsec_site_connection", "psk"),
        ("bgp_peer", "password"),
        ("service_profile", "metainfo"),
    ],
)
def test_secrets_are_not_kept(resources, name, field):
    item = {"id": "1", "host": "h", field: {"key": "CANARY-SECRET"}}
    assert b"CANARY-SECRET" not in examine(resources[name], item, 0, "parent").body


def test_without_bgp_vpns_there_are_no_associations_either(wire, ask, resources):
    """Nothing waits for a parent that never comes."""
    wire.says(wire.answer(404), wire.answer(body=b'{"bgpvpns": []}'))
    for there in (False, True):
        assert resources["bgpvpn_port"].exists(ask()) is there
    assert [wire.target(number) for number in range(2)] == ["/bgpvpn/bgpvpns"] * 2


def test_policies_of_a_firewall_rule_are_left_to_the_policies(resources):
    """A listing says that there are none, a read names them."""
    listed = {"id": "1", "firewall_policy_id": None}
    read = {"id": "1", "firewall_policy_id": ["a"]}
    rule = resources["firewall_rule"]
    assert rule.shape(read) == rule.shape(listed) == {"id": "1"}


def test_only_what_every_neutron_has_must_be_there(resources):
    needed = {name for name, each in resources.items() if not each.optional and each.default}
    assert needed == {"network", "subnet", "port", "subnetpool"}
