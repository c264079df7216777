"""Items of the further services in the shapes of their newest releases.

Those of Gnocchi, Aodh, Designate, Ironic's nodes and Manila's shares are as a real service
listed them; the others are from the services' own views. Ids and texts are made up. So are
those types of Neutron, Cinder and Heat that no real service was asked for.
"""

import copy
import json
from pathlib import Path

import pytest

from synchronizer.model.errors import MalformedError
from synchronizer.model.essence import names
from synchronizer.plugins import load
from synchronizer.plugins.hints import Hints
from synchronizer.plugins.service import Answer
from synchronizer.sampling.items import examine

RECORDINGS = Path(__file__).parents[2] / "fixtures" / "more"
PLUGINS = ("aodh", "designate", "gnocchi", "ironic", "magnum", "manila", "octavia")
IN_PART = ("cinder", "heat", "neutron")
SHOWN_SOMETIMES = {
    "aodh.alarm": {
        "composite_rule",  # of alarms of this type
        "gnocchi_aggregation_by_metrics_threshold_rule.metrics.*",
        "loadbalancer_member_health_rule.pool_id",
        "loadbalancer_member_health_rule.stack_id",
    },
    # While there is a step.
    "ironic.node": {f"{kind}_step.args.*" for kind in ("clean", "deploy", "service")},
}


def recordings():
    for plugin in PLUGINS:
        recorded = json.loads((RECORDINGS / f"{plugin}.json").read_text())
        for kind in load(plugin).declared():
            yield pytest.param(kind, recorded[kind.name], id=kind.type)
    for plugin in IN_PART:
        kinds = {each.name: each for each in load(plugin).declared()}
        for name, documented in json.loads((RECORDINGS / f"{plugin}.json").read_text()).items():
            yield pytest.param(kinds[name], documented, id=kinds[name].type)


def found_at(item, path):
    """Whether there is a field; what is null or empty above it says nothing against it."""
    for name in names(path):
        if name == "*":
            if not item:
                return True
            item = item[0] if isinstance(item, list) else next(iter(item.values()))
        elif item is None:
            return True
        elif name not in item:
            return False
        else:
            item = item[name]
    return True


@pytest.mark.parametrize(("resource", "recorded"), [*recordings()])
class TestRecorded:
    def test_it_has_its_id_and_no_secret_in_it(self, resource, recorded):
        found = examine(resource, copy.deepcopy(recorded["item"]), 0, recorded["parent"])
        assert found.id == recorded["id"]
        assert found.witnessed
        assert b"CANARY-SECRET" not in found.body
        assert (b"***" in found.body) == bool(resource.secret)

    def test_what_is_declared_stands_there(self, resource, recorded):
        declared = {*resource.relations, *resource.volatile, *resource.measured}
        declared |= {*resource.ordered, *resource.secret}
        item = resource.shape(copy.deepcopy(recorded["item"]), recorded["parent"])
        missing = {path for path in declared if not found_at(item, path)}
        assert missing == SHOWN_SOMETIMES.get(resource.type, set())


