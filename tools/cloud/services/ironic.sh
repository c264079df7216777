# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Bare metal made of nothing: fake hardware, conductor and API in one process.

configure_ironic() {
  write ironic/ironic.conf <<X
[DEFAULT]
host = conductor1
my_ip = $ip
state_path = $state/var/ironic
transport_url = $bus
rpc_transport = none
notification_level = debug
versioned_notifications_topics = ironic_versioned_notifications,synchronizer_versioned_notifications
enabled_hardware_types = fake-hardware
enabled_bios_interfaces = fake
enabled_boot_interfaces = fake
enabled_console_interfaces = fake
enabled_deploy_interfaces = fake
enabled_firmware_interfaces = fake
enabled_inspect_interfaces = fake
enabled_management_interfaces = fake
enabled_network_interfaces = noop
enabled_power_interfaces = fake
enabled_raid_interfaces = fake
enabled_rescue_interfaces = fake
enabled_storage_interfaces = noop
enabled_vendor_interfaces = fake
[api]
host_ip = $ip
port = ${port[ironic-api]}
api_workers = 1
[deploy]
http_root = $state/var/ironic/httpboot
[oslo_policy]
policy_file = $etc/ironic/policy.yaml
enforce_scope = false
$(usual_sections ironic)
X
  # By default only who has a role on the whole system sees all nodes, and may change anything.
  {
    echo '"service_role": "role:service or role:admin"'
    printf '"baremetal:%s": "role:admin"\n' {node,port,portgroup,chassis}:{create,delete} \
      {deploy_template,inspection_rule}:{create,update,delete} node:update:{chassis_uuid,shard}
  } | write ironic/policy.yaml
}

migrate_ironic() { manage ironic-dbsync ironic/ironic.conf create_schema; }

start_ironic() { start ironic-api ironic --config-file "$etc/ironic/ironic.conf"; }
