"""What Heat tells the bus: of stacks only, by the action and how far it is."""

from collections.abc import Iterator

from openstack_democloud.clock import stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.notices import Notification
from openstack_democloud.service import Tell
from openstack_democloud.table import Body

_STEPS = {"IN_PROGRESS": "start", "COMPLETE": "end", "FAILED": "error"}


def _told(cloud: Cloud, body: Body, action: str, status: str) -> Notification:
    payload = {
        "stack_identity": body["id"],
        "stack_name": body["stack_name"],
        "tenant_id": body["_project"],
        "user_id": body["stack_owner"],
        "username": body["stack_owner"],
        "user_identity": cloud.names.hex("user", body["stack_owner"]),
        "state": f"{action}_{status}",
        "state_reason": body["stack_status_reason"],
        "description": body["_alone"]["description"],
        "create_at": body["creation_time"],
        "updated_at": body["updated_time"],
        "tags": body["tags"] or [],
    }
    event = f"orchestration.stack.{action.lower()}.{_STEPS[status]}"
    return Notification("heat", "orchestration.controller-0", event, payload)


def of_stack(cloud: Cloud, op: str, old: Body, new: Body) -> Iterator[Notification]:
    """Tell of a stack where its state moved; tags alone are not told of."""
    if op == "delete":
        gone = old | {"updated_time": stamp(cloud.clock.now())}
        if old["stack_status"] != "DELETE_IN_PROGRESS":
            yield _told(cloud, gone, "DELETE", "IN_PROGRESS")
        yield _told(cloud, gone, "DELETE", "COMPLETE")
    elif old.get("stack_status") != new["stack_status"]:
        action, _, status = new["stack_status"].partition("_")
        yield _told(cloud, new, action, status)


TELLS: dict[str, Tell] = {"heat.stack": of_stack}
