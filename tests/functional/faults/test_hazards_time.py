"""Stamps that mislead, and answers from behind: nothing is lost, and nothing goes back."""

from itertools import count

import pytest

from synchronizer.store.staleness import LAG, YOUNG

POLLED = ("nova.server", "cinder.volume", "glance.image")
"""Types with an incremental filter."""

PATHS = {
    "nova.server": "/servers",
    "cinder.volume": "/volumes",
    "glance.image": "/v2/images",
    "neutron.port": "/v2.0/ports",
}

AHEAD = count(100, 100)
"""How far the cloud's clock is set ahead, ever further."""

each_polled = pytest.mark.parametrize("type_", POLLED)
each_stamped = pytest.mark.parametrize("type_", PATHS)


def shown(sky, type_, id_):
    """Return an entity as its own read shows it now."""
    path = {
        "nova.server": "compute/v2.1/servers",
        "cinder.volume": "volume/v3/volumes",
        "glance.image": "image/v2/images",
        "neutron.port": "network/v2.0/ports",
    }[type_]
    headers = {"OpenStack-API-Version": "compute 2.100, volume 3.70"}
    found = sky.session.get(f"{sky.cloud.base}/{path}/{id_}", headers=headers).json()
    return next(iter(found.values())) if len(found) == 1 else found


def named(sky, type_):
    """Return some id whose entity the cloud lets be renamed and deleted."""
    return max(sky.ids(type_))


@pytest.mark.hazard(9)
@pytest.mark.parametrize("seconds", [-7200, 7200])
@each_polled
def test_a_clock_that_is_wrong_loses_nothing_and_deletes_nothing(sky, type_, seconds):
    """Set right again, what changes is stamped long before, or after, the last poll."""
    sky.cloud.fault("clock", seconds=seconds)
    assert sky.do(type_)
    assert sky.do(type_, "poll")
    sky.cloud.clear_faults()
    sky.cloud.mutate("update", type_, ids=[named(sky, type_)])
    sky.cloud.mutate("create", type_, 2)
    assert sky.do(type_, "poll")
    assert not sky.deleted()
    assert sky.do(type_)
    assert sky.is_true(type_)
    assert (
        sky.rows(type_)[named(sky, type_)]["name"] == shown(sky, type_, named(sky, type_))["name"]
    )


@pytest.mark.hazard(9, 10)
@each_polled
def test_every_change_within_one_second_is_seen_by_the_next_poll(sky, type_):
    assert sky.do(type_)
    id_ = named(sky, type_)
    for _ in range(4):
        sky.cloud.mutate("update", type_, ids=[id_])
        assert sky.do(type_, "poll")
        assert sky.rows(type_)[id_]["name"] == shown(sky, type_, id_)["name"]


@pytest.mark.hazard(10)
@each_polled
def test_a_poll_of_a_quiet_second_writes_nothing_though_it_is_listed_again(sky, type_):
    assert sky.do(type_)
    sky.cloud.mutate("update", type_, ids=[named(sky, type_)])
    assert sky.do(type_, "poll")
    before = sky.head
    for _ in range(3):
        assert sky.do(type_, "poll")
    assert sky.head == before


@pytest.mark.parametrize("type_", ["cinder.volume", "glance.image"])
def test_what_a_sweep_finds_before_the_poll_that_shows_it_was_missed_by_nobody(sky, type_):
    """So it is no reason to sweep again soon."""
    assert sky.do(type_)
    assert not sky.sampler(type_).calm
    sky.cloud.fault("clock", seconds=next(AHEAD))
    sky.cloud.mutate("update", type_, ids=[named(sky, type_)])
    before = sky.head
    assert sky.do(type_)
    assert sky.ops(before) == [("update", type_, named(sky, type_))]
    assert sky.sampler(type_).calm


@pytest.mark.hazard(11)
@pytest.mark.parametrize("type_", ["nova.server", "cinder.volume"])
def test_what_was_never_updated_is_found_by_the_sweep_and_is_no_endless_change(sky, type_):
    """Cinder shows null, which no filter matches; Nova shows the time of the question."""
    assert sky.do(type_)
    made = sky.cloud.mutate("create", type_, 150 if type_ == "cinder.volume" else 6)
    assert sky.do(type_, "poll")
    assert sky.do(type_)
    assert set(made) <= sky.ids(type_)
    before = sky.head
    for kind in ("sweep", "poll", "sweep"):
        assert sky.do(type_, kind)
    assert sky.head == before
    if type_ == "cinder.volume":
        assert None in {sky.rows(type_)[id_]["updated_at"] for id_ in made}


@pytest.mark.hazard(12)
@pytest.mark.parametrize("type_", ["cinder.volume", "glance.image"])
def test_a_deletion_that_no_filter_shows_is_found_by_the_sweep(sky, type_):
    assert sky.do(type_)
    (id_,) = sky.cloud.mutate("delete", type_, ids=[named(sky, type_)])
    assert sky.do(type_, "poll")
    assert id_ in sky.ids(type_)
    assert sky.do(type_)
    assert (type_, id_) in sky.deleted()
    assert sky.is_true(type_)
    assert not sky.lost()


@pytest.mark.hazard(13)
def test_what_an_entity_shows_of_others_is_no_change_of_it(sky):
    """Zones of the agents that live just now; the port of a floating IP."""
    types = ("neutron.network", "neutron.router", "neutron.floatingip")
    assert all(sky.do(type_) for type_ in (*types, "neutron.agent", "neutron.port"))
    before = sky.head
    for _ in range(3):
        sky.cloud.mutate("flip", "neutron.agent")
        sky.cloud.mutate("flip", "neutron.port")
    assert all(sky.do(type_) for type_ in (*types, "neutron.agent", "neutron.port"))
    changed = {type_ for _, type_, _ in sky.ops(before)}
    assert not changed & set(types)
    assert "neutron.agent" in changed or "neutron.port" in changed


