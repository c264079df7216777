# shellcheck shell=bash disable=SC2034,SC2154  # settings.sh and up.sh share their names with it
# What Zed needs otherwise than the release of today. ../up.sh reads this when the configuration is
# written and everything defined, and before anything starts.

export PYTHONPATH=$here/$release/lib:$PYTHONPATH

migrations=(neutron nova keystone heat cinder aodh gnocchi glance placement)

# --- configuration: what is said later counts

append() { cat >>"$etc/$1"; } # append FILE: standard input to $etc/FILE

# The backend in memory hands out the very objects that it keeps, and Keystone of that time changes
# a credential while it answers: the second to read it gets a 500. Pickled, they are copies.
append keystone/keystone.conf <<X
[cache]
backend = dogpile.cache.memory_pickle
X
append nova/nova.conf <<X
[DEFAULT]
enabled_apis = osapi_compute
osapi_compute_listen = $ip
osapi_compute_listen_port = ${port[nova-api]}
osapi_compute_workers = 1
[wsgi]
api_paste_config = $etc/nova/api-paste.ini
[cinder]
catalog_info = volumev3::publicURL
X
append neutron/neutron.conf <<X
[DEFAULT]
bind_host = $ip
bind_port = ${port[neutron]}
graceful_shutdown_timeout = 3
# All in one process.
api_workers = 0
rpc_workers = 0
rpc_state_report_workers = 0
X
append glance/glance-api.conf <<X
[DEFAULT]
workers = 0
X
append cinder/cinder.conf <<X
[DEFAULT]
osapi_volume_listen = $ip
osapi_volume_listen_port = ${port[cinder-api]}
osapi_volume_workers = 1
X
append ceilometer/ceilometer.conf <<X
[service_types]
cinder = volumev3
X
append heat/heat.conf <<X
[heat_api]
bind_host = $ip
bind_port = ${port[heat-api]}
workers = 0
X

# --- daemons: half of the APIs are servers of their own, and nothing works without eventlet yet

serve() { # serve NAME ...: one API, on the port of that name
  local name=$1 service=${1%-api}
  local file=$etc/$service/$service.conf
  case $name in
    nova-api | heat-api) start "$name" "$name" --config-file "$file" ;;
    neutron) start "$name" neutron-server --config-file "$file" ;;
    glance) start "$name" glance-api --config-file "$etc/glance/glance-api.conf" ;;
    *)
      start "$name" env WSGI_APPLICATION="zed.$service" WSGI_CONFIG="$file" gunicorn \
        --bind "$ip:${port[$name]}" --worker-class gthread --workers 1 --threads 4 \
        --keep-alive 75 --timeout 120 --graceful-timeout 2 --limit-request-line 0 \
        --log-level warning testcloud.wsgi:application
      ;;
  esac
}

start_nova() {
  local daemon
  serve nova-api
  for daemon in nova-conductor nova-scheduler; do
    start $daemon $daemon --config-file "$etc/nova/nova.conf"
  done
  start nova-compute python -m zed.compute --config-file "$etc/nova/nova-compute.conf"
}

start_cinder() {
  local part
  python -m zed.catalogue "$state/clouds.yaml" synchronizer-test
  for part in api scheduler volume; do
    start "cinder-$part" python -m zed.cinder $part --config-file "$etc/cinder/cinder.conf"
  done
}
