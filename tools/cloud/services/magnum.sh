# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Clusters of lib/testcloud/clusters.py, which need nothing to run on.

configure_magnum() {
  write magnum/magnum.conf <<X
[DEFAULT]
host = magnum1
state_path = $state/var/magnum
transport_url = $bus
graceful_shutdown_timeout = 3
[api]
api_paste_config = $venv/etc/magnum/api-paste.ini
[certificates]
cert_manager_type = x509keypair
[cinder]
default_docker_volume_type = __DEFAULT__
[conductor]
workers = 1
[trust]
trustee_domain_name = magnum
trustee_domain_admin_name = magnum_domain_admin
trustee_domain_admin_password = $password
trustee_keystone_interface = public
[keystone_auth]
$(login magnum)
$(usual_sections magnum)
X
}

migrate_magnum() { manage magnum-db-manage magnum/magnum.conf upgrade; }

start_magnum() {
  serve magnum-api magnum.wsgi.api
  start magnum-conductor magnum-conductor --config-file "$etc/magnum/magnum.conf"
}
