# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Ceilometer turns what it hears and polls into Gnocchi's resources and metrics.

configure_ceilometer() {
  write ceilometer/ceilometer.conf <<X
[DEFAULT]
transport_url = $bus
[notification]
workers = 1
[polling]
cfg_file = $etc/ceilometer/polling.yaml
[service_credentials]
$(login ceilometer)
interface = public
[service_types]
cinder = block-storage
$(notifications)
[oslo_concurrency]
lock_path = $state/var/lock
X
  write ceilometer/polling.yaml <<X
sources:
  - name: cloud
    interval: 60
    meters: [image.size, ip.floating, volume.size, volume.snapshot.size]
X
}

start_ceilometer() {
  local made=$state/var/ceilometer/resource-types
  local config=(--config-file "$etc/ceilometer/ceilometer.conf")
  if [[ ! -e $made ]]; then
    await_port gnocchi-api 60
    "$venv/bin/ceilometer-upgrade" "${config[@]}" >>"$log/ceilometer-upgrade.log" 2>&1 ||
      { show_end_of ceilometer-upgrade && die "Gnocchi did not take Ceilometer's resource types"; }
    touch "$made"
  fi
  start ceilometer-notification ceilometer-agent-notification "${config[@]}"
  start ceilometer-polling ceilometer-polling --polling-namespaces central "${config[@]}"
}
