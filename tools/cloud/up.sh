#!/bin/bash
# Brings the test cloud up, starting only what does not run: see README.md beside this.
set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
# shellcheck source=daemons.sh
. "$here/daemons.sh"
# shellcheck source=install.sh
. "$here/install.sh"
# shellcheck source=configure.sh
. "$here/configure.sh"
# shellcheck source=databases.sh
. "$here/databases.sh"
# shellcheck source=rabbitmq.sh
. "$here/rabbitmq.sh"
for part in "${core[@]}" "${extra[@]}"; do
  # shellcheck source=/dev/null
  . "$here/services/$part.sh"
done
for part in ${CLOUD_WITH-} ${CLOUD_WITHOUT-}; do
  [[ " ${extra[*]} " == *" $part "* ]] || die "$part is none of: ${extra[*]}"
done

began=$(date +%s)
say() { printf '%4d s  %s\n' "$SECONDS" "$*"; }

mkdir -p "$log" "$run" "$cache"
exec 9>"$state/lock"
flock -w 600 9 || die "another up.sh is at work in $state"

install_packages
exec 8>"$cache/lock" # two clones may share the cache
flock -w 600 8
install_environment
install_nagios
exec 8>&-
ln -sfn "$venv" "$state/venv" # with the clients in it
configure

export PATH=$venv/bin:$PATH PYTHONPATH=$here/lib PYTHONUNBUFFERED=1
export MALLOC_ARENA_MAX=2 # forty threaded daemons: arenas would be half of the memory

with gnocchi || CLOUD_WITHOUT="${CLOUD_WITHOUT-} ceilometer" # it has no other place to publish to
parts=("${core[@]}")
for part in "${extra[@]}"; do
  if with "$part"; then parts+=("$part"); fi
done
served=() # NAME=PORT of each that the catalogue names
for part in "${parts[@]}"; do
  for name in "$part" "$part-api"; do
    if [[ -v port[$name] ]]; then served+=("$part=${port[$name]}"); fi
  done
done

check_ports() {
  local name deadline=$((SECONDS + 3)) # a process of ours that was just killed lets go of its port
  for name in "${!port[@]}"; do
    [[ $name == rabbitmq-distribution ]] && continue
    if alive "$name" || { [[ " ${extra[*]} " == *" ${name%%-*} "* ]] && ! with "${name%%-*}"; }; then continue; fi
    while listening "${port[$name]}"; do
      ((SECONDS < deadline)) ||
        die "port ${port[$name]}, meant for $name, is taken: try another CLOUD_OFFSET than $offset"
      sleep 0.1
    done
  done
}

serve() { # serve NAME APPLICATION [PROCESSES]: one API, on the port of that name
  local name=$1 service=${1%-api} file
  file=$etc/$service/$service.conf
  # gunicorn because it keeps connections alive without a thread for each idle one, as uwsgi's
  # --http11-socket needs.
  start "$name" env WSGI_APPLICATION="$2" WSGI_CONFIG="$file" gunicorn \
    --bind "$ip:${port[$name]}" --worker-class gthread --workers "${3:-1}" --threads 4 \
    --keep-alive 75 --timeout 120 --graceful-timeout 2 --limit-request-line 0 --no-control-socket \
    --log-level warning testcloud.wsgi:application
}

provision() { # provision STEP: fails also when a daemon dies meanwhile
  local job
  python "$here/provision.py" "$1" --clouds "$state/clouds.yaml" --cloud synchronizer-test \
    --since "${since-0}" "${served[@]}" 9>&- &
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

# shellcheck source=/dev/null
if [[ $release ]]; then . "$here/$release/differences.sh"; fi

forget_the_dead
check_ports
start_rabbitmq # loads while the databases are made
new_seed=
mariadb_up
start_keystone
provision identity
if [[ -n $new_seed ]]; then keep_seed; fi
touch "$state/migrated"
say "Keystone answers"
await_port rabbitmq 60
say "RabbitMQ listens"
for part in "${parts[@]}"; do "start_$part"; done
say "everything started, waiting until it is ready"
# Heartbeats of before do not count, unless everything ran already.
since=$began
if ((started_now == 0)); then since=0; fi
provision cloud
all_alive || exit 1
say "the cloud is up: OS_CLIENT_CONFIG_FILE=$state/clouds.yaml OS_CLOUD=synchronizer-test"
