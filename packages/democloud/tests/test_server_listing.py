import time
from datetime import UTC, datetime

import pytest
from novaclient import client

from openstack_democloud.running import DemoCloud

from .conftest import PAGE, ids


def stamp(seconds):
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def flat(pages):
    return [row for page in pages for row in page]


@pytest.mark.parametrize("version", ["2.1", "2.73", "2.96"])
def test_novaclient_lists_every_server(session, quiet, version):
    nova = client.Client(version, session=session)
    listed = nova.servers.list(search_opts={"all_tenants": 1}, limit=-1)
    assert {server.id for server in listed} == set(quiet.state("nova.server"))


def test_orders_are_stable_and_opposite(raw, quiet):
    up = flat(raw.walk("&sort_key=created_at&sort_dir=asc"))
    down = flat(raw.walk("&sort_key=created_at&sort_dir=desc"))
    assert ids(up) == ids(down)[::-1] == list(quiet.state("nova.server"))
    assert [row["created"] for row in up] == sorted(row["created"] for row in up)
    quiet.mutate("create", "nova.server", 3)
    by_id = ids(flat(raw.walk("&sort_key=uuid&sort_dir=asc")))
    assert by_id == sorted(quiet.state("nova.server"))
    assert ids(flat(raw.walk("&sort_key=uuid&sort_dir=desc"))) == by_id[::-1]
    assert ids(flat(raw.walk())) == ids(flat(raw.walk("&sort_key=created_at&sort_dir=desc")))


def test_the_same_bytes_when_nothing_changed(raw):
    path = f"/servers/detail?all_tenants=1&limit={PAGE}"
    assert raw.nova(path).body == raw.nova(path).body


def test_a_next_link_only_when_the_page_is_full(raw):
    full = raw.nova("/servers/detail?all_tenants=1&limit=5&sort_dir=asc").json()
    (link,) = full["servers_links"]
    assert link["rel"] == "next"
    follow = raw.get(link["href"].partition(str(raw.cloud.port))[2]).json()
    assert ids(follow["servers"])[0] not in ids(full["servers"])
    last = raw.walk("&sort_dir=asc")[-1]
    if len(last) < PAGE:
        marker = f"&marker={last[0]['id']}"
        rest = raw.nova(f"/servers/detail?all_tenants=1&sort_dir=asc&limit={PAGE}{marker}").json()
        assert "servers_links" not in rest


def test_limits(raw):
    assert raw.nova("/servers/detail?all_tenants=1&limit=0").json() == {"servers": []}
    assert len(raw.nova("/servers/detail?all_tenants=1&limit=5000").json()["servers"]) == PAGE
    assert raw.nova("/servers/detail?all_tenants=1&limit=-1").status == 400
    assert raw.nova("/servers/detail?all_tenants=1&limit=x").status == 400


def test_unknown_parameters_are_400_from_2_75(raw):
    assert raw.nova("/servers/detail?all_tenants=1&colour=red", version="2.74").status == 200
    reply = raw.nova("/servers/detail?all_tenants=1&colour=red", version="2.75")
    assert reply.status == 400
    assert "colour" in reply.json()["badRequest"]["message"]


def test_without_all_tenants_only_the_own_project_shows(raw, quiet, session):
    rows = raw.nova("/servers/detail").json()["servers"]
    assert {row["tenant_id"] for row in rows} <= {session.get_project_id()}


def test_filters(raw, quiet):
    state = quiet.state("nova.server")
    some = next(iter(state.values()))
    for query, wanted in {
        f"project_id={some['tenant_id']}": lambda s: s["tenant_id"] == some["tenant_id"],
        "status=SHUTOFF": lambda s: s["status"] == "SHUTOFF",
        f"host={some['OS-EXT-SRV-ATTR:host']}": lambda s: (
            s["OS-EXT-SRV-ATTR:host"] == some["OS-EXT-SRV-ATTR:host"]
        ),
        f"uuid={some['id']}": lambda s: s["id"] == some["id"],
        f"name={some['name']}": lambda s: some["name"] in s["name"],
    }.items():
        found = ids(flat(raw.walk(f"&{query}")))
        assert set(found) == {id_ for id_, body in state.items() if wanted(body)}, query


