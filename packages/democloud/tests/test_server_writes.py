import pytest
from novaclient import client, exceptions

from openstack_democloud.names import SECRET

from .conftest import ids


def until(cloud, since, wanted):
    """Return when *wanted* holds of the entries after *since*; each look awaits a new one."""
    seen = since
    while not wanted(cloud.log(since)):
        entries = cloud.log(seen, wait=5)
        assert entries, "nothing more happened"
        seen = entries[-1]["seq"]


@pytest.fixture
def nova(session, quiet):
    return client.Client("2.96", session=session)


def create(nova, name="made"):
    return nova.servers.create(name, image="some-image", flavor="2", nics="auto")


def test_a_new_server_builds_and_becomes_active(nova, quiet, raw):
    since = len(quiet.log())
    made = create(nova)
    assert SECRET in made.adminPass
    first = raw.nova("/servers/detail?all_tenants=1&limit=3&sort_dir=asc").json()["servers"][0]
    assert (first["id"], first["status"]) == (made.id, "BUILD")  # a BuildRequest, first of all
    assert first["OS-EXT-SRV-ATTR:host"] is None
    future = "&changes-since=2100-01-01T00:00:00Z"
    assert made.id in ids(raw.nova(f"/servers/detail?all_tenants=1{future}").json()["servers"])
    until(quiet, since, lambda log: len([e for e in log if e["id"] == made.id]) >= 3)
    active = nova.servers.get(made.id)
    assert active.status == "ACTIVE"
    assert active.to_dict()["OS-EXT-SRV-ATTR:host"]
    assert active.flavor["original_name"] == "m1.small"


def test_a_server_deleted_while_it_is_a_build_request_leaves_no_row(nova, quiet, raw):
    made = create(nova)
    made.delete()
    with pytest.raises(exceptions.NotFound):
        nova.servers.get(made.id)
    path = "/servers/detail?all_tenants=1&changes-since=2020-01-01T00:00:00Z&sort_dir=desc"
    assert made.id not in ids(raw.nova(path).json()["servers"])


def test_update_metadata_and_tags(nova, quiet):
    (id_,) = quiet.mutate("create", "nova.server")
    server = nova.servers.get(id_)
    server.update(name="renamed", description="why")
    nova.servers.set_meta(server, {"a": "1", "b": "2"})
    nova.servers.delete_meta(server, ["a"])
    server.add_tag("blue")
    server.set_tags(["green", "red"])
    server.delete_tag("red")
    after = nova.servers.get(id_)
    assert (after.name, after.description) == ("renamed", "why")
    assert after.metadata["b"] == "2"
    assert "a" not in after.metadata
    assert after.tags == ["green"]
    assert quiet.state("nova.server")[id_]["metadata"] == after.metadata


def test_actions(nova, quiet):
    (id_,) = quiet.mutate("create", "nova.server")
    server = nova.servers.get(id_)
    for act, status in (
        (server.stop, "SHUTOFF"),
        (server.start, "ACTIVE"),
        (server.pause, "PAUSED"),
        (server.unpause, "ACTIVE"),
        (lambda: server.resize("4"), "VERIFY_RESIZE"),
        (server.confirm_resize, "ACTIVE"),
    ):
        act()
        assert nova.servers.get(id_).status == status
    assert nova.servers.get(id_).flavor["original_name"] == "m1.large"
    server.lock(reason="audit")
    assert nova.servers.get(id_).locked_reason == "audit"
    server.unlock()
    with pytest.raises(exceptions.Conflict):
        server.start()
    since = len(quiet.log())
    server.reboot()
    assert nova.servers.get(id_).status == "REBOOT"
    until(quiet, since, lambda log: len([e for e in log if e["id"] == id_]) >= 2)
    assert nova.servers.get(id_).status == "ACTIVE"


def test_delete_gives_404_in_novas_shape_and_leaves_the_server_groups(nova, quiet, raw):
    group, body = next(iter(quiet.state("nova.server_group").items()))
    id_ = body["members"][0]
    assert raw.nova(f"/servers/{id_}").json()["server"]["server_groups"] == [group]
    assert raw.ask("DELETE", f"/compute/v2.1/servers/{id_}").status == 204
    reply = raw.nova(f"/servers/{id_}")
    assert (reply.status, reply.json()["itemNotFound"]["code"]) == (404, 404)
    assert id_ not in quiet.state("nova.server_group")[group]["members"]
    actions = raw.nova(f"/servers/{id_}/os-instance-actions").json()["instanceActions"]
    assert actions[-1]["action"] == "create"


def test_what_hangs_on_a_server(raw, quiet):
    attachment = next(iter(quiet.state("nova.volume_attachment", "2.89").values()))
    path = f"/servers/{attachment['serverId']}/os-volume_attachments"
    assert raw.nova(path, version="2.89").json()["volumeAttachments"] == [attachment]
    alone = raw.nova(f"{path}/{attachment['volumeId']}", version="2.89").json()
    assert alone["volumeAttachment"] == attachment
    assert raw.nova(f"{path}/nothing").status == 404
    path = f"/servers/{attachment['serverId']}/os-instance-actions"
    actions = raw.nova(path).json()["instanceActions"]
    assert raw.nova(f"{path}/{actions[0]['request_id']}").status == 200
    behind = raw.nova(f"{path}?limit=5&marker={actions[-1]['request_id']}").json()
    assert behind["instanceActions"] == []
    assert raw.nova(f"/servers/{attachment['serverId']}/shares", version="2.97").json() == {
        "shares": []
    }


def test_nonsense_is_400(raw, quiet):
    path = "/compute/v2.1/servers"
    assert raw.ask("POST", path, {}).status == 400
    assert raw.ask("POST", path, {"server": {"name": "x", "flavorRef": "none"}}).status == 400
    id_ = next(iter(quiet.state("nova.server")))
    assert raw.ask("POST", f"{path}/{id_}/action", {"dance": None}).status == 400
    assert raw.ask("PATCH", f"{path}/{id_}", {}).status == 405
