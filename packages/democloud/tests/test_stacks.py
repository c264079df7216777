import pytest

from openstack_democloud.names import SECRET


class Heat:
    """Asks Heat below a project's address, as an admin unless told otherwise."""

    def __init__(self, raw, token, project):
        self.raw = raw
        self.token = token
        self.root = f"/heat-api/v1/{project}"

    def ask(self, method, path, body=None, **headers):
        return self.raw.ask(method, self.root + path, body, token=self.token, **headers)

    def get(self, path):
        return self.ask("GET", path)

    def stacks(self, query=""):
        return self.get(f"/stacks{query}").json()["stacks"]


def client(raw, user):
    token = raw.login(user, user)
    told = raw.get("/v3/auth/tokens", **{"X-Subject-Token": token}).json()["token"]
    return Heat(raw, token, told["project"]["id"])


@pytest.fixture
def heat(raw):
    return client(raw, "admin")


@pytest.fixture
def demo(raw):
    return client(raw, "demo")


@pytest.fixture
def made(heat, cloud):
    """A new stack, its create complete."""
    (id_,) = cloud.mutate("create", "heat.stack")
    return heat.stacks(f"?show_nested=true&id={id_}")[0]


def settled(cloud, id_, status):
    """Wait on the log until a stack has a status, or is gone."""
    for _ in range(40):
        seq = len(cloud.log())
        held = cloud.state("heat.stack").get(id_, {"stack_status": None})
        if held["stack_status"] == status:
            return held
        cloud.log(seq, wait=2)
    raise AssertionError(f"{id_} never became {status}")


def address(stack):
    return f"/stacks/{stack['stack_name']}/{stack['id']}"


def test_the_catalogue_has_the_address_of_the_tokens_project(raw, heat):
    told = raw.get("/v3/auth/tokens", **{"X-Subject-Token": heat.token}).json()["token"]
    (found,) = (s for s in told["catalog"] if s["type"] == "orchestration")
    assert found["endpoints"][0]["url"].endswith(heat.root)
    kept = raw.get("/v3/endpoints?limit=50").json()["endpoints"]
    assert any(row["url"].endswith("/heat-api/v1/%(project_id)s") for row in kept)


def test_a_token_without_a_project_finds_no_heat(raw):
    who = {"name": "admin", "password": "password", "domain": {"name": "Default"}}
    auth = {
        "identity": {"methods": ["password"], "password": {"user": who}},
        "scope": {"system": {"all": True}},
    }
    told = raw.ask("POST", "/v3/auth/tokens", {"auth": auth}, token="").json()["token"]
    (found,) = (s for s in told["catalog"] if s["type"] == "orchestration")
    assert found["endpoints"] == []


def test_an_admins_plain_listing_shows_all_projects_and_names_them(heat, demo, cloud):
    rows = heat.stacks("?show_nested=true&show_hidden=true")
    assert {row["id"] for row in rows} == set(cloud.state("heat.stack"))
    assert len({row["project"] for row in rows}) > 1
    own = demo.stacks("?show_nested=true")
    assert 0 < len(own) < len(rows)
    assert not any("project" in row for row in own)
    assert heat.get("/stacks?global_tenant=true").status == 403


def test_nested_stacks_show_on_request_and_name_their_parent(heat):
    plain, whole = heat.stacks(), heat.stacks("?show_nested=true")
    assert len(plain) < len(whole)
    assert all(row["parent"] is None for row in plain)
    ids = {row["id"] for row in whole}
    assert any(row["parent"] in ids for row in whole)


def test_several_stacks_are_listed_by_their_ids(heat):
    some = [row["id"] for row in heat.stacks("?show_nested=true")[:3]]
    query = "&".join(f"id={id_}" for id_ in some)
    assert {row["id"] for row in heat.stacks(f"?show_nested=true&{query}")} == set(some)
    assert heat.stacks("?id=nothing") == []


def test_links_come_with_a_limit_that_is_reached(heat):
    body = heat.get("/stacks?limit=4").json()
    (link,) = body["links"]
    rest = heat.raw.get(link["href"].partition(str(heat.raw.cloud.port))[2]).json()["stacks"]
    assert not {row["id"] for row in rest} & {row["id"] for row in body["stacks"]}
    assert "links" not in heat.get("/stacks").json()
    assert heat.get("/stacks?limit=x").status == 400


def test_an_unknown_marker_begins_again_and_a_deleted_one_does_not(heat, cloud, made):
    first = heat.get("/stacks?limit=4&sort_dir=asc").json()["stacks"]
    assert heat.get("/stacks?limit=4&sort_dir=asc&marker=nothing").json()["stacks"] == first
    cloud.mutate("delete", "heat.stack", ids=[made["id"]])
    assert heat.get(f"/stacks?sort_dir=asc&marker={made['id']}").json()["stacks"] == []
    cloud.mutate("archive", "heat.stack", ids=[made["id"]])
    restarted = heat.get(f"/stacks?limit=4&sort_dir=asc&marker={made['id']}").json()["stacks"]
    assert restarted == first


def test_a_read_shows_more_than_the_listing(heat, made):
    alone = heat.get(address(made)).json()["stack"]
    assert made["description"] == ""
    assert alone["description"]
    assert SECRET in alone["parameters"]["admin_password"]
    assert SECRET in alone["outputs"][0]["output_value"]
    assert "project" not in alone
    assert "outputs" not in heat.get(f"{address(made)}?resolve_outputs=false").json()["stack"]


