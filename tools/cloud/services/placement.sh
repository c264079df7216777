# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Placement keeps no workers: one API, one database.

configure_placement() {
  write placement/placement.conf <<X
[placement_database]
$(database placement)
$(token_check placement)
X
}

migrate_placement() { manage placement-manage placement/placement.conf db sync; }

start_placement() {
  export OS_PLACEMENT_CONFIG_DIR=$etc/placement
  serve placement placement.wsgi.api
}
