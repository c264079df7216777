"""What Nova shows and lets do those who are no admins."""

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Ask, RefusalError

_ADMIN_ONLY = tuple(
    f"/compute/v2.1/{name}"
    for name in ("os-services", "os-hypervisors", "os-aggregates", "os-migrations",
                 "os-availability-zone", "os-quota-sets")
)  # fmt: skip
_ADMIN_FIELDS = frozenset(
    {
        "OS-EXT-SRV-ATTR:host",
        "OS-EXT-SRV-ATTR:hypervisor_hostname",
        "OS-EXT-SRV-ATTR:instance_name",
        "OS-EXT-SRV-ATTR:user_data",
        "OS-EXT-SRV-ATTR:reservation_id",
        "OS-EXT-SRV-ATTR:launch_index",
        "OS-EXT-SRV-ATTR:root_device_name",
        "OS-EXT-SRV-ATTR:kernel_id",
        "OS-EXT-SRV-ATTR:ramdisk_id",
        "host_status",
    }
)


def allow(_cloud: Cloud, ask: Ask, template: str) -> None:
    """Hide an admin's fields; refuse with 403 what is an admin's altogether."""
    ask.lens.fields |= _ADMIN_FIELDS
    writes_flavor = "/flavors" in template and ask.method != "GET"
    if template.startswith(_ADMIN_ONLY) or writes_flavor:
        raise RefusalError(403, "Policy doesn't allow this action to be performed.")
