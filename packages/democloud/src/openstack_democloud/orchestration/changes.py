"""What happens to stacks: each action begins, and is complete a little later.

Beginning an update, suspend, resume or check moves ``updated_time``; nothing else does.
"""

import asyncio
from typing import Any

from openstack_democloud.clock import stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.orchestration import entities
from openstack_democloud.orchestration.around import RESOURCE
from openstack_democloud.orchestration.snapshots import SNAPSHOT
from openstack_democloud.table import Body

STACK = "heat.stack"
_TIMED = frozenset({"UPDATE", "SUSPEND", "RESUME", "CHECK"})


def _state(action: str, status: str) -> Body:
    word = {"IN_PROGRESS": "started", "COMPLETE": "completed successfully"}.get(status, "failed")
    return {
        "stack_status": f"{action}_{status}",
        "stack_status_reason": f"Stack {action} {word}",
    }


def make(cloud: Cloud, name: str, project: str, owner: str, **fields: Any) -> Body:
    """Create a stack, in progress, with one resource, and return it."""
    id_ = cloud.names.uuid("stack", cloud.next("stack"))
    now = cloud.clock.now()
    fields = _state("CREATE", "IN_PROGRESS") | fields
    body = entities.stack(cloud, id_, name, project=project, owner=owner, at=now, **fields)
    cloud.table(STACK).add(id_, body)
    physical = cloud.names.uuid("random", id_)
    kind = "OS::Heat::RandomString"
    key, row = entities.resource(cloud, body, "secret", kind, physical, at=now)
    cloud.table(RESOURCE).add(key, row)
    return body


def begin(cloud: Cloud, id: str, action: str, **fields: Any) -> Body:
    """Begin an action."""
    if action in _TIMED:
        fields["updated_time"] = stamp(cloud.clock.now())
    return cloud.table(STACK).change(id, **_state(action, "IN_PROGRESS"), **fields)


def finish(cloud: Cloud, id: str) -> None:
    """Complete what is in progress; a delete ends the stack."""
    body = cloud.table(STACK).get(id)
    if body is None:
        return
    action = body["stack_status"].partition("_")[0]
    if action == "DELETE":
        drop(cloud, id)
        return
    cloud.table(STACK).change(id, **_state(action, "COMPLETE"))
    for key, row in list(cloud.table(RESOURCE).items()):
        if row["_stack"] == id and action != "CREATE":
            now = stamp(cloud.clock.now())
            cloud.table(RESOURCE).change(
                key, resource_status=f"{action}_COMPLETE", updated_time=now
            )


def drop(cloud: Cloud, id: str) -> None:
    """Delete a stack, those nested in it first, each with its resources and snapshots."""
    table, resources = cloud.table(STACK), cloud.table(RESOURCE)
    for child in [body["id"] for body in table if body["parent"] == id]:
        drop(cloud, child)
    for key in [key for key in resources.ids() if key.startswith(f"{id}/")]:
        resources.remove(key)
    for key in [key for key in cloud.table(SNAPSHOT).ids() if key.startswith(f"{id}/")]:
        cloud.table(SNAPSHOT).remove(key)
    body = table.remove(id)
    body |= _state("DELETE", "COMPLETE") | {"deletion_time": stamp(cloud.clock.now())}


def later(cloud: Cloud, id: str) -> None:
    """Complete what is in progress when the resources are done."""
    asyncio.get_running_loop().call_later(cloud.size.build_seconds, finish, cloud, id)
