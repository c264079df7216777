# shellcheck shell=bash disable=SC2154  # devstack's own variables, and those of settings
# The synchronizer in devstack: enable_plugin synchronizer <repository>, after every other plugin,
# so that the services' configuration files are there. See docs/how-to/devstack.rst.

# --- before anything runs

check_prerequisites_of_synchronizer() {
  vercmp "$PYTHON3_VERSION" ">=" 3.11 ||
    die "$LINENO" "synchronizer needs Python 3.11 or later, and this is $PYTHON3_VERSION"
  [[ $SYNCHRONIZER_STORE == @(sqlite|database) ]] ||
    die "$LINENO" "SYNCHRONIZER_STORE is $SYNCHRONIZER_STORE, and must be sqlite or database"
}

install_synchronizer() {
  setup_develop "$SYNCHRONIZER_DIR" server,cli,messaging
}

# --- when the services are configured, and Keystone runs

# The service user sees everything: what it cannot see does not exist for the synchronizer.
create_synchronizer_accounts() {
  create_service_user synchronizer admin
  if is_service_enabled octavia o-api; then
    # Octavia does not take an admin for one who may see everything.
    get_or_add_user_project_role load-balancer_admin synchronizer "$SERVICE_PROJECT_NAME" \
      "$SERVICE_DOMAIN_NAME" "$SERVICE_DOMAIN_NAME"
  fi
  get_or_create_service synchronizer synchronizer "Watch API"
  get_or_create_endpoint synchronizer "$REGION_NAME" "$SYNCHRONIZER_URL"
}

synchronizer_listens() {
  [[ $(trueorfalse True SYNCHRONIZER_NOTIFICATIONS) == True ]] && is_service_enabled rabbit
}

synchronizer_is_on_the_bus() {
  [[ $(trueorfalse True SYNCHRONIZER_BUS) == True ]] && is_service_enabled rabbit
}

configure_synchronizer() {
  sudo install -d -m 0755 -o "$STACK_USER" "$SYNCHRONIZER_CONF_DIR"
  sudo install -d -m 0750 -o "$STACK_USER" "$SYNCHRONIZER_DATA_DIR"
  rm -f "$SYNCHRONIZER_CONF" "$SYNCHRONIZER_CLOUDS"
  # Both hold passwords.
  install -m 0640 /dev/null "$SYNCHRONIZER_CONF"
  install -m 0640 /dev/null "$SYNCHRONIZER_CLOUDS"
  iniset "$SYNCHRONIZER_CONF" clouds names "$SYNCHRONIZER_CLOUD"
  iniset "$SYNCHRONIZER_CONF" clouds file "$SYNCHRONIZER_CLOUDS"
  iniset "$SYNCHRONIZER_CONF" store url "$(synchronizer_store_url)"
  iniset "$SYNCHRONIZER_CONF" store history "$SYNCHRONIZER_HISTORY"
  iniset "$SYNCHRONIZER_CONF" api host "$SYNCHRONIZER_HOST"
  iniset "$SYNCHRONIZER_CONF" api port "$SYNCHRONIZER_PORT"
  # The tests sample types on demand again and again.
  if is_service_enabled tempest; then iniset "$SYNCHRONIZER_CONF" sampling demand_interval 0; fi
  if synchronizer_is_on_the_bus; then
    iniset "$SYNCHRONIZER_CONF" bus url "$(get_notification_url)"
  fi
  synchronizer_clouds >"$SYNCHRONIZER_CLOUDS"
}

synchronizer_store_url() {
  if [[ $SYNCHRONIZER_STORE == database ]]; then
    database_connection_url synchronizer
  else
    echo "sqlite:///$SYNCHRONIZER_DATA_DIR/store.sqlite"
  fi
}

synchronizer_clouds() {
  cat <<CLOUDS
clouds:
  $SYNCHRONIZER_CLOUD:
    auth:
      auth_url: $KEYSTONE_SERVICE_URI/v3
      username: synchronizer
      password: "$SERVICE_PASSWORD"
      project_name: $SERVICE_PROJECT_NAME
      user_domain_name: $SERVICE_DOMAIN_NAME
      project_domain_name: $SERVICE_DOMAIN_NAME
    region_name: $REGION_NAME
    identity_api_version: 3
CLOUDS
  if is_ssl_enabled_service key || is_service_enabled tls-proxy; then
    echo "    cacert: $SSL_BUNDLE_FILE"
  fi
  if synchronizer_listens; then
    # Nobody else reads these topics, so the queues that their senders make are emptied.
    cat <<CLOUDS
    notifications:
      transport_url: "$(get_notification_url)"
      topics: [$SYNCHRONIZER_TOPIC, ${SYNCHRONIZER_TOPIC}_versioned]
      drain: [$SYNCHRONIZER_TOPIC, ${SYNCHRONIZER_TOPIC}_versioned]
CLOUDS
  fi
}

