# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Shares of the dummy driver that Manila brings along.

configure_manila() {
  write manila/manila.conf <<X
[DEFAULT]
host = share1
my_ip = $ip
state_path = $state/var/manila
transport_url = $bus
api_paste_config = $venv/etc/manila/api-paste.ini
enabled_share_backends = dummy
enabled_share_protocols = NFS,CIFS
default_share_type = dummy
share_driver_handles_share_servers = false
[dummy]
share_backend_name = dummy
share_driver = manila.tests.share.drivers.dummy.DummyDriver
driver_handles_share_servers = false
dummy_driver_default_driver_method_delay = 0
[coordination]
backend_url = file://$state/var/manila/coordination
[neutron]
$(login neutron)
[nova]
$(login nova)
[cinder]
$(login cinder)
$(usual_sections manila)
X
}

migrate_manila() { manage manila-manage manila/manila.conf db sync; }

start_manila() {
  serve manila-api manila.wsgi.api
  start manila-scheduler manila-scheduler --config-file "$etc/manila/manila.conf"
  start manila-share manila-share --config-file "$etc/manila/manila.conf"
}
