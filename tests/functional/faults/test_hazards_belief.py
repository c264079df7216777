"""Answers that lack what lives, and deletions that do not look like one."""

import pytest
from keystoneauth1.identity import v3
from keystoneauth1.session import Session
from tests.functional.faults.conftest import Rig

LOST, REFUSED = "synchronizer.sample.visibility_lost", "synchronizer.sample.refused"
CANARY, UNREACHABLE = "synchronizer.sample.canary", "synchronizer.sample.unreachable"

PATHS = {
    "nova.server": "/servers",
    "neutron.port": "/network/v2.0/ports",
    "cinder.volume": "/volumes",
    "heat.stack": "/stacks",
}
WITNESS = {
    "nova.server": "OS-EXT-SRV-ATTR:host",
    "neutron.port": "binding:host_id",
    "cinder.volume": "os-vol-host-attr:host",
    "heat.stack": "project",
}
"""What only an administrator sees."""

OWNED = {
    "nova.server": ("/servers/detail", "tenant_id"),
    "glance.image": ("/v2/images$", "owner"),
    "keystone.project": ("/v3/projects$", "id"),
}

BELONGING = ("nova.server", "neutron.port", "cinder.volume", "glance.image", "keystone.user")
"""Types that answer 404 for what is gone."""


def settles(sky, type_):
    sky.cloud.clear_faults()
    sky.clock.ahead += 60
    return sky.do(type_) and sky.do(type_) and sky.is_true(type_) and sky.fault(type_) is None


@pytest.fixture
def operator(small, path):
    """The rig of somebody who is an administrator until ``demote`` is called."""
    admin = Session(auth=v3.Password(**small.auth))
    roles = {body["name"]: body["id"] for body in small.state("keystone.role").values()}
    project = admin.get_project_id()
    name = f"operator-{small.pause()}"
    user = {"name": name, "password": "password", "domain_id": "default"}
    user = admin.post(f"{small.auth_url}/users", json={"user": user}).json()["user"]
    grants = f"{small.auth_url}/projects/{project}/users/{user['id']}/roles"
    for role in ("member", "admin"):
        admin.put(f"{grants}/{roles[role]}")
    made = Rig(small, path, auth={**small.auth, "username": name})

    def demote(_number=0):
        made.before = lambda number: None
        admin.delete(f"{grants}/{roles['admin']}")
        small.fault("token_expiry", times=1)  # as Keystone does then

    made.demote = demote
    yield made
    made.store.close()


@pytest.mark.hazard(1, 16)
@pytest.mark.parametrize("type_", ["neutron.network", "neutron.security_group", "heat.stack"])
@pytest.mark.parametrize("kind", ["sweep", "poll", "read"])
def test_a_role_that_is_lost_on_the_way_changes_and_deletes_nothing(operator, type_, kind):
    """What the next token may not see, no listing shows and no read finds."""
    assert operator.do(type_)
    before = operator.head
    operator.before = operator.demote
    if kind == "read":
        operator.hint(type_, sorted(operator.ids(type_)))
    else:
        operator.do(type_, kind)
    operator.do(type_)
    assert operator.fault(type_) in {LOST, REFUSED}
    assert operator.ops(before) == []


@pytest.mark.hazard(1)
@pytest.mark.parametrize("type_", WITNESS)
def test_a_field_that_only_administrators_see_tells_that_rows_are_filtered(sky, type_):
    assert sky.do(type_)
    before = sky.head
    sky.cloud.fault("hidden_project", path_regex=PATHS[type_], fields=[WITNESS[type_]])
    assert not sky.do(type_)
    assert sky.fault(type_) == LOST
    assert not sky.hint(type_, sorted(sky.ids(type_))[:3])
    assert sky.ops(before) == []
    assert settles(sky, type_)


@pytest.mark.hazard(1)
@pytest.mark.parametrize("type_", OWNED)
def test_rows_that_only_a_listing_filters_stay(sky, type_):
    assert sky.do(type_)
    path, field = OWNED[type_]
    project = sky.cloud.state("nova.server")[min(sky.cloud.state("nova.server"))]["tenant_id"]
    hidden = [id_ for id_, body in sky.cloud.state(type_).items() if body[field] == project]
    assert hidden
    sky.cloud.fault("hidden_rows", path_regex=path, ids=hidden, times=9)
    assert not sky.deleted()
    sky.do(type_)
    assert not sky.deleted()
    assert settles(sky, type_)


