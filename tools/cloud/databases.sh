# shellcheck shell=bash disable=SC2034,SC2154  # settings.sh and up.sh share their names with it
# MariaDB and its contents: migrated once, then taken from the seed.

data=$state/mariadb
as=()
if ((EUID == 0)); then as=(--user=root); fi # unasked, it refuses to run as root

start_mariadb() { # start_mariadb [OPTION...]
  # Nothing here outlives a power cut, so nothing waits for the disk. The socket's name is relative
  # to the data, because the whole path may be longer than a socket's may be.
  start mariadb mariadbd --no-defaults "${as[@]}" --datadir="$data" \
    --socket=socket --pid-file=pid --bind-address="$ip" --port="${port[mariadb]}" --skip-name-resolve \
    --innodb-buffer-pool-size=128M --innodb-log-file-size=32M --innodb-doublewrite=0 \
    --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync --skip-log-bin \
    --performance-schema=0 --max-connections=400 --table-open-cache=800 "$@"
  await_port mariadb 60
}

# The first start of the database runs this. It listens on 127.0.0.1 only, where root has no
# password yet: one user with a password takes its place.
first_sql() {
  local name
  for name in "${migrations[@]}" nova_api nova_cell0; do
    echo "CREATE DATABASE IF NOT EXISTS $name CHARACTER SET utf8mb4;"
  done
  echo "CREATE OR REPLACE USER cloud@'$ip' IDENTIFIED BY '$password';"
  echo "GRANT ALL ON *.* TO cloud@'$ip';"
  echo "DROP USER IF EXISTS root@'$ip', root@'::1', root@'$(hostname | tr '[:upper:]' '[:lower:]')';"
}

manage() { # manage PROGRAM FILE ARGUMENT...
  "$venv/bin/$1" --config-file "$etc/$2" "${@:3}"
}

# All that have a database, so that one seed serves every choice of parts; the longest come first.
migrations=(
  neutron nova keystone octavia manila cinder heat designate ironic magnum aodh gnocchi barbican glance placement
)

# One more at a time than there are processors: they wait for MariaDB as much as they compute.
migrate_all() {
  local service failed=0
  declare -A job=()
  for service in "${migrations[@]}"; do
    while (($(jobs -rp | wc -l) > $(nproc))); do sleep 0.1; done
    (
      set -e
      "migrate_$service" >"$log/migrate-$service.log" 2>&1 </dev/null 9>&-
      say "  migrated $service"
    ) &
    job[$service]=$!
  done
  for service in "${!job[@]}"; do
    wait "${job[$service]}" && continue
    show_end_of "migrate-$service"
    echo "the migration of $service failed" >&2
    failed=1
  done
  return $failed
}

# --- from nothing, or from the seed, to a running MariaDB

mariadb_up() {
  seed=$(seed_of "$(mariadbd --no-defaults --version)")
  # $state/migrated comes last: whatever was left half done before it is not worth mending.
  if [[ -e $state/migrated ]]; then
    start_mariadb
    return
  fi
  stop 5 mariadb
  rm -rf "$data" "$state"/var/{keystone,gnocchi,ceilometer}/*
  if [[ -e $seed ]]; then
    tar -C "$state" -xf "$seed"
    start_mariadb
    say "MariaDB runs, from the seed"
  else
    say "no seed yet: migrating the databases"
    mariadb-install-db --no-defaults "${as[@]}" --datadir="$data" \
      --auth-root-authentication-method=normal --skip-test-db >"$log/mariadb-install.log" 2>&1 ||
      { show_end_of mariadb-install && exit 1; }
    first_sql >"$etc/mariadb.sql"
    start_mariadb --init-file="$etc/mariadb.sql"
    migrate_all || exit 1
    new_seed=1
  fi
}

keep_seed() { # a clean stop, or the copy would have to be recovered at each use
  stop 20 mariadb
  tar -C "$state" -cf "$seed.new" mariadb var/keystone var/gnocchi
  mv "$seed.new" "$seed"
  start_mariadb
  say "seed kept in $seed"
}
