# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Networks without agents: lib/testcloud/ml2.py binds every port at once.

configure_neutron() {
  write neutron/neutron.conf <<X
[DEFAULT]
host = network1
state_path = $state/var/neutron
transport_url = $bus
core_plugin = ml2
service_plugins = router,qos,trunk,port_forwarding,metering
api_paste_config = $venv/etc/neutron/api-paste.ini
notify_nova_on_port_status_changes = true
notify_nova_on_port_data_changes = true
dhcp_agent_notification = false
[nova]
$(login nova)
[placement]
$(login placement)
[quotas]
quota_network = -1
quota_subnet = -1
quota_port = -1
quota_router = -1
quota_floatingip = -1
quota_security_group = -1
quota_security_group_rule = -1
[ml2]
type_drivers = local,flat,vlan,vxlan
tenant_network_types = vxlan
mechanism_drivers = instant
extension_drivers = port_security,qos
[ml2_type_flat]
flat_networks = *
[ml2_type_vlan]
network_vlan_ranges = physnet1:100:999
[ml2_type_vxlan]
vni_ranges = 1:9999
[securitygroup]
enable_security_group = true
$(usual_sections neutron)
X
}

migrate_neutron() { manage neutron-db-manage neutron/neutron.conf upgrade heads; }

start_neutron() {
  export OS_NEUTRON_CONFIG_DIR=$etc/neutron OS_NEUTRON_CONFIG_FILES=neutron.conf
  serve neutron neutron.wsgi.api
}
