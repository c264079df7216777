# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Metrics in files, their index in MariaDB.

configure_gnocchi() {
  write gnocchi/gnocchi.conf <<X
[DEFAULT]
coordination_url = file://$state/var/gnocchi/coordination
[api]
auth_mode = keystone
[indexer]
url = $(database_url gnocchi)
[storage]
driver = file
file_basepath = $state/var/gnocchi/data
[incoming]
driver = file
file_basepath = $state/var/gnocchi/data
[metricd]
workers = 1
metric_processing_delay = 10
$(token_check gnocchi)
X
}

migrate_gnocchi() { manage gnocchi-upgrade gnocchi/gnocchi.conf; }

start_gnocchi() {
  serve gnocchi-api gnocchi.wsgi.api
  start gnocchi-metricd gnocchi-metricd --config-file "$etc/gnocchi/gnocchi.conf"
}
