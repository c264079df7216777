# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# DNS zones. The only name server is Designate's own mdns, so that they really become active.

configure_designate() {
  write designate/designate.conf <<X
[DEFAULT]
host = dns1
state_path = $state/var/designate
transport_url = $bus
graceful_shutdown_timeout = 3
[service:api]
enable_api_v2 = true
enabled_extensions_v2 = quotas,reports
quotas_verify_project_id = false
[service:central]
workers = 1
managed_resource_email = admin@example.org
[service:mdns]
workers = 1
listen = $ip:${port[designate-mdns]}
[service:worker]
workers = 1
# A zone that is being deleted is still answered for, and counts as deleted nevertheless.
threshold_percentage = 0
poll_delay = 0
[service:producer]
workers = 1
[producer_task:increment_serial]
interval = 1
[storage:sqlalchemy]
$(database designate)
$(sections_without_database designate)
X
  write designate/pools.yaml <<X
- name: default
  description: The one pool
  attributes: {}
  ns_records:
    - {hostname: ns1.example.org., priority: 1}
  nameservers:
    - {host: $ip, port: ${port[designate-mdns]}}
  targets:
    - type: fake
      description: Nothing behind it
      masters:
        - {host: $ip, port: ${port[designate-mdns]}}
      options: {host: $ip, port: ${port[designate-mdns]}}
X
  cp "$venv/etc/designate/api-paste.ini" "$etc/designate/"
}

migrate_designate() {
  manage designate-manage designate/designate.conf database sync
  "$venv/bin/python" -m testcloud.designate_manage --config-file "$etc/designate/designate.conf" \
    pool update --file "$etc/designate/pools.yaml"
}

start_designate() {
  local daemon
  export OS_DESIGNATE_CONFIG_DIR=$etc/designate
  serve designate-api designate.wsgi.api
  for daemon in designate-central designate-worker designate-producer designate-mdns; do
    start $daemon $daemon --config-file "$etc/designate/designate.conf"
  done
}
