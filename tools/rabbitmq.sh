#!/bin/bash
# Installs Debian's RabbitMQ for the tests that want a real broker. It is not started: each
# test run starts its own, in a temporary folder and on free ports.
set -euo pipefail
[[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]] && exit
((EUID == 0)) || { echo "RabbitMQ is missing; as root tools/rabbitmq.sh installs it" >&2; exit 1; }
command -v apt-get >/dev/null || { echo "RabbitMQ is missing, and there is no apt-get" >&2; exit 1; }
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then # or the package starts it, on its usual ports
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod +x $policy
  trap 'rm -f $policy' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update || true # without network the lists at hand may do
apt-get -y -qq install --no-install-recommends rabbitmq-server </dev/null