def test_changes_since_shows_changed_and_deleted_ones(raw, quiet):
    since = stamp(time.time() - 1)
    (changed,) = quiet.mutate("update", "nova.server", ids=[next(iter(quiet.state("nova.server")))])
    (made,) = quiet.mutate("create", "nova.server")
    quiet.mutate("delete", "nova.server", ids=[made])
    rows = {row["id"]: row for row in flat(raw.walk(f"&changes-since={since}"))}
    assert rows[changed]["status"] != "DELETED"
    assert rows[made]["status"] == "DELETED"
    assert rows[made]["OS-SRV-USG:terminated_at"]
    assert made not in ids(flat(raw.walk()))
    assert made in ids(flat(raw.walk("&deleted=True")))


def test_changes_since_is_inclusive_and_old_times_show_everything(raw, quiet):
    rows = flat(raw.walk("&changes-since=2020-01-01T00:00:00Z"))
    living = {row["id"] for row in rows if row["status"] != "DELETED"}
    newest = max(row["updated"] for row in rows)
    assert ids(flat(raw.walk(f"&changes-since={newest}")))
    never = {id_ for id_, body in quiet.state("nova.server").items()} - living
    for id_ in never:  # updated_at is NULL: shown as now, and in no changes-since
        shown = raw.nova(f"/servers/{id_}").json()["server"]["updated"]
        assert abs(datetime.fromisoformat(shown).timestamp() - time.time()) < 5


def test_what_does_not_bump_updated_is_not_in_changes_since(raw, quiet):
    id_ = list(quiet.state("nova.server"))[3]
    before = raw.nova(f"/servers/{id_}").json()["server"]["updated"]
    assert raw.ask("PUT", f"/compute/v2.1/servers/{id_}/tags", {"tags": ["x"]}).status == 200
    after = raw.nova(f"/servers/{id_}").json()["server"]
    assert (after["tags"], after["updated"]) == (["x"], before)


def test_the_marker_of_a_deleted_row_works_until_it_is_archived(raw, quiet):
    made = quiet.mutate("create", "nova.server", 2)
    quiet.mutate("delete", "nova.server", ids=made[:1])
    path = f"/servers/detail?all_tenants=1&sort_dir=asc&marker={made[0]}"
    assert ids(raw.nova(path).json()["servers"])[0] == made[1]
    quiet.mutate("archive", "nova.server", ids=made[:1])
    reply = raw.nova(path)
    assert reply.status == 400
    assert "marker" in reply.json()["badRequest"]["message"]


def test_the_churn_brings_no_soft_deleted_server_back():
    with DemoCloud(servers=12, build_seconds=0) as cloud:
        hidden = {cloud.mutate("soft_delete", "nova.server")[0] for _ in range(9)}
        assert len(hidden) == 9, "nor is one soft-deleted twice"
        for _ in range(40):
            assert hidden.isdisjoint(cloud.mutate("update", "nova.server"))


def test_soft_deleted_servers_are_hidden_but_can_be_read(raw, quiet):
    (id_,) = quiet.mutate("soft_delete", "nova.server")
    assert id_ not in ids(flat(raw.walk()))
    assert raw.nova(f"/servers/{id_}").json()["server"]["status"] == "SOFT_DELETED"
    assert id_ in ids(flat(raw.walk("&soft_deleted=True")))


def test_sorting_by_other_columns(raw, quiet):
    rows = flat(raw.walk("&sort_key=display_name&sort_dir=asc"))
    assert [row["name"] for row in rows] == sorted(row["name"] for row in rows)
    assert raw.nova("/servers/detail?sort_key=colour").status == 400


def test_the_brief_listing(raw):
    row = raw.nova("/servers?all_tenants=1&limit=1").json()["servers"][0]
    assert set(row) == {"id", "name", "links"}
