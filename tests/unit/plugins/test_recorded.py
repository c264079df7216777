"""Items as real services listed them: what is declared of a type is what stands there.

Recorded from OpenStack 2026.1; where an item had nothing to hide, CANARY-SECRET was put.
"""

import copy
import json
from pathlib import Path

import msgspec
import pytest

from synchronizer.model.essence import names
from synchronizer.model.relation import parsed, references
from synchronizer.plugins import load
from synchronizer.sampling.items import examine

RECORDINGS = Path(__file__).parents[2] / "fixtures" / "items"
PLUGINS = ("cinder", "glance", "heat", "neutron", "placement")
SHOWN_SOMETIMES = {
    "cinder.attachment": {"connection_info"},  # taken out
    "cinder.pool": {
        "capabilities.location_info",
        "capabilities.total_volumes",
        "capabilities.updated",
    },
    "cinder.transfer": {"auth_key"},
    "cinder.volume": {
        "encryption_key_id",
        "os-volume-replication:driver_data",
        "os-volume-replication:extended_status",
        "volume_image_metadata.image_id",
    },
    "glance.image": {"instance_uuid", "base_image_ref"},
    "neutron.router": {"external_gateway_info.qos_policy_id"},
    "neutron.subnet": {"segment_id"},
}
"""Declared fields that a recorded item does not have: of other configurations, or drivers."""
BY_ALL = {"tenant_id", "updated_at", "revision_number"}
"""What Neutron's types leave out where it is."""


def recordings():
    for plugin in PLUGINS:
        kinds = {each.name: each for each in load(plugin).declared()}
        for name, recorded in json.loads((RECORDINGS / f"{plugin}.json").read_text()).items():
            yield pytest.param(kinds[name], recorded, id=f"{plugin}.{name}")


def shaped(resource, recorded):
    item = copy.deepcopy(recorded["item"])
    return resource.shape(item, recorded["parent"])


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

    def test_what_is_declared_stands_there(self, resource, recorded):
        declared = {*resource.relations, *resource.volatile, *resource.measured}
        declared |= {*resource.ordered, *resource.secret}
        item = shaped(resource, recorded)
        missing = {path for path in declared if not found_at(item, path)} - BY_ALL
        missing = {path for path in missing if names(path)[-1] not in BY_ALL}
        assert missing == SHOWN_SOMETIMES.get(resource.type, set())

    def test_its_outline_and_its_version_are_fields_of_it(self, resource, recorded):
        item = shaped(resource, recorded)
        assert set(resource.outline) <= item.keys()
        assert not resource.version or isinstance(item[resource.version], int)
        assert set(resource.unsettled) <= item.keys()


def test_every_plugin_has_been_recorded():
    assert sorted(path.stem for path in RECORDINGS.glob("*.json")) == sorted(PLUGINS)


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (
            "neutron.port",
            {
                ("network_id", "neutron.network"),
                ("fixed_ips.*.subnet_id", "neutron.subnet"),
                ("security_groups.*", "neutron.security_group"),
                ("binding:host_id", "nova.service#host"),
                ("project_id", "keystone.project"),
            },
        ),
        (
            "neutron.router",
            {
                ("external_gateway_info.network_id", "neutron.network"),
                ("external_gateway_info.external_fixed_ips.*.subnet_id", "neutron.subnet"),
                ("project_id", "keystone.project"),
            },
        ),
        (
            "cinder.volume",
            {
                ("attachments.*.server_id", "nova.server"),
                ("attachments.*.attachment_id", "cinder.attachment"),
                ("os-vol-host-attr:host", "cinder.pool"),
                ("os-vol-tenant-attr:tenant_id", "keystone.project"),
                ("user_id", "keystone.user"),
                ("volume_type_id", "cinder.volume_type"),
            },
        ),
        (
            "heat.stack",
            {
                ("parent", "heat.stack"),
                ("project", "keystone.project"),
                ("stack_user_project_id", "keystone.project"),
            },
        ),
    ],
)
def test_a_recorded_item_refers_to(type_, expected):
    plugin, _, name = type_.partition(".")
    recorded = json.loads((RECORDINGS / f"{plugin}.json").read_text())[name]
    resource = next(each for each in load(plugin).declared() if each.name == name)
    body = msgspec.json.decode(
        examine(resource, copy.deepcopy(recorded["item"]), 0, recorded["parent"]).body
    )
    found = {
        (reference.path, "#".join(filter(None, target)))
        for reference in references(body, parsed(resource.relations))
        for target in reference.targets
    }
    assert found == expected
