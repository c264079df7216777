"""Whose images are whose: what Glance shows to whom, and who may change what."""

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Ask, RefusalError
from openstack_democloud.table import Body

_ADMIN_ONLY = ("/image/v2/tasks", "/image/v2/info/stores/detail")


def allow(_cloud: Cloud, ask: Ask, template: str) -> None:
    """Refuse with 403 what is an admin's altogether."""
    writes_namespace = "/metadefs/" in template and ask.method != "GET"
    if template.startswith(_ADMIN_ONLY) or writes_namespace:
        raise RefusalError(403, "You are not authorized to complete this action.")


def admin(ask: Ask) -> bool:
    """Tell whether an admin asks."""
    return ask.token is None or ask.token.admin


def project(ask: Ask) -> str | None:
    """Return the project that asks."""
    return ask.token.project_id if ask.token else None


def hidden(ask: Ask, body: Body) -> bool:
    """Tell whether the policy *get_image* hides a row: a fault is at work."""
    return ask.lens.hides({"project_id": body["owner"], "id": body.get("id")})


def shared_with(cloud: Cloud, ask: Ask, body: Body, *statuses: str) -> bool:
    """Tell whether an image is shared with the project that asks."""
    member = cloud.table("glance.image_member").get(f"{body['id']}/{project(ask)}")
    return (
        body["visibility"] == "shared"
        and member is not None
        and (not statuses or member["status"] in statuses)
    )


def visible(cloud: Cloud, ask: Ask, body: Body) -> bool:
    """Tell whether the one who asks may know of an image."""
    if admin(ask) or body["owner"] == project(ask):
        return True
    return body["visibility"] in {"public", "community"} or shared_with(cloud, ask, body)


def found(cloud: Cloud, ask: Ask, id: str, *, to_change: bool = False) -> Body:
    """Return an image that may be seen, or with *to_change* changed.

    Raises:
        RefusalError: 404 there is none to see, 403 it is another's.
    """
    body = cloud.table("glance.image").get(id)
    if body is None or hidden(ask, body) or not visible(cloud, ask, body):
        raise RefusalError(404, f"No image found with ID {id}")
    if to_change and not admin(ask) and body["owner"] != project(ask):
        raise RefusalError(403, f"You are not permitted to modify image {id}.")
    return body
