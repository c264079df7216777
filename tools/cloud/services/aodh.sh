# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Alarms: the API and the evaluator. Nothing carries out their actions.

configure_aodh() {
  write aodh/aodh.conf <<X
[DEFAULT]
transport_url = $bus
[api]
auth_mode = keystone
[evaluator]
workers = 1
[service_credentials]
$(login aodh)
interface = public
$(usual_sections aodh)
X
}

migrate_aodh() { manage aodh-dbsync aodh/aodh.conf; }

start_aodh() {
  serve aodh-api aodh.wsgi.api
  start aodh-evaluator aodh-evaluator --config-file "$etc/aodh/aodh.conf"
}
