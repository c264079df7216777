"""Snapshots of stacks: listed with all that was saved, passwords too, and with no project."""

from openstack_democloud.clock import stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.orchestration.stacks import found
from openstack_democloud.table import Body, shown

SNAPSHOT = "heat.snapshot"


def snapshot(id: str, stack: Body, name: str, at: float) -> tuple[str, Body]:
    """Return key and body of a snapshot of a stack."""
    body = {
        "id": id,
        "name": name,
        "action": "SNAPSHOT",
        "status": "COMPLETE",
        "status_reason": "Stack SNAPSHOT completed successfully",
        "creation_time": stamp(at),
        "_stack": stack["id"],
        "_data": {"environment": {"parameters": {"password": "CANARY-SECRET"}}},
    }
    return f"{stack['id']}/{id}", body


def listed(body: Body) -> Body:
    """Show a snapshot as its listing does."""
    return shown(body) | {"data": body["_data"]}


def index(cloud: Cloud, ask: Ask, name: str, id: str) -> Answer:
    """Answer ``GET /stacks/{name}/{id}/snapshots``: 404 without the right name."""
    stack = found(cloud, ask, id, name)
    rows = [listed(body) for body in cloud.table(SNAPSHOT) if body["_stack"] == stack["id"]]
    return Answer.json({"snapshots": rows})


def create(cloud: Cloud, ask: Ask, name: str, id: str) -> Answer:
    """Answer the POST of a snapshot."""
    stack = found(cloud, ask, id, name)
    key = cloud.names.uuid("snapshot", cloud.next("snapshot"))
    made = snapshot(key, stack, str(ask.json().get("name") or ""), cloud.clock.now())
    return Answer.json(listed(cloud.table(SNAPSHOT).add(*made)))


def delete(cloud: Cloud, ask: Ask, name: str, id: str, snapshot: str) -> Answer:
    """Answer the DELETE of a snapshot."""
    found(cloud, ask, id, name)
    if f"{id}/{snapshot}" not in cloud.table(SNAPSHOT):
        raise RefusalError(404, f"The Snapshot ({snapshot}) for Stack ({name}) could not be found.")
    cloud.table(SNAPSHOT).remove(f"{id}/{snapshot}")
    return Answer(204)
