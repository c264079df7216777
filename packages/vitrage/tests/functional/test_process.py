"""Vitrage's whole graph process, its scheduler, locks and database, over a synchronizer."""

import time

import pytest

SOON = 2.0


def fast(serve, **more):
    """A synchronizer that looks often, so that what is measured is the way to Vitrage."""
    return serve(sweep_interval=0.5, poll_interval=0.2, **more)


def absent(vitrage, id_, type_="nova.instance"):
    return id_ not in vitrage.graph().of(type_)


def test_what_the_synchronizer_knows_vitrage_knows_within_two_seconds(
    cloud, serve, vitrage, eventually, record_property
):
    synchronizer = fast(serve)
    graph = vitrage(synchronizer.url)
    known = {}
    seconds = {}

    def heard(change):
        known.setdefault((change.op, change.id), time.monotonic())

    with synchronizer.mirror(["nova.server", "cinder.volume"], on_change=heard) as mirror:
        assert mirror.wait_synced(10)
        known.clear()
        for round_ in range(5):
            (server,) = cloud.mutate("create", "nova.server")
            eventually(lambda: not absent(graph, server), 20)  # noqa: B023
            seconds["create", round_] = time.monotonic() - known["create", server]
            assert cloud.mutate("delete", "nova.server", ids=[server]) == [server]
            eventually(lambda: absent(graph, server), 20)  # noqa: B023
            seconds["delete", round_] = time.monotonic() - known["delete", server]
    print("seconds from the synchronizer to Vitrage:", {k: round(v, 3) for k, v in seconds.items()})
    record_property("slowest", max(seconds.values()))
    assert max(seconds.values()) < SOON


def test_over_the_message_bus_it_is_the_same(cloud, serve, vitrage, eventually, rabbit, tmp_path):
    synchronizer = fast(serve, bus={"url": rabbit.url, "exchange": "vitrage"})
    beside = vitrage(synchronizer.url)
    (tmp_path / "bus").mkdir()
    over = vitrage(f"{rabbit.url}?exchange=vitrage", folder="bus")
    assert over.graph() == beside.graph()
    made = {
        cloud.mutate("create", type_)[0]: ours
        for type_, ours in (("nova.server", "nova.instance"), ("cinder.volume", "cinder.volume"))
    }
    eventually(lambda: not any(absent(over, id_, type_) for id_, type_ in made.items()), 20)
    for id_, type_ in made.items():
        known = "nova.server" if type_ == "nova.instance" else type_
        assert cloud.mutate("delete", known, ids=[id_]) == [id_]
    eventually(lambda: all(absent(over, id_, type_) for id_, type_ in made.items()), 20)
    eventually(lambda: over.graph() == beside.graph(), 20)


def test_what_goes_while_vitrage_is_down_is_gone_when_it_is_back(cloud, serve, vitrage, eventually):
    synchronizer = fast(serve)
    first = vitrage(synchronizer.url)
    (server,) = cloud.mutate("create", "nova.server")
    (volume,) = cloud.mutate("create", "cinder.volume")
    (network,) = cloud.mutate("create", "neutron.network")
    made = {"nova.instance": server, "cinder.volume": volume, "neutron.network": network}
    eventually(lambda: not any(absent(first, id_, type_) for type_, id_ in made.items()), 20)
    stored = first.said().count("Persisting graph - done")
    eventually(lambda: first.said().count("Persisting graph - done") > stored, 30, first.said)
    first.kill()
    for type_, id_ in {"nova.server": server, "cinder.volume": volume}.items():
        assert cloud.mutate("delete", type_, ids=[id_]) == [id_]
    assert cloud.mutate("delete", "neutron.network", ids=[network]) == [network]
    (newer,) = cloud.mutate("create", "nova.server")
    with synchronizer.mirror(["nova.server", "cinder.volume", "neutron.network"]) as mirror:
        eventually(lambda: not {server, volume, network} & {key.id for key in mirror}, 20)
        eventually(lambda: newer in mirror.of("nova.server"), 20)
    second = vitrage(synchronizer.url)
    assert "loading graph from database snapshot" in second.said()
    eventually(lambda: all(absent(second, id_, type_) for type_, id_ in made.items()), 30)
    eventually(lambda: not absent(second, newer), 20)
    assert set(second.graph().of("nova.instance")) == set(cloud.state("nova.server"))


