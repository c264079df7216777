# shellcheck shell=bash disable=SC2034,SC2154  # ../settings.sh and its readers share their names with it
# Zed's part of ../settings.sh, which reads this at its end.

# Of what the cloud of today has, Debian 12 packages these, or they are worth having here.
extra=(cinder heat aodh gnocchi ceilometer nagios)

# Programs of daemons that Debian packages with a hypervisor or a storage server (nova-compute,
# cinder-volume) come from the Python packages that the others depend on.
packages=(
  keystone placement-api nova-api nova-conductor nova-scheduler neutron-server glance-api
  cinder-api cinder-scheduler heat-api heat-engine aodh-api aodh-evaluator gnocchi-api
  gnocchi-metricd ceilometer-agent-notification ceilometer-agent-central gunicorn
)

# In place of an environment: a folder with links to Debian's programs and configuration, another
# one, and another seed, for other versions of them.
installed() { dpkg-query --show --showformat='${Package} ${Version} ${db:Status-Status}\n' "${packages[@]}" 2>&1 || true; }
venv=$cache/zed-$(installed | fingerprint)
