# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Writes every configuration file under $etc, the same ones at each call.

keystone_url="http://$ip:${port[keystone]}/v3"
bus="rabbit://openstack:$password@$ip:${port[rabbitmq]}/"

database_url() { echo "mysql+pymysql://cloud:$password@$ip:${port[mariadb]}/$1?charset=utf8mb4"; }

# --- sections that several services share

database() { # database NAME
  cat <<X
connection = $(database_url "$1")
max_pool_size = 5
X
}

login() { # login USER: how a service authenticates at another
  cat <<X
auth_type = password
auth_url = $keystone_url
username = $1
password = $password
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = $region
X
}

notifications() {
  cat <<X
[oslo_messaging_notifications]
driver = messagingv2
topics = notifications,synchronizer_notifications
X
}

token_check() { # token_check SERVICE
  cat <<X
[keystone_authtoken]
www_authenticate_uri = $keystone_url
service_token_roles = service
service_token_roles_required = true
$(login "$1")
X
}

sections_without_database() { # sections_without_database SERVICE
  cat <<X
$(notifications)
$(token_check "$1")
[oslo_concurrency]
lock_path = $state/var/lock
[oslo_messaging_rabbit]
heartbeat_in_pthread = false
X
}

usual_sections() { # usual_sections SERVICE
  cat <<X
$(sections_without_database "$1")
[database]
$(database "$1")
X
}

# --- one function a service: its main file to standard output

keystone_conf() {
  cat <<X
[DEFAULT]
transport_url = $bus
[identity]
# The cheapest hash there is: hundreds of logins by password must not wait for bcrypt.
password_hash_rounds = 4
[cache]
# One process, hence no cache shared with others to disagree with.
enabled = true
backend = dogpile.cache.memory
[token]
provider = fernet
expiration = 14400
[fernet_tokens]
key_repository = $state/var/keystone/fernet
[fernet_receipts]
key_repository = $state/var/keystone/fernet
[credential]
key_repository = $state/var/keystone/credential
[database]
$(database keystone)
$(notifications)
X
}

placement_conf() {
  cat <<X
[placement_database]
$(database placement)
$(token_check placement)
X
}

# nova-compute gets the part without databases: it would try them and log tracebacks.
nova_compute_conf() {
  cat <<X
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
versioned_notifications_topics = versioned_notifications
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
}

nova_conf() {
  cat <<X
$(nova_compute_conf)
[api_database]
$(database nova_api)
[database]
$(database nova)
X
}

neutron_conf() {
  cat <<X
[DEFAULT]
host = network1
state_path = $state/var/neutron
transport_url = $bus
core_plugin = ml2
service_plugins = router
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
extension_drivers = port_security
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

glance_conf() {
  cat <<X
[DEFAULT]
bind_host = $ip
bind_port = ${port[glance]}
worker_self_reference_url = http://$ip:${port[glance]}
transport_url = $bus
enabled_backends = file:file
[glance_store]
default_backend = file
[file]
filesystem_store_datadir = $state/var/glance/images
[os_glance_staging_store]
filesystem_store_datadir = $state/var/glance/staging
[os_glance_tasks_store]
filesystem_store_datadir = $state/var/glance/tasks
[paste_deploy]
flavor = keystone
config_file = $venv/etc/glance/glance-api-paste.ini
$(usual_sections glance)
X
}

cinder_conf() {
  cat <<X
[DEFAULT]
host = storage1
my_ip = $ip
state_path = $state/var/cinder
transport_url = $bus
api_paste_config = $venv/etc/cinder/api-paste.ini
graceful_shutdown_timeout = 3
resource_query_filters_file = $venv/etc/cinder/resource_filters.json
enabled_backends = fake
default_volume_type = __DEFAULT__
quota_volumes = -1
quota_snapshots = -1
quota_gigabytes = -1
quota_backups = -1
quota_groups = -1
[fake]
volume_backend_name = fake
volume_driver = cinder.tests.fake_driver.FakeLoggingVolumeDriver
target_helper = fake
[coordination]
backend_url = file://$state/var/cinder/coordination
[nova]
$(login nova)
[service_user]
send_service_user_token = true
$(login cinder)
$(usual_sections cinder)
X
}

heat_conf() {
  cat <<X
[DEFAULT]
transport_url = $bus
# Any 32 characters: what it encrypts lives as long as this cloud.
auth_encryption_key = 0123456789abcdef0123456789abcdef
graceful_shutdown_timeout = 3
num_engine_workers = 1
region_name_for_services = $region
stack_user_domain_name = heat
stack_domain_admin = heat_domain_admin
stack_domain_admin_password = $password
environment_dir = $venv/etc/heat/environment.d
template_dir = $venv/etc/heat/templates
plugin_dirs =
heat_metadata_server_url = http://$ip:${port[heat-api]}
heat_waitcondition_server_url = http://$ip:${port[heat-api]}/v1/waitcondition
[oslo_policy]
policy_file = $etc/heat/policy.yaml
[paste_deploy]
api_paste_config = $venv/etc/heat/api-paste.ini
[trustee]
auth_type = password
auth_url = $keystone_url
username = heat
password = $password
user_domain_name = Default
[clients_keystone]
auth_uri = $keystone_url
$(usual_sections heat)
X
}

rabbitmq_conf() {
  cat <<X
listeners.tcp.default = $ip:${port[rabbitmq]}
default_user = openstack
default_pass = $password
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 1GB
log.console.level = warning
X
}

# The first start of the database runs this. It listens on 127.0.0.1 only, where root has no
# password yet: one user with a password takes its place.
mariadb_sql() {
  local name
  for name in keystone placement nova_api nova nova_cell0 neutron glance cinder heat; do
    echo "CREATE DATABASE IF NOT EXISTS $name CHARACTER SET utf8mb4;"
  done
  echo "CREATE OR REPLACE USER cloud@'$ip' IDENTIFIED BY '$password';"
  echo "GRANT ALL ON *.* TO cloud@'$ip';"
  echo "DROP USER IF EXISTS root@'$ip', root@'::1', root@'$(hostname | tr '[:upper:]' '[:lower:]')';"
}

cloud_entry() { # cloud_entry NAME USER PROJECT
  cat <<X
  $1:
    auth:
      auth_url: $keystone_url
      username: $2
      password: $password
      project_name: $3
      user_domain_name: Default
      project_domain_name: Default
    region_name: $region
    identity_api_version: 3
X
}

configure() {
  local service
  mkdir -p "$log" "$run" "$state"/var/lock "$state"/rabbitmq/{home,log,mnesia}
  for service in keystone placement nova neutron glance cinder heat; do
    mkdir -p "$etc/$service" "$state/var/$service"
    "${service}_conf" >"$etc/$service/$service.conf"
  done
  mv "$etc/glance/glance.conf" "$etc/glance/glance-api.conf" # the name that Glance looks for
  nova_compute_conf >"$etc/nova/nova-compute.conf"
  cp "$venv/etc/nova/api-paste.ini" "$etc/nova/"
  # By default nobody at all may list the stacks of all projects.
  echo '"stacks:global_index": "role:admin"' >"$etc/heat/policy.yaml"
  rabbitmq_conf >"$etc/rabbitmq.conf"
  echo '[].' >"$etc/rabbitmq-plugins"
  mariadb_sql >"$etc/mariadb.sql"
  {
    echo 'clouds:'
    cloud_entry synchronizer-test admin admin
    cloud_entry synchronizer-test-reader reader demo
  } >"$state/clouds.yaml"
}
