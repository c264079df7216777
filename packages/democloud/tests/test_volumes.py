from datetime import UTC, datetime

import pytest

from openstack_democloud.names import SECRET

from .conftest import PAGE

V = "/volume/v3"


class Cinder:
    """Asks Cinder at a microversion, as an admin unless told otherwise."""

    def __init__(self, raw):
        self.raw = raw

    def ask(self, method, path, body=None, *, version="3.70", **options):
        header = {"OpenStack-API-Version": f"volume {version}"}
        return self.raw.ask(method, f"{V}{path}", body, **options, **header)

    def get(self, path, **options):
        return self.ask("GET", path, **options)

    def walk(self, name, query="", path="detail", **options):
        rows, marker = [], ""
        while True:
            url = f"/{name.replace('_', '_')}/{path}?limit={PAGE}&all_tenants=1{query}{marker}"
            reply = self.get(url, **options)
            assert reply.status == 200, reply.body
            if not reply.json()[name]:
                return rows
            rows += reply.json()[name]
            marker = f"&marker={rows[-1]['id']}"

    def made(self, **fields):
        reply = self.ask("POST", "/volumes", {"volume": {"size": 1, "name": "made", **fields}})
        assert reply.status == 202, reply.body
        return reply.json()["volume"]


@pytest.fixture
def cinder(raw):
    return Cinder(raw)


@pytest.fixture
def demo(raw):
    """A token of demo, who is no admin."""
    return raw.login("demo", "demo")


def settled(cloud, id_, status, type_="cinder.volume"):
    """Wait on the log until an entity has a status, or is gone."""
    for _ in range(40):
        seq = len(cloud.log())
        held = cloud.state(type_).get(id_)
        if (held or {"status": None})["status"] == status:
            return held
        cloud.log(seq, wait=2)
    raise AssertionError(f"{id_} never became {status}")


def test_a_walk_shows_all_volumes_once(cinder, cloud):
    rows = cinder.walk("volumes", "&sort=created_at:asc")
    ids = [row["id"] for row in rows]
    assert len(ids) > PAGE
    assert sorted(ids) == sorted(cloud.state("cinder.volume"))
    assert [row["created_at"] for row in rows] == sorted(row["created_at"] for row in rows)


def test_a_full_page_has_a_link_and_attachments_have_none(cinder):
    body = cinder.get("/volumes/detail?all_tenants=1&limit=3").json()
    (link,) = body["volumes_links"]
    rest = cinder.raw.get(link["href"].partition(str(cinder.raw.cloud.port))[2]).json()
    assert not {r["id"] for r in rest["volumes"]} & {r["id"] for r in body["volumes"]}
    assert "attachments_links" not in cinder.get("/attachments/detail?all_tenants=1&limit=3").json()


def test_with_a_count_the_last_page_too_has_a_link(cinder, cloud):
    last = cinder.walk("volumes")[-2]["id"]
    url = f"/volumes/detail?all_tenants=1&limit={PAGE}&marker={last}"
    assert "volumes_links" not in cinder.get(url).json()
    counted = cinder.get(f"{url}&with_count=true").json()
    assert counted["count"] == len(cloud.state("cinder.volume"))
    assert counted["volumes_links"]


def test_an_unknown_marker_is_404(cinder, cloud):
    (id_,) = cloud.mutate("create", "cinder.volume")
    cloud.mutate("delete", "cinder.volume", ids=[id_])
    reply = cinder.get(f"/volumes/detail?all_tenants=1&marker={id_}")
    assert reply.status == 404
    assert reply.json()["itemNotFound"]["message"] == f"Volume {id_} could not be found."


def test_without_all_tenants_an_admin_sees_their_own_project(cinder, session):
    rows = cinder.get("/volumes/detail").json()["volumes"]
    assert {row["os-vol-tenant-attr:tenant_id"] for row in rows} <= {session.get_project_id()}


