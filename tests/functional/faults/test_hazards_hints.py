"""Notifications that come too early, twice, in the wrong order, too late, or not at all.

What the demo cloud's services told is decoded as the listener does it, and handed to the
worker in whatever order a test wants; then the reads that are due are done.
"""

import msgspec
import pytest

from synchronizer.plugins import installed
from synchronizer.plugins.hints import Hints

TYPES = ("nova.server", "neutron.port", "cinder.volume", "glance.image", "keystone.user")

each_type = pytest.mark.parametrize("type_", TYPES)


class Ear:
    """What the services told since a test began, and a way to hand it on."""

    def __init__(self, sky, type_):
        self._sky = sky
        self.type = type_
        plugin = installed()[type_.partition(".")[0]]
        self._hints = Hints(plugin.declared())
        sky.cloud.listen()
        numbers = [each["number"] for each in sky.cloud.notifications()]
        self._since = max(numbers, default=0)

    def told(self):
        """Return what was told of this type: ids and whole entities, in order."""
        heard = self._sky.cloud.notifications(self._since)
        said = [
            each
            for message in heard
            if not message["event_type"].endswith(".start")
            for each in self._hints.of(message["event_type"], message["payload"])
        ]
        return [each for each in said if each.type == self.type and each.ids]

    def hand_on(self, said):
        """Hint all of them, each read before the next comes."""
        for each in said:
            assert self._sky.hint(self.type, each.ids, each.whole)


@pytest.fixture
def ear(sky):
    def make(type_):
        assert sky.do(type_)
        sky.clock.ahead += 60
        return Ear(sky, type_)

    return make


def churned(sky, type_):
    """Make, change and delete some; return who lives and who is gone of the new ones."""
    made = sky.cloud.mutate("create", type_, 3)
    for _ in range(3):
        sky.cloud.mutate("update", type_, ids=made)
    gone = sky.cloud.mutate("delete", type_, ids=made[:1])
    return made[1:], gone


def history(sky, type_, id_):
    return list(sky.store.history(sky.collection(type_), id_))


def is_true(sky, type_, living, gone):
    ids = sky.ids(type_)
    return set(living) <= ids and not set(gone) & ids and not sky.lost()


@pytest.mark.hazard(25)
@each_type
def test_twice_is_as_good_as_once(sky, ear, type_):
    heard = ear(type_)
    living, gone = churned(sky, type_)
    said = heard.told()
    assert said
    heard.hand_on([each for each in said for _ in range(2)])
    assert is_true(sky, type_, living, gone)
    before = sky.head
    heard.hand_on(said)
    assert sky.head == before, "all of it is known already"


@pytest.mark.hazard(25)
@each_type
def test_the_wrong_order_ends_in_the_right_state(sky, ear, type_):
    heard = ear(type_)
    living, gone = churned(sky, type_)
    heard.hand_on(heard.told()[::-1])
    assert is_true(sky, type_, living, gone)
    for id_ in (*living, *gone):
        ops = [record.op for record in history(sky, type_, id_)]
        assert ops.count("create") <= 1
        assert "delete" not in ops[:-1]


@pytest.mark.hazard(25)
@each_type
def test_lost_ones_are_made_up_for_by_the_sweep(sky, ear, type_):
    heard = ear(type_)
    sky.cloud.fault("lost")
    living, gone = churned(sky, type_)
    assert heard.told() == []
    assert sky.do(type_)
    assert is_true(sky, type_, living, gone)
    assert sky.is_true(type_)


@pytest.mark.hazard(25)
@each_type
def test_of_the_dead_they_make_nothing(sky, ear, type_):
    """All that was told of an entity arrives after it was found deleted."""
    heard = ear(type_)
    living, gone = churned(sky, type_)
    assert sky.do(type_)
    before = sky.head
    heard.hand_on(heard.told())
    assert is_true(sky, type_, living, gone)
    assert {id_ for _, _, id_ in sky.ops(before)}.isdisjoint(gone)


@pytest.mark.hazard(25)
@each_type
def test_a_deletion_that_is_told_before_it_is_done_is_seen_by_the_second_look(sky, ear, type_):
    ear(type_)
    id_ = max(id_ for id_, body in sky.rows(type_).items() if body.get("name") not in KEPT)
    before = sky.head
    assert sky.hint(type_, [id_])
    assert sky.ops(before) == []
    sky.cloud.mutate("delete", type_, ids=[id_])
    assert sky.wait(type_, 2.1)
    assert sky.ops(before) == [("delete", type_, id_)]


@pytest.mark.hazard(25)
@each_type
def test_a_creation_that_is_told_before_anybody_can_read_it_is_seen_by_the_second_look(
    sky, ear, type_
):
    ear(type_)
    (made,) = sky.cloud.mutate("create", type_)
    before = sky.head
    path = rf"/{type_.partition('.')[2]}s"
    behind = sky.cloud.fault("replica", path_regex=path, ids=[made])
    assert sky.hint(type_, [made])
    assert sky.ops(before) == []
    sky.cloud.clear_faults(behind)
    assert sky.wait(type_, 2.1)
    assert sky.ops(before) == [("create", type_, made)]


KEPT = {"admin", "nova", "demo"}


def of_servers(sky):
    """Return ids of ports that are at rest and may be deleted.

    What is in flux is read in any case, as it moves on without a version. Ports of routers and
    the parents of trunks cannot be deleted.
    """
    parents = {trunk["port_id"] for trunk in sky.cloud.state("neutron.trunk").values()}
    return [
        id_
        for id_, port in sky.cloud.state("neutron.port").items()
        if port["status"] == "ACTIVE"
        and port["device_owner"] == "compute:nova"
        and id_ not in parents
    ]


class TestWhole:
    """Ports come whole with their updates, and are passed on unread if they are newer."""

    @pytest.fixture
    def updates(self, sky, ear):
        heard = ear("neutron.port")
        (sky.id,) = sky.cloud.mutate("update", "neutron.port", ids=[min(of_servers(sky))])
        for _ in range(4):
            sky.cloud.mutate("update", "neutron.port", ids=[sky.id])
        sky.said = [each for each in heard.told() if each.whole]
        assert len(sky.said) == 5
        sky.asked = []
        sky.before = sky.asked.append
        return heard

    def versions(self, sky):
        records = history(sky, "neutron.port", sky.id)
        return [msgspec.json.decode(record.body)["revision_number"] for record in records]

    @pytest.mark.hazard(25)
    def test_in_order_none_is_read_and_all_are_seen(self, sky, updates):
        updates.hand_on(sky.said)
        assert sky.asked == []
        assert self.versions(sky) == sorted(set(self.versions(sky)))
        assert len(self.versions(sky)) == 1 + len(sky.said)

    @pytest.mark.hazard(25)
    def test_older_ones_are_not_believed(self, sky, updates):
        updates.hand_on([*sky.said[::-1], *sky.said])
        newest = sky.cloud.state("neutron.port")[sky.id]["revision_number"]
        assert self.versions(sky)[-1] == newest
        assert self.versions(sky) == sorted(set(self.versions(sky)))
        assert len(self.versions(sky)) == 2

    @pytest.mark.hazard(25)
    def test_one_that_was_deleted_meanwhile_does_not_rise(self, sky, updates):
        assert sky.cloud.mutate("delete", "neutron.port", ids=[sky.id]) == [sky.id]
        assert sky.do("neutron.port")
        assert sky.id not in sky.ids("neutron.port")
        before = sky.head
        updates.hand_on(sky.said)
        assert sky.ops(before) == []
