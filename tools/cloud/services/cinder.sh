# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Volumes of a driver that only writes down what it is asked for.

configure_cinder() {
  write cinder/cinder.conf <<X
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

migrate_cinder() { manage cinder-manage cinder/cinder.conf db sync; }

start_cinder() {
  export OS_CINDER_DISABLE_EVENTLET_PATCHING=1 # threads, as in all the others
  serve cinder-api cinder.wsgi.api
  start cinder-scheduler cinder-scheduler --config-file "$etc/cinder/cinder.conf"
  start cinder-volume cinder-volume --config-file "$etc/cinder/cinder.conf"
}
