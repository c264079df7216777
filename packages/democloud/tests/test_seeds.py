"""The two forms of a server, and the ids that lead back to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openstack_democloud.cloud import Size
from openstack_democloud.registry import make_cloud
from openstack_democloud.servers.ids import ServerIds
from openstack_democloud.servers.template import listed


@pytest.fixture(scope="module")
def cloud():
    return make_cloud(Size(servers=3000, seed=11), "http://127.0.0.1:1")


@pytest.mark.parametrize("minor", [1, 47, 96, 100])
def test_the_fast_and_the_slow_form_are_the_same_bytes(cloud, minor):
    fleet = cloud.servers
    template = listed(minor, cloud.base, fleet.seeds.padding)
    fast = fleet.renderer.items(fleet, range(3000), template)
    for seq, item in enumerate(fast):
        if not fleet.seeds.never_updated(seq):
            slow = template.render(fleet.renderer.of_server(fleet.look(seq), now=0))
            assert item == slow


def test_most_servers_take_the_fast_way(cloud):
    plain = sum(values is not None for _, values in cloud.servers.renderer.seeded(range(3000)))
    assert plain > 2800


@given(st.integers(0, 2**40), st.integers(0, 10_000))
def test_an_id_leads_back_to_its_server(seq, seed):
    made = ServerIds(seed)
    assert made.seq(made.id(seq)) == seq
    assert made.heads(3).tolist() == [made.head(number) for number in range(3)]


@given(st.text(max_size=40))
def test_no_other_text_is_an_id(text):
    assert ServerIds(1).seq(text) is None


def test_ids_are_unique_and_sort_by_their_head():
    made = ServerIds(4)
    ids = [made.id(seq) for seq in range(5000)]
    assert len(set(ids)) == 5000
    assert sorted(range(5000), key=made.head) == sorted(range(5000), key=ids.__getitem__)
