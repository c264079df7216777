# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Images, in files.

configure_glance() {
  write glance/glance-api.conf <<X
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

migrate_glance() { manage glance-manage glance/glance-api.conf db_sync; }

start_glance() {
  # Its own part looks for the one name, its middleware for the other.
  ln -sf glance-api.conf "$etc/glance/glance.conf"
  export OS_GLANCE_CONFIG_DIR=$etc/glance
  serve glance glance.wsgi.api
}
