# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Servers on one fake hypervisor, which lib/testcloud/compute.py makes survive a restart.

# nova-compute gets the part without databases: it would try them and log tracebacks.
configure_nova() {
  write nova/nova-compute.conf <<X
[DEFAULT]
host = compute1
my_ip = $ip
state_path = $state/var/nova
transport_url = $bus
# Put there by lib/testcloud/compute.py.
compute_driver = fake.KeepingFakeDriver
allow_resize_to_same_host = true
instance_usage_audit = true
# Nobody sends network-vif-plugged: there are no agents.
vif_plugging_timeout = 0
vif_plugging_is_fatal = false
service_down_time = 60
# By default Nova takes minutes to leave, in case somebody still asks.
graceful_shutdown_timeout = 3
manager_shutdown_timeout = 2
# Otherwise a random delay of up to a minute before the host reports itself.
periodic_fuzzy_delay = 0
# The fake host has 1000 cores, 800 GB of memory and 600 TB of disk: room for 64000 servers.
initial_cpu_allocation_ratio = 64
initial_ram_allocation_ratio = 64
initial_disk_allocation_ratio = 64
[notifications]
notification_format = both
versioned_notifications_topics = versioned_notifications,synchronizer_versioned_notifications
notify_on_state_change = vm_and_task_state
[placement]
$(login placement)
[neutron]
$(login neutron)
[glance]
$(login glance)
[cinder]
$(login cinder)
os_region_name = $region
[service_user]
send_service_user_token = true
$(login nova)
[scheduler]
workers = 1
discover_hosts_in_cells_interval = 2
[conductor]
workers = 1
[quota]
instances = -1
cores = -1
ram = -1
key_pairs = -1
server_groups = -1
server_group_members = -1
[vnc]
enabled = false
$(sections_without_database nova)
X
  write nova/nova.conf <<X
$(<"$etc/nova/nova-compute.conf")
[api_database]
$(database nova_api)
[database]
$(database nova)
X
  cp "$venv/etc/nova/api-paste.ini" "$etc/nova/"
}

migrate_nova() {
  manage nova-manage nova/nova.conf api_db sync
  manage nova-manage nova/nova.conf cell_v2 map_cell0 --database_connection "$(database_url nova_cell0)"
  manage nova-manage nova/nova.conf db sync
  manage nova-manage nova/nova.conf cell_v2 create_cell --name cell1
}

start_nova() {
  # Nova takes the first file for its paste configuration.
  export OS_NOVA_CONFIG_DIR=$etc/nova OS_NOVA_CONFIG_FILES='api-paste.ini;nova.conf'
  serve nova-api nova.wsgi.osapi_compute 2
  start nova-conductor nova-conductor --config-file "$etc/nova/nova.conf"
  start nova-scheduler nova-scheduler --config-file "$etc/nova/nova.conf"
  start nova-compute python -m testcloud.compute --config-file "$etc/nova/nova-compute.conf"
}
