# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Stacks.

configure_heat() {
  write heat/heat.conf <<X
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
  # By default nobody at all may list the stacks of all projects.
  write heat/policy.yaml <<<'"stacks:global_index": "role:admin"'
}

migrate_heat() { manage heat-manage heat/heat.conf db_sync; }

start_heat() {
  serve heat-api heat.wsgi.api
  start heat-engine heat-engine --config-file "$etc/heat/heat.conf"
}
