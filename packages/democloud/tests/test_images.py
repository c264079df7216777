import pytest

from openstack_democloud.names import SECRET

IMAGES = "/image/v2/images"
ALL = f"{IMAGES}?visibility=all&sort_key=created_at&sort_dir=asc"


@pytest.fixture
def demo(raw):
    """A token of demo, who is no admin."""
    return raw.login("demo", "demo")


def walk(raw, query, **options):
    """Walk by marker until an empty page; return rows, and how often there was a next link."""
    rows, links, marker = [], 0, ""
    while True:
        body = raw.get(f"{query}{marker}", **options).json()
        if not body["images"]:
            return rows, links
        rows += body["images"]
        links += "next" in body
        marker = f"&marker={rows[-1]['id']}"


def made(raw, token=None, **fields):
    reply = raw.ask("POST", IMAGES, {"name": "made", **fields}, token=token)
    assert reply.status == 201, reply.body
    return reply.json()


def patch(raw, id_, *steps, **options):
    return raw.ask("PATCH", f"{IMAGES}/{id_}", list(steps), **options)


def test_two_walks_show_every_image_and_one_does_not(raw, cloud):
    shown, _ = walk(raw, f"{ALL}&os_hidden=false&limit=20")
    hidden, _ = walk(raw, f"{ALL}&os_hidden=true&limit=20")
    assert shown
    assert hidden
    assert {row["os_hidden"] for row in shown} == {False}
    assert {row["id"] for row in shown + hidden} == set(cloud.state("glance.image"))


def test_community_images_of_others_show_only_with_visibility_all(raw):
    plain, _ = walk(raw, f"{IMAGES}?limit=50")
    everything, _ = walk(raw, f"{IMAGES}?visibility=all&limit=50")
    more = {row["id"]: row for row in everything if row not in plain}
    assert more
    assert {row["visibility"] for row in more.values()} == {"community"}


def test_a_page_has_25_rows_unless_more_are_asked_for(raw):
    assert len(raw.get(IMAGES).json()["images"]) == 25
    assert len(raw.get(f"{ALL}&limit=4000").json()["images"]) > 25


def test_the_next_link_is_relative_and_leads_on(raw):
    first = raw.get(f"{ALL}&limit=5").json()
    assert first["next"].startswith("/v2/images?")
    second = raw.get(f"/image{first['next']}").json()
    assert second["images"][0]["created_at"] >= first["images"][-1]["created_at"]
    assert not {r["id"] for r in first["images"]} & {r["id"] for r in second["images"]}


def test_what_a_policy_hides_makes_pages_short_and_loses_the_link(raw, quiet):
    owners = {row["owner"] for row in raw.get(f"{ALL}&limit=5").json()["images"]}
    quiet.fault("hidden_project", path_prefix=IMAGES, project=owners.pop())
    body = raw.get(f"{ALL}&limit=5").json()
    assert body["images"] == []  # the five of the admins' project, which come first
    assert "next" not in body


@pytest.mark.parametrize("dead", [False, True])
def test_an_unknown_marker_is_400_and_a_deleted_one_still_works_for_an_admin(raw, cloud, dead):
    (id_,) = cloud.mutate("create", "glance.image")
    cloud.mutate("delete", "glance.image", ids=[id_])
    if not dead:
        cloud.mutate("archive", "glance.image", ids=[id_])
    assert raw.get(f"{ALL}&marker={id_}").status == (200 if dead else 400)


def test_the_filter_by_time_shows_what_changed_and_no_deletes(raw, cloud):
    (gone,) = cloud.mutate("create", "glance.image")
    cloud.mutate("delete", "glance.image", ids=[gone])
    id_ = list(cloud.state("glance.image"))[7]
    cloud.mutate("update", "glance.image", ids=[id_])
    since = cloud.state("glance.image")[id_]["updated_at"]
    query = f"{ALL}&updated_at=gte:{since}"
    rows = [
        row for hidden in ("false", "true") for row in walk(raw, f"{query}&os_hidden={hidden}")[0]
    ]
    assert id_ in {row["id"] for row in rows}
    assert gone not in {row["id"] for row in rows}
    assert all(row["updated_at"] >= since for row in rows)
    assert raw.get(f"{ALL}&changes-since={since}").status == 400
    assert raw.get(f"{ALL}&updated_at=gte:yesterday").status == 400


def test_errors_have_the_shape_of_webob(raw):
    reply = raw.get(f"{IMAGES}/nothing")
    assert reply.status == 404
    assert reply.json()["code"] == "404 Not Found"
    assert reply.json()["title"] == "Not Found"
    assert raw.get(IMAGES, token="bad").json()["error"]["code"] == 401