# add_synchronizer_topic FILE SECTION OPTION TOPIC DEFAULT: one more topic, once.
add_synchronizer_topic() {
  local file=$1 section=$2 option=$3 topic=$4 topics
  topics=$(iniget "$file" "$section" "$option")
  topics=${topics:-$5}
  if [[ ",${topics// /}," != *",$topic,"* ]]; then
    iniset "$file" "$section" "$option" "${topics:+$topics,}$topic"
  fi
}

# Where nothing sends notifications yet, only to us: nobody would empty the usual topic.
send_notifications_to_synchronizer() { # send_notifications_to_synchronizer FILE
  local usual=notifications
  if [[ -z $(iniget "$1" oslo_messaging_notifications driver) ]]; then
    usual=
    iniset "$1" oslo_messaging_notifications driver messagingv2
    iniset "$1" oslo_messaging_notifications transport_url "$(get_notification_url)"
  fi
  add_synchronizer_topic "$1" oslo_messaging_notifications topics "$SYNCHRONIZER_TOPIC" "$usual"
}

configure_notifications_to_synchronizer() {
  local file
  for file in \
    "${KEYSTONE_CONF-}" "${NOVA_CONF-}" "${NOVA_CONF_DIR-}"/nova_cell*.conf "${NEUTRON_CONF-}" \
    "${GLANCE_API_CONF-}" "${CINDER_CONF-}" "${HEAT_CONF-}" "${OCTAVIA_CONF-}" \
    "${IRONIC_CONF_FILE-}" "${MANILA_CONF-}" "${DESIGNATE_CONF-}" "${MAGNUM_CONF-}" "${AODH_CONF-}"; do
    if [[ -f $file ]]; then send_notifications_to_synchronizer "$file"; fi
  done
  for file in "${NOVA_CONF-}" "${NOVA_CONF_DIR-}"/nova_cell*.conf; do
    if [[ -f $file ]]; then
      iniset "$file" notifications notify_on_state_change vm_and_task_state
      add_synchronizer_topic "$file" notifications versioned_notifications_topics \
        "${SYNCHRONIZER_TOPIC}_versioned" versioned_notifications
    fi
  done
  if [[ -f ${IRONIC_CONF_FILE-} ]]; then
    iniset "$IRONIC_CONF_FILE" DEFAULT notification_level info
    add_synchronizer_topic "$IRONIC_CONF_FILE" DEFAULT versioned_notifications_topics \
      "${SYNCHRONIZER_TOPIC}_versioned" ironic_versioned_notifications
  fi
  # All others are started after this phase; Keystone runs already.
  if is_service_enabled keystone; then
    stop_keystone
    start_keystone
  fi
}

# A new devstack is a new cloud: what an earlier one had is not deleted in this one.
init_synchronizer() {
  if [[ $SYNCHRONIZER_STORE == database ]]; then
    recreate_database synchronizer
  else
    rm -f "$SYNCHRONIZER_DATA_DIR"/store.sqlite{,-wal,-shm,-writes}
  fi
  "$(get_python_exec_prefix)/synchronizer" --config-file "$SYNCHRONIZER_CONF" db upgrade
}

# --- when the services run

start_synchronizer() {
  run_process synchronizer \
    "$(get_python_exec_prefix)/synchronizer --config-file $SYNCHRONIZER_CONF serve"
  wait_for_service "$SERVICE_TIMEOUT" "$SYNCHRONIZER_URL/healthcheck" ||
    die "$LINENO" "synchronizer does not answer at $SYNCHRONIZER_URL"
}

configure_tempest_for_synchronizer() {
  local urls=("$SYNCHRONIZER_URL")
  if synchronizer_is_on_the_bus; then urls+=("$(get_notification_url)"); fi
  iniset "$TEMPEST_CONFIG" service_available synchronizer True
  iniset_multiline "$TEMPEST_CONFIG" synchronizer url "${urls[@]}"
  iniset "$TEMPEST_CONFIG" synchronizer cloud "$SYNCHRONIZER_CLOUD"
  iniset "$TEMPEST_CONFIG" synchronizer history "$SYNCHRONIZER_HISTORY"
}

# --- at the end

cleanup_synchronizer() {
  sudo rm -rf "$SYNCHRONIZER_CONF_DIR" "$SYNCHRONIZER_DATA_DIR"
}

synchronizer_phase() { # synchronizer_phase MODE [PHASE]
  case "$1 ${2-}" in
    'stack pre-install') check_prerequisites_of_synchronizer ;;
    'stack install')
      echo_summary "Installing synchronizer"
      install_synchronizer
      ;;
    'stack post-config')
      echo_summary "Configuring synchronizer"
      configure_synchronizer
      if synchronizer_listens; then configure_notifications_to_synchronizer; fi
      create_synchronizer_accounts
      ;;
    'stack extra')
      echo_summary "Starting synchronizer"
      init_synchronizer
      start_synchronizer
      ;;
    'stack test-config')
      if is_service_enabled tempest; then configure_tempest_for_synchronizer; fi
      ;;
    'unstack ') stop_process synchronizer ;;
    'clean ') cleanup_synchronizer ;;
  esac
}

if is_service_enabled synchronizer; then synchronizer_phase "$@"; fi
