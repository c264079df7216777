# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Writes every configuration file under $etc, the same ones at each call: here what several services
# share, in services/ what one of them needs.

keystone_url="http://$ip:${port[keystone]}/v3"
bus="rabbit://openstack:$password@$ip:${port[rabbitmq]}/"

database_url() { echo "mysql+pymysql://cloud:$password@$ip:${port[mariadb]}/$1?charset=utf8mb4"; }

# --- sections that several services share

database() { # database NAME
  cat <<X
connection = $(database_url "$1")
max_pool_size = 5
X
}

login() { # login USER: how a service authenticates at another
  cat <<X
auth_type = password
auth_url = $keystone_url
username = $1
password = $password
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = $region
X
}

notifications() {
  cat <<X
[oslo_messaging_notifications]
driver = messagingv2
topics = notifications,synchronizer_notifications
X
}

token_check() { # token_check SERVICE
  cat <<X
[keystone_authtoken]
www_authenticate_uri = $keystone_url
service_token_roles = service
service_token_roles_required = true
$(login "$1")
X
}

sections_without_database() { # sections_without_database SERVICE
  cat <<X
$(notifications)
$(token_check "$1")
[oslo_concurrency]
lock_path = $state/var/lock
[oslo_messaging_rabbit]
heartbeat_in_pthread = false
X
}

usual_sections() { # usual_sections SERVICE
  cat <<X
$(sections_without_database "$1")
[database]
$(database "$1")
X
}

write() { # write FILE: standard input to $etc/FILE
  mkdir -p "$etc/$(dirname "$1")"
  cat >"$etc/$1"
}

cloud_entry() { # cloud_entry NAME USER PROJECT
  cat <<X
  $1:
    auth:
      auth_url: $keystone_url
      username: $2
      password: $password
      project_name: $3
      user_domain_name: Default
      project_domain_name: Default
    region_name: $region
    identity_api_version: 3
X
}

# What Keystone's catalogue cannot name: a topic that nobody else reads, and the monitoring.
beside() {
  cat <<X
    notifications:
      transport_url: $bus
      topics: [synchronizer_notifications, synchronizer_versioned_notifications]
X
  with nagios || return 0
  cat <<X
    nagios:
      url: http://$ip:${port[nagios-web]}/cgi-bin
      username: nagiosadmin
      password: $password
X
}

configure() {
  local service
  mkdir -p "$log" "$run" "$state"/var/lock "$state"/rabbitmq/{home,log,mnesia}
  for service in "${core[@]}" "${extra[@]}"; do
    mkdir -p "$state/var/$service"
    "configure_$service"
  done
  configure_rabbitmq
  {
    echo 'clouds:'
    cloud_entry synchronizer-test admin admin
    beside
    cloud_entry synchronizer-test-reader reader demo
  } >"$state/clouds.yaml"
}