def test_all_tenants_of_somebody_else_is_dropped_without_a_word(cinder, demo):
    everything = cinder.walk("volumes")
    some = cinder.walk("volumes", token=demo)
    assert 0 < len(some) < len(everything)
    assert len({row["os-vol-tenant-attr:tenant_id"] for row in some}) == 1
    assert not any("os-vol-host-attr:host" in row for row in some)
    theirs = next(row for row in everything if row["id"] not in {r["id"] for r in some})
    assert cinder.get(f"/volumes/{theirs['id']}", token=demo).status == 404
    assert cinder.get("/os-services", token=demo).status == 403
    assert "forbidden" in cinder.get("/os-services", token=demo).json()


def test_the_filter_by_time_shows_neither_deletes_nor_what_was_never_updated(cinder, cloud):
    state = cloud.state("cinder.volume")
    never = {id_ for id_, body in state.items() if body["updated_at"] is None}
    id_ = next(id_ for id_ in state if id_ not in never)
    cloud.mutate("update", "cinder.volume", ids=[id_])
    (gone,) = cloud.mutate("create", "cinder.volume")
    cloud.mutate("delete", "cinder.volume", ids=[gone])
    since = cloud.state("cinder.volume")[id_]["updated_at"]
    found = {row["id"] for row in cinder.walk("volumes", f"&updated_at=gte:{since}")}
    assert id_ in found
    assert gone not in found
    assert never
    ages = {row["id"] for row in cinder.walk("volumes", "&updated_at=gte:2000-01-01T00:00:00")}
    assert not never & ages
    assert len(ages) + len(never) == len(cloud.state("cinder.volume"))


def test_several_operators_in_one_value_are_any_of_them(cinder):
    both = cinder.walk("volumes", "&updated_at=gte:2000-01-01T00:00:00,lte:1999-01-01T00:00:00")
    one = cinder.walk("volumes", "&updated_at=gte:2000-01-01T00:00:00")
    assert len(both) == len(one) > 0
    assert cinder.get("/volumes/detail?updated_at=about:2000-01-01").status == 400


