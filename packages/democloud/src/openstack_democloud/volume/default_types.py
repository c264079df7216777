"""Default volume types of projects: an admin sets, sees and unsets them; each has at most one."""

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.table import Body
from openstack_democloud.volume.volume_types import type_of

DEFAULT_TYPE = "cinder.default_type"
_SINCE = 62


def _known(ask: Ask) -> None:
    if ask.minor < _SINCE:
        raise RefusalError(404, "The resource could not be found.")


def row(project: str, volume_type: str) -> Body:
    """Return the default type of a project."""
    return {"project_id": project, "volume_type_id": volume_type}


def index(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /default-types``: all of them, whatever ``limit`` says."""
    _known(ask)
    return Answer.json({"default_types": list(cloud.table(DEFAULT_TYPE))})


def show(cloud: Cloud, ask: Ask, project: str) -> Answer:
    """Answer the GET of a project's."""
    _known(ask)
    body = cloud.table(DEFAULT_TYPE).get(project)
    if body is None:
        raise RefusalError(404, f"Default type for project {project} not found.")
    return Answer.json({"default_type": body})


def put(cloud: Cloud, ask: Ask, project: str) -> Answer:
    """Answer the PUT of a project's, by the type's name or id."""
    _known(ask)
    wanted = str(ask.part("default_type").get("volume_type"))
    table, body = cloud.table(DEFAULT_TYPE), row(project, type_of(cloud, wanted)["id"])
    body = table.change(project, **body) if project in table else table.add(project, body)
    return Answer.json({"default_type": body})


def unset(cloud: Cloud, ask: Ask, project: str) -> Answer:
    """Answer the DELETE of a project's; to have none is no error."""
    _known(ask)
    if project in cloud.table(DEFAULT_TYPE):
        cloud.table(DEFAULT_TYPE).remove(project)
    return Answer(204)
