"""Deletions: held when they are not believable, delivered when they are true."""

import pytest

from synchronizer.model.entity import Collection

SERVERS = Collection("demo", "RegionOne", "nova.server")
USERS = Collection("demo", None, "keystone.user")
ASSIGNMENTS = Collection("demo", None, "keystone.role_assignment")
SERVICES = Collection("demo", "RegionOne", "nova.service")


@pytest.fixture
def sampled(rig):
    for collection in (SERVERS, USERS, SERVICES, ASSIGNMENTS):
        assert rig.do(collection)
    return rig


def test_a_true_deletion_of_everything_arrives_within_two_cycles(sampled):
    cloud = sampled.cloud
    before = sampled.ids(SERVERS)
    cloud.mutate("delete", "nova.server", None)
    sampled.do(SERVERS)
    sampled.do(SERVERS)
    assert sampled.ids(SERVERS) == set()
    assert {id_ for _, id_ in sampled.deleted()} == before
    assert sampled.fault(SERVERS) is None
    cloud.mutate("create", "nova.server", 150)


def test_a_mass_deletion_is_reported_while_it_is_held(sampled):
    cloud, store = sampled.cloud, sampled.store
    faults = []
    note = store.note

    def listening(collection, **fields):
        faults.append(fields.get("fault"))
        note(collection, **fields)

    store.note = listening
    cloud.mutate("delete", "nova.server", 60)
    assert sampled.do(SERVERS)
    assert "synchronizer.sample.mass_delete_held" in [fault.code for fault in faults if fault]
    assert sampled.ids(SERVERS) == set(cloud.state("nova.server"))
    cloud.mutate("create", "nova.server", 60)


def test_a_mass_deletion_costs_a_few_calls(sampled):
    cloud = sampled.cloud
    cloud.mutate("delete", "nova.server", 50)
    cloud.clear_calls()
    assert sampled.do(SERVERS)
    reads = cloud.calls()["families"].get("GET /compute/v2.1/servers/{id}", {"calls": 0})
    assert reads["calls"] == 0
    assert len(sampled.deleted()) == 50
    cloud.mutate("create", "nova.server", 50)


def test_a_delete_says_why(sampled):
    sampled.cloud.mutate("delete", "nova.server", 1)
    sampled.do(SERVERS)
    record = next(r for r in sampled.store.changes(0, limit=10**6).records if r.op == "delete")
    assert record.reason == "read answered 404"
    sampled.cloud.mutate("create", "nova.server", 1)


@pytest.mark.hazard(16)
def test_reads_that_answer_404_for_everything_are_not_believed(sampled):
    cloud = sampled.cloud
    cloud.fault("empty", path_regex=r"/servers/detail", page=2)
    cloud.fault("status", path_regex=r"/servers/[0-9a-f-]{36}", status=404)
    assert not sampled.do(SERVERS)
    assert not sampled.do(SERVERS)
    assert sampled.fault(SERVERS) == "synchronizer.sample.visibility_lost"
    assert not sampled.deleted()


@pytest.mark.hazard(16)
def test_reads_that_answer_403_prove_nothing(sampled):
    cloud = sampled.cloud
    cloud.fault("empty", path_regex=r"/servers/detail", page=2)
    cloud.fault("status", path_regex=r"/servers/[0-9a-f-]{36}", status=403)
    assert not sampled.do(SERVERS)
    assert sampled.fault(SERVERS) == "synchronizer.sample.refused"
    assert not sampled.deleted()


@pytest.mark.hazard(16)
def test_a_proxys_404_proves_nothing(sampled):
    cloud = sampled.cloud
    cloud.fault("empty", path_regex=r"/servers/detail")
    cloud.fault("status", path_regex=r"/servers/[0-9a-f-]{36}", status=404, body="html")
    assert not sampled.do(SERVERS)
    assert not sampled.deleted()


@pytest.mark.hazard(2)
def test_a_cell_that_is_down_freezes_deletions(sampled):
    cloud = sampled.cloud
    cloud.fault("cell_down")
    cloud.mutate("delete", "nova.server", 2)
    for collection in (SERVERS, SERVICES, SERVERS, SERVICES):
        assert not sampled.do(collection)
    assert sampled.fault(SERVERS) == "synchronizer.sample.canary"
    assert not sampled.deleted()
    cloud.clear_faults()
    for collection in (SERVERS, SERVICES):
        assert sampled.do(collection)
        assert sampled.ids(collection) == set(cloud.state(collection.type))
    cloud.mutate("create", "nova.server", 2)


@pytest.mark.hazard(1)
def test_fields_that_vanish_from_all_rows_mean_lost_visibility(sampled):
    cloud = sampled.cloud
    cloud.fault("hidden_project", path_regex=r"/servers", fields=["OS-EXT-SRV-ATTR:host"])
    assert not sampled.do(SERVERS)
    assert sampled.fault(SERVERS) == "synchronizer.sample.visibility_lost"
    assert not sampled.deleted()


@pytest.mark.hazard(1)
def test_rows_of_a_project_that_a_listing_hides_are_not_deleted(sampled):
    cloud = sampled.cloud
    body = next(iter(cloud.state("nova.server").values()))
    cloud.fault("hidden_project", path_regex=r"/servers/detail", project=body["tenant_id"])
    assert sampled.do(SERVERS)
    assert sampled.do(SERVERS)
    assert sampled.ids(SERVERS) == set(cloud.state("nova.server"))


def test_an_empty_listing_of_what_cannot_be_empty_is_malformed(sampled):
    cloud = sampled.cloud
    cloud.fault("empty", path_regex=r"/os-services")
    cloud.fault("empty", path_regex=r"/role_assignments")
    for collection in (SERVICES, ASSIGNMENTS):
        before = sampled.ids(collection)
        assert not sampled.do(collection)
        assert not sampled.do(collection)
        assert sampled.fault(collection) == "synchronizer.sample.malformed"
        assert sampled.ids(collection) == before


@pytest.mark.hazard(20)
def test_soft_deleted_servers_still_exist(sampled):
    cloud = sampled.cloud
    (id_,) = cloud.mutate("soft_delete", "nova.server", 1)
    assert sampled.do(SERVERS)
    assert id_ in sampled.ids(SERVERS)
    assert not sampled.deleted()


def test_a_poll_brings_changes_and_deletes_before_the_next_sweep(sampled):
    cloud = sampled.cloud
    (made,) = cloud.mutate("create", "nova.server", 1)
    (gone,) = cloud.mutate("delete", "nova.server", ids=[min(sampled.ids(SERVERS))])
    assert sampled.do(SERVERS, "poll")
    assert made in sampled.ids(SERVERS)
    assert gone not in sampled.ids(SERVERS)


def test_a_quiet_cloud_makes_no_revision(sampled):
    before = sampled.store.head().revision
    for collection in (SERVERS, USERS, SERVICES, ASSIGNMENTS):
        assert sampled.do(collection)
    assert sampled.do(SERVERS, "poll")
    assert sampled.store.head().revision == before


def test_secrets_never_enter_the_store(sampled):
    records = sampled.store.changes(0, limit=10**6).records
    assert records
    assert not [r for r in records if b"CANARY-SECRET" in r.body]