def test_a_deleted_stack_is_read_until_it_is_purged(heat, cloud, made):
    cloud.mutate("delete", "heat.stack", ids=[made["id"]])
    assert made["id"] not in {row["id"] for row in heat.stacks("?show_nested=true")}
    gone = heat.get(address(made))
    assert gone.status == 200
    assert gone.json()["stack"]["stack_status"] == "DELETE_COMPLETE"
    assert gone.json()["stack"]["deletion_time"]
    assert made["id"] in {row["id"] for row in heat.stacks("?show_nested=true&show_deleted=true")}
    cloud.mutate("archive", "heat.stack", ids=[made["id"]])
    missing = heat.get(address(made))
    assert missing.status == 404
    assert missing.json()["error"]["type"] == "EntityNotFound"
    assert missing.json()["code"] == 404


def test_an_id_alone_leads_to_the_stack(heat, made):
    for path in ("", "/resources"):
        reply = heat.get(f"/stacks/{made['id']}{path}")
        assert reply.status == 302
        assert reply.headers["Location"].endswith(f"{address(made)}{path}")
    assert heat.get(f"/stacks/other/{made['id']}").status == 404


def test_a_stack_is_made_changed_and_deleted_in_steps(heat, cloud):
    given = {"stack_name": "own", "template": {"heat_template_version": "2021-04-16"}}
    reply = heat.ask("POST", "/stacks", given)
    assert reply.status == 201
    id_ = reply.json()["stack"]["id"]
    assert heat.ask("POST", "/stacks", given).status == 409
    stack = settled(cloud, id_, "CREATE_COMPLETE")
    assert stack["updated_time"] is None
    assert heat.ask("PATCH", address(stack), {"tags": "a,b"}).status == 202
    assert heat.ask("PATCH", address(stack), {}).status == 409
    updated = settled(cloud, id_, "UPDATE_COMPLETE")
    assert (updated["tags"], updated["updated_time"] is None) == (["a", "b"], False)
    heat.ask("POST", f"{address(stack)}/actions", {"suspend": None})
    settled(cloud, id_, "SUSPEND_COMPLETE")
    assert heat.ask("DELETE", address(stack)).status == 204
    assert heat.stacks(f"?id={id_}")[0]["stack_status"] == "DELETE_IN_PROGRESS"
    settled(cloud, id_, None)
    assert not [key for key in cloud.state("heat.resource") if key.startswith(id_)]


def test_with_a_stack_go_those_nested_in_it(heat, cloud):
    state = cloud.state("heat.stack")
    child = next(row for row in state.values() if row["parent"])
    cloud.mutate("delete", "heat.stack", ids=[child["parent"]])
    assert not {child["id"], child["parent"]} & set(cloud.state("heat.stack"))


def test_a_depth_adds_the_resources_of_nested_stacks(heat, cloud):
    child = next(row for row in cloud.state("heat.stack").values() if row["parent"])
    parent = heat.stacks(f"?id={child['parent']}")[0]
    flat = heat.get(f"{address(parent)}/resources").json()["resources"]
    deep = heat.get(f"{address(parent)}/resources?nested_depth=1").json()["resources"]
    assert len(deep) > len(flat)
    one = heat.get(f"{address(parent)}/resources/{flat[0]['resource_name']}").json()["resource"]
    assert SECRET in one["attributes"]["signal_url"]


def test_tenants_have_no_business_elsewhere(heat, demo):
    elsewhere = demo.raw.get(f"{heat.root}/stacks", token=demo.token)
    assert elsewhere.status == 403
    assert demo.get("/services").status == 403
    other = next(row for row in heat.stacks() if row["project"] not in demo.root)
    assert demo.get(address(other)).status == 404


def test_software_configs_name_their_project_in_the_listing_only(heat, cloud):
    made = heat.ask("POST", "/software_configs", {"name": "own", "config": "echo"}).json()
    id_ = made["software_config"]["id"]
    (row,) = (r for r in heat.get("/software_configs").json()["software_configs"] if r["id"] == id_)
    alone = heat.get(f"/software_configs/{id_}").json()["software_config"]
    assert "project" in row
    assert "project" not in alone
    assert (alone["config"], "config" in row) == ("echo", False)
    assert heat.ask("DELETE", f"/software_configs/{id_}").status == 204
    deployed = next(iter(cloud.state("heat.software_deployment").values()))["config_id"]
    assert heat.ask("DELETE", f"/software_configs/{deployed}").status == 400


def test_snapshots_are_asked_for_by_name_and_id_and_go_with_their_stack(heat, cloud):
    given = {"stack_name": "kept", "template": {"heat_template_version": "2021-04-16"}}
    made = heat.ask("POST", "/stacks", given).json()["stack"]["id"]
    settled(cloud, made, "CREATE_COMPLETE")
    path = f"/stacks/kept/{made}/snapshots"
    one, two = (heat.ask("POST", path, {"name": name}).json()["id"] for name in ("a", "b"))
    assert {row["id"] for row in heat.get(path).json()["snapshots"]} == {one, two}
    assert heat.get(f"/stacks/other/{made}/snapshots").status == 404
    assert heat.ask("DELETE", f"{path}/{one}").status == 204
    assert heat.ask("DELETE", f"{path}/{one}").status == 404
    assert f"{made}/{two}" in cloud.state("heat.snapshot")
    heat.ask("DELETE", f"/stacks/kept/{made}")
    settled(cloud, made, None)
    assert f"{made}/{two}" not in cloud.state("heat.snapshot")
