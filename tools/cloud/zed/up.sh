#!/bin/bash
# Brings the test cloud up as Debian 12 packages it, OpenStack Zed: see ../README.md.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=release.sh
. "$(dirname "${BASH_SOURCE[0]}")/release.sh"
# shellcheck source-path=SCRIPTDIR source=../settings.sh
. "$release_folder/../settings.sh"
# shellcheck source-path=SCRIPTDIR source=../install.sh
. "$release_folder/../install.sh"
say() { printf '%4d s  %s\n' "$SECONDS" "$*"; }

# A package must neither start a daemon, which the policy forbids, nor make a database or ask for one.
# shellcheck disable=SC2154  # of settings.sh beside this
install_release() ( # in a shell of its own, at whose end the policy goes again
  local package policy=/usr/sbin/policy-rc.d
  [[ $(installed | grep -c ' installed$') == "${#packages[@]}" ]] && return
  ((EUID == 0)) || die "missing: some of ${packages[*]} (as root this script installs them)"
  say "installing OpenStack Zed from Debian's packages: some minutes"
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    # shellcheck disable=SC2064  # now, as long as the name is known
    trap "rm -f $policy" EXIT
  fi
  for package in keystone placement-api {nova,neutron,glance,cinder,heat,aodh,gnocchi}-common nova-api; do
    echo "$package $package/configure_db boolean false"
  done | debconf-set-selections
  apt_get update || true # without network the lists at hand may do
  apt_get -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold \
    install --no-install-recommends "${packages[@]}"
  say "installed"
)

# What ../up.sh takes for an environment.
link_programs() {
  venv=$cache/zed-$(installed | fingerprint)
  [[ -e $venv/complete ]] && return
  rm -rf "$venv"
  mkdir -p "$venv/bin"
  ln -s /usr/bin/{aodh,ceilometer,cinder,glance,gnocchi,heat,keystone,neutron,nova,placement}-* \
    /usr/bin/gunicorn "$venv/bin"
  ln -s /usr/bin/python3 "$venv/bin/python"
  ln -s /etc "$venv/etc"
  touch "$venv/complete"
}

mkdir -p "$log" "$cache"
exec 8>"$cache/lock" # two clones may share the cache
flock -w 1200 8
install_release
link_programs
exec 8>&-
exec "$here/up.sh" "$@"
