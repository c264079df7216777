# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Gets what is missing: Debian's packages when root, the Python environment with uv.

install_packages() {
  local want=() policy=/usr/sbin/policy-rc.d
  command -v mariadbd >/dev/null || want+=(mariadb-server-core mariadb-client-core)
  [[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]] || want+=(rabbitmq-server)
  ((${#want[@]})) || return 0
  ((EUID == 0)) || die "missing: ${want[*]} (as root this script installs them)"
  say "installing ${want[*]}"
  # The packages would start a RabbitMQ of their own, on its usual ports.
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    # shellcheck disable=SC2064  # now, as long as the name is known
    trap "rm -f $policy" EXIT
  fi
  apt_get update || true # without network the lists at hand may do
  apt_get install --no-install-recommends "${want[@]}"
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -y -qq "$@" </dev/null >>"$log/apt.log" 2>&1 && return
  local status=$?
  tail -n 15 "$log/apt.log" >&2
  return $status
}

uv() { # from where it is, or in a small environment of its own
  if [[ -x $project/.venv/bin/uv ]]; then
    "$project/.venv/bin/uv" "$@"
  elif type -P uv >/dev/null; then
    command uv "$@"
  else
    if [[ ! -x $cache/uv/bin/uv ]]; then
      python3 -m venv "$cache/uv"
      "$cache/uv/bin/pip" install --quiet uv
    fi
    "$cache/uv/bin/uv" "$@"
  fi
}

install_environment() {
  [[ -e $venv/complete ]] && return
  say "installing OpenStack into $venv"
  uv venv --quiet --clear --python 3.11 "$venv"
  # Compiled now, or a dozen daemons do it at once at their first start.
  uv pip install --quiet --compile-bytecode --python "$venv/bin/python" \
    --requirements "$here/requirements.lock"
  touch "$venv/complete"
  say "installed"
}

# Only its two programs' packages, unpacked: installed, they would bring a web server, PHP and a
# mail server along.
install_nagios() {
  local part
  with nagios || return 0
  [[ -e $nagios/complete ]] && return
  say "unpacking Nagios into $nagios"
  mkdir -p "$nagios/packages"
  (
    cd "$nagios/packages"
    apt-get -qq download nagios4-core nagios4-cgi 2>>"$log/apt.log" ||
      { apt_get update && apt-get -qq download nagios4-core nagios4-cgi 2>>"$log/apt.log"; }
  ) || die "no Nagios to be had (see $log/apt.log): leave it out with CLOUD_WITHOUT=nagios"
  for part in "$nagios"/packages/*.deb; do dpkg-deb --extract "$part" "$nagios"; done
  rm -r "$nagios/packages"
  touch "$nagios/complete"
}