@pytest.mark.hazard(2)
@pytest.mark.parametrize("type_", ["server", "migration", "service", "hypervisor", "server_group"])
def test_what_a_cell_that_is_down_hides_stays(sky, type_):
    type_ = f"nova.{type_}"
    assert sky.do(type_)
    before = sky.head
    sky.cloud.fault("cell_down")
    for kind in ("sweep", "sweep", "poll"):
        sky.do(type_, kind)
    assert sky.fault(type_) in {CANARY, UNREACHABLE}
    sky.hint(type_, sorted(sky.ids(type_)))
    assert sky.ops(before) == []
    assert settles(sky, type_)


@pytest.mark.hazard(14)
def test_references_to_what_is_not_seen_yet_or_no_longer_are_no_fault(sky):
    """Ports of servers that nobody sampled; attachments of volumes that are gone."""
    (server,) = sky.cloud.mutate("delete", "nova.server")
    types = ("neutron.port", "cinder.attachment", "cinder.volume", "placement.allocation")
    assert sky.do("placement.resource_provider")
    assert all(sky.do(type_) for type_ in types)
    for type_ in types:
        assert sky.is_true(type_)
        assert sky.fault(type_) is None
    sky.cloud.mutate("delete", "cinder.volume", 3)
    assert sky.do("cinder.volume")
    assert sky.do("cinder.attachment")
    assert server not in sky.ids("cinder.volume")
    assert sky.is_true("cinder.attachment")


@pytest.mark.hazard(15)
@pytest.mark.parametrize("how", ["sweep", "hint"])
@pytest.mark.parametrize("type_", [*BELONGING, "heat.stack", "heat.software_deployment"])
def test_a_deletion_arrives_whatever_its_read_answers(sky, type_, how):
    """404 by most; Heat shows a deleted stack as DELETE_COMPLETE until it is purged."""
    assert sky.do(type_)
    before = sky.cloud.state(type_)
    sky.cloud.mutate("delete", type_)
    gone = before.keys() - sky.cloud.state(type_).keys()
    assert gone
    if how == "hint":
        assert sky.hint(type_, sorted(gone))
    else:
        assert sky.do(type_)
    assert sky.deleted() == {(type_, id_) for id_ in gone}
    assert sky.is_true(type_)
    if type_ == "heat.stack":
        (id_, *_) = gone
        url = f"{sky.cloud.base}/heat-api/v1/{before[id_]['project']}/stacks"
        shown = sky.session.get(f"{url}/{before[id_]['stack_name']}/{id_}").json()["stack"]
        assert shown["stack_status"] == "DELETE_COMPLETE"


@pytest.mark.hazard(15)
def test_allocations_that_read_as_an_empty_200_go_after_two_sweeps(sky):
    assert sky.do("placement.resource_provider")
    assert sky.do("placement.allocation")
    (server,) = sky.cloud.mutate("delete", "nova.server")
    url = f"{sky.cloud.base}/placement/allocations/{server}"
    assert sky.session.get(url).json()["allocations"] == {}
    assert sky.do("placement.allocation")
    assert not sky.deleted()
    sky.clock.ahead += 30
    assert sky.do("placement.allocation")
    assert {id_.partition("/")[2] for _, id_ in sky.deleted()} == {server}
    assert sky.is_true("placement.allocation")


@pytest.mark.hazard(16)
@pytest.mark.parametrize("type_", BELONGING)
@pytest.mark.parametrize("answer", [(404, "html"), (500, "json"), (502, "html"), (504, "html")])
def test_what_others_say_in_the_services_name_is_no_absence(sky, type_, answer):
    """A proxy before it, or the service itself in trouble, to a hinted read."""
    assert sky.do(type_)
    status, body = answer
    sky.cloud.fault("status", path_regex=r"/(servers|ports|volumes|images|users)\b", status=status,
                    body=body)  # fmt: skip
    assert not sky.hint(type_, sorted(sky.ids(type_))[:2])
    assert not sky.do(type_)
    assert not sky.deleted()
    assert settles(sky, type_)


