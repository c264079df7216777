"""What is measured is not in the body, and is refreshed by each sweep without a revision."""

import msgspec
import pytest

from synchronizer.testing.toy import Thing


class Host(Thing):
    """A thing whose usage is measured."""

    name = "host"
    volatile = ()
    measured = ("heartbeat", "use.*")


@pytest.fixture
def hosts(rig):
    made = rig(Host)
    for number in range(3):
        made.cloud.create(f"t{number}")
        made.cloud.alive[f"t{number}"] |= {"heartbeat": 0, "use": {"ram": number}}
    made.sampler.sweep()
    return made


def measured(rig):
    found = rig.store.measurements([rig.collection])
    return {each.id: msgspec.json.decode(each.values) for each in found}


def test_a_body_has_no_measurements(hosts):
    assert all("heartbeat" not in body for body in hosts.held().values())
    assert all(body["use"] == {} for body in hosts.held().values())
    assert measured(hosts)["t2"].keys() == {"heartbeat", "use.ram"}


def test_a_sweep_refreshes_them_and_nothing_changes(hosts):
    before = hosts.store.head().revision
    hosts.cloud.alive["t1"]["use"]["ram"] = 99
    hosts.sampler.sweep()
    assert measured(hosts)["t1"]["use.ram"] == 99
    assert hosts.store.head().revision == before


def test_a_change_names_none_of_them(hosts):
    hosts.cloud.alive["t1"] |= {"use": {"ram": 5}, "status": "DOWN", "heartbeat": 77}
    hosts.sampler.sweep()
    (change,) = hosts.store.changes(hosts.store.head().revision - 1).records
    assert change.changed == ["status"]


def test_those_of_what_is_gone_are_gone(hosts):
    hosts.cloud.delete("t1")
    for _ in range(2):
        assert hosts.attempt() is None
    assert sorted(measured(hosts)) == ["t0", "t2"]


def test_a_sweep_that_fails_measures_nothing(hosts):
    hosts.cloud.alive["t1"]["use"]["ram"] = 99
    hosts.cloud.listing = lambda rows, query: "no list"
    assert hosts.attempt() is not None
    assert measured(hosts)["t1"]["use.ram"] == 1
