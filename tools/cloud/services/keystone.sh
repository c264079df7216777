# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Identity.

configure_keystone() {
  write keystone/keystone.conf <<X
[DEFAULT]
transport_url = $bus
[identity]
# The cheapest hash there is: hundreds of logins by password must not wait for bcrypt.
password_hash_rounds = 4
[cache]
# One process, hence no cache shared with others to disagree with.
enabled = true
backend = dogpile.cache.memory
[token]
provider = fernet
expiration = 14400
[fernet_tokens]
key_repository = $state/var/keystone/fernet
[fernet_receipts]
key_repository = $state/var/keystone/fernet
[credential]
key_repository = $state/var/keystone/credential
[database]
$(database keystone)
$(notifications)
X
}

migrate_keystone() {
  local keys=(--keystone-user "$(id -un)" --keystone-group "$(id -gn)")
  manage keystone-manage keystone/keystone.conf db_sync
  manage keystone-manage keystone/keystone.conf fernet_setup "${keys[@]}"
  manage keystone-manage keystone/keystone.conf credential_setup "${keys[@]}"
  manage keystone-manage keystone/keystone.conf bootstrap --bootstrap-password "$password" \
    --bootstrap-region-id "$region" --bootstrap-admin-url "$keystone_url" \
    --bootstrap-public-url "$keystone_url" --bootstrap-internal-url "$keystone_url"
}

start_keystone() {
  export OS_KEYSTONE_CONFIG_DIR=$etc/keystone
  serve keystone keystone.wsgi.api
}
