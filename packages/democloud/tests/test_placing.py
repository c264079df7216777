import pytest

ROOT = "/placement"


class Placement:
    """Asks Placement at a microversion."""

    def __init__(self, raw):
        self.raw = raw

    def ask(self, method, path, body=None, *, version="1.39", **options):
        header = {"OpenStack-API-Version": f"placement {version}"}
        return self.raw.ask(method, ROOT + path, body, **options, **header)

    def get(self, path, **options):
        return self.ask("GET", path, **options)

    def provider(self, uuid):
        return self.get(f"/resource_providers/{uuid}").json()


@pytest.fixture
def placement(raw):
    return Placement(raw)


@pytest.fixture
def uuid(placement, cloud):
    """The provider of the host that has most servers."""
    usages = cloud.state("placement.usage", "1.39")
    return max(usages, key=lambda id_: usages[id_]["usages"]["VCPU"])


def test_every_hypervisor_is_a_provider(placement, cloud):
    rows = placement.get("/resource_providers").json()["resource_providers"]
    hypervisors = cloud.state("nova.hypervisor")
    held = {row["uuid"]: row["name"] for row in rows if row["uuid"] in hypervisors}
    assert held == {id_: body["hypervisor_hostname"] for id_, body in hypervisors.items()}


def test_a_parent_shows_from_1_14_on(placement, uuid):
    assert "parent_provider_uuid" in placement.get(f"/resource_providers/{uuid}").json()
    old = placement.get(f"/resource_providers/{uuid}", version="1.13").json()
    assert "parent_provider_uuid" not in old


@pytest.mark.parametrize("part", ["inventories", "traits", "aggregates"])
def test_the_generation_moves_with_what_is_beside_a_provider(placement, uuid, cloud, part):
    path = f"/resource_providers/{uuid}/{part}"
    before = placement.get(path).json()
    wanted = before[part]
    if part == "inventories":
        wanted["VCPU"]["reserved"] += 1
    else:
        wanted = wanted[1:]
    given = {"resource_provider_generation": before["resource_provider_generation"], part: wanted}
    after = placement.ask("PUT", path, given).json()
    assert after["resource_provider_generation"] == before["resource_provider_generation"] + 1
    assert placement.provider(uuid)["generation"] == after["resource_provider_generation"]
    assert cloud.state("placement.resource_provider", "1.39")[uuid][part] == wanted
    stale = placement.ask("PUT", path, given)
    assert stale.status == 409
    assert stale.json()["errors"][0]["title"] == "Conflict"


def test_the_generation_moves_with_servers_that_come_and_go(placement, uuid, cloud):
    before = placement.provider(uuid)["generation"]
    held = placement.get(f"/resource_providers/{uuid}/allocations").json()["allocations"]
    gone = next(iter(held))
    cloud.mutate("delete", "nova.server", ids=[gone])
    after = placement.get(f"/resource_providers/{uuid}/allocations").json()
    assert gone not in after["allocations"]
    assert after["resource_provider_generation"] > before


def test_a_new_name_does_not_move_the_generation(placement):
    made = placement.ask("POST", "/resource_providers", {"name": "own"}).json()
    path = f"/resource_providers/{made['uuid']}"
    renamed = placement.ask("PUT", path, {"name": "renamed"}).json()
    assert (renamed["name"], renamed["generation"]) == ("renamed", made["generation"])
    assert placement.ask("POST", "/resource_providers", {"name": "renamed"}).status == 409
    assert placement.ask("DELETE", path).status == 204
    assert placement.get(path).status == 404


def test_a_provider_in_use_or_with_a_child_stays(placement, uuid):
    assert placement.ask("DELETE", f"/resource_providers/{uuid}").status == 409
    given = {"name": "child", "parent_provider_uuid": uuid}
    child = placement.ask("POST", "/resource_providers", given).json()
    assert child["root_provider_uuid"] == uuid
    tree = placement.get(f"/resource_providers?in_tree={uuid}").json()["resource_providers"]
    assert {row["uuid"] for row in tree} == {uuid, child["uuid"]}
    assert placement.ask("DELETE", f"/resource_providers/{child['uuid']}").status == 204


def test_allocations_are_of_servers_and_add_up_to_the_usages(placement, uuid, cloud):
    held = placement.get(f"/resource_providers/{uuid}/allocations").json()["allocations"]
    usages = placement.get(f"/resource_providers/{uuid}/usages").json()["usages"]
    # A soft-deleted server keeps what it took, though no listing shows it.
    unlisted = set(held) - set(cloud.state("nova.server"))
    shown = [placement.raw.nova(f"/servers/{id_}").json()["server"] for id_ in unlisted]
    assert all(server["status"] == "SOFT_DELETED" for server in shown)
    assert usages["VCPU"] == sum(row["resources"]["VCPU"] for row in held.values()) > 0
    consumer = next(iter(held))
    alone = placement.get(f"/allocations/{consumer}").json()
    assert alone["allocations"][uuid]["resources"] == held[consumer]["resources"]


def test_a_consumer_that_is_not_has_no_allocations_and_is_no_error(placement):
    reply = placement.get("/allocations/00000000-0000-4000-8000-000000000000")
    assert (reply.status, reply.json()) == (200, {"allocations": {}})


def test_traits_are_bare_names_and_custom_ones_can_be_made(placement, uuid):
    assert placement.ask("PUT", "/traits/OWN").status == 400
    assert placement.ask("PUT", "/traits/CUSTOM_OWN").status == 201
    assert placement.ask("PUT", "/traits/CUSTOM_OWN").status == 204
    assert placement.get("/traits/CUSTOM_OWN").status == 204
    assert placement.get("/traits?name=in:CUSTOM_OWN,OTHER").json()["traits"] == ["CUSTOM_OWN"]
    held = placement.get(f"/resource_providers/{uuid}/traits").json()["traits"]
    assert set(held) <= set(placement.get("/traits").json()["traits"])
    assert placement.ask("DELETE", f"/traits/{held[0]}").status == 400
    assert placement.ask("DELETE", "/traits/CUSTOM_OWN").status == 204
    assert placement.get("/traits/CUSTOM_OWN").status == 404


def test_custom_resource_classes_can_be_made(placement):
    assert placement.ask("PUT", "/resource_classes/CUSTOM_OWN").status == 201
    assert placement.get("/resource_classes/CUSTOM_OWN").json()["name"] == "CUSTOM_OWN"
    assert placement.ask("DELETE", "/resource_classes/CUSTOM_OWN").status == 204
    assert placement.ask("DELETE", "/resource_classes/VCPU").status == 400


def test_nobody_but_an_admin_sees_anything(placement, raw):
    reply = placement.get("/resource_providers", token=raw.login("demo", "demo"))
    assert reply.status == 403
    assert reply.json()["errors"][0]["status"] == 403


def test_versions_are_told_and_one_too_high_is_406(placement):
    assert placement.get("", token="").json()["versions"][0]["max_version"] == "1.39"
    assert placement.get("/traits", version="1.40").status == 406
