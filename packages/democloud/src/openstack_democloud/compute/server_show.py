"""``GET /servers/{id}`` and what else is read of one server."""

from typing import Any

from openstack_democloud.clock import micro_stamp, parse
from openstack_democloud.cloud import Cloud
from openstack_democloud.compute.paging import number, page
from openstack_democloud.exchange import Answer, Ask, RefusalError, decode, encode
from openstack_democloud.servers.server import NO_HOST, Server
from openstack_democloud.servers.template import alone
from openstack_democloud.table import Body


def found(cloud: Cloud, ask: Ask, id: str) -> Server:
    """Return a living server that the caller may see.

    Raises:
        RefusalError: 404 in Nova's words.
    """
    fleet = cloud.servers
    seq = fleet.find(id)
    if seq is not None and fleet.alive[seq]:
        server = fleet.look(seq)
        project = cloud.pools.projects[server.project]
        admin = ask.token is None or ask.token.admin or ask.token.project_id == project
        if admin and project not in ask.lens.projects:
            return server
    raise RefusalError(404, f"Instance {id} could not be found.")


def down(cloud: Cloud, ask: Ask, server: Server) -> bool:
    """Tell whether the server's cell does not answer."""
    return server.host != NO_HOST and cloud.pools.hosts[server.host].name in ask.lens.down_hosts


def groups_of(cloud: Cloud, id: str) -> list[str]:
    """Return the server groups a server is a member of."""
    return [body["id"] for body in cloud.table("nova.server_group") if id in body["members"]]


def rendered(cloud: Cloud, ask: Ask, server: Server) -> bytes:
    """Return a server as its own GET shows it."""
    groups = groups_of(cloud, server.id) if ask.minor >= 71 else []
    values = cloud.servers.renderer.of_server(server, now=cloud.clock.now(), groups=groups)
    item = alone(ask.minor, cloud.base).render(values)
    if not ask.lens.fields:
        return item
    kept = {n: v for n, v in decode(item).items() if n not in ask.lens.fields}
    return encode(kept)


_PARTIAL = (
    "id", "tenant_id", "user_id", "created", "flavor", "image", "links", "server_groups",
)  # fmt: skip


def show(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the GET: partial, or 500 below 2.69, while the server's cell is down."""
    server = found(cloud, ask, id)
    item = rendered(cloud, ask, server)
    if down(cloud, ask, server):
        if ask.minor < 69:
            raise RefusalError(500, "Unexpected API Error.")
        whole = decode(item)
        partial = {name: whole[name] for name in _PARTIAL if name in whole}
        partial |= {
            "status": "UNKNOWN",
            "OS-EXT-AZ:availability_zone": "UNKNOWN",
            "OS-EXT-STS:power_state": 0,
        }
        item = encode(partial)
    return Answer(200, b'{"server":' + item + b"}")


def metadata(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the GET of a server's metadata."""
    return Answer.json({"metadata": found(cloud, ask, id).metadata})


def tags(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the GET of a server's tags."""
    return Answer.json({"tags": found(cloud, ask, id).tags})


def attachments_of(cloud: Cloud, server: Server, minor: int) -> list[Body]:
    """Return the volume attachments of a server."""
    rows = []
    for place, volume in enumerate(server.volumes):
        body: dict[str, Any] = {
            "volumeId": volume["id"],
            "serverId": server.id,
            "device": f"/dev/vd{'bcdefgh'[place % 7]}",
        }
        if minor >= 70:
            body["tag"] = None
        if minor >= 79:
            body["delete_on_termination"] = volume["delete_on_termination"]
        if minor >= 89:
            known = cloud.names.uuid("attachment", volume["id"])
            body["attachment_id"] = volume.get("attachment_id", known)
            body["bdm_uuid"] = cloud.names.uuid("bdm", volume["id"])
        else:
            body["id"] = volume["id"]
        rows.append(body)
    return rows


def attachments(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``GET /servers/{id}/os-volume_attachments``."""
    server = found(cloud, ask, id)
    start, size = number(ask, "offset") or 0, number(ask, "limit")
    rows = attachments_of(cloud, server, ask.minor)[start:]
    return Answer.json({"volumeAttachments": rows if size is None else rows[:size]})


def shares(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``GET /servers/{id}/shares`` (2.97): the demo cloud has no Manila."""
    found(cloud, ask, id)
    if ask.minor < 97:
        raise RefusalError(404, "The resource could not be found.")
    return Answer.json({"shares": []})


def attachment(cloud: Cloud, ask: Ask, id: str, volume_id: str) -> Answer:
    """Answer the GET of one volume attachment."""
    for body in attachments_of(cloud, found(cloud, ask, id), ask.minor):
        if body["volumeId"] == volume_id:
            return Answer.json({"volumeAttachment": body})
    raise RefusalError(404, f"Instance {id} is not attached to volume {volume_id}")


def actions_of(cloud: Cloud, server: Server, minor: int) -> list[Body]:
    """Return the instance actions of a server: its creation, and its last change if any."""
    times = [("create", server.created)]
    if server.updated is not None and server.updated > server.created + 61:
        times.insert(0, ("update", server.updated))
    rows = []
    for action, at in times:
        body: Body = {
            "action": action,
            "instance_uuid": server.id,
            "message": None,
            "project_id": cloud.pools.projects[server.project],
            "request_id": f"req-{cloud.names.uuid(action, f'{server.id}/{int(at)}')}",
            "start_time": micro_stamp(at),
            "user_id": cloud.pools.users[server.user],
        }
        if minor >= 58:
            body["updated_at"] = micro_stamp(at + 1)
        rows.append(body)
    return rows


def actions(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``GET /servers/{id}/os-instance-actions``: from 2.21 for deleted servers too."""
    seq = cloud.servers.find(id)
    if seq is not None and ask.minor >= 21:
        server = cloud.servers.look(seq)
    else:
        server = found(cloud, ask, id)
    rows = actions_of(cloud, server, ask.minor)
    if ask.minor < 58:
        return Answer.json({"instanceActions": rows})
    if (since := ask.query.get("changes-since")) is not None:
        rows = [row for row in rows if parse(row["updated_at"]) >= parse(since)]
    answer = page(cloud, ask, "instanceActions", rows, key="request_id")
    answer.body = answer.body.replace(b'"instanceActions_links"', b'"links"')
    return answer


def action(cloud: Cloud, ask: Ask, id: str, request_id: str) -> Answer:
    """Answer the GET of one instance action."""
    server = found(cloud, ask, id)
    for body in actions_of(cloud, server, ask.minor):
        if body["request_id"] == request_id:
            return Answer.json({"instanceAction": body | {"events": []}})
    raise RefusalError(404, f"Action for request_id {request_id} on instance {id} not found")
