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

# The usual port of each, plus the offset; RabbitMQ's own defaults collide with offset 20000.
declare -A port=(
  [keystone]=$((5000 + offset))
  [placement]=$((8778 + offset))
  [nova-api]=$((8774 + offset))
  [neutron]=$((9696 + offset))
  [glance]=$((9292 + offset))
  [cinder-api]=$((8776 + offset))
  [heat-api]=$((8004 + offset))
  [mariadb]=$((3306 + offset))
  [rabbitmq]=$((5673 + offset))
  [rabbitmq-distribution]=$((5674 + offset))
  [epmd]=$((4369 + offset))
)

fingerprint() { sha256sum | cut -c 1-12; }

# Another lock file gets another environment and another seed, so that a checkout of an older
# revision finds its own again. Ports and password are inside the seed.
venv=$cache/venv-$(fingerprint <"$here/requirements.lock")
seed_of() { # seed_of DATABASE-VERSION
  echo "$cache/seed-$(printf '%s\n' "$venv" "$offset" "$password" "$1" | fingerprint).tar"
}

# with PART: is the optional part wanted, or running already?
with() { [[ " ${CLOUD_WITH-} " == *" $1 "* ]] || alive "$1-api"; }

die() {
  echo "$*" >&2
  exit 1
}
