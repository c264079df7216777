# shellcheck shell=bash disable=SC2034  # the plugin reads these
# What devstack gives a plugin: functions that write down what they were told, one line a call,
# and ini files that are written and read, because the plugin looks at them.

told() {
  local IFS='|'
  echo "$*" >>"$RECORD"
}

for name in define_plugin enable_service setup_develop create_service_user \
  get_or_add_user_project_role get_or_create_service get_or_create_endpoint recreate_database \
  run_process stop_process wait_for_service stop_keystone start_keystone echo_summary \
  iniset_multiline; do
  eval "$name() { told $name \"\$@\"; }"
done

die() {
  told die "${@:2}"
  exit 1
}

is_service_enabled() {
  local name
  for name; do
    if [[ " $ENABLED " == *" $name "* ]]; then return; fi
  done
  return 1
}

is_ssl_enabled_service() { false; }
database_connection_url() { echo "mysql+pymysql://root:secret@127.0.0.1/$1?charset=utf8"; }
get_notification_url() { echo "rabbit://stackrabbit:secret@127.0.0.1:5672/"; }
get_python_exec_prefix() { echo "$FAKE_BIN"; }
trueorfalse() { echo "${!2:-$1}"; }
vercmp() { [[ $(printf '%s\n' "$1" "$3" | sort -V | head -n 1) == "$3" ]]; }
iniget() { # iniget FILE SECTION OPTION
  if [[ -f $1 ]]; then
    awk -v section="[$2]" -v option="$3 = " '
      /^\[/ { inside = $0 == section }
      inside && index($0, option) == 1 { print substr($0, length(option) + 1) }' "$1"
  fi
}

iniset() { # iniset FILE SECTION OPTION VALUE
  local had text
  had=$(iniget "$1" "$2" "$3")
  if [[ ! -f $1 ]] || ! grep -qxF "[$2]" "$1"; then echo "[$2]" >>"$1"; fi
  text=$(awk -v section="[$2]" -v option="$3 = " -v value="${*:4}" -v had="$had" '
    /^\[/ { inside = $0 == section }
    inside && index($0, option) == 1 { print option value; next }
    { print }
    $0 == section && had == "" { print option value }' "$1")
  echo "$text" >"$1"
}

sudo() { if [[ $1 == install ]]; then mkdir -p "${!#}"; else "$@"; fi; }

DEST=$STACK DATA_DIR=$STACK/data
SYNCHRONIZER_CONF_DIR=$STACK/etc
STACK_USER=stack
REGION_NAME=RegionOne
SERVICE_PROJECT_NAME=service SERVICE_DOMAIN_NAME=Default SERVICE_PASSWORD=secret SERVICE_TIMEOUT=60
KEYSTONE_SERVICE_URI=http://127.0.0.1/identity
PYTHON3_VERSION=${PYTHON3_VERSION:-3.12}
TEMPEST_CONFIG=$STACK/tempest.conf
KEYSTONE_CONF=$STACK/keystone.conf
NOVA_CONF_DIR=$STACK NOVA_CONF=$STACK/nova.conf
NEUTRON_CONF=$STACK/neutron.conf
IRONIC_CONF_FILE=$STACK/ironic.conf

# shellcheck source=../../../devstack/settings
. "$PLUGIN/settings"
for phase; do
  # As devstack calls it: the mode and the phase are the plugin's arguments.
  read -ra words <<<"$phase"
  # shellcheck source=../../../devstack/plugin.sh
  . "$PLUGIN/plugin.sh" "${words[@]}"
done
echo "$TEMPEST_PLUGINS"
