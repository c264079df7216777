"""What Cinder shows and lets do those who are no admins."""

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Ask, RefusalError
from openstack_democloud.table import Body

_V = "/volume/v3"
_ADMIN_ONLY = tuple(
    f"{_V}/{name}"
    for name in ("os-services", "scheduler-stats", "clusters", "qos-specs", "default-types")
)
_ADMIN_WRITES = tuple(f"{_V}/{name}" for name in ("types", "group_types", "os-quota-sets"))
_ADMIN_PARTS = ("os-volume-type-access", "encryption")
_ADMIN_FIELDS = frozenset(
    {
        "os-vol-host-attr:host",
        "os-vol-mig-status-attr:migstat",
        "os-vol-mig-status-attr:name_id",
        "migration_status",
        "provider_id",
        "cluster_name",
        "os-backup-project-attr:project_id",
        "qos_specs_id",
        "os-volume-type-access:is_public",
    }
)


def allow(_cloud: Cloud, ask: Ask, template: str) -> None:
    """Hide an admin's fields; refuse with 403 what is an admin's altogether."""
    ask.lens.fields |= _ADMIN_FIELDS
    writes = template.startswith(_ADMIN_WRITES) and ask.method != "GET"
    if template.startswith(_ADMIN_ONLY) or template.endswith(_ADMIN_PARTS) or writes:
        raise RefusalError(403, "Policy doesn't allow this action to be performed.")


def admin(ask: Ask) -> bool:
    """Tell whether an admin asks."""
    return ask.token is None or ask.token.admin


def project(ask: Ask) -> str | None:
    """Return the project that asks."""
    return ask.token.project_id if ask.token else None


def owned(ask: Ask, body: Body, owner: str) -> bool:
    """Tell whether the one who asks may see an entity whose project is in field *owner*."""
    if ask.lens.projects and ask.lens.hides({"project_id": body.get(owner), "id": body["id"]}):
        return False
    return admin(ask) or not owner or body[owner] == project(ask)
