#!/bin/bash
# Stops the test cloud; `down.sh --wipe` also removes its state (never the cached seed and venv).
set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
# shellcheck source=daemons.sh
. "$here/daemons.sh"

case ${1-} in
  '' | --wipe) ;;
  *) die "usage: $0 [--wipe]" ;;
esac

# What the others talk to goes last, or they would fill their logs with lost connections.
services=()
for file in "$run"/*.pid; do
  name=$(basename "$file" .pid)
  case $name in
    mariadb | rabbitmq | epmd | '*') ;;
    *) services+=("$name") ;;
  esac
done
stop 10 "${services[@]}"
stop 4 rabbitmq mariadb
stop 1 epmd
echo "the cloud is down after $SECONDS s"

if [[ ${1-} == --wipe ]]; then
  # Only what up.sh made: CLOUD_STATE could name a folder with other things in it.
  rm -rf "$etc" "$log" "$run" "${state:?}"/{mariadb,rabbitmq,var,venv,clouds.yaml,lock,migrated}
  rmdir "$state" 2>/dev/null || true
fi
