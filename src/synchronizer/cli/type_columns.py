"""The columns that people look for first in a list of one type, as OpenStack's client has them."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "aodh.alarm": ("type", "severity", "project_id"),
    "cinder.backup": ("volume_id", "size"),
    "cinder.snapshot": ("volume_id", "size"),
    "cinder.volume": ("size", "volume_type", "bootable", "os-vol-tenant-attr:tenant_id"),
    "designate.recordset": ("type", "records", "ttl"),
    "designate.zone": ("type", "serial", "project_id"),
    "glance.image": ("disk_format", "size", "visibility", "owner"),
    "heat.stack": ("stack_status_reason", "project"),
    "ironic.node": ("provision_state", "power_state", "maintenance"),
    "keystone.endpoint": ("service_id", "interface", "region_id", "url"),
    "keystone.project": ("domain_id", "parent_id"),
    "keystone.service": ("type",),
    "keystone.user": ("domain_id", "email"),
    "magnum.cluster": ("node_count", "master_count", "project_id"),
    "manila.share": ("size", "share_proto", "project_id"),
    "nagios.service": ("host_name", "plugin_output"),
    "neutron.agent": ("agent_type", "host", "alive"),
    "neutron.floatingip": ("floating_ip_address", "fixed_ip_address", "port_id", "project_id"),
    "neutron.network": ("subnets", "router:external", "shared", "project_id"),
    "neutron.port": ("mac_address", "fixed_ips", "device_owner", "device_id"),
    "neutron.router": ("external_gateway_info.network_id", "project_id"),
    "neutron.security_group": ("description", "project_id"),
    "neutron.subnet": ("cidr", "network_id", "project_id"),
    "nova.flavor": ("ram", "disk", "vcpus"),
    "nova.hypervisor": ("hypervisor_type", "host_ip"),
    "nova.server": ("flavor.original_name", "OS-EXT-SRV-ATTR:host", "tenant_id"),
    "nova.service": ("binary", "zone", "updated_at"),
    "octavia.loadbalancer": ("vip_address", "operating_status", "project_id"),
    "placement.resource_provider": ("parent_provider_uuid",),
}


def columns_of(types: set[str]) -> tuple[str, ...]:
    """Return dotted paths into the bodies of a list; none for a list of several types."""
    (only,) = types if len(types) == 1 else ("",)
    return COLUMNS.get(only, ())
