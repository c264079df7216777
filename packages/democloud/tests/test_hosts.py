import time

import pytest
from novaclient import client, exceptions


@pytest.fixture
def nova(session, quiet):
    return client.Client("2.87", session=session)


def test_services_beat_and_can_be_disabled(nova, quiet):
    services = nova.services.list()
    assert {s.binary for s in services} == {"nova-compute", "nova-conductor", "nova-scheduler"}
    one = nova.services.list(binary="nova-compute")[0]
    since = len(quiet.log())
    nova.services.disable_log_reason(one.id, "broken")
    assert nova.services.list(host=one.host)[0].disabled_reason == "broken"
    nova.services.enable(one.id)
    nova.services.force_down(one.id, True)
    assert nova.services.list(host=one.host)[0].state == "down"
    nova.services.force_down(one.id, False)
    key = f"nova-compute/{one.host}"
    assert {(e["op"], e["id"]) for e in quiet.log(since)} == {("update", key)}
    assert quiet.state("nova.service")[key]["state"] == "up"


def test_hypervisors_lose_their_counters_at_2_88(raw, quiet):
    old = raw.nova("/os-hypervisors/detail", version="2.87").json()["hypervisors"][0]
    new = raw.nova("/os-hypervisors/detail", version="2.88").json()["hypervisors"][0]
    assert {"vcpus", "memory_mb", "running_vms", "cpu_info"} <= set(old)
    assert not {"vcpus", "memory_mb", "running_vms", "cpu_info"} & set(new)
    assert "uptime" in new
    assert raw.nova(f"/os-hypervisors/{old['id']}", version="2.87").json()["hypervisor"] == old
    assert raw.nova("/os-hypervisors/7", version="2.87").status == 400
    assert isinstance(
        raw.nova("/os-hypervisors", version="2.1").json()["hypervisors"][0]["id"], int
    )


def test_hypervisors_show_the_servers_they_run(raw, quiet):
    quiet.mutate("create", "nova.server", 5)
    quiet.mutate("delete", "nova.server", 5)
    quiet.mutate("update", "nova.server", 30)
    path = "/os-hypervisors/detail?with_servers=true"
    until = time.monotonic() + 20
    while True:
        held = {}
        for id_, body in quiet.state("nova.server").items():
            held.setdefault(body["OS-EXT-SRV-ATTR:hypervisor_hostname"], set()).add(id_)
        rows = raw.nova(path, version="2.87").json()["hypervisors"]
        shown = {
            row["hypervisor_hostname"]: {server["uuid"] for server in row.get("servers", [])}
            for row in rows
        }
        # What was just made is being built: it gets its host between two questions.
        if all(held.get(name, set()) <= shown[name] for name in shown) or time.monotonic() > until:
            break
    for row in rows:
        servers = held.get(row["hypervisor_hostname"], set())
        on_host = shown[row["hypervisor_hostname"]]
        assert servers <= on_host
        # A soft-deleted server is on its host still, though no listing shows it.
        for id_ in on_host - servers:
            answer = raw.nova(f"/servers/{id_}", version="2.87").json()
            assert answer["server"]["status"] == "SOFT_DELETED"
        assert row["running_vms"] == len(on_host)
        assert quiet.state("nova.hypervisor", "2.87")[row["id"]] == row


def test_hypervisors_page(raw):
    first = raw.nova("/os-hypervisors/detail?limit=2", version="2.87").json()
    assert len(first["hypervisors"]) == 2
    assert first["hypervisors_links"]
    assert raw.nova("/os-hypervisors/detail?marker=none", version="2.87").status == 400


def test_aggregates(nova, quiet, raw):
    made = nova.aggregates.create("rack", "az-9")
    host = nova.services.list(binary="nova-compute")[0].host
    nova.aggregates.add_host(made, host)
    with pytest.raises(exceptions.Conflict):
        nova.aggregates.add_host(made, host)
    shown = nova.aggregates.get(made.id)
    assert (shown.hosts, shown.updated_at) == ([host], None)  # a host does not move updated_at
    nova.aggregates.set_metadata(made, {"ssd": "true"})
    assert nova.aggregates.get(made.id).updated_at
    zones = {z.zoneName: z for z in nova.availability_zones.list(detailed=True)}
    assert list(zones["az-9"].hosts) == [host]
    with pytest.raises(exceptions.Conflict):
        nova.aggregates.delete(made)
    nova.aggregates.remove_host(made, host)
    nova.aggregates.update(made, {"name": "shelf"})
    assert quiet.state("nova.aggregate")[str(made.id)]["name"] == "shelf"
    nova.aggregates.delete(made)
    assert str(made.id) not in quiet.state("nova.aggregate")
    assert "uuid" not in raw.nova("/os-aggregates", version="2.40").json()["aggregates"][0]


def test_a_zone_whose_hosts_are_all_disabled_has_none(nova, quiet):
    made = nova.aggregates.create("lonely", "az-lonely")
    one = nova.services.list(binary="nova-compute")[-1]
    nova.aggregates.add_host(made, one.host)
    nova.services.disable(one.id)
    zone = quiet.state("nova.availability_zone")["az-lonely"]
    assert zone["hosts"] is None
    assert zone["zoneState"] == {"available": False}
    nova.services.enable(one.id)
    nova.aggregates.remove_host(made, one.host)
    nova.aggregates.delete(made)
