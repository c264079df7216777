"""Tasks, and the stores that hold the data."""

from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.image import entities
from openstack_democloud.image.access import hidden, project
from openstack_democloud.image.paging import page
from openstack_democloud.table import Body, shown

_TASK = "glance.task"


def tasks(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /v2/tasks``: without what went in and came out."""
    table = cloud.table(_TASK)
    wanted = [(n, v) for n, v in ask.pairs if n in {"status", "type"}]
    rows = [body for body in table if all(body[n] == v for n, v in wanted)]
    return page(cloud, ask, "tasks", table, rows, row=shown, hidden=lambda body: hidden(ask, body))


def task(cloud: Cloud, _ask: Ask, id: str) -> Answer:
    """Answer the GET of one task."""
    body = cloud.table(_TASK).get(id)
    if body is None:
        raise RefusalError(404, f"Task {id} could not be found.")
    return Answer.json(shown(body) | body["_alone"])


def make_task(cloud: Cloud, owner: str, **fields: Any) -> Body:
    """Create a task and return it: pending."""
    id_ = cloud.names.uuid("image_task", cloud.next("image_task"))
    body = entities.task(id_, owner, at=cloud.clock.now(), status="pending", **fields)
    return cloud.table(_TASK).add(id_, body)


def create_task(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /v2/tasks``."""
    given = ask.json()
    body = make_task(cloud, project(ask) or "")
    body["_alone"]["input"] = given.get("input") or {}
    return Answer.json(shown(body) | body["_alone"], 201)


def stores(cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /v2/info/stores``."""
    return Answer.json({"stores": [shown(body) for body in cloud.table("glance.store")]})


def stores_detail(cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /v2/info/stores/detail``: an admin sees how they are reached."""
    rows = [shown(body) | body["_detail"] for body in cloud.table("glance.store")]
    return Answer.json({"stores": rows})