class Documented:
    """A service that answers what a test says, and remembers what it was asked."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    def get(self, path, query, *, microversion=None, allow=()):
        self.asked.append((path, dict(query)))
        body = self.answers.get(path)
        if body is None:
            assert 404 in allow
            return Answer(404, b"{}", 0.0)
        return Answer(200, json.dumps(body).encode(), 0.0)


def kind(type_):
    plugin, _, name = type_.partition(".")
    return next(each for each in load(plugin).declared() if each.name == name)


def recorded(type_):
    plugin, _, name = type_.partition(".")
    return json.loads((RECORDINGS / f"{plugin}.json").read_text())[name]


def test_a_metered_resource_is_read_as_its_own_type_shows_it():
    """The generic read lacks what the type adds, and that would look like a change."""
    resource, item = kind("gnocchi.resource"), recorded("gnocchi.resource")["item"]
    generic = {name: item[name] for name in item if name not in ("display_name", "host")}
    at = f"/resource/generic/{item['id']}"
    service = Documented({at: generic, f"/resource/instance/{item['id']}": item})
    assert resource.read(service, item["id"]) == item
    assert resource.read(Documented({at: generic}), item["id"]) is None  # gone meanwhile
    assert resource.read(Documented({}), item["id"]) is None


def test_a_metered_resource_that_ended_is_still_there():
    """Gnocchi has it until it is purged: ended_at is state, and no delete."""
    resource, item = kind("gnocchi.resource"), recorded("gnocchi.resource")["item"]
    before = examine(resource, copy.deepcopy(item), 0, None)
    after = examine(resource, {**item, "ended_at": "2026-11-22T22:00:00+00:00"}, 0, None)
    assert after.id == before.id
    assert after.digest != before.digest
    assert not after.gone


def test_a_metric_is_the_same_listed_and_read():
    """A read shows its resource whole, the listing its id alone."""
    resource, item = kind("gnocchi.metric"), recorded("gnocchi.metric")["item"]
    read = {name: value for name, value in item.items() if name != "resource_id"}
    read["resource"] = recorded("gnocchi.resource")["item"]
    one = examine(resource, copy.deepcopy(item), 0, None)
    other = examine(resource, copy.deepcopy(read), 0, None)
    assert one.digest == other.digest
    assert one.body == other.body or json.loads(one.body) == json.loads(other.body)


def test_a_node_group_is_the_same_listed_and_read():
    """A read shows three times as much."""
    resource, said = kind("magnum.nodegroup"), recorded("magnum.nodegroup")
    read = {**said["item"], "labels": {"a": "CANARY"}, "node_addresses": [], "cluster_id": "x"}
    service = Documented({resource.single_path(said["id"]): read})
    assert resource.read(service, said["id"]) == resource.shape(said["item"], said["parent"])


def test_a_share_server_is_read_without_what_tells_how_to_reach_it():
    """Nor is its creation shown by the listing."""
    resource, said = kind("manila.share_server"), recorded("manila.share_server")
    more = {"created_at": "2026-11-22T21:00:00", "backend_details": {"pk_path": "CANARY"}}
    service = Documented({f"/share-servers/{said['id']}": {"share_server": said["item"] | more}})
    assert resource.read(service, said["id"]) == said["item"]


@pytest.mark.parametrize("type_", ["octavia.quota", "octavia.availability_zone"])
def test_a_listing_that_has_no_marker_must_not_be_cut(type_):
    """What lies behind the cut would be absent; an infinite page always has such a link."""
    resource = kind(type_)
    body = {resource.key: [recorded(type_)["item"]]}
    links = f"{resource.key}_links"
    for href in (None, "http://192.0.2.5/?limit=None&marker=x"):
        shown = {**body, links: [{"rel": "next", "href": href}] if href else []}
        assert resource.ask(Documented({resource.path: shown}), None, {}).status == 200
    cut = {**body, links: [{"rel": "next", "href": "http://192.0.2.5/?limit=1000&marker=x"}]}
    with pytest.raises(MalformedError, match="pagination_max_limit"):
        resource.ask(Documented({resource.path: cut}), None, {})


@pytest.mark.parametrize(
    ("type_", "wanted"),
    [
        ("aodh.alarm", {"q.field": "all_projects", "q.op": "eq", "q.value": "true"}),
        ("designate.zone", {"all_projects": "true"}),
        ("manila.share", {"all_tenants": "1"}),
        ("manila.share_type", {"is_public": "all"}),
        ("manila.share_backup", {"all_tenants": "1"}),
        ("manila.resource_lock", {"all_projects": "true"}),
        ("ironic.runbook", {"detail": "true"}),
        ("ironic.inspection_rule", {"detail": "true"}),
        ("gnocchi.resource", {"details": "true"}),
    ],
)
def test_everything_is_asked_for(type_, wanted):
    """Without it an administrator, too, is shown the own project."""
    resource = kind(type_)
    service = Documented({resource.path: []})
    resource.ask(service, None, {})
    assert service.asked == [(resource.path, wanted)]


def test_a_recycle_bin_is_walked_too():
    """A share in it is gone from the plain listing."""
    assert kind("manila.share").variants == ({}, {"is_soft_deleted": "true"})


def test_a_listing_that_takes_the_limit_for_a_filter_is_sent_none():
    """Manila's security services: nothing passes it, and nothing says so."""
    assert kind("manila.security_service").paging.value == "none"


ZONE = "44444444-71aa-4c3e-9d52-0c8f3d1be401"


@pytest.mark.parametrize(
    ("event", "payload", "expected"),
    [
        (
            "octavia.loadbalancer.update.end",
            {"loadbalancer_id": "a"},
            {"octavia.loadbalancer": "a"},
        ),
        (
            "baremetal.node.power_set.end",
            {"ironic_object.data": {"uuid": "a"}},
            {"ironic.node": "a"},
        ),
        (
            "baremetal.node.power_state_corrected.success",
            {"ironic_object.data": {"uuid": "a"}},
            {"ironic.node": "a"},
        ),
        ("baremetal.port.create.end", {"ironic_object.data": {"uuid": "a"}}, {"ironic.port": "a"}),
        ("share.extend.end", {"share_id": "a"}, {"manila.share": "a"}),
        ("share_type.create", {"share_types": {"id": "a"}}, {"manila.share_type": "a"}),
        (
            "baremetal.inspectionrule.update.end",
            {"ironic_object.data": {"uuid": "a"}},
            {"ironic.inspection_rule": "a"},
        ),
        (
            "baremetal.runbook.create.end",
            {"ironic_object.data": {"uuid": "a"}},
            {"ironic.runbook": "a"},
        ),
        ("qos_type.create", {"qos_types": {"id": "a"}}, {"manila.qos_type": "a"}),
        ("dns.zone.update", {"id": ZONE}, {"designate.zone": ZONE}),
        (
            "dns.recordset.create",
            {"id": "a", "zone_id": ZONE},
            {"designate.recordset": f"{ZONE}/a"},
        ),
        ("magnum.cluster.update", {"target": {"id": "a"}}, {"magnum.cluster": "a"}),
        ("alarm.state_transition", {"alarm_id": "a"}, {"aodh.alarm": "a"}),
        ("baremetal.node.power_set.start", {"ironic_object.data": {"uuid": "a"}}, {}),
        # Sent when the node has left its state; of what it goes through there may be no other.
        (
            "baremetal.node.provision_set.start",
            {"ironic_object.data": {"uuid": "a"}},
            {"ironic.node": "a"},
        ),
        ("share.create.start", {"share_id": "a"}, {}),
        ("dns.domain.create", {"id": ZONE}, {}),
    ],
)
def test_a_notification_names_whom_it_concerns(event, payload, expected):
    """What only begins has changed nothing; the old twin of an event says nothing new."""
    hints = Hints([each for plugin in PLUGINS for each in load(plugin).declared()])
    found = {each.type: each.ids for each in hints.of(event, payload)}
    assert found == {type_: (id_,) for type_, id_ in expected.items()}
