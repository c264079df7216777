"""Creating, changing and deleting stacks, as their API has it."""

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.orchestration.access import project
from openstack_democloud.orchestration.changes import begin, later, make
from openstack_democloud.orchestration.stacks import found
from openstack_democloud.table import Body

_ACTIONS = frozenset({"suspend", "resume", "check"})


def create(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /stacks``: 201 and *in progress*, *complete* a little later."""
    given = ask.json()
    name = given.get("stack_name")
    if not isinstance(name, str) or not name:
        raise RefusalError(400, "No stack name specified")
    if not ({"template", "template_url"} & set(given)):
        raise RefusalError(400, "No template specified")
    own = project(ask) or ""
    for body in cloud.table("heat.stack"):
        if body["stack_name"] == name and body["_project"] == own:
            raise RefusalError(409, f"The Stack ({name}) already exists.")
    user = cloud.table("keystone.user").get(ask.token.user_id if ask.token else "") or {}
    body = make(cloud, name, own, user.get("name", ""), tags=_tags(given))
    body["_alone"]["parameters"] |= given.get("parameters") or {}
    later(cloud, body["id"])
    made = {"id": body["id"], "links": body["links"]}
    return Answer.json({"stack": made}, 201, Location=body["links"][0]["href"])


def _tags(given: Body) -> list[str] | None:
    return [tag.strip() for tag in given["tags"].split(",")] if given.get("tags") else None


def update(cloud: Cloud, ask: Ask, name: str, id: str) -> Answer:
    """Answer the PUT and PATCH of a stack."""
    body = found(cloud, ask, id, name)
    _idle(body)
    given = ask.json()
    body["_alone"]["parameters"] |= given.get("parameters") or {}
    fields = {"tags": _tags(given)} if "tags" in given else {}
    begin(cloud, id, "UPDATE", **fields)
    later(cloud, id)
    return Answer(202)


def act(cloud: Cloud, ask: Ask, name: str, id: str) -> Answer:
    """Answer ``POST …/actions``: suspend, resume, check."""
    _idle(found(cloud, ask, id, name))
    wanted = [action for action in ask.json() if action in _ACTIONS]
    if len(wanted) != 1:
        raise RefusalError(400, "Exactly one of suspend, resume, check must be specified")
    begin(cloud, id, wanted[0].upper())
    later(cloud, id)
    return Answer(200)


def _idle(body: Body) -> None:
    if body["stack_status"].endswith("IN_PROGRESS"):
        raise RefusalError(409, f"Stack {body['stack_name']} already has an action in progress.")


def delete(cloud: Cloud, ask: Ask, name: str, id: str) -> Answer:
    """Answer the DELETE of a stack: 204 at once, gone when its resources are."""
    found(cloud, ask, id, name)
    begin(cloud, id, "DELETE")
    later(cloud, id)
    return Answer(204)
