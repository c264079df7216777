import pytest

from openstack_democloud.names import SECRET

COLLECTIONS = {
    "domains": "domain",
    "projects": "project",
    "users": "user",
    "groups": "group",
    "roles": "role",
    "services": "service",
    "endpoints": "endpoint",
    "regions": "region",
    "credentials": "credential",
    "registered_limits": "registered_limit",
    "limits": "limit",
    "OS-TRUST/trusts": "trust",
    "OS-FEDERATION/identity_providers": "identity_provider",
    "OS-FEDERATION/mappings": "mapping",
    "OS-FEDERATION/service_providers": "service_provider",
}


@pytest.mark.parametrize(("path", "key"), COLLECTIONS.items())
def test_every_listed_entity_can_be_read_and_a_missing_one_is_404(raw, path, key):
    rows = raw.get(f"/v3/{path}").json()[path.rpartition("/")[2]]
    assert rows
    for row in rows[:5]:
        alone = raw.get(f"/v3/{path}/{row['id']}").json()[key]
        if key == "trust":
            assert alone.pop("roles")
            assert "roles" not in row
            del alone["roles_links"]
        assert alone == row
    missing = raw.get(f"/v3/{path}/nothing")
    assert missing.status == 404
    assert missing.json()["error"]["title"] == "Not Found"


def test_nothing_internal_leaves_the_cloud(raw):
    assert b'"_' not in raw.get("/v3/users?limit=50").body
    assert b'"_' not in raw.get("/v3/OS-TRUST/trusts").body


def test_pages_are_walked_by_limit_and_marker(raw, cloud):
    cloud.mutate("create", "keystone.user", 130)
    seen, marker, pages = [], "", 0
    while True:
        body = raw.get(f"/v3/users?limit=50{marker}").json()
        if not body["users"]:
            break
        pages += 1
        seen += [row["id"] for row in body["users"]]
        assert (body["links"]["next"] is None) == (len(seen) == len(cloud.state("keystone.user")))
        marker = f"&marker={seen[-1]}"
    assert pages > 2
    assert seen == sorted(cloud.state("keystone.user"))


def test_without_a_limit_the_listing_is_cut_in_silence(raw, cloud):
    cloud.mutate("create", "keystone.user", 60)
    body = raw.get("/v3/users").json()
    assert len(body["users"]) == 50
    assert body["links"]["next"] is None
    assert "truncated" not in body


def test_the_marker_of_a_deleted_entity_is_404(raw, cloud):
    (gone,) = cloud.mutate("create", "keystone.project")
    cloud.mutate("delete", "keystone.project", ids=[gone])
    assert raw.get(f"/v3/projects?limit=5&marker={gone}").status == 404


@pytest.mark.parametrize("path", ["roles", "endpoints", "credentials"])
def test_limit_on_other_collections_repeats_page_one_for_ever(raw, path):
    first = raw.get(f"/v3/{path}?limit=2").json()
    assert len(first[path]) == 2
    again = raw.get(
        first["links"]["next"].partition("/v3")[1] + first["links"]["next"].partition("/v3")[2]
    )
    assert again.json()[path] == first[path]


def test_roles_of_a_domain_are_listed_only_with_that_domain(raw):
    names = {row["name"] for row in raw.get("/v3/roles").json()["roles"]}
    domains = raw.get("/v3/domains").json()["domains"]
    partners = next(row["id"] for row in domains if row["name"] == "partners")
    local = raw.get(f"/v3/roles?domain_id={partners}").json()["roles"]
    assert [row["name"] for row in local] == ["partner-auditor"]
    assert "partner-auditor" not in names
    assert raw.get(f"/v3/roles/{local[0]['id']}").status == 200


def test_domains_as_projects_show_on_request_only(raw):
    assert not any(row["is_domain"] for row in raw.get("/v3/projects?limit=50").json()["projects"])
    assert all(
        row["is_domain"] for row in raw.get("/v3/projects?is_domain=true").json()["projects"]
    )


def test_assignments_of_every_kind_are_there_and_can_be_filtered(raw):
    rows = raw.get("/v3/role_assignments").json()["role_assignments"]
    scopes = [row["scope"] for row in rows]
    assert any("system" in scope for scope in scopes)
    assert any("OS-INHERIT:inherited_to" in scope for scope in scopes)
    assert any("group" in row for row in rows)
    user = next(row["user"]["id"] for row in rows if "user" in row)
    some = raw.get(f"/v3/role_assignments?user.id={user}").json()["role_assignments"]
    assert some == [row for row in rows if row.get("user", {}).get("id") == user]
    named = raw.get("/v3/role_assignments?include_names=1").json()["role_assignments"]
    assert named[0]["role"]["name"] == "admin"


