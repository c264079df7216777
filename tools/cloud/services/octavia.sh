# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Load balancers that exist on paper only: the amphora provider, whose worker does nothing. The API
# knows the real Neutron, so that a load balancer's port is one of Neutron's.

configure_octavia() {
  local ca=$state/var/octavia/ca
  # Even an amphora that does not exist gets a certificate.
  [[ -e $ca.pem ]] || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=amphorae \
    -keyout "$ca.key" -out "$ca.pem" 2>>"$log/openssl.log"
  octavia_conf allowed_address_pairs_driver | write octavia/octavia.conf
  octavia_conf network_noop_driver | write octavia/octavia-worker.conf
}

octavia_conf() { # octavia_conf NETWORK-DRIVER
  cat <<X
[DEFAULT]
transport_url = $bus
[api_settings]
enabled_provider_drivers = amphora:does nothing
default_provider_driver = amphora
[controller_worker]
workers = 1
amphora_driver = amphora_noop_driver
compute_driver = compute_noop_driver
network_driver = $1
volume_driver = volume_noop_driver
image_driver = image_noop_driver
distributor_driver = distributor_noop_driver
client_ca = $state/var/octavia/ca.pem
amp_flavor_id = 1
amp_boot_network_list = 00000000-0000-4000-8000-000000000000
[certificates]
ca_certificate = $state/var/octavia/ca.pem
ca_private_key = $state/var/octavia/ca.key
[health_manager]
heartbeat_key = unused
[oslo_messaging]
topic = octavia
[service_auth]
$(login octavia)
[neutron]
$(login octavia)
$(usual_sections octavia)
X
}

migrate_octavia() { manage octavia-db-manage octavia/octavia.conf upgrade head; }

start_octavia() {
  serve octavia-api octavia.wsgi.api
  start octavia-worker octavia-worker --config-file "$etc/octavia/octavia-worker.conf"
}
