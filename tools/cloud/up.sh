#!/bin/bash
# Brings the test cloud up, starting only what does not run: see README.md beside this.
set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
for part in ${CLOUD_WITH-}; do
  [[ $part == cinder || $part == heat ]] || die "CLOUD_WITH knows cinder and heat, not $part"
done
# shellcheck source=daemons.sh
. "$here/daemons.sh"
# shellcheck source=install.sh
. "$here/install.sh"
# shellcheck source=configure.sh
. "$here/configure.sh"
# shellcheck source=databases.sh
. "$here/databases.sh"

began=$(date +%s)
say() { printf '%4d s  %s\n' "$SECONDS" "$*"; }

mkdir -p "$log" "$run" "$cache"
exec 9>"$state/lock"
flock -w 600 9 || die "another up.sh is at work in $state"

install_packages
exec 8>"$cache/lock" # two clones may share the cache
flock -w 600 8
install_environment
exec 8>&-
configure

export PATH=$venv/bin:$PATH PYTHONPATH=$here/lib PYTHONUNBUFFERED=1
export MALLOC_ARENA_MAX=2 # a dozen threaded daemons: arenas would be half of the memory
# Where those find their configuration that take no options. Nova takes the first file for its
# paste configuration.
export OS_KEYSTONE_CONFIG_DIR=$etc/keystone OS_PLACEMENT_CONFIG_DIR=$etc/placement
export OS_NEUTRON_CONFIG_DIR=$etc/neutron OS_NEUTRON_CONFIG_FILES=neutron.conf
export OS_GLANCE_CONFIG_DIR=$etc/glance
export OS_NOVA_CONFIG_DIR=$etc/nova OS_NOVA_CONFIG_FILES='api-paste.ini;nova.conf'
export OS_CINDER_DISABLE_EVENTLET_PATCHING=1 # threads, as in all the others

parts=(keystone placement nova-api neutron glance)
workers=(nova-conductor nova-scheduler nova-compute)
served=()
if with cinder; then
  parts+=(cinder-api) workers+=(cinder-scheduler cinder-volume)
  served+=("cinder=${port[cinder-api]}")
fi
if with heat; then
  parts+=(heat-api) workers+=(heat-engine)
  served+=("heat=${port[heat-api]}")
fi
served+=("nova=${port[nova-api]}" "placement=${port[placement]}")
served+=("neutron=${port[neutron]}" "glance=${port[glance]}")

check_ports() {
  local name deadline=$((SECONDS + 3)) # a process of ours that was just killed lets go of its port
  for name in mariadb epmd rabbitmq "${parts[@]}"; do
    alive "$name" && continue
    while listening "${port[$name]}"; do
      ((SECONDS < deadline)) ||
        die "port ${port[$name]}, meant for $name, is taken: try another CLOUD_OFFSET than $offset"
      sleep 0.1
    done
  done
}

all_run() {
  local name
  for name in mariadb epmd rabbitmq "${parts[@]}" "${workers[@]}"; do alive "$name" || return; done
}

serve() { # serve NAME PROCESSES MODULE [OPTION...]: one API
  local name=$1 processes=$2
  # gunicorn because it keeps connections alive without a thread for each idle one, as uwsgi's
  # --http11-socket needs.
  start "$name" env WSGI_MODULE="$3" WSGI_ARGS="${*:4}" gunicorn --bind "$ip:${port[$name]}" \
    --worker-class gthread --workers "$processes" --threads 4 --keep-alive 75 --timeout 120 \
    --graceful-timeout 2 --limit-request-line 0 --no-control-socket --log-level warning \
    testcloud.wsgi:application
}

start_rabbitmq() {
  local home=$state/rabbitmq
  # An epmd of our own: the usual one belongs to whoever started it first.
  export ERL_EPMD_PORT=${port[epmd]} ERL_EPMD_ADDRESS=$ip
  start epmd epmd
  await_port epmd 10
  # RUNNING_UNDER_SYSTEMD makes its script become the server instead of waiting for it.
  start rabbitmq env HOME="$home/home" RUNNING_UNDER_SYSTEMD=1 \
    RABBITMQ_NODENAME=synchronizer@localhost RABBITMQ_DIST_PORT="${port[rabbitmq-distribution]}" \
    RABBITMQ_NODE_IP_ADDRESS=$ip RABBITMQ_NODE_PORT="${port[rabbitmq]}" \
    RABBITMQ_MNESIA_BASE="$home/mnesia" RABBITMQ_LOG_BASE="$home/log" \
    RABBITMQ_CONFIG_FILE="$etc/rabbitmq" RABBITMQ_CONF_ENV_FILE=/dev/null \
    RABBITMQ_ENABLED_PLUGINS_FILE="$etc/rabbitmq-plugins" RABBITMQ_PID_FILE="$home/pid" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none" \
    /usr/lib/rabbitmq/bin/rabbitmq-server
}

start_workers() {
  local options
  start nova-conductor nova-conductor --config-file "$etc/nova/nova.conf"
  start nova-scheduler nova-scheduler --config-file "$etc/nova/nova.conf"
  start nova-compute python -m testcloud.compute --config-file "$etc/nova/nova-compute.conf"
  if with cinder; then
    options="--config-file $etc/cinder/cinder.conf"
    serve cinder-api 1 cinder.wsgi.api "$options"
    start cinder-scheduler cinder-scheduler --config-file "$etc/cinder/cinder.conf"
    start cinder-volume cinder-volume --config-file "$etc/cinder/cinder.conf"
  fi
  if with heat; then
    options="--config-file $etc/heat/heat.conf"
    serve heat-api 1 heat.wsgi.api "$options"
    start heat-engine heat-engine --config-file "$etc/heat/heat.conf"
  fi
}

provision() { # provision STEP: fails also when a daemon dies meanwhile
  local job
  python "$here/provision.py" "$1" --clouds "$state/clouds.yaml" --cloud synchronizer-test \
    --since "$since" "${served[@]}" 9>&- &
  job=$!
  while started "$job"; do
    if ! all_alive; then
      kill "$job"
      exit 1
    fi
    sleep 0.2
  done
  wait "$job" || die "the logs are in $log"
}

forget_the_dead
check_ports
since=$began
if all_run; then since=0; fi
start_rabbitmq # loads while the databases are made
new_seed=
mariadb_up
serve keystone 1 keystone.wsgi.api
provision identity
if [[ -n $new_seed ]]; then keep_seed; fi
touch "$state/migrated"
say "Keystone answers"
await_port rabbitmq 60
say "RabbitMQ listens"
serve placement 1 placement.wsgi.api
serve neutron 1 neutron.wsgi.api
serve nova-api 2 nova.wsgi.osapi_compute
serve glance 1 glance.wsgi.api
start_workers
say "everything started, waiting until it is ready"
provision cloud
all_alive || exit 1
say "the cloud is up: OS_CLIENT_CONFIG_FILE=$state/clouds.yaml OS_CLOUD=synchronizer-test"
