"""The contract of plugins, over every plugin that we ship."""

import pytest

from synchronizer.plugins.cinder import Cinder
from synchronizer.plugins.glance import Glance
from synchronizer.plugins.heat import Heat
from synchronizer.plugins.keystone import Keystone
from synchronizer.plugins.neutron import Neutron
from synchronizer.plugins.nova import Nova
from synchronizer.plugins.placement import Placement
from synchronizer.store import open_store
from synchronizer.testing.plugin import PluginContract, Rig
from synchronizer.testing.plugin.bench import PARENTS
from synchronizer.testing.toy import Grain, Thing, Toy


class TestKeystone(PluginContract):
    plugin = Keystone


class TestNova(PluginContract):
    plugin = Nova


class TestNeutron(PluginContract):
    plugin = Neutron


class TestGlance(PluginContract):
    plugin = Glance


class TestCinder(PluginContract):
    plugin = Cinder

    def page(self, resource, items):
        """The encryption of a type is an object without a name."""
        if resource.type == "cinder.volume_type_encryption":
            return (items[0] or {"odd": 1}) if items else {}
        return super().page(resource, items)


class TestHeat(PluginContract):
    plugin = Heat

    def beside(self, path):
        """Every stack has a name, which is its id too."""
        stacks = [{"id": each, "stack_name": each} for each in PARENTS]
        return {"stacks": stacks} if path.startswith("/stacks?id=") else None


class TestPlacement(PluginContract):
    plugin = Placement

    def page(self, resource, items):
        """Traits are bare names, allocations an object by consumer, usages may be none."""
        if resource.type == "placement.trait":
            return {"traits": [each["name"] if is_named(each) else [each] for each in items]}
        if resource.type == "placement.allocation":
            return {"allocations": dict(by_consumer(each) for each in items)}
        if resource.type == "placement.usage" and items == [{}]:
            return {"odd": 1}
        return super().page(resource, items)

    def beside(self, path):
        """Every provider has inventories, traits and aggregates."""
        part = path.rpartition("/")[2]
        parts = {"inventories": {"VCPU": {"total": 8}}, "traits": ["B", "A"], "aggregates": []}
        return {part: parts[part], "resource_provider_generation": 7} if part in parts else None


def is_named(item):
    return isinstance(item, dict) and "name" in item


def by_consumer(item):
    if not isinstance(item, dict):
        return "odd", item
    return item.get("consumer_uuid", ""), item


class Both(Toy):
    """The toy service's plugin with both of its ways; tests of races choose one of them."""

    resources = (Thing, Grain)


class TestToy(PluginContract):
    plugin = Both


class Slip(Thing):
    """A thing."""

    plugin = "toy"


def slip(**attributes):
    """Return a resource with a slip in its declaration."""
    return type("Slip", (Slip,), {"__doc__": "A thing.", **attributes})


def sorting(self, item):
    return {**item, "asked": id(item)}


class Shouting(Thing):
    """A thing that changes what it identifies."""

    plugin = "toy"

    def identify(self, item):
        """Shout."""
        item["id"] = item["id"].upper()
        return super().identify(item)


SLIPS = [
    ("test_it_has_a_type_and_a_summary", slip(__doc__="")),
    ("test_it_has_a_type_and_a_summary", slip(name="Thing")),
    ("test_no_attribute_is_misspelt", slip(volatiles=("seen",))),
    ("test_it_says_where_it_is_listed", slip(path="things")),
    ("test_it_says_where_it_is_listed", slip(path="/things/{parent}")),
    ("test_it_says_where_it_is_listed", slip(each="toy.other", path="/{parent}")),
    ("test_it_says_where_it_is_listed", slip(each="others", path="/{parent}")),
    ("test_it_declares_its_id", slip(id="id")),
    ("test_paths_are_strings_or_tuples_of_names", slip(secret="password")),
    ("test_paths_are_strings_or_tuples_of_names", slip(volatile=("a..b",))),
    ("test_what_counts_is_not_volatile", slip(volatile=("id",))),
    ("test_relations_name_entity_types", slip(relations={"a": "server"})),
    ("test_relations_name_entity_types", slip(relations={"a": "toy.nothing"})),
    ("test_microversions_are_a_range", slip(microversion=("2.100", "2.99"))),
    ("test_microversions_are_a_range", slip(microversion=("2", "3"))),
    ("test_paging_is_complete", slip(marker="")),
    ("test_paging_is_complete", slip(query={"limit": 5})),
    ("test_marks_are_a_field_and_its_values", slip(gone=("status", "DELETED"))),
    ("test_marks_are_a_field_and_its_values", slip(gone=("status", frozenset()))),
    ("test_a_single_path_takes_the_ids_parts", slip(single="/things/{id[0]}")),
    ("test_a_single_path_takes_the_ids_parts", slip(id=("a", "b"))),
    ("test_the_essence_is_idempotent_and_pure", slip(essence=sorting)),
    ("test_volatile_fields_never_count", slip(essence=lambda self, item: item)),
    ("test_secrets_never_come_out", slip(redact=lambda self, item: None)),
    ("test_identity_is_stable", Shouting),
]


@pytest.mark.parametrize(
    ("test", "kind"), SLIPS, ids=[f"{number}-{slip[0]}" for number, slip in enumerate(SLIPS)]
)
def test_the_contract_notices_a_slip(test, kind):
    """A suite that nothing fails proves nothing."""
    contract = TestToy()
    resource = kind()
    with pytest.raises(AssertionError):
        getattr(contract, test)(resource)


def test_the_contract_of_behaviour_notices_a_plugin_that_reads_another_shape(tmp_path):
    """What only the single read shows must be declared, or every read is a change."""

    class Deep(Thing):
        """A thing."""

        plugin = "toy"

        def read(self, service, id_):
            """Read more than is listed."""
            found = super().read(service, id_)
            return found and {**found, "more": 1}

    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    rig = Rig(TestToy(), Deep(), store)
    with pytest.raises(AssertionError):
        TestToy().test_reading_what_was_listed_changes_nothing(rig)
    store.close()
