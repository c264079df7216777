"""What Vitrage's own transformers and processor make of what our drivers hand over."""

import pytest

OURS = {
    "nova.instance": "nova.server",
    "cinder.volume": "cinder.volume",
    "neutron.network": "neutron.network",
    "neutron.port": "neutron.port",
    "heat.stack": "heat.stack",
}


def read_all(vitrage, action="init_snapshot"):
    return {name: vitrage.exec.get_all(name, action) for name in vitrage.datasources}


@pytest.fixture
def filled(cloud, shared, in_process):
    """A Vitrage graph that was filled from a demo cloud at rest, by way of the synchronizer."""
    vitrage = in_process(shared.url)
    vitrage.serve = shared
    vitrage.counts = read_all(vitrage)
    return vitrage


def of_servers(ports):
    return {id_: port for id_, port in ports.items() if "compute" in port["device_owner"]}


def test_the_graph_is_the_cloud(filled, cloud):
    graph = filled.graph()
    servers = cloud.state("nova.server", "2.87")
    assert {
        id_: (server["name"], server["status"], server["tenant_id"])
        for id_, server in servers.items()
    } == {
        id_: (vertex["name"], vertex["state"], vertex["project_id"])
        for id_, vertex in graph.of("nova.instance").items()
    }
    volumes = cloud.state("cinder.volume")
    assert {id_: (each["name"], each["status"], each["size"]) for id_, each in volumes.items()} == {
        id_: (vertex["name"], vertex["state"], vertex["size"])
        for id_, vertex in graph.of("cinder.volume").items()
    }
    assert set(graph.of("neutron.network")) == set(cloud.state("neutron.network"))
    ports = of_servers(cloud.state("neutron.port"))
    assert {id_: [ip["ip_address"] for ip in port["fixed_ips"]] for id_, port in ports.items()} == {
        id_: port["ip_addresses"] for id_, port in graph.of("neutron.port").items()
    }
    stacks = cloud.state("heat.stack")
    assert set(graph.of("heat.stack")) == {
        id_ for id_, stack in stacks.items() if not stack["parent"]
    }
    services = cloud.state("nova.service", "2.69").values()
    computes = {each["host"]: each for each in services if each["binary"] == "nova-compute"}
    assert {
        host: "available" if (each["state"], each["status"]) == ("up", "enabled") else "unavailable"
        for host, each in computes.items()
    } == {host: vertex["state"] for host, vertex in graph.of("nova.host").items()}
    zones = {each["zone"] for each in computes.values()}
    assert set(graph.of("nova.zone")) == zones


def test_the_relations_are_those_of_the_cloud(filled, cloud):
    edges = filled.graph().edges
    servers = cloud.state("nova.server", "2.87")
    assert {edge for edge in edges if edge[2][0] == "nova.instance" and edge[1] == "contains"} == {
        (("nova.host", server["OS-EXT-SRV-ATTR:host"]), "contains", ("nova.instance", id_))
        for id_, server in servers.items()
    }
    volumes = cloud.state("cinder.volume")
    assert {edge for edge in edges if edge[0][0] == "cinder.volume"} == {
        (("cinder.volume", id_), "attached", ("nova.instance", each["server_id"]))
        for id_, volume in volumes.items()
        for each in volume["attachments"]
    }
    ports = of_servers(cloud.state("neutron.port"))
    assert {edge for edge in edges if edge[0][0] == "neutron.port"} == {
        (("neutron.port", id_), "attached", ("nova.instance", port["device_id"]))
        for id_, port in ports.items()
    }
    assert {edge for edge in edges if edge[0][0] == "neutron.network"} == {
        (("neutron.network", port["network_id"]), "contains", ("neutron.port", id_))
        for id_, port in ports.items()
    }
    kinds = {
        "OS::Nova::Server": "nova.instance",
        "OS::Cinder::Volume": "cinder.volume",
        "OS::Neutron::Net": "neutron.network",
        "OS::Neutron::Port": "neutron.port",
    }
    parents = {id_: each["parent"] for id_, each in cloud.state("heat.stack").items()}

    def outermost(stack):
        return outermost(parents[stack]) if parents[stack] else stack

    comprised = {
        (
            ("heat.stack", outermost(id_.partition("/")[0])),
            "comprised",
            (kinds[each["resource_type"]], each["physical_resource_id"]),
        )
        for id_, each in cloud.state("heat.resource").items()
        if each["resource_type"] in kinds
    }
    assert comprised
    assert {edge for edge in edges if edge[0][0] == "heat.stack"} == comprised