def test_a_killed_synchronizer_costs_nothing_but_time(cloud, serve, vitrage, eventually):
    synchronizer = fast(serve)
    port = synchronizer.url.rpartition(":")[2]
    graph = vitrage(synchronizer.url)
    before = graph.graph()
    (gone,) = cloud.mutate("create", "nova.server")
    eventually(lambda: not absent(graph, gone), 20)
    synchronizer.kill()
    assert cloud.mutate("delete", "nova.server", ids=[gone]) == [gone]
    (made,) = cloud.mutate("create", "nova.server")
    eventually(lambda: graph.said().count("get_all and processing took") >= 2, 40)
    assert set(graph.graph().of("nova.instance")) == {*before.of("nova.instance"), gone}
    again = synchronizer.config.read_text().replace("port = 0", f"port = {port}")
    synchronizer.config.write_text(again)
    synchronizer.start()
    eventually(lambda: absent(graph, gone) and not absent(graph, made), 40, graph.said)
    after = graph.graph()
    assert set(after.of("nova.instance")) == set(cloud.state("nova.server"))
    eventually(
        lambda: set(graph.graph().of("cinder.volume")) == set(cloud.state("cinder.volume")), 20
    )


def test_an_empty_store_deletes_nothing_until_it_has_sampled(cloud, serve, vitrage, eventually):
    synchronizer = fast(serve)
    port = synchronizer.url.rpartition(":")[2]
    graph = vitrage(synchronizer.url)
    before = graph.graph()
    synchronizer.kill()
    for file in synchronizer.folder.glob("store.sqlite*"):
        file.unlink()
    again = synchronizer.config.read_text().replace("port = 0", f"port = {port}")
    synchronizer.config.write_text(again)
    hung = cloud.fault("slow", path_prefix="/compute", seconds=8)
    (made,) = cloud.mutate("create", "nova.server")
    synchronizer.start()
    seen = []

    def back():
        seen.append(set(graph.graph().of("nova.instance")))
        if len(seen) == 40:
            cloud.clear_faults(hung)
        return made in seen[-1]

    eventually(back, 60, graph.said)
    assert all(each >= set(before.of("nova.instance")) for each in seen)


def test_vitrage_may_start_before_the_synchronizer(cloud, serve, vitrage, eventually):
    synchronizer = fast(serve)
    port = synchronizer.url.rpartition(":")[2]
    synchronizer.kill()
    graph = vitrage(synchronizer.url, synchronizer={"timeout": 0.3})
    assert graph.graph().vertices == {}
    again = synchronizer.config.read_text().replace("port = 0", f"port = {port}")
    synchronizer.config.write_text(again)
    synchronizer.start()
    eventually(
        lambda: set(graph.graph().of("nova.instance")) == set(cloud.state("nova.server")), 40
    )
    eventually(
        lambda: set(graph.graph().of("cinder.volume")) == set(cloud.state("cinder.volume")), 10
    )


@pytest.mark.parametrize("seconds", [25])
def test_entities_outlive_a_synchronizer_that_stays_away(serve, vitrage, seconds):
    """Vitrage deletes what was not sampled for two snapshot intervals, here 20 seconds."""
    synchronizer = fast(serve)
    first = vitrage(synchronizer.url)
    before = first.graph()
    first.kill()
    synchronizer.kill()
    second = vitrage(synchronizer.url, synchronizer={"timeout": 0.3})
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert set(second.graph().vertices) == set(before.vertices)
        time.sleep(1)
    assert "get_all: nova.instance Failed" in second.said()
    assert "Periodic consistency check done" in second.said()