def test_role_inferences_group_by_prior_role(raw):
    rows = raw.get("/v3/role_inferences").json()["role_inferences"]
    pairs = {(row["prior_role"]["name"], row["implies"][0]["name"]) for row in rows}
    assert pairs == {("admin", "manager"), ("manager", "member"), ("member", "reader")}


def test_what_hangs_on_users_and_groups(raw, cloud):
    group, user = next(iter(cloud.state("keystone.group_member"))).split("/")
    members = raw.get(f"/v3/groups/{group}/users").json()["users"]
    assert user in {row["id"] for row in members}
    user = raw.get("/v3/credentials").json()["credentials"][0]["user_id"]
    ec2 = raw.get(f"/v3/users/{user}/credentials/OS-EC2").json()["credentials"][0]
    assert SECRET in ec2["secret"]
    assert raw.get(f"/v3/users/{user}/credentials/OS-EC2/{ec2['access']}").status == 200
    robot = raw.get(f"/v3/users/{user}/application_credentials").json()["application_credentials"][
        0
    ]
    assert raw.get(f"/v3/users/{user}/application_credentials/{robot['id']}").status == 200
    protocols = raw.get("/v3/OS-FEDERATION/identity_providers/corporate/protocols").json()
    assert protocols["protocols"][0]["id"] == "openid"
    path = "/v3/OS-FEDERATION/identity_providers/corporate/protocols/openid"
    assert raw.get(path).json()["protocol"]["mapping_id"] == "staff"


def test_credentials_carry_the_canary(raw):
    rows = raw.get("/v3/credentials").json()["credentials"]
    assert all(SECRET in row["blob"] for row in rows)


@pytest.mark.parametrize("kind", ["project", "user", "group", "role"])
def test_writes_are_seen_and_logged(raw, cloud, kind):
    before = len(cloud.log())
    made = raw.ask("POST", f"/v3/{kind}s", {kind: {"name": f"written-{kind}"}}).json()[kind]
    assert raw.ask("POST", f"/v3/{kind}s", {kind: {"name": f"written-{kind}"}}).status == 409
    path = f"/v3/{kind}s/{made['id']}"
    changed = raw.ask("PATCH", path, {kind: {"description": "new"}}).json()[kind]
    assert changed["description"] == "new"
    assert cloud.state(f"keystone.{kind}")[made["id"]] == changed
    assert raw.ask("DELETE", path).status == 204
    assert raw.get(path).status == 404
    entries = [(e["op"], e["type"], e["id"]) for e in cloud.log(before)]
    assert entries == [
        (op, f"keystone.{kind}", made["id"]) for op in ("create", "update", "delete")
    ]


def test_grants_and_memberships_go_with_what_they_hang_on(raw, cloud):
    made = {
        kind: raw.ask("POST", f"/v3/{kind}s", {kind: {"name": f"chain-{kind}"}}).json()[kind]["id"]
        for kind in ("project", "user", "group", "role")
    }
    grant = f"/v3/projects/{made['project']}/users/{made['user']}/roles/{made['role']}"
    inherited = f"/v3/OS-INHERIT{grant.removeprefix('/v3')}/inherited_to_projects"
    system = f"/v3/system/groups/{made['group']}/roles/{made['role']}"
    member = f"/v3/groups/{made['group']}/users/{made['user']}"
    for path in (grant, inherited, system, member):
        assert raw.ask("HEAD", path).status in {404, 405}
        assert raw.ask("PUT", path).status == 204
    assert raw.ask("HEAD", grant).status == 204
    key = f"{made['role']}/user:{made['user']}/project:{made['project']}"
    state = cloud.state("keystone.role_assignment")
    assert {key, f"{key}/inherited", f"{made['role']}/group:{made['group']}/system"} <= set(state)
    assert raw.ask("DELETE", grant).status == 204
    assert raw.ask("DELETE", grant).status == 404
    since = len(cloud.log())
    raw.ask("DELETE", f"/v3/users/{made['user']}")
    gone = [(e["op"], e["type"]) for e in cloud.log(since)]
    assert sorted(gone) == [
        ("delete", "keystone.group_member"),
        ("delete", "keystone.role_assignment"),
        ("delete", "keystone.user"),
    ]


def test_tags_of_projects(raw, cloud):
    (id_,) = cloud.mutate("create", "keystone.project")
    path = f"/v3/projects/{id_}/tags"
    assert raw.ask("PUT", path, {"tags": ["a", "b"]}).json()["tags"] == ["a", "b"]
    assert raw.ask("PUT", f"{path}/c").status == 201
    assert raw.ask("DELETE", f"{path}/a").status == 204
    assert raw.get(path).json()["tags"] == ["b", "c"]
    assert raw.get(f"/v3/projects/{id_}").json()["project"]["tags"] == ["b", "c"]
    assert raw.ask("DELETE", path).status == 204
    assert cloud.state("keystone.project")[id_]["tags"] == []
