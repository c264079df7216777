"""What servers run on: services, hypervisors, aggregates, availability zones."""

from typing import Any

from openstack_democloud.clock import micro_stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.compute.paging import page
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.table import Body, shown

_HEARTBEAT = 10


def service_row(cloud: Cloud, body: Body, minor: int) -> Body:
    """Return a service as the listing shows it."""
    row = shown(body)
    # A heartbeat every ten seconds, each host at its own second.
    now = int(cloud.clock.now())
    row["updated_at"] = micro_stamp(now - (now + body["_number"]) % _HEARTBEAT)
    if minor < 53:
        row["id"] = body["_number"]
    if minor < 11:
        del row["forced_down"]
    return row


def services(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /os-services``; from 2.69 hosts in down cells show as UNKNOWN."""
    rows = []
    for body in cloud.table("nova.service"):
        if any(body[n] != v for n, v in ask.pairs if n in {"host", "binary"}):
            continue
        if body["host"] in ask.lens.down_hosts:
            if ask.minor >= 69 and body["binary"] == "nova-compute":
                rows.append({"binary": body["binary"], "host": body["host"], "status": "UNKNOWN"})
            continue
        rows.append(service_row(cloud, body, ask.minor))
    return Answer.json({"services": rows})


def change_service(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``PUT /os-services/{id}`` (2.53): status, disabled_reason, forced_down."""
    table = cloud.table("nova.service")
    key = next((key for key, body in table.items() if body["id"] == id), None)
    if key is None:
        raise RefusalError(404, f"Service {id} could not be found.")
    given = ask.json()
    fields = {n: given[n] for n in ("status", "disabled_reason", "forced_down") if n in given}
    if fields.get("status") == "enabled":
        fields["disabled_reason"] = None
    if "forced_down" in fields:
        fields["state"] = "down" if fields["forced_down"] else "up"
    return Answer.json({"service": service_row(cloud, table.change(key, **fields), ask.minor)})


def hypervisor_row(cloud: Cloud, body: Body, minor: int, counts: list[int]) -> Body:
    """Return a hypervisor as listing and GET show it at a microversion."""
    row = shown(body)
    service = cloud.table("nova.service").get(body["_service"]) or {}
    number = body["_number"] if minor < 53 else None
    if number:
        row["id"] = number
    service_id = service.get("_number") if minor < 53 else service.get("id")
    row["service"] = {
        "id": service_id,
        "host": service.get("host"),
        "disabled_reason": service.get("disabled_reason"),
    }
    row["state"], row["status"] = service.get("state"), service.get("status")
    if minor >= 88:
        for name in ("cpu_info", "vcpus", "memory_mb", "local_gb"):
            del row[name]
        row["uptime"] = " 12:00:00 up 100 days,  1:00,  1 user,  load average: 0.10, 0.20, 0.30"
        return row
    running = counts[body["_host"]]
    row |= {
        "vcpus_used": running * 2,
        "memory_mb_used": 512 + running * 4096,
        "free_ram_mb": row["memory_mb"] - 512 - running * 4096,
        "local_gb_used": running * 40,
        "free_disk_gb": row["local_gb"] - running * 40,
        "disk_available_least": row["local_gb"] - running * 40,
        "running_vms": running,
        "current_workload": 0,
    }
    return row


def with_servers(cloud: Cloud, rows: list[Body], bodies: dict[str, Body]) -> None:
    """Add ``servers`` to hypervisors, where there are any."""
    wanted = {bodies[str(row["id"])]["_host"] for row in rows}
    held = cloud.placement.servers(wanted)
    for row in rows:
        servers = held.get(bodies[str(row["id"])]["_host"])
        if servers:
            row["servers"] = servers


def hypervisors(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /os-hypervisors/detail``: 500 while any cell is down."""
    if ask.lens.down_hosts:
        raise RefusalError(500, "Unexpected API Error. HostMappingNotFound: cell is down")
    counts = cloud.placement.counts()
    bodies = {}
    for body in cloud.table("nova.hypervisor"):
        bodies[str(body["_number"]) if ask.minor < 53 else body["id"]] = body
    rows = [hypervisor_row(cloud, body, ask.minor, counts) for body in bodies.values()]
    if ask.query.get("with_servers", "").lower() == "true" and ask.minor >= 53:
        with_servers(cloud, rows, bodies)
    if ask.minor < 33:
        return Answer.json({"hypervisors": rows})
    return page(cloud, ask, "hypervisors", rows)


def hypervisors_brief(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /os-hypervisors``."""
    counts = cloud.placement.counts()
    wanted = ("id", "hypervisor_hostname", "state", "status")
    rows = []
    for body in cloud.table("nova.hypervisor"):
        row = hypervisor_row(cloud, body, ask.minor, counts)
        rows.append({name: row[name] for name in wanted})
    return page(cloud, ask, "hypervisors", rows)


def hypervisor(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``GET /os-hypervisors/{id}``."""
    for body in cloud.table("nova.hypervisor"):
        if id == (str(body["_number"]) if ask.minor < 53 else body["id"]):
            row = hypervisor_row(cloud, body, ask.minor, cloud.placement.counts())
            if ask.query.get("with_servers", "").lower() == "true" and ask.minor >= 53:
                with_servers(cloud, [row], {id: body})
            return Answer.json({"hypervisor": row})
    if ask.minor >= 53 and len(id) != 36:
        raise RefusalError(400, f"Invalid uuid {id}")
    raise RefusalError(404, f"Hypervisor {id} could not be found.")


def zone_rows(cloud: Cloud, now: float) -> list[Body]:
    """Return the availability zones with their hosts; the internal one is among them."""
    zones: dict[str, dict[str, Any]] = {}
    of_host = {
        host: body["availability_zone"]
        for body in cloud.table("nova.aggregate")
        if body["availability_zone"]
        for host in body["hosts"]
    }
    for body in cloud.table("nova.service"):
        zone = body["zone"]
        if body["binary"] == "nova-compute":
            zone = of_host.get(body["host"], "nova")
        held = zones.setdefault(zone, {})
        if body["status"] == "enabled":
            beat = int(now) - (int(now) + body["_number"]) % _HEARTBEAT
            held.setdefault(body["host"], {})[body["binary"]] = {
                "available": body["state"] == "up",
                "active": True,
                "updated_at": micro_stamp(beat),
            }
    return [
        {"zoneName": zone, "zoneState": {"available": bool(held)}, "hosts": held or None}
        for zone, held in zones.items()
    ]


def zones(cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /os-availability-zone/detail``."""
    return Answer.json({"availabilityZoneInfo": zone_rows(cloud, cloud.clock.now())})
