"""What the scout of a cloud says and marks, over a demo cloud and a real store."""

import logging

import pytest

from openstack_democloud.running import DemoCloud
from synchronizer.model.entity import Collection
from synchronizer.sampling.intervals import Intervals
from synchronizer.service.settings import CloudAccess, Settings
from synchronizer.service.supervisor.scout import Scout
from synchronizer.store import open_store

PLUGINS = ("glance", "keystone", "manila", "nagios", "nova")
NOVA, MANILA = Collection("demo", "RegionOne", "nova.server"), "manila.share"
LOST = Collection("demo", "RegionOne", MANILA)


@pytest.fixture(scope="module")
def cloud():
    with DemoCloud(servers=2) as demo:
        yield demo


@pytest.fixture
def store(tmp_path):
    opened = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    for collection in (NOVA, LOST, Collection("other", "RegionOne", MANILA)):
        opened.declare(collection, stale_after=60)
    yield opened
    opened.close()


@pytest.fixture
def scout(cloud, store):
    """Make a scout; what it says is in its list `said`."""
    cloud.clear_faults()

    def make(plugins=PLUGINS, **access):
        said = []
        entry = CloudAccess(name="demo", auth_type="password", auth=cloud.auth, **access)
        settings = Settings(store="", clouds=(entry,), plugins=plugins, intervals=Intervals())
        made = Scout(entry, settings, store, say=said.append)
        made.said = said
        return made

    yield make
    cloud.clear_faults()


def faults(store):
    return {each.collection: each.fault.detail for each in store.collections() if each.fault}


def test_it_says_what_is_there_once(scout, caplog):
    made = scout()
    assert made.look()
    assert made.look()
    assert made.said == ["plugins glance,keystone,nova"]
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_a_system_beside_is_there_when_the_clouds_entry_has_it(scout):
    made = scout(("nagios",), beside={"nagios": {"url": "https://nagios.example.org"}})
    made.look()
    assert made.said == ["plugins nagios"]


def test_what_left_while_nobody_looked_is_marked_in_this_cloud_only(scout, store):
    scout().look()
    assert faults(store) == {
        LOST: "manila has left the catalogue of demo; its entities are kept as they were last seen"
    }


def test_what_leaves_while_it_looks_is_left_to_the_sampler(scout, store):
    made = scout()
    made.look()
    store.note(LOST, fault=None)
    made.look()
    assert faults(store) == {}


def test_regions_that_others_sample_are_not_judged(scout, store):
    scout(regions=("RegionTwo",)).look()
    assert faults(store) == {}


def test_a_misspelt_region_is_told_once(scout, caplog):
    made = scout(regions=("RegionOn",))
    made.look()
    made.look()
    assert made.said == ["plugins "]
    (record,) = [each for each in caplog.records if each.levelno > logging.INFO]
    assert record.getMessage() == (
        "demo: the catalogue has no region RegionOn; it has RegionOne. "
        "Correct region_name or regions in clouds.yaml."
    )


def test_a_keystone_that_is_down_at_the_start_leaves_all_of_the_cloud_marked(
    scout, store, cloud, caplog
):
    made = scout()
    cloud.fault("status", path_prefix="/v3/auth", status=503)
    assert not made.look()
    assert not made.look()
    assert made.said == []
    assert faults(store).keys() == {NOVA, LOST}
    assert len([each for each in caplog.records if each.levelno > logging.INFO]) == 1
    cloud.clear_faults()
    assert made.look()
    assert made.said


def test_a_keystone_that_is_down_later_changes_nothing(scout, store, cloud):
    made = scout()
    made.look()
    before = faults(store)
    cloud.fault("status", path_prefix="/v3/auth", status=503)
    assert not made.look()
    assert faults(store) == before


def test_a_plugin_that_is_not_to_be_had_is_told_and_its_types_are_marked(scout, store, caplog):
    made = scout(("keystone", "sahara"))
    store.declare(Collection("demo", None, "sahara.cluster"), stale_after=60)
    made.look()
    made.look()
    assert made.said == ["plugins keystone"]
    (record,) = [each for each in caplog.records if each.levelno > logging.INFO]
    assert record.levelno == logging.ERROR
    assert "plugin sahara cannot be imported and does not run" in record.getMessage()
    assert faults(store)[Collection("demo", None, "sahara.cluster")] == record.getMessage()


def test_what_no_plugin_samples_here_any_more_is_retired(scout, store):
    for place in (NOVA, LOST):
        store.note(place, sampled_at=1.0)
    scout(("keystone",)).look()
    known = {each.collection: each.state(100.0) for each in store.collections()}
    assert known == {
        NOVA: "retired",
        LOST: "retired",
        Collection("other", "RegionOne", MANILA): "unsampled",
    }