@pytest.mark.hazard(13)
def test_a_server_shows_late_what_its_port_has_and_neither_undoes_the_other(sky):
    assert sky.do("nova.server")
    assert sky.do("neutron.port")
    ports = sky.rows("neutron.port")
    id_ = min(i for i, body in ports.items() if body["device_owner"].startswith("compute:"))
    before = sky.head
    sky.cloud.mutate("update", "neutron.port", ids=[id_])
    assert sky.do("neutron.port")
    for _ in range(2):
        assert sky.do("nova.server")
    assert sky.ops(before) == [("update", "neutron.port", id_)]


class TestReplicas:
    """Hazard 23: an answer from behind, of each type that carries a stamp."""

    @pytest.fixture(params=PATHS)
    def sampled(self, sky, request):
        sky.type = request.param
        assert sky.do(sky.type)
        sky.clock.ahead += 60
        return sky

    def ops(self, sky, since):
        return [(op, id_) for op, _, id_ in sky.ops(since)]

    @pytest.mark.hazard(23)
    @pytest.mark.parametrize("kind", ["sweep", "poll", "hint"])
    def test_an_older_state_is_not_published(self, sampled, kind):
        self.goes_back(sampled, named(sampled, sampled.type), kind)

    @pytest.mark.hazard(11, 23)
    @pytest.mark.parametrize("kind", ["sweep", "hint"])
    def test_nor_is_one_from_before_the_first_update(self, sky, kind):
        """Cinder shows null until then."""
        sky.type = "cinder.volume"
        made = sky.cloud.mutate("create", sky.type, 150)
        assert sky.do(sky.type)
        sky.clock.ahead += 60
        rows = sky.rows(sky.type)
        self.goes_back(sky, next(id_ for id_ in made if rows[id_]["updated_at"] is None), kind)

    def goes_back(self, sky, id_, kind):
        was = shown(sky, sky.type, id_)
        sky.cloud.fault("clock", seconds=next(AHEAD))  # stamps move by whole seconds
        sky.cloud.mutate("update", sky.type, ids=[id_])
        assert sky.do(sky.type)
        before = sky.head
        behind = sky.cloud.fault("replica", path_regex=PATHS[sky.type], rows=[was])
        for _ in range(2):
            assert sky.hint(sky.type, [id_]) if kind == "hint" else sky.do(sky.type, kind)
        assert self.ops(sky, before) == []
        sky.cloud.clear_faults(behind)
        assert sky.wait(sky.type, LAG)
        assert self.ops(sky, before) == []

    @pytest.mark.hazard(23)
    def test_the_dead_do_not_rise(self, sampled):
        sky, id_ = sampled, named(sampled, sampled.type)
        ghost = shown(sky, sky.type, id_)
        sky.cloud.mutate("delete", sky.type, ids=[id_])
        assert sky.do(sky.type)
        before = sky.head
        sky.cloud.fault("added_rows", path_regex=rf"{PATHS[sky.type]}(/detail)?$", rows=[ghost],
                        times=1)  # fmt: skip
        assert sky.do(sky.type)
        assert self.ops(sky, before) == []
        assert sky.wait(sky.type, LAG)
        assert self.ops(sky, before) == []
        assert sky.is_true(sky.type)

    @pytest.mark.hazard(23)
    @pytest.mark.parametrize("kind", ["sweep", "hint"])
    def test_what_one_replica_does_not_have_yet_is_not_deleted(self, sampled, kind):
        sky = sampled
        sky.store._clock = sky.clock
        (made,) = sky.cloud.mutate("create", sky.type)
        assert sky.do(sky.type)
        assert made in sky.ids(sky.type)
        before = sky.head
        behind = sky.cloud.fault("replica", path_regex=PATHS[sky.type], ids=[made])
        assert sky.hint(sky.type, [made]) if kind == "hint" else sky.do(sky.type)
        sky.cloud.clear_faults(behind)
        assert sky.wait(sky.type, YOUNG)
        assert self.ops(sky, before) == []


@pytest.mark.hazard(24)
@pytest.mark.parametrize("type_", ["nova.server", "cinder.volume", "placement.resource_provider"])
def test_a_worker_that_does_not_know_the_microversion_is_a_fault_and_no_change(sky, type_):
    """The versions are pinned, so that no worker answers in another shape."""
    assert sky.do(type_)
    before = sky.head
    sky.cloud.fault("status", status=406, path_regex="/(servers|volumes|resource_providers)")
    assert not sky.do(type_)
    assert sky.fault(type_) == "synchronizer.sample.malformed"
    sky.cloud.clear_faults()
    assert sky.do(type_)
    assert sky.fault(type_) is None
    assert sky.ops(before) == []


@pytest.mark.hazard(24)
def test_a_field_that_an_older_worker_leaves_out_deletes_nothing_and_comes_back(sky):
    """Where there are no microversions its answer is believed as it is."""
    assert sky.do("neutron.port")
    before = sky.rows("neutron.port")
    sky.cloud.fault("hidden_project", path_regex="/v2.0/ports", fields=["extra_dhcp_opts"])
    assert sky.do("neutron.port")
    sky.cloud.clear_faults()
    assert sky.do("neutron.port")
    assert sky.rows("neutron.port") == before
    assert not sky.deleted()