def test_an_image_is_made_filled_changed_and_deleted(raw, cloud):
    since = len(cloud.log())
    image = made(raw, colour="red", tags=["one"])
    path = f"{IMAGES}/{image['id']}"
    assert (image["status"], image["size"], image["colour"]) == ("queued", None, "red")
    assert raw.ask("PUT", f"{path}/file", "content").status == 204
    filled = raw.get(path).json()
    assert (filled["status"], filled["size"]) == ("active", len('"content"'))
    assert SECRET in filled["direct_url"]
    changed = patch(
        raw,
        image["id"],
        {"op": "replace", "path": "/name", "value": "renamed"},
        {"op": "remove", "path": "/colour"},
        {"op": "add", "path": "/shade", "value": "dark"},
    ).json()
    assert (changed["name"], changed["shade"], "colour" in changed) == ("renamed", "dark", False)
    assert raw.ask("PUT", f"{path}/tags/two").status == 204
    assert raw.get(path).json() == cloud.state("glance.image")[image["id"]]
    assert raw.ask("DELETE", path).status == 204
    assert raw.get(path).status == 404
    ops = [entry["op"] for entry in cloud.log(since) if entry["id"] == image["id"]]
    assert ops == ["create", *["update"] * 4, "delete"]


def test_what_is_read_only_or_protected_is_403(raw):
    image = made(raw, protected=True)
    step = {"op": "replace", "path": "/status", "value": "active"}
    assert patch(raw, image["id"], step).status == 403
    assert raw.ask("DELETE", f"{IMAGES}/{image['id']}").status == 403
    patch(raw, image["id"], {"op": "replace", "path": "/protected", "value": False})
    assert raw.ask("DELETE", f"{IMAGES}/{image['id']}").status == 204


def test_a_tenant_sees_what_is_their_own_public_or_shared_with_them(raw, demo, cloud):
    own = raw.get("/v3/auth/tokens", **{"X-Subject-Token": demo}).json()["token"]["project"]["id"]
    rows, _ = walk(raw, f"{IMAGES}?visibility=all&member_status=all&limit=50", token=demo)
    members = cloud.state("glance.image_member")
    for row in rows:
        shared = f"{row['id']}/{own}" in members
        assert row["owner"] == own or row["visibility"] in {"public", "community"} or shared
    private = made(raw, visibility="private")
    assert raw.get(f"{IMAGES}/{private['id']}", token=demo).status == 404
    public = next(row for row in rows if row["visibility"] == "public")
    assert raw.ask("DELETE", f"{IMAGES}/{public['id']}", token=demo).status == 403
    mine = made(raw, token=demo)
    step = {"op": "replace", "path": "/visibility", "value": "public"}
    assert patch(raw, mine["id"], step, token=demo).status == 403
    assert raw.get("/image/v2/tasks", token=demo).status == 403


def test_members_accept_and_the_image_is_not_touched(raw, demo, cloud):
    own = raw.get("/v3/auth/tokens", **{"X-Subject-Token": demo}).json()["token"]["project"]["id"]
    image = made(raw, visibility="shared")
    path = f"{IMAGES}/{image['id']}/members"
    assert raw.ask("POST", path, {"member": own}).json()["status"] == "pending"
    assert raw.ask("POST", path, {"member": own}).status == 409
    listing = f"{IMAGES}?visibility=shared&limit=50"
    assert image["id"] not in {r["id"] for r in walk(raw, listing, token=demo)[0]}
    reply = raw.ask("PUT", f"{path}/{own}", {"status": "accepted"}, token=demo)
    assert reply.json() == cloud.state("glance.image_member")[f"{image['id']}/{own}"]
    assert image["id"] in {r["id"] for r in walk(raw, listing, token=demo)[0]}
    assert raw.get(f"{IMAGES}/{image['id']}").json()["updated_at"] == image["updated_at"]
    assert raw.ask("DELETE", f"{path}/{own}").status == 204
    assert raw.get(f"{path}/{own}").status == 404


def test_public_images_have_no_members(raw):
    public = raw.get(f"{IMAGES}?visibility=public").json()["images"][0]["id"]
    assert raw.get(f"{IMAGES}/{public}/members").status == 403


def test_a_namespace_is_its_own_marker(raw):
    names = "/image/v2/metadefs/namespaces"
    first = raw.get(f"{names}?limit=1&sort_dir=asc").json()
    rest = raw.get(f"/image{first['next']}").json()["namespaces"]
    assert rest[0]["namespace"] != first["namespaces"][0]["namespace"]
    assert raw.get(f"{names}?marker=nothing").status == 404
    assert raw.ask("POST", names, {"namespace": "Own"}).status == 201
    changed = raw.ask("PUT", f"{names}/Own", {"namespace": "Own", "description": "new"}).json()
    assert changed["description"] == "new"
    assert raw.ask("DELETE", f"{names}/Own").status == 204


def test_versions_are_told_without_a_token(raw):
    reply = raw.get("/image", token="")
    assert reply.status == 300
    assert reply.json()["versions"][0]["links"][0]["href"].endswith("/image/v2/")