def test_every_vertex_bears_the_name_of_its_own_datasource(filled):
    for (type_, _), vertex in filled.graph().vertices.items():
        if type_ != "openstack.cluster":
            assert vertex["datasource"] == type_


@pytest.mark.parametrize("datasource", sorted(OURS))
def test_what_is_created_and_deleted_comes_and_goes(filled, cloud, eventually, datasource):
    type_ = OURS[datasource]
    if datasource == "neutron.port":  # of those that are made, none is a server's
        made = next(iter(filled.graph().of(datasource)))
    else:
        (made,) = cloud.mutate("create", type_)

    def there():
        filled.exec.get_changes(datasource)
        return made in filled.graph().of(datasource)

    eventually(there, 30)
    assert cloud.mutate("delete", type_, ids=[made]) == [made]
    eventually(lambda: not there(), 30)
    assert not [edge for edge in filled.graph().edges if (datasource, made) in edge]


def test_a_change_is_handed_over_once_and_whole(filled, cloud, eventually):
    changed = cloud.mutate("update", "neutron.network")[0]
    handed = []

    def heard():
        handed.extend(filled.driver("neutron.network").get_changes("update"))
        return handed

    eventually(heard, 30)
    (event,) = handed
    assert event["id"] == changed
    assert event["vitrage_datasource_action"] == "snapshot"
    assert {"name", "status", "subnets", "tenant_id"} <= event.keys()
    assert list(filled.driver("neutron.network").get_changes("update")) == []


def test_a_second_snapshot_changes_nothing(filled):
    before = filled.graph()
    assert read_all(filled, "snapshot") == filled.counts
    assert filled.graph() == before


def test_a_snapshot_takes_away_what_vitrage_still_has(filled, cloud, eventually):
    """What went while Vitrage was down: its driver has forgotten it, its graph has not."""
    from vitrage.datasources import utils  # noqa: PLC0415

    gone = cloud.mutate("delete", "nova.server")[0]
    for driver in utils.drivers.values():
        driver.close()
    utils.drivers.clear()
    eventually(lambda: _without(filled, gone), 30)
    assert gone in filled.graph().of("nova.instance")
    eventually(lambda: _newer_second(filled), 5)
    filled.exec.get_all("nova.instance", "snapshot")
    assert gone not in filled.graph().of("nova.instance")
    assert set(filled.graph().of("nova.instance")) == set(cloud.state("nova.server"))


def _without(vitrage, id_):
    with vitrage.serve.mirror(["nova.server"]) as mirror:
        assert mirror.wait_synced(10)
        return id_ not in mirror.of("nova.server")


def _newer_second(vitrage):
    """Vitrage's dates are in whole seconds: an entity of this second is not outdated."""
    from vitrage.utils.datetime import format_utcnow  # noqa: PLC0415

    newest = max(
        str(vertex.get("vitrage_sample_timestamp"))
        for vertex in vitrage.vitrage_graph.get_vertices()
    )
    return format_utcnow() > newest


def test_a_snapshot_without_a_synchronizer_fails_and_deletes_nothing(serve, in_process):
    from oslo_config import cfg  # noqa: PLC0415
    from vitrage.datasources import utils  # noqa: PLC0415

    synchronizer = serve()
    filled = in_process(synchronizer.url)
    read_all(filled)
    before = filled.graph()
    assert before.vertices
    synchronizer.kill()
    for driver in utils.drivers.values():
        driver.close()
    utils.drivers.clear()
    cfg.CONF.set_override("timeout", 0.5, group="synchronizer")
    try:
        assert read_all(filled, "snapshot") == dict.fromkeys(filled.datasources, 0)
    finally:
        cfg.CONF.set_override("timeout", 10.0, group="synchronizer")
    assert filled.graph() == before


def test_age_alone_deletes_nothing_of_ours(filled):
    from vitrage.datasources.utils import get_driver_class  # noqa: PLC0415

    for name in filled.datasources:
        assert get_driver_class(name).should_delete_outdated_entities() is False
        assert filled.driver(name).should_delete_outdated_entities() is True
