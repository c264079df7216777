"""What is taken of providers: Nova's servers are the consumers, on the host they run on."""

from collections.abc import Iterator

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask
from openstack_democloud.placing.providers import PROVIDER, found, generation
from openstack_democloud.servers.server import NO_HOST
from openstack_democloud.table import Body


def _taken(cloud: Cloud, flavor: int) -> Body:
    held = cloud.pools.flavors[flavor]
    return {"VCPU": held["vcpus"], "MEMORY_MB": held["ram"], "DISK_GB": held["disk"]}


def _consumers(cloud: Cloud, hosts: set[int]) -> dict[int, dict[str, Body]]:
    """Return what each server takes, by host."""
    fleet, found = cloud.servers, dict[int, dict[str, Body]]()
    for host, rows in cloud.placement.servers(hosts).items():
        for row in rows:
            seq = fleet.find(row["uuid"])
            if seq is not None:
                taken = _taken(cloud, fleet.look(seq).flavor)
                found.setdefault(host, {})[row["uuid"]] = taken
    return found


def _of(cloud: Cloud, body: Body) -> dict[str, Body]:
    """Return what is taken of one provider, by consumer."""
    host = body["_host"]
    return {} if host is None else _consumers(cloud, {host}).get(host, {})


def _usage(body: Body, consumers: dict[str, Body]) -> Body:
    """Return what is taken of each class that there is an inventory of."""
    return {
        name: sum(taken.get(name, 0) for taken in consumers.values())
        for name in body["_inventories"]
    }


def of_provider(cloud: Cloud, ask: Ask, uuid: str) -> Answer:
    """Answer the GET of a provider's allocations, by consumer."""
    body = found(cloud, uuid)
    held = _of(cloud, body)
    more = {"consumer_generation": 1} if ask.minor >= 28 else {}
    rows = {consumer: {"resources": taken, **more} for consumer, taken in held.items()}
    moved = generation(cloud, body)
    return Answer.json({"allocations": rows, "resource_provider_generation": moved})


def usages(cloud: Cloud, _ask: Ask, uuid: str) -> Answer:
    """Answer the GET of what is used of a provider."""
    body = found(cloud, uuid)
    held = _of(cloud, body)
    moved = generation(cloud, body)
    return Answer.json({"usages": _usage(body, held), "resource_provider_generation": moved})


def of_consumer(cloud: Cloud, ask: Ask, consumer: str) -> Answer:
    """Answer ``GET /allocations/{consumer}``: 200 and nothing for one that there is not."""
    fleet, seq = cloud.servers, cloud.servers.find(consumer)
    if seq is None or not fleet.alive[seq] or (server := fleet.look(seq)).host == NO_HOST:
        return Answer.json({"allocations": {}})
    rows = {
        body["uuid"]: {
            "resources": _taken(cloud, server.flavor),
            "generation": generation(cloud, body),
        }
        for body in cloud.table(PROVIDER)
        if body["_host"] == server.host
    }
    answer: Body = {"allocations": rows}
    if ask.minor >= 12:
        answer["project_id"] = cloud.pools.projects[server.project]
        answer["user_id"] = cloud.pools.users[server.user]
    if ask.minor >= 28:
        answer["consumer_generation"] = 1
    if ask.minor >= 38:
        answer["consumer_type"] = "INSTANCE"
    return Answer.json(answer)


def all_allocations(cloud: Cloud, minor: int) -> Iterator[tuple[str, Body | bytes]]:
    """Yield every allocation, as the synchronizer holds it."""
    held = _consumers(cloud, set(range(len(cloud.pools.hosts))))
    more = {"consumer_generation": 1} if minor >= 28 else {}
    for body in cloud.table(PROVIDER):
        for consumer, taken in held.get(body["_host"], {}).items():
            both = {"resource_provider_uuid": body["uuid"], "consumer_uuid": consumer}
            yield f"{body['uuid']}/{consumer}", both | {"resources": taken, **more}


def all_usages(cloud: Cloud, _minor: int) -> Iterator[tuple[str, Body | bytes]]:
    """Yield what is used of every provider, as the synchronizer holds it."""
    held = _consumers(cloud, set(range(len(cloud.pools.hosts))))
    for body in cloud.table(PROVIDER):
        usage = _usage(body, held.get(body["_host"], {}))
        yield body["uuid"], {"resource_provider_uuid": body["uuid"], "usages": usage}
