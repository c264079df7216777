"""Vitrage over a real OpenStack: its own drivers and ours make the same graph.

Needs ``--clouds-yaml FILE``, and that nobody else changes the cloud meanwhile.
"""

import importlib.util
import time
from pathlib import Path
from uuid import uuid4

import openstack
import pytest
import yaml
from keystoneauth1.adapter import Adapter

from synchronizer.client.http import HttpTransport

TOOL = Path(__file__).parents[4] / "tools/vitrage/run.py"
TEMPLATE = """
heat_template_version: '2018-08-31'
resources:
  volume: {type: 'OS::Cinder::Volume', properties: {size: 1}}
  net: {type: 'OS::Neutron::Net'}
"""
DATASOURCES = (
    "nova.host", "nova.zone", "nova.instance", "cinder.volume", "neutron.network", "neutron.port",
    "heat.stack", "aodh",
)  # fmt: skip
TYPES = (
    "nova.server", "nova.service", "nova.availability_zone", "cinder.volume", "neutron.network",
    "neutron.port", "heat.stack", "heat.resource", "aodh.alarm",
)  # fmt: skip


@pytest.fixture(scope="module")
def tool():
    specification = importlib.util.spec_from_file_location("run_vitrage", TOOL)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def clouds_yaml(request):
    given = request.config.getoption("--clouds-yaml")
    if not given:
        pytest.skip("no real cloud was named by --clouds-yaml")
    return Path(given), request.config.getoption("--os-cloud")


@pytest.fixture(scope="module")
def entry(clouds_yaml):
    path, name = clouds_yaml
    return yaml.safe_load(path.read_text())["clouds"][name]


@pytest.fixture(scope="module")
def cloud(entry):
    return openstack.connect(
        load_yaml_config=False,
        load_envvars=False,
        auth=entry["auth"],
        region_name=entry["region_name"],
    )


@pytest.fixture(scope="module")
def image(cloud):
    return min(cloud.image.images(), key=lambda each: each.created_at).id  # the cloud's own


@pytest.fixture(scope="module")
def flavor(cloud):
    return min(cloud.compute.flavors(), key=lambda each: each.ram).id


@pytest.fixture(scope="module")
def alarms(cloud):
    """Aodh, which openstacksdk does not know."""
    return Adapter(cloud.session, service_type="alarming", region_name=cloud.config.region_name)


def _ringing(alarms, name, server):
    """Make an alarm about a server that goes off; return its id."""
    about = {"field": "traits.resource_id", "op": "eq", "type": "string", "value": server}
    rule = {"event_type": "compute.instance.*", "query": [about]}
    given = {"name": name, "type": "event", "event_rule": rule, "severity": "critical"}
    made = alarms.post("/v2/alarms", json=given).json()["alarm_id"]
    alarms.put(f"/v2/alarms/{made}/state", json="alarm")
    return made


@pytest.fixture(scope="module")
def furnished(cloud, alarms, image, flavor):
    """A network, two servers with ports, a volume at one, an alarm of one, a stack of two."""
    word = f"vitrage-{uuid4().hex[:6]}"
    network = cloud.network.create_network(name=word)
    subnet = cloud.network.create_subnet(
        network_id=network.id, ip_version=4, cidr="10.99.0.0/24", name=word
    )
    servers = []
    volume = stack = alarm = None
    try:
        for number in range(2):
            server = cloud.compute.create_server(
                name=f"{word}-{number}",
                image_id=image,
                flavor_id=flavor,
                networks=[{"uuid": network.id}],
            )
            servers.append(cloud.compute.wait_for_server(server, wait=120))
        volume = cloud.block_storage.create_volume(name=word, size=1)
        cloud.block_storage.wait_for_status(volume, "available", wait=60)
        cloud.compute.create_volume_attachment(servers[0], volume_id=volume.id)
        cloud.block_storage.wait_for_status(volume, "in-use", wait=60)
        stack = cloud.orchestration.create_stack(name=word, template=yaml.safe_load(TEMPLATE))
        cloud.orchestration.wait_for_status(stack, "CREATE_COMPLETE", wait=120)
        alarm = _ringing(alarms, word, servers[0].id)
        yield {"network": network.id, "servers": [each.id for each in servers], "alarm": alarm}
    finally:
        if alarm is not None:
            alarms.delete(f"/v2/alarms/{alarm}")
        if stack is not None:
            cloud.orchestration.delete_stack(stack)
        for server in servers:
            cloud.compute.delete_server(server, force=True)
        for server in servers:
            cloud.compute.wait_for_delete(server, wait=120)
        if volume is not None:
            cloud.block_storage.wait_for_status(volume, "available", wait=60)
            cloud.block_storage.delete_volume(volume)
        cloud.network.delete_subnet(subnet)
        cloud.network.delete_network(network)


