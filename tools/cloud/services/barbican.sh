# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Secrets, kept in the database by the simple crypto plugin.

configure_barbican() {
  write barbican/barbican.conf <<X
[DEFAULT]
host_href = http://$ip:${port[barbican-api]}
transport_url = $bus
db_auto_create = false
[queue]
enable = false
[simple_crypto_plugin]
# Any 32 bytes in base64: what it encrypts lives as long as this cloud.
kek = dGhpcnR5X3R3b19ieXRlX2tleWJsYWhibGFoYmxhaGg=
$(usual_sections barbican)
X
}

migrate_barbican() { "$venv/bin/barbican-manage" db upgrade --db-url "$(database_url barbican)"; }

start_barbican() { serve barbican-api "$venv/etc/barbican/barbican-api-paste.ini"; }
