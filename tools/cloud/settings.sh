# shellcheck shell=bash disable=SC2034  # each script that sources this uses a part of it
# Where everything is and what it is called; each value that may differ comes from the environment.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
state=${CLOUD_STATE:-$project/.cloud}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/openstack-synchronizer/cloud
offset=${CLOUD_OFFSET:-20000}
password=${CLOUD_PASSWORD:-secret}
region=RegionOne
ip=127.0.0.1

PATH=$PATH:/usr/sbin # for mariadbd, when not root
etc=$state/etc log=$state/log run=$state/run

# What always runs, and what CLOUD_WITHOUT may leave out. Each is a file in services/, which says
# what it listens on, how it is configured and migrated, and which daemons it has.
core=(keystone placement neutron nova glance)
extra=(cinder heat octavia ironic manila designate magnum barbican aodh gnocchi ceilometer nagios)

# The usual port of each, plus the offset; RabbitMQ's own defaults collide with offset 20000.
declare -A port=(
  [keystone]=$((5000 + offset))
  [placement]=$((8778 + offset))
  [nova-api]=$((8774 + offset))
  [neutron]=$((9696 + offset))
  [glance]=$((9292 + offset))
  [cinder-api]=$((8776 + offset))
  [heat-api]=$((8004 + offset))
  [octavia-api]=$((9876 + offset))
  [ironic-api]=$((6385 + offset))
  [manila-api]=$((8786 + offset))
  [designate-api]=$((9001 + offset))
  [designate-mdns]=$((5354 + offset))
  [magnum-api]=$((9511 + offset))
  [barbican-api]=$((9311 + offset))
  [aodh-api]=$((8042 + offset))
  [gnocchi-api]=$((8041 + offset))
  [nagios-web]=$((8080 + offset))
  [mariadb]=$((3306 + offset))
  [rabbitmq]=$((5673 + offset))
  [rabbitmq-distribution]=$((5674 + offset))
  [epmd]=$((4369 + offset))
)

fingerprint() { sha256sum | cut -c 1-12; }

# Another lock file gets another environment and another seed, so that a checkout of an older
# revision finds its own again. Ports and password are inside the seed.
venv=$cache/venv-$(fingerprint <"$here/requirements.lock")
nagios=$cache/nagios-4.4.6
seed_of() { # seed_of DATABASE-VERSION
  echo "$cache/seed-$(printf '%s\n' "$venv" "$offset" "$password" "$1" | fingerprint).tar"
}

# with PART: is the part wanted? What runs already stays.
with() {
  local file
  if [[ " ${CLOUD_WITH-${extra[*]}} " == *" $1 "* && " ${CLOUD_WITHOUT-} " != *" $1 "* ]]; then return; fi
  for file in "$run/$1.pid" "$run/$1"-*.pid; do alive "$(basename "$file" .pid)" && return; done
  return 1
}

die() {
  echo "$*" >&2
  exit 1
}

# An older release is a folder here that says what is different in it.
release=${CLOUD_RELEASE-}
# shellcheck source=/dev/null
if [[ $release ]]; then . "$here/$release/settings.sh"; fi
