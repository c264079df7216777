"""Placement: providers are completed only when their generation moved."""

import msgspec
import pytest

from synchronizer.model.errors import MalformedError, UnreachableError
from synchronizer.plugins.placement import Placement

LISTING = "/resource_providers"


@pytest.fixture
def resources():
    return {each.name: each for each in Placement.declared()}


@pytest.fixture
def placement(spoken):
    """A service with two providers."""
    found = spoken({})
    for uuid in ("one", "two"):
        put(found, uuid, 1)
    return found


def put(placement, uuid, generation, **parts):
    """Have a provider at a generation."""
    has = {"inventories": {"VCPU": {"total": 8}}, "traits": ["A"], "aggregates": [], **parts}
    for part, value in has.items():
        said = {part: value, "resource_provider_generation": generation}
        placement.says[f"{LISTING}/{uuid}/{part}"] = said
    rows = {row["uuid"]: row for row in placement.says.get(LISTING, {LISTING[1:]: []})[LISTING[1:]]}
    rows[uuid] = {"uuid": uuid, "name": uuid, "generation": generation}
    placement.says[LISTING] = {LISTING[1:]: list(rows.values())}


def listed(resource, placement):
    rows = msgspec.json.decode(resource.ask(placement, None, {}).body)[resource.key]
    return {row["uuid"]: row for row in rows}


def test_a_provider_is_listed_whole(resources, placement):
    put(placement, "one", 1, traits=["B"], aggregates=["g"])
    found = listed(resources["resource_provider"], placement)["one"]
    assert found == {
        "uuid": "one",
        "name": "one",
        "generation": 1,
        "inventories": {"VCPU": {"total": 8}},
        "traits": ["B"],
        "aggregates": ["g"],
    }


def test_only_what_moved_is_asked_for_again(resources, placement):
    providers = resources["resource_provider"]
    first = listed(providers, placement)
    placement.asked.clear()
    assert listed(providers, placement) == first
    assert placement.asked == [LISTING]
    put(placement, "two", 2, inventories={"VCPU": {"total": 16}})
    placement.asked.clear()
    assert listed(providers, placement)["two"]["inventories"] == {"VCPU": {"total": 16}}
    parts = [f"{LISTING}/two/{part}" for part in ("inventories", "traits", "aggregates")]
    assert placement.asked == [LISTING, *parts]


def test_another_name_is_seen_without_another_generation(resources, placement):
    providers = resources["resource_provider"]
    listed(providers, placement)
    placement.says[LISTING]["resource_providers"][0]["name"] = "renamed"
    assert listed(providers, placement)["one"]["name"] == "renamed"


def test_a_provider_that_moved_while_it_was_completed_is_completed_again(resources, placement):
    providers = resources["resource_provider"]
    put(placement, "one", 5, traits=["NEW"])
    placement.says[LISTING]["resource_providers"][0]["generation"] = 4  # listed just before
    assert listed(providers, placement)["one"]["traits"] == ["NEW"]
    placement.says[LISTING]["resource_providers"][0]["generation"] = 5
    placement.asked.clear()
    listed(providers, placement)
    assert f"{LISTING}/one/traits" in placement.asked


def test_parts_of_two_generations_are_not_put_together(resources, placement):
    class Moving(dict):
        """The first time, traits are of a later generation than the inventories."""

        def get(self, path, default=None):
            said = super().get(path, default)
            if path == f"{LISTING}/one/traits":
                put(placement, "one", 2, inventories={"VCPU": {"total": 9}}, traits=["B"])
                said = super().get(path)
            return said

    placement.says = Moving(placement.says)
    found = listed(resources["resource_provider"], placement)["one"]
    assert (found["inventories"], found["traits"]) == ({"VCPU": {"total": 9}}, ["B"])


def test_a_provider_that_is_gone_by_now_is_not_listed(resources, placement):
    placement.says[f"{LISTING}/two/traits"] = 404
    assert list(listed(resources["resource_provider"], placement)) == ["one"]


def test_a_part_that_fails_fails_the_listing(resources, placement):
    placement.says[f"{LISTING}/two/aggregates"] = 500
    with pytest.raises(UnreachableError):
        listed(resources["resource_provider"], placement)
    placement.says[f"{LISTING}/two/aggregates"] = {"resource_provider_generation": 1}
    with pytest.raises(MalformedError, match="no aggregates"):
        listed(resources["resource_provider"], placement)


def test_a_read_shows_what_the_listing_shows(resources, placement):
    providers = resources["resource_provider"]
    placement.says[f"{LISTING}/one"] = {"uuid": "one", "name": "one", "generation": 1}
    assert providers.read(placement, "one") == listed(providers, placement)["one"]
    assert providers.read(placement, "three") is None


def test_what_is_gone_is_not_remembered(resources, placement):
    providers = resources["resource_provider"]
    listed(providers, placement)
    del placement.says[LISTING]["resource_providers"][0]
    listed(providers, placement)
    assert list(providers._wholes._known) == ["two"]


def test_traits_are_names(resources, spoken):
    trait = resources["trait"]
    placement = spoken({"/traits": {"traits": ["A", "B"]}, "/traits?name=in:A": {"traits": ["A"]}})
    placement.says["/traits?name=in:C"] = {"traits": []}
    assert msgspec.json.decode(trait.ask(placement, None, {}).body) == {
        "traits": [{"name": "A"}, {"name": "B"}]
    }
    assert trait.read(placement, "A") == {"name": "A"}
    assert trait.read(placement, "C") is None


@pytest.mark.parametrize("said", [{}, {"traits": None}, {"traits": [{"name": "A"}]}])
def test_traits_of_another_kind_are_malformed(resources, spoken, said):
    with pytest.raises(MalformedError):
        resources["trait"].ask(spoken({"/traits": said}), None, {})


def test_allocations_are_one_for_each_consumer(resources, spoken):
    allocation = resources["allocation"]
    taken = {"server": {"resources": {"VCPU": 1}}, "other": {"resources": {"VCPU": 2}}}
    placement = spoken({f"{LISTING}/one/allocations": {"allocations": taken}})
    rows = msgspec.json.decode(allocation.ask(placement, "one", {}).body)["allocations"]
    ids = [allocation.identify(allocation.shape(row, "one")) for row in rows]
    assert sorted(ids) == ["one/other", "one/server"]
    assert allocation.ask(placement, "gone", {}).status == 404