@pytest.mark.hazard(16)
def test_an_empty_listing_by_id_is_no_absence_while_others_are_not_found_either(sky):
    """As Neutron answers to who may see nothing."""
    assert sky.do("neutron.port")
    sky.cloud.fault("empty", path_regex="/v2.0/ports")
    assert sky.hint("neutron.port", sorted(sky.ids("neutron.port"))[:2])
    assert sky.do("neutron.port", "poll")
    assert sky.do("neutron.port")
    assert sky.fault("neutron.port") == "synchronizer.sample.delete_held"
    assert not sky.deleted()
    assert settles(sky, "neutron.port")


@pytest.mark.hazard(16)
def test_the_last_of_a_type_is_gone_by_the_poll_that_misses_it(sky):
    *others, last = sorted(sky.cloud.state("neutron.floatingip"))
    sky.cloud.mutate("delete", "neutron.floatingip", ids=others)
    assert sky.do("neutron.network")
    assert sky.do("neutron.floatingip")
    sky.clock.ahead += 60
    sky.cloud.fault("empty", path_regex="/v2.0/networks")
    sky.cloud.mutate("delete", "neutron.floatingip", ids=[last])
    assert sky.do("neutron.floatingip", "poll")
    assert not sky.deleted(), "it may be that we cannot see anything"
    sky.cloud.clear_faults()
    assert sky.do("neutron.floatingip", "poll")
    assert sky.deleted() == {("neutron.floatingip", last)}


@pytest.mark.hazard(16)
@pytest.mark.parametrize("type_", [*BELONGING, "heat.stack"])
def test_a_token_that_ends_between_two_calls_is_renewed_and_nothing_is_deleted(sky, type_):
    assert sky.do(type_)
    sky.before = lambda number: sky.cloud.fault("token_expiry", times=1)
    assert sky.do(type_)
    sky.before = lambda number: None
    assert not sky.deleted()
    assert sky.is_true(type_)


@pytest.mark.hazard(18)
def test_users_of_a_back_end_that_does_not_answer_stay(sky):
    """Its domain is missing in the listing, and each of its users answers 500."""
    assert sky.do("keystone.user")
    users = sky.cloud.state("keystone.user")
    away = [id_ for id_, body in users.items() if body["name"].startswith("user-")][:5]
    sky.cloud.fault("hidden_rows", path_regex="/v3/users$", ids=away)
    sky.cloud.fault("status", path_regex=f"/v3/users/({'|'.join(away)})", status=500)
    (made,) = sky.cloud.mutate("create", "keystone.user")
    assert not sky.do("keystone.user")
    assert sky.fault("keystone.user") == UNREACHABLE
    assert made in sky.ids("keystone.user"), "the other domains go on"
    assert not sky.deleted()
    assert settles(sky, "keystone.user")


def test_a_key_pair_outlives_its_user_until_nova_forgets_it(sky):
    """It is listed for nobody then, and can still be read."""
    (pair,) = sky.cloud.mutate("create", "nova.keypair")
    user = pair.partition("/")[0]
    assert sky.do("keystone.user")
    assert sky.do("nova.keypair")
    sky.cloud.mutate("delete", "keystone.user", ids=[user])
    for _ in range(3):
        assert sky.do("keystone.user")
        assert sky.do("nova.keypair")
    assert user not in sky.ids("keystone.user")
    assert pair in sky.ids("nova.keypair")
    sky.cloud.mutate("delete", "nova.keypair", ids=[pair])
    assert sky.do("nova.keypair")
    assert pair not in sky.ids("nova.keypair")


@pytest.mark.hazard(20)
def test_what_is_being_deleted_is_still_there_and_says_so(sky):
    assert sky.do("cinder.volume")
    assert sky.do("nova.server")
    volumes = sky.cloud.mutate("begin_delete", "cinder.volume", 2)
    (server,) = sky.cloud.mutate("soft_delete", "nova.server")
    for kind in ("poll", "sweep", "sweep"):
        assert sky.do("cinder.volume", kind)
        assert sky.do("nova.server", kind)
    assert not sky.deleted()
    states = {sky.rows("cinder.volume")[id_]["status"] for id_ in volumes}
    assert states <= {"deleting", "error_deleting"}
    assert sky.rows("nova.server")[server]["status"] == "SOFT_DELETED"
