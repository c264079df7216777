"""Resources of stacks, software configuration, and Heat's engines."""

from openstack_democloud.clock import stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.orchestration import entities
from openstack_democloud.orchestration.access import admin, owned, project
from openstack_democloud.orchestration.stacks import found, lookup
from openstack_democloud.table import Body, shown

RESOURCE, CONFIG, DEPLOYMENT = (
    "heat.resource", "heat.software_config", "heat.software_deployment",
)  # fmt: skip
_HEARTBEAT = 60


def _resources_of(cloud: Cloud, id: str) -> list[Body]:
    return [body for body in cloud.table(RESOURCE) if body["_stack"] == id]


def resources(cloud: Cloud, ask: Ask, name: str, id: str) -> Answer:
    """Answer the listing of a stack's resources, with ``nested_depth`` also those below."""
    body = found(cloud, ask, id, name, dead=True)
    depth = ask.query.get("nested_depth", "0")
    if not depth.isdigit():
        raise RefusalError(400, f"Value '{depth}' is invalid for 'nested_depth'")
    rows = [shown(row) for row in _resources_of(cloud, body["id"])]
    if int(depth):
        for child in cloud.table("heat.stack"):
            if child["parent"] == id:
                held = _resources_of(cloud, child["id"])
                rows += [shown(row) | {"parent_resource": "nested"} for row in held]
    return Answer.json({"resources": rows})


def resources_by_id(cloud: Cloud, ask: Ask, name: str) -> Answer:
    """Answer ``/stacks/{id}/resources``: 302 to where they are."""
    return lookup(cloud, ask, name, "/resources")


def resource(cloud: Cloud, ask: Ask, name: str, id: str, resource: str) -> Answer:
    """Answer the GET of one resource: with its attributes."""
    found(cloud, ask, id, name)
    body = cloud.table(RESOURCE).get(f"{id}/{resource}")
    if body is None:
        raise RefusalError(404, f"The Resource ({resource}) could not be found in Stack {name}.")
    return Answer.json({"resource": shown(body) | body["_alone"]})


def _found(cloud: Cloud, ask: Ask, type: str, id: str) -> Body:
    body = cloud.table(type).get(id)
    if body is None or not owned(ask, body):
        raise RefusalError(
            404, f"The Software {type.rpartition('_')[2]} ({id}) could not be found."
        )
    return body


def configs(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /software_configs``: without what is in them; an admin sees whose they are."""
    rows = [
        config_row(cloud, body) if admin(ask) else shown(body)
        for body in cloud.table(CONFIG)
        if owned(ask, body)
    ]
    return Answer.json({"software_configs": rows})


def config_row(_cloud: Cloud, body: Body, _minor: int = 0) -> Body:
    """Show a piece of configuration as the listing does to an admin."""
    return shown(body) | {"project": body["_project"]}


def config(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the GET of one piece of configuration."""
    body = _found(cloud, ask, CONFIG, id)
    return Answer.json({"software_config": shown(body) | body["_alone"]})


def make_config(cloud: Cloud, name: str, project: str) -> Body:
    """Create a piece of configuration and return it."""
    id_ = cloud.names.uuid("software_config", cloud.next("software_config"))
    body = entities.software_config(id_, name, project=project, at=cloud.clock.now())
    return cloud.table(CONFIG).add(id_, body)


def create_config(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /software_configs``."""
    given = ask.json()
    body = make_config(cloud, given.get("name", ""), project(ask) or "")
    body["group"] = given.get("group", "Heat::Ungrouped")
    body["_alone"] |= {n: given[n] for n in ("config", "inputs", "outputs") if n in given}
    return Answer.json({"software_config": shown(body) | body["_alone"]})


def delete_config(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the DELETE of a piece of configuration that is deployed nowhere."""
    _found(cloud, ask, CONFIG, id)
    if any(body["config_id"] == id for body in cloud.table(DEPLOYMENT)):
        raise RefusalError(400, f"Software config with id {id} can not be deleted: it is deployed.")
    cloud.table(CONFIG).remove(id)
    return Answer(204)


def deployments(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /software_deployments``."""
    server = ask.query.get("server_id")
    rows = [
        shown(body)
        for body in cloud.table(DEPLOYMENT)
        if owned(ask, body) and server in {None, body["server_id"]}
    ]
    return Answer.json({"software_deployments": rows})


def deployment(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the GET of one deployment."""
    return Answer.json({"software_deployment": shown(_found(cloud, ask, DEPLOYMENT, id))})


def delete_deployment(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the DELETE of a deployment."""
    _found(cloud, ask, DEPLOYMENT, id)
    cloud.table(DEPLOYMENT).remove(id)
    return Answer(204)


def service_row(cloud: Cloud, body: Body, _minor: int = 0) -> Body:
    """Show an engine with its heartbeat, every minute."""
    now = int(cloud.clock.now())
    beat = now - (now + body["_number"]) % _HEARTBEAT
    return shown(body) | {"updated_at": stamp(beat).removesuffix("Z") + ".000000"}


def services(cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /services``."""
    rows = [service_row(cloud, body) for body in cloud.table("heat.service")]
    return Answer.json({"services": rows})
