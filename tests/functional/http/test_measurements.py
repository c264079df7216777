"""``/v1/measurements`` and ``/metrics/measurements``: what is of use only while it is new."""

import time

from prometheus_client.parser import text_string_to_metric_families

USAGE = {"free_ram_mb": 512, "uptime": "up 3 days", "seen": "2026-01-01T00:00:00Z", "up": True}


def test_measurements_have_the_time_of_the_sweep_that_found_them(door, store, commit, places):
    commit(places.server, {"a": {"id": "a"}})
    store.measure(places.server, {"a": USAGE})
    store.note(places.server, sampled_at=time.time())
    (found,) = door.json("/v1/measurements?type=nova.server")["measurements"]
    assert found["values"] == USAGE
    assert (found["type"], found["id"], found["region"]) == ("nova.server", "a", "RegionOne")
    assert found["measured_at"] == door.json("/v1/types?type=nova.server")["types"][0]["sampled_at"]
    assert door.json("/v1/measurements?type=keystone.project")["measurements"] == []


def test_a_walk_goes_page_by_page_through_all_of_them(door, store, commit, places):
    names = [f"h:{number}" for number in range(5)]
    commit(places.server, {name: {"id": name} for name in names})
    store.measure(places.server, {name: {"n": 1} for name in names})
    seen, marker = [], ""
    while True:
        page = door.json(f"/v1/measurements?limit=2{marker}")
        seen += [each["id"] for each in page["measurements"]]
        if page["next"] is None:
            break
        marker = f"&marker={page['next']}"
    assert seen == names
    for wrong in ("x", "1", "-1:a", "%C2%B2:a"):
        door.refused(f"/v1/measurements?marker={wrong}", 400, "synchronizer.request.invalid")


def test_prometheus_gets_the_numbers_and_the_times(door, store, commit, places):
    commit(places.server, {"a": {"id": "a"}})
    store.measure(places.server, {"a": USAGE})
    text = door.ask("/metrics/measurements").body.decode()
    assert 'id="a",name="free_ram_mb",region="RegionOne",type="nova.server"} 512.0' in text
    assert 'name="seen",region="RegionOne",type="nova.server"} 1.7672256e+09' in text
    assert "uptime" not in text
    assert 'name="up"' not in text


def test_odd_names_and_numbers_spoil_nothing_for_prometheus(door, store, commit, places):
    odd = 'a "quoted" \\ name\nwith two lines \N{LINE SEPARATOR}'
    commit(places.server, {odd: {"id": odd}, "b": {"id": "b"}})
    store.measure(places.server, {odd: {"n": 1, "huge": 10**400}, "b": {"n": 2}})
    text = door.ask("/metrics/measurements").body.decode()
    (family,) = text_string_to_metric_families(text)
    numbers = {
        each.labels["id"]: each.value for each in family.samples if each.labels["name"] == "n"
    }
    assert numbers == {odd: 1.0, "b": 2.0}
