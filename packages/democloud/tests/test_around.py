import pytest
from novaclient import client, exceptions

from openstack_democloud.names import SECRET


@pytest.fixture
def nova(session, quiet):
    return client.Client("2.87", session=session)


def test_flavors_public_and_private(nova, raw, quiet):
    assert {f.id for f in nova.flavors.list(is_public=None)} == set(quiet.state("nova.flavor"))
    (private,) = nova.flavors.list(is_public=False)
    access = nova.flavor_access.list(flavor=private)
    assert {(a.flavor_id, a.tenant_id) for a in access} == {
        tuple(id_.split("/")) for id_ in quiet.state("nova.flavor_access")
    }
    assert raw.nova("/flavors/1/os-flavor-access").status == 404
    assert "extra_specs" not in raw.nova("/flavors/1", version="2.60").json()["flavor"]
    assert raw.nova("/flavors/none").status == 404


def test_flavors_are_made_changed_and_deleted(nova, quiet):
    made = nova.flavors.create("huge", 1024, 8, 10, flavorid="huge", is_public=False)
    nova.flavors.update(made, description="for tests")
    made.set_keys({"hw:x": "1"})
    assert made.get_keys() == {"hw:x": "1"}
    nova.flavor_access.add_tenant_access(made, "someone")
    nova.flavor_access.remove_tenant_access(made, "someone")
    assert quiet.state("nova.flavor")["huge"]["description"] == "for tests"
    with pytest.raises(exceptions.Conflict):
        nova.flavors.create("huge", 1024, 8, 10, flavorid="huge")
    nova.flavors.delete(made)
    assert "huge" not in quiet.state("nova.flavor")


def test_keypairs_are_listed_by_user_and_page_by_name(nova, raw, quiet):
    user = next(iter(quiet.state("nova.keypair"))).split("/")[0]
    for name in ("b", "a"):
        made = nova.keypairs.create(name, user_id=user)
        assert SECRET in made.private_key
    path = f"/os-keypairs?user_id={user}"
    names = [row["keypair"]["name"] for row in raw.nova(path).json()["keypairs"]]
    assert names == sorted(names)
    behind = raw.nova(f"{path}&limit=1&marker=a").json()
    assert [row["keypair"]["name"] for row in behind["keypairs"]] == ["b"]
    assert behind["keypairs_links"]
    assert raw.nova(f"/os-keypairs/a?user_id={user}").json()["keypair"]["user_id"] == user
    nova.keypairs.delete("a", user_id=user)
    assert f"{user}/a" not in quiet.state("nova.keypair")
    assert raw.nova(f"/os-keypairs/a?user_id={user}").status == 404


def test_server_groups_page_by_offset_without_links(nova, raw, quiet):
    ids = list(quiet.state("nova.server_group"))
    path = "/os-server-groups?all_projects=True"
    first = raw.nova(f"{path}&limit=3").json()
    assert set(first) == {"server_groups"}
    rest = raw.nova(f"{path}&limit=100&offset=3").json()["server_groups"]
    assert [row["id"] for row in first["server_groups"] + rest] == ids
    made = nova.server_groups.create("anti", "anti-affinity", rules={"max_server_per_host": 2})
    assert nova.server_groups.get(made.id).rules == {"max_server_per_host": 2}
    old = raw.nova(f"/os-server-groups/{made.id}", version="2.63").json()["server_group"]
    assert old["policies"] == ["anti-affinity"]
    nova.server_groups.delete(made.id)
    assert raw.nova(f"/os-server-groups/{made.id}").status == 404


def test_migrations_page_and_show_what_changed(raw, quiet):
    (made,) = quiet.mutate("create", "nova.migration")
    rows = raw.nova("/os-migrations", version="2.80").json()["migrations"]
    assert rows[0]["uuid"] == made
    assert quiet.state("nova.migration")[made] == rows[0]
    since = rows[0]["updated_at"]
    changed = raw.nova(f"/os-migrations?changes-since={since}", version="2.80").json()
    assert made in [row["uuid"] for row in changed["migrations"]]
    assert len(changed["migrations"]) < len(rows)
    page = raw.nova("/os-migrations?limit=2", version="2.80").json()
    assert page["migrations_links"]
    assert raw.nova("/os-migrations?marker=none", version="2.80").status == 400
    assert "uuid" not in raw.nova("/os-migrations", version="2.58").json()["migrations"][0]


def test_quotas(nova, raw, session):
    project = session.get_project_id()
    assert nova.quotas.get(project, detail=True).instances["limit"] == 200
    assert nova.quotas.get(project).instances == 200
    detail = raw.nova(f"/os-quota-sets/{project}/detail", version="2.56").json()["quota_set"]
    assert "injected_files" in detail
    assert raw.nova("/os-quota-sets/none/detail").status == 400


@pytest.mark.filterwarnings("ignore")  # the SDK warns about itself
def test_openstacksdk_reads_the_cloud(session, quiet):
    openstack = pytest.importorskip("openstack")
    connection = openstack.connection.Connection(session=session, region_name="RegionOne")
    found = {server.id for server in connection.compute.servers(all_projects=True)}
    assert found == set(quiet.state("nova.server"))
    assert {p.id for p in connection.identity.projects()} <= set(quiet.state("keystone.project"))
    assert len(list(connection.compute.hypervisors())) == len(quiet.state("nova.hypervisor"))
    assert connection.compute.get_flavor("2").name == "m1.small"
