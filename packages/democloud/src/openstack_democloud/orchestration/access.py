"""Whose stacks are whose: an admin's plain listing shows all, everybody else's their own."""

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Ask, RefusalError
from openstack_democloud.orchestration.entities import ROOT
from openstack_democloud.table import Body


def allow(_cloud: Cloud, ask: Ask, template: str) -> None:
    """Refuse with 403 another project's address, and the engines."""
    own = ask.path.startswith(f"{ROOT}/v1/{project(ask)}/")
    if not own or template.endswith("/services"):
        raise RefusalError(403, "You are not authorized to complete this action.")


def admin(ask: Ask) -> bool:
    """Tell whether an admin asks."""
    return ask.token is None or ask.token.admin


def project(ask: Ask) -> str | None:
    """Return the project that asks."""
    return ask.token.project_id if ask.token else None


def owned(ask: Ask, body: Body) -> bool:
    """Tell whether the one who asks may see an entity."""
    if ask.lens.hides({"project_id": body["_project"], "id": body["id"]}):
        return False
    return admin(ask) or body["_project"] == project(ask)
