"""What Nova tells of all but servers: unversioned, versioned, or both (``both`` is set)."""

from collections.abc import Iterator

from openstack_democloud.cloud import Cloud
from openstack_democloud.notices import Notification, Payload, context
from openstack_democloud.service import Tell
from openstack_democloud.table import Body

Notices = Iterator[Notification]


def nova_object(name: str, version: str, data: Payload) -> Payload:
    """Return *data* in the frame of a versioned payload."""
    return {
        "nova_object.name": name,
        "nova_object.namespace": "nova",
        "nova_object.version": version,
        "nova_object.data": data,
    }


def notice(
    cloud: Cloud, publisher: str, event: str, payload: Payload, *, versioned: bool
) -> Notification:
    """Return one of Nova's notifications."""
    whose = context(cloud.pools.users[0], cloud.pools.projects[0])
    return Notification("nova", publisher, event, payload, versioned=versioned, context=whose)


def _api(cloud: Cloud, event: str, payload: Payload) -> Notification:
    return notice(cloud, "nova-api:demo", event, payload, versioned=True)


def flavor_payload(body: Body) -> Payload:
    """Return a flavor in its versioned frame."""
    data = {
        "flavorid": body["id"],
        "name": body["name"],
        "memory_mb": body["ram"],
        "vcpus": body["vcpus"],
        "root_gb": body["disk"],
        "ephemeral_gb": body["OS-FLV-EXT-DATA:ephemeral"],
        "swap": body["swap"] or 0,
        "rxtx_factor": body["rxtx_factor"],
        "vcpu_weight": 0,
        "disabled": body["OS-FLV-DISABLED:disabled"],
        "is_public": body["os-flavor-access:is_public"],
        "extra_specs": body["extra_specs"],
        "projects": None,
        "description": body["description"],
    }
    return nova_object("FlavorPayload", "1.4", data)


def _flavor(cloud: Cloud, op: str, old: Body, new: Body) -> Notices:
    yield _api(cloud, f"flavor.{op}", flavor_payload(new or old))


def _access(cloud: Cloud, _op: str, old: Body, new: Body) -> Notices:
    """Tell of a flavor whose access list changed; when the flavor goes, nothing."""
    flavor = cloud.table("nova.flavor").get((new or old)["flavor_id"])
    if flavor is not None:
        yield _api(cloud, "flavor.update", flavor_payload(flavor))


def _service(cloud: Cloud, op: str, old: Body, new: Body) -> Notices:
    body = new or old
    data = {
        "uuid": body["id"],
        "binary": body["binary"],
        "host": body["host"],
        "topic": body["binary"].removeprefix("nova-"),
        "disabled": body["status"] == "disabled",
        "disabled_reason": body["disabled_reason"],
        "forced_down": body["forced_down"],
        "availability_zone": None,
        "report_count": 1,
        "last_seen_up": None,
        "version": 68,
    }
    payload = nova_object("ServiceStatusPayload", "1.1", data)
    publisher = f"{body['binary']}:{body['host']}"
    yield notice(cloud, publisher, f"service.{op}", payload, versioned=True)


def _aggregate(cloud: Cloud, op: str, old: Body, new: Body) -> Notices:
    body = new or old
    id_ = body["id"]
    kept = ("id", "uuid", "name", "hosts", "metadata")
    payload = nova_object("AggregatePayload", "1.1", {name: body[name] for name in kept})
    action, legacy = op, op
    rest: Payload = {"aggregate_id": id_}
    if op == "create":
        rest["name"] = body["name"]
    elif op == "update" and old["hosts"] != new["hosts"]:
        action = "add_host" if len(new["hosts"]) > len(old["hosts"]) else "remove_host"
        legacy = action.replace("_", "")
        (host, *_) = set(old["hosts"]) ^ set(new["hosts"])
        rest = {"aggregate_id": str(id_), "host_name": host}
    elif op == "update":
        names = new["name"] != old["name"] or new["availability_zone"] != old["availability_zone"]
        action, legacy = ("update_prop", "updateprop") if names else (
            "update_metadata", "updatemetadata"
        )  # fmt: skip
        if not names:
            rest["meta_data"] = new["metadata"]
    for phase in ("start", "end"):
        yield _api(cloud, f"aggregate.{action}.{phase}", payload)
        event = f"aggregate.{legacy}.{phase}"
        named = {"name": body["name"]} if phase == "end" and "host_name" in rest else {}
        yield notice(cloud, f"aggregate.{id_}", event, rest | named, versioned=False)


def _server_group(cloud: Cloud, op: str, old: Body, new: Body) -> Notices:
    """Tell of a group made, deleted or joined; of one that a server left, nothing."""
    body = new or old
    legacy: Payload = {"server_group_id": body["id"]}
    if op == "update":
        joined = [id_ for id_ in new["members"] if id_ not in old["members"]]
        if not joined:
            return
        legacy["instance_uuids"] = joined
    names = ("name", "members", "policy", "rules", "project_id", "user_id")
    data = {name: body[name] for name in names} | {"uuid": body["id"], "hosts": None}
    data["policies"] = [body["policy"]]
    action = {"update": "add_member"}.get(op, op)
    yield _api(cloud, f"server_group.{action}", nova_object("ServerGroupPayload", "1.1", data))
    event = f"servergroup.{action.replace('_', '')}"
    yield notice(cloud, "servergroup.demo", event, legacy, versioned=False)


def _keypair(cloud: Cloud, op: str, old: Body, new: Body) -> Notices:
    body = new or old
    names = ("name", "public_key", "fingerprint", "type")
    data = {name: body[name] for name in names} | {"user_id": body["_user"]}
    project = cloud.pools.projects[0]
    legacy = {"tenant_id": project, "user_id": body["_user"], "key_name": body["name"]}
    for phase in ("start", "end"):
        yield _api(cloud, f"keypair.{op}.{phase}", nova_object("KeypairPayload", "1.0", data))
        yield notice(cloud, "api.demo", f"keypair.{op}.{phase}", legacy, versioned=False)


TELLS: dict[str, Tell] = {
    "nova.flavor": _flavor,
    "nova.flavor_access": _access,
    "nova.service": _service,
    "nova.aggregate": _aggregate,
    "nova.server_group": _server_group,
    "nova.keypair": _keypair,
}
