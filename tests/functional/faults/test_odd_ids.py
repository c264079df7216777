"""Ids that a path does not carry as they are: listed, read because of hints, and deleted."""

import pytest
from tests.functional.faults.conftest import Rig

from synchronizer.model.address import segment
from synchronizer.model.entity import Collection

FLAVORS = Collection("demo", "RegionOne", "nova.flavor")
ODD = (".", "..", "...", "%2E%2E", "a b", "a?b#c;d", "100%", "é日本", "x" * 200)


@pytest.fixture
def odd(cloud, path):
    """The cloud with a flavor of each odd id, sampled once."""
    rig = Rig(cloud, path, types=("nova.flavor",))
    rig.nova = rig.session.get_endpoint(service_type="compute")
    for id_ in ODD:
        flavor = {"id": id_, "name": f"named {ODD.index(id_)}", "ram": 1, "vcpus": 1, "disk": 1}
        rig.session.post(f"{rig.nova}/flavors", json={"flavor": flavor})
    assert rig.do(FLAVORS)
    assert set(ODD) <= rig.ids(FLAVORS)
    yield rig
    for id_ in set(ODD) & set(rig.cloud.state("nova.flavor")):
        rig.session.delete(f"{rig.nova}/flavors/{segment(id_)}")
    rig.store.close()


def test_what_lives_is_not_deleted_because_it_was_read(odd):
    odd.sampler(FLAVORS).read(ODD)
    assert set(ODD) <= odd.ids(FLAVORS)
    assert not odd.deleted()


def test_what_is_gone_is_deleted_and_nothing_else(odd):
    for id_ in ODD[:4]:
        odd.session.delete(f"{odd.nova}/flavors/{segment(id_)}")
    for _ in range(3):
        assert odd.do(FLAVORS)
    assert odd.ids(FLAVORS) == set(odd.cloud.state("nova.flavor"))
    assert odd.deleted() == {("nova.flavor", id_) for id_ in ODD[:4]}