def test_below_3_60_the_filter_by_time_is_ignored(cinder, cloud):
    future = datetime(2100, 1, 1, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%S")
    assert cinder.walk("volumes", f"&updated_at=gte:{future}") == []
    old = cinder.walk("volumes", f"&updated_at=gte:{future}", version="3.59")
    assert len(old) == len(cloud.state("cinder.volume"))


@pytest.mark.parametrize(
    ("field", "first"),
    [("group_id", 13), ("provider_id", 21), ("service_uuid", 48), ("volume_type_id", 63)],
)
def test_a_field_is_there_from_its_microversion_on(cinder, field, first):
    (id_, *_) = (row["id"] for row in cinder.walk("volumes"))
    assert field in cinder.get(f"/volumes/{id_}", version=f"3.{first}").json()["volume"]
    assert field not in cinder.get(f"/volumes/{id_}", version=f"3.{first - 1}").json()["volume"]


def test_versions_are_told_and_one_too_high_is_406(cinder):
    told = cinder.raw.get("/volume", token="")
    assert told.status == 300
    assert told.json()["versions"][0]["version"] == "3.71"
    assert cinder.get("/volumes", version="3.72").status == 406
    reply = cinder.get("/volumes", version="3.50")
    assert reply.headers["OpenStack-API-Version"] == "volume 3.50"


def test_a_volume_is_made_extended_and_deleted_in_steps(cinder, cloud):
    since = len(cloud.log())
    volume = cinder.made()
    assert (volume["status"], volume["updated_at"]) == ("creating", None)
    settled(cloud, volume["id"], "available")
    path = f"/volumes/{volume['id']}"
    renamed = cinder.ask("PUT", path, {"volume": {"name": "renamed"}}).json()["volume"]
    assert renamed["name"] == "renamed"
    assert cinder.ask("POST", f"{path}/action", {"os-extend": {"new_size": 1}}).status == 400
    assert cinder.ask("POST", f"{path}/action", {"os-extend": {"new_size": 5}}).status == 202
    assert cinder.get(path).json()["volume"]["status"] == "extending"
    assert settled(cloud, volume["id"], "available")["size"] == 5
    assert cinder.ask("DELETE", path).status == 202
    assert cinder.get(path).json()["volume"]["status"] == "deleting"
    settled(cloud, volume["id"], None)
    assert cinder.get(path).status == 404
    ops = [entry["op"] for entry in cloud.log(since) if entry["id"] == volume["id"]]
    assert ops == ["create", *["update"] * 5, "delete"]


def test_an_attachment_is_reserved_connected_and_completed(cinder, cloud):
    volume = cinder.made()
    settled(cloud, volume["id"], "available")
    server = next(iter(cloud.state("nova.server")))
    given = {"attachment": {"volume_uuid": volume["id"], "instance_uuid": server}}
    made = cinder.ask("POST", "/attachments", given).json()["attachment"]
    assert (made["status"], made["connection_info"]) == ("reserved", {})
    path = f"/attachments/{made['id']}"
    connector = {"attachment": {"connector": {"host": "compute-0001"}}}
    connected = cinder.ask("PUT", path, connector).json()["attachment"]
    assert SECRET in connected["connection_info"]["auth_password"]
    assert cinder.ask("POST", f"{path}/action", {"os-complete": None}).status == 204
    held = cinder.get(f"/volumes/{volume['id']}").json()["volume"]
    assert held["status"] == "in-use"
    assert held["attachments"][0]["server_id"] == server
    assert cinder.ask("DELETE", f"/volumes/{volume['id']}").status == 400
    assert cinder.ask("DELETE", path).json() == {"attachments": []}
    held = cinder.get(f"/volumes/{volume['id']}").json()["volume"]
    assert (held["status"], held["attachments"]) == ("available", [])
    assert cinder.get("/attachments/detail", version="3.26").status == 404


def test_metadata_change_without_a_new_time(cinder, cloud):
    id_ = next(iter(cloud.state("cinder.volume")))
    before = cinder.get(f"/volumes/{id_}").json()["volume"]
    cinder.ask("POST", f"/volumes/{id_}/metadata", {"metadata": {"colour": "red"}})
    after = cinder.get(f"/volumes/{id_}").json()["volume"]
    assert after["metadata"] == before["metadata"] | {"colour": "red"}
    assert after["updated_at"] == before["updated_at"]
    assert cloud.log()[-1]["id"] == id_


def test_what_nova_says_is_attached_is_attached_here(cinder, cloud):
    held = {row["id"]: row for row in cinder.walk("volumes")}
    pairs = [
        (server["id"], volume["id"])
        for server in cloud.state("nova.server").values()
        for volume in server["os-extended-volumes:volumes_attached"]
    ]
    assert pairs
    for server, volume in pairs:
        assert held[volume]["attachments"][0]["server_id"] == server


@pytest.mark.parametrize("kind", ["snapshot", "backup"])
def test_copies_are_made_and_deleted(cinder, cloud, kind):
    volume = cinder.made()
    settled(cloud, volume["id"], "available")
    given = {kind: {"volume_id": volume["id"], "name": "copy"}}
    made = cinder.ask("POST", f"/{kind}s", given).json()[kind]
    assert made["status"] == "creating"
    settled(cloud, made["id"], "available", f"cinder.{kind}")
    path = f"/{kind}s/{made['id']}"
    assert cinder.get(path).json()[kind] == cloud.state(f"cinder.{kind}", "3.70")[made["id"]]
    assert cinder.ask("DELETE", path).status == 202
    assert cinder.get(path).json()[kind]["status"] == "deleting"
    settled(cloud, made["id"], None, f"cinder.{kind}")
    assert cinder.get(path).status == 404


def test_private_types_show_with_the_word_none_only(cinder, demo):
    def names(query, **options):
        return {r["name"] for r in cinder.get(f"/types{query}", **options).json()["volume_types"]}

    assert "encrypted" not in names("")
    assert {"ceph", "lvm", "encrypted"} <= names("?is_public=None")
    assert "encrypted" not in names("?is_public=None", token=demo)


def test_types_are_made_given_to_projects_and_deleted(cinder, cloud):
    given = {"volume_type": {"name": "own", "os-volume-type-access:is_public": False}}
    made = cinder.ask("POST", "/types", given).json()["volume_type"]
    assert cinder.ask("POST", "/types", given).status == 409
    path, project = f"/types/{made['id']}", next(iter(cloud.state("keystone.project")))
    cinder.ask("POST", f"{path}/action", {"addProjectAccess": {"project": project}})
    rows = cinder.get(f"{path}/os-volume-type-access").json()["volume_type_access"]
    assert rows == [{"volume_type_id": made["id"], "project_id": project}]
    assert cinder.get(f"{path}/encryption").json() == {}
    assert cinder.ask("DELETE", path).status == 202
    assert f"{made['id']}/{project}" not in cloud.state("cinder.volume_type_access")


def test_a_group_shows_its_volumes_on_request(cinder):
    plain = cinder.get("/groups/detail?all_tenants=1").json()["groups"]
    whole = cinder.get("/groups/detail?all_tenants=1&list_volume=true").json()["groups"]
    assert not any("volumes" in row for row in plain)
    assert all("volumes" in row for row in whole)
    assert any(row["volumes"] for row in whole)


def test_a_transfer_shows_its_key_once_and_moves_the_volume(cinder, demo, cloud):
    volume = cinder.made()
    settled(cloud, volume["id"], "available")
    given = {"transfer": {"volume_id": volume["id"], "name": "gift"}}
    made = cinder.ask("POST", "/volume-transfers", given).json()["transfer"]
    assert SECRET in made["auth_key"]
    path = f"/volume-transfers/{made['id']}"
    assert "auth_key" not in cinder.get(path).json()["transfer"]
    assert cinder.get(f"/volumes/{volume['id']}").json()["volume"]["status"] == "awaiting-transfer"
    accept = {"accept": {"auth_key": made["auth_key"]}}
    assert cinder.ask("POST", f"{path}/accept", accept, token=demo).status == 202
    moved = cinder.get(f"/volumes/{volume['id']}", token=demo).json()["volume"]
    assert moved["status"] == "available"
    assert cinder.get(path).status == 404


def test_services_pools_and_quotas(cinder, cloud):
    services = cinder.get("/os-services").json()["services"]
    assert {row["binary"] for row in services} == {
        "cinder-scheduler",
        "cinder-volume",
        "cinder-backup",
    }
    given = {"binary": "cinder-backup", "host": "controller-0", "disabled_reason": "moving"}
    assert cinder.ask("PUT", "/os-services/disable-log-reason", given).status == 200
    held = cloud.state("cinder.service")["cinder-backup/controller-0"]
    assert (held["status"], held["disabled_reason"]) == ("disabled", "moving")
    pools = cinder.get("/scheduler-stats/get_pools?detail=true").json()["pools"]
    assert all(row["capabilities"]["free_capacity_gb"] > 0 for row in pools)
    project = next(iter(cloud.state("keystone.project")))
    quota = cinder.get(f"/os-quota-sets/{project}?usage=True").json()["quota_set"]
    assert quota["volumes"]["limit"] == 1000


def test_a_project_has_one_default_type_until_its_type_goes(cinder, cloud):
    given = {"volume_type": {"name": "default-of-one"}}
    made = cinder.ask("POST", "/types", given).json()["volume_type"]["id"]
    project = list(cloud.state("keystone.project"))[-1]
    path, chosen = f"/default-types/{project}", {"default_type": {"volume_type": "default-of-one"}}
    assert cinder.ask("GET", path).status == 404
    for _ in range(2):
        assert cinder.ask("PUT", path, chosen).status == 200
    row = {"project_id": project, "volume_type_id": made}
    assert cinder.ask("GET", path).json() == {"default_type": row}
    assert row in cinder.ask("GET", "/default-types").json()["default_types"]
    assert cinder.get("/default-types", version="3.61").status == 404
    cinder.ask("DELETE", f"/types/{made}")
    assert project not in cloud.state("cinder.default_type")
