"""Creating, changing and deleting servers. What bumps ``updated`` follows Nova."""

import asyncio
from collections.abc import Callable
from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.compute.server_show import found, rendered
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.names import SECRET, mac
from openstack_democloud.servers.server import NO_HOST, Server


def create(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /servers``: 202, a BuildRequest now, an ACTIVE server a little later."""
    given = ask.part("server")
    flavor = cloud.table("nova.flavor").get(str(given.get("flavorRef", "")).rpartition("/")[2])
    if flavor is None:
        raise RefusalError(400, f"Flavor {given.get('flavorRef')} could not be found.")
    if not isinstance(given.get("name"), str):
        raise RefusalError(400, "Invalid input for field/attribute server. 'name' is required")
    pools, token = cloud.pools, ask.token
    seq = cloud.servers.born
    fields: dict[str, Any] = {
        "name": given["name"],
        "flavor": pools.flavor(flavor),
        "project": pools.project(token.project_id or "") if token else 0,
        "user": pools.user(token.user_id) if token else 0,
        "metadata": dict(given.get("metadata") or {}),
        "key_name": given.get("key_name"),
        "description": given.get("description"),
        "tags": list(given.get("tags") or []),
        "user_data": given.get("user_data") or f"{SECRET}-user-data-{seq:08x}",
        "security_groups": [{"name": g["name"]} for g in given.get("security_groups", [])]
        or [{"name": "default"}],
        "volumes": [],
        "hints": dict(ask.json().get("os:scheduler_hints") or {}),
        "condition": "scheduling",
    }
    if given.get("imageRef"):
        fields["image"] = pools.image(str(given["imageRef"]).rpartition("/")[2])
    host = cloud.servers.seeds.server(seq).host
    addresses = cloud.servers.seeds.server(seq).addresses
    server = cloud.servers.create(requested=True, host=NO_HOST, addresses={}, **fields)
    for part, step in ((0.5, "double"), (0.55, "spawn"), (1.0, "finish")):
        delay = cloud.size.build_seconds * part
        asyncio.get_running_loop().call_later(
            delay, _build, cloud, server.seq, step, {"host": host, "addresses": addresses}
        )
    href = f"{cloud.base}/compute/v2.1/servers/{server.id}"
    body = {
        "server": {
            "id": server.id,
            "links": [{"rel": "self", "href": href}],
            "OS-DCF:diskConfig": "AUTO",
            "security_groups": server.security_groups,
            "adminPass": f"{SECRET}-admin-{server.id[:8]}",
        }
    }
    return Answer.json(body, 202, Location=href)


def _build(cloud: Cloud, seq: int, step: str, fields: dict[str, Any]) -> None:
    """Take a server one step from BuildRequest to ACTIVE, unless it was deleted meanwhile."""
    fleet = cloud.servers
    if not fleet.alive[seq]:
        return
    if step == "double":
        fleet.touch(seq, condition="spawning", **fields)
    elif step == "spawn":
        fleet.instantiate(seq)
    else:
        fleet.touch(seq, condition="active", launched=cloud.clock.now())


def update(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``PUT /servers/{id}``: name and description."""
    server = found(cloud, ask, id)
    given = ask.part("server")
    fields = {n: given[n] for n in ("name", "description") if n in given}
    server = cloud.servers.touch(server.seq, **fields)
    return Answer(200, b'{"server":' + rendered(cloud, ask, server) + b"}")


def delete(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``DELETE /servers/{id}``."""
    drop(cloud, found(cloud, ask, id).seq)
    return Answer(204)


def drop(cloud: Cloud, seq: int) -> None:
    """Delete a server and take it out of its server groups, where Nova stops to show it."""
    id_ = cloud.servers.ids.id(seq)
    cloud.servers.delete(seq)
    groups = cloud.table("nova.server_group")
    for body in groups:
        if id_ in body["members"]:
            groups.change(body["id"], members=[m for m in body["members"] if m != id_])


def put_metadata(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the PUT of all metadata."""
    server = cloud.servers.touch(found(cloud, ask, id).seq, metadata=ask.part("metadata"))
    return Answer.json({"metadata": server.metadata})


def post_metadata(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the POST that merges metadata."""
    server = found(cloud, ask, id)
    server = cloud.servers.touch(server.seq, metadata=server.metadata | ask.part("metadata"))
    return Answer.json({"metadata": server.metadata})


def delete_metadata_key(cloud: Cloud, ask: Ask, id: str, key: str) -> Answer:
    """Answer the DELETE of one metadata key, which does not bump ``updated``."""
    server = found(cloud, ask, id)
    if key not in server.metadata:
        raise RefusalError(404, "Metadata item was not found")
    kept = {name: value for name, value in server.metadata.items() if name != key}
    cloud.servers.touch(server.seq, bump=False, metadata=kept)
    return Answer(204)


def put_tags(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the PUT of all tags, which does not bump ``updated``."""
    seq = found(cloud, ask, id).seq
    wanted = ask.json().get("tags", [])
    cloud.servers.touch(seq, bump=False, tags=list(wanted))
    return Answer.json({"tags": wanted})


def put_tag(cloud: Cloud, ask: Ask, id: str, tag: str) -> Answer:
    """Answer the PUT of one tag."""
    server = found(cloud, ask, id)
    if tag in server.tags:
        return Answer(204)
    cloud.servers.touch(server.seq, bump=False, tags=[*server.tags, tag])
    return Answer(201)


def delete_tags(cloud: Cloud, ask: Ask, id: str, tag: str | None = None) -> Answer:
    """Answer the DELETE of one tag or of all."""
    server = found(cloud, ask, id)
    if tag is not None and tag not in server.tags:
        raise RefusalError(404, f"Server {id} has no tag '{tag}'")
    kept = [] if tag is None else [held for held in server.tags if held != tag]
    cloud.servers.touch(server.seq, bump=False, tags=kept)
    return Answer(204)


Act = Callable[[Cloud, Server, dict[str, Any]], None]


def _state(*allowed: str, to: str) -> Act:
    def act(cloud: Cloud, server: Server, _given: dict[str, Any]) -> None:
        if allowed and server.condition not in allowed:
            raise RefusalError(
                409, f"Cannot do this while instance {server.id} is in vm_state {server.condition}"
            )
        cloud.servers.touch(server.seq, condition=to)

    return act


def _reboot(cloud: Cloud, server: Server, _given: dict[str, Any]) -> None:
    cloud.servers.touch(server.seq, condition="rebooting")
    asyncio.get_running_loop().call_later(
        cloud.size.build_seconds, _settle, cloud, server.seq, "active"
    )


def _settle(cloud: Cloud, seq: int, condition: str) -> None:
    if cloud.servers.alive[seq]:
        cloud.servers.touch(seq, condition=condition)


def _resize(cloud: Cloud, server: Server, given: dict[str, Any]) -> None:
    flavor = cloud.table("nova.flavor").get(str(given.get("flavorRef")))
    if flavor is None:
        raise RefusalError(400, f"Flavor {given.get('flavorRef')} could not be found.")
    cloud.servers.touch(server.seq, condition="resized", flavor=cloud.pools.flavor(flavor))


def _lock(cloud: Cloud, server: Server, given: dict[str, Any]) -> None:
    reason = (given or {}).get("locked_reason")
    cloud.servers.touch(server.seq, locked=True, locked_reason=reason)


def _unlock(cloud: Cloud, server: Server, _given: dict[str, Any]) -> None:
    cloud.servers.touch(server.seq, locked=False, locked_reason=None)


def _migrate(cloud: Cloud, server: Server, _given: dict[str, Any]) -> None:
    cloud.servers.touch(server.seq, host=(server.host + 1) % len(cloud.pools.hosts))


def _add_fixed_ip(cloud: Cloud, server: Server, _given: dict[str, Any]) -> None:
    held = {name: list(ports) for name, ports in server.addresses.items()}
    ports = held.setdefault(next(iter(held), "net-0"), [])
    ports.append(
        {
            "version": 4,
            "addr": f"10.255.{len(ports)}.{server.seq % 250 + 1}",
            "OS-EXT-IPS:type": "fixed",
            "OS-EXT-IPS-MAC:mac_addr": mac(server.seq + len(ports)),
        }
    )
    cloud.servers.touch(server.seq, bump=False, addresses=held)


ACTIONS: dict[str, Act] = {
    "os-start": _state("stopped", to="active"),
    "os-stop": _state("active", "error", to="stopped"),
    "pause": _state("active", to="paused"),
    "unpause": _state("paused", to="active"),
    "suspend": _state("active", to="suspended"),
    "resume": _state("suspended", to="active"),
    "reboot": _reboot,
    "resize": _resize,
    "confirmResize": _state("resized", to="active"),
    "revertResize": _state("resized", to="active"),
    "lock": _lock,
    "unlock": _unlock,
    "migrate": _migrate,
    "os-migrateLive": _migrate,
    "addFixedIp": _add_fixed_ip,
    "restore": _state("soft-delete", to="active"),
    "os-resetState": _state(to="error"),
}


def act(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``POST /servers/{id}/action``."""
    server = found(cloud, ask, id)
    body = ask.json()
    name = next(iter(body), "") if isinstance(body, dict) else ""
    if name == "forceDelete":
        drop(cloud, server.seq)
    elif name in ACTIONS:
        ACTIONS[name](cloud, server, body[name])
    else:
        raise RefusalError(400, f"There is no such action: {name}")
    return Answer(202)
