# shellcheck shell=bash disable=SC2154  # settings.sh and up.sh share their names with it
# Nagios 4 with made-up hosts, and its JSON CGIs behind a small web server.

nagios_home=$state/var/nagios

# Of each host's services one is checked by Nagios itself, the others are told to it through the
# command pipe, as any test may do.
nagios_objects() {
  local number service
  cat <<'X'
define timeperiod {
  timeperiod_name always
  alias always
  sunday 00:00-24:00
  monday 00:00-24:00
  tuesday 00:00-24:00
  wednesday 00:00-24:00
  thursday 00:00-24:00
  friday 00:00-24:00
  saturday 00:00-24:00
}
define command {
  command_name say
  command_line /bin/echo "$ARG1$"
}
define contact {
  contact_name nobody
  host_notifications_enabled 0
  service_notifications_enabled 0
  host_notification_period always
  service_notification_period always
  host_notification_commands say!
  service_notification_commands say!
}
define host {
  name any
  check_command say!UP
  check_interval 5
  retry_interval 1
  max_check_attempts 1
  check_period always
  notification_period always
  contacts nobody
  register 0
}
define service {
  name any
  check_command say!OK
  check_interval 5
  retry_interval 1
  max_check_attempts 1
  check_period always
  notification_period always
  contacts nobody
  register 0
}
define service {
  name told
  use any
  active_checks_enabled 0
  register 0
}
X
  for number in {01..20}; do
    printf 'define host {\n  use any\n  host_name node%s\n  address %s\n}\n' "$number" "$ip"
    for service in any:load told:disk told:nova-compute; do
      printf 'define service {\n  use %s\n  host_name node%s\n  service_description %s\n}\n' \
        "${service%:*}" "$number" "${service#*:}"
    done
  done
  cat <<X
define hostgroup {
  hostgroup_name compute
  members *
}
X
}

configure_nagios() {
  mkdir -p "$nagios_home"/{rw,archives,checkresults}
  write nagios/nagios.cfg <<X
cfg_file=$etc/nagios/objects.cfg
log_file=$nagios_home/nagios.log
object_cache_file=$nagios_home/objects.cache
precached_object_file=$nagios_home/objects.precache
status_file=$nagios_home/status.dat
status_update_interval=1
nagios_user=$(id -un)
nagios_group=$(id -gn)
check_external_commands=1
command_file=$nagios_home/rw/nagios.cmd
query_socket=$nagios_home/rw/nagios.qh
lock_file=$nagios_home/nagios.pid
temp_file=$nagios_home/nagios.tmp
temp_path=$nagios_home
log_archive_path=$nagios_home/archives
check_result_path=$nagios_home/checkresults
check_result_reaper_frequency=1
state_retention_file=$nagios_home/retention.dat
check_workers=1
use_syslog=0
check_for_updates=0
enable_notifications=0
X
  nagios_objects | write nagios/objects.cfg
  write nagios/cgi.cfg <<X
main_config_file=$etc/nagios/nagios.cfg
physical_html_path=$nagios/usr/share/nagios4/htdocs
url_html_path=/nagios4
use_authentication=1
authorized_for_system_information=nagiosadmin
authorized_for_configuration_information=nagiosadmin
authorized_for_all_hosts=nagiosadmin
authorized_for_all_services=nagiosadmin
X
}

# The first states of what Nagios does not check by itself; it keeps them from then on.
first_results() {
  local number service code now pipe=$nagios_home/rw/nagios.cmd deadline=$((SECONDS + 20))
  until [[ -p $pipe && -e $nagios_home/status.dat ]]; do
    all_alive || exit 1
    ((SECONDS < deadline)) || die "Nagios does not read $pipe"
    sleep 0.1
  done
  printf -v now '%(%s)T'
  for number in {01..20}; do
    for service in disk nova-compute; do
      code=0
      case $number$service in
        07disk) code=2 ;; # critical
        13disk) code=1 ;; # warning
        13nova-compute) code=3 ;; # unknown
      esac
      echo "[$now] PROCESS_SERVICE_CHECK_RESULT;node$number;$service;$code;told by up.sh"
    done
  done >"$pipe"
}

start_nagios() {
  start nagios "$nagios/usr/sbin/nagios4" "$etc/nagios/nagios.cfg"
  start nagios-web env NAGIOS_CGI_CONFIG="$etc/nagios/cgi.cfg" NAGIOS_PASSWORD="$password" \
    python -m testcloud.nagios_web "${port[nagios-web]}" "$nagios/usr/lib/cgi-bin/nagios4" nagiosadmin
  if [[ ! -e $nagios_home/told ]]; then
    first_results
    touch "$nagios_home/told"
  fi
}