@pytest.fixture(scope="module")
def synchronizer(module_launcher, clouds_yaml, entry, furnished, tmp_path_factory, eventually):
    """A synchronizer over the real cloud, with a copy of each notification of its own."""
    del furnished
    folder = tmp_path_factory.mktemp("real")
    entry = entry | {
        "notifications": entry["notifications"] | {"pool": f"vitrage-{uuid4().hex[:8]}"}
    }
    (folder / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"real": entry}}))
    service = module_launcher(
        {
            "clouds": {"names": "real", "file": folder / "clouds.yaml"},
            "store": {"url": f"sqlite:///{folder}/store.sqlite"},
            "api": {"port": 0},
            "sampling": {
                "types": ",".join(TYPES),
                "plugins": "nova,cinder,neutron,heat,aodh",
                "demand_interval": 0,
            },
        }
    ).start()
    transport = HttpTransport(service.url)
    eventually(
        lambda: {each.type for each in transport.types() if each.sampled_at} >= set(TYPES),
        120,
        service.said,
    )
    return service


def native(entry):
    """What Vitrage's own drivers need of a configuration."""
    return {
        "service_credentials": {
            "auth_type": "password",
            **entry["auth"],
            "region_name": entry["region_name"],
            "interface": "public",
        }
    }


def test_both_kinds_of_drivers_make_the_same_graph(
    entry, synchronizer, furnished, vitrage, tmp_path
):
    for type_ in TYPES:
        HttpTransport(synchronizer.url).sweep(type_)
    ours = vitrage(synchronizer.url, DATASOURCES).graph()
    (tmp_path / "native").mkdir()
    theirs = vitrage(
        synchronizer.url, DATASOURCES, folder="native", drivers=False, **native(entry)
    ).graph()
    # Vitrage asks for ``display_name``, which the API has not called it for ten years.
    unnamed = {id_ for id_, volume in theirs.of("cinder.volume").items() if volume["name"] is None}
    assert unnamed == set(theirs.of("cinder.volume"))
    for vertex in (*theirs.of("cinder.volume").values(), *ours.of("cinder.volume").values()):
        vertex.pop("name")
    print({type_: len(ours.of(type_)) for type_ in DATASOURCES}, len(ours.edges), "edges")
    assert len(ours.of("nova.instance")) >= 2
    about = ("nova.instance", furnished["servers"][0])
    assert (("aodh", furnished["alarm"]), "on", about) in ours.edges
    assert ours.vertices == theirs.vertices
    assert ours.edges == theirs.edges


def test_a_change_in_nova_is_in_vitrages_topology_within_two_seconds(
    cloud, entry, synchronizer, tool, furnished, image, flavor, tmp_path, eventually
):
    path = tool.configuration(tmp_path, entry, synchronizer.url)
    with tool.running(path) as url:

        def instances():
            answer = cloud.session.post(
                f"{url}/v1/topology/",
                json={"graph_type": "graph", "all_tenants": True},
                raise_exc=False,
            )
            if answer.status_code != 200:
                return {}
            return {
                node["id"]: node.get("state")
                for node in answer.json()["nodes"]
                if node.get("vitrage_type") == "nova.instance"
            }

        logs = tmp_path / "log"
        eventually(
            lambda: set(furnished["servers"]) <= set(instances()),
            90,
            lambda: "\n".join(each.read_text()[-3000:] for each in logs.iterdir()),
        )
        seconds = {}
        server = cloud.compute.create_server(
            name="vitrage-late", image_id=image, flavor_id=flavor, networks="none"
        )
        seconds["create"] = _until(lambda: server.id in instances())
        try:
            while cloud.compute.get_server(server.id).status != "ACTIVE":
                time.sleep(0.05)
            seconds["active"] = _until(lambda: instances()[server.id] == "ACTIVE")
            for round_ in range(3):
                cloud.compute.stop_server(server.id)
                while cloud.compute.get_server(server.id).status != "SHUTOFF":
                    time.sleep(0.05)
                seconds["stop", round_] = _until(lambda: instances()[server.id] == "SHUTOFF")
                cloud.compute.start_server(server.id)
                while cloud.compute.get_server(server.id).status != "ACTIVE":
                    time.sleep(0.05)
                seconds["start", round_] = _until(lambda: instances()[server.id] == "ACTIVE")
        finally:
            cloud.compute.delete_server(server.id)
        cloud.compute.wait_for_delete(server, interval=0.05, wait=60)
        seconds["delete"] = _until(lambda: server.id not in instances())
    print("seconds from Nova to the topology:", {k: round(v, 2) for k, v in seconds.items()})
    assert max(seconds.values()) < 2.0


def _until(fact, seconds=30):
    begun = time.monotonic()
    while not fact():
        assert time.monotonic() - begun < seconds, fact
        time.sleep(0.1)  # each question takes Vitrage's API and graph some work
    return time.monotonic() - begun
